"""
The addresses at which servers of 0.7 to 0.9 gave away their client: by version, and with chosen transports.

    GET /socket.io/socket.io.js                             the transports that are enabled, where the plain one is of this era
    GET /socket.io/socket.io.v0.9.17.js                     the same; may be kept for ten years, if that is its version
    GET /socket.io/socket.io+websocket+xhr-polling.js       these two; also  ....v0.9.17.js
    GET /socket.io/socket.io+nosuch.js                      500

Builds before 0.8.5 are given whole, as their servers did. Source: spec 0.9 §9.6.
"""

import re
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from time import time
from typing import Any

from gateway.clientfiles import BRIEFLY, ClientFile, ClientFiles, Content, Release
from gateway.clientparts import TRANSPORTS, Parts, tag_of, take_apart

ERA = "0.9"
NAME = "socket.io.js"
KEPT = 315_360_000
"""Seconds that a browser may keep an address with a full version (the era's ``browser client expires``)."""

MOST = 32
"""Builds that are remembered at a time: their names can be combined in hundreds of ways."""

_SINCE, _CUT_SINCE, _UNTIL = (0, 7), (0, 8, 5), (1,)
_ADDRESS = re.compile(r"socket\.io((?:\+[a-z-]*)*)(?:\.v([0-9A-Za-z._-]*))?\.js")


class Cut(Content):
    """A build with some of its transports."""

    __slots__ = ("_parts", "_transports")

    def __init__(self, parts: Parts, transports: Sequence[str]) -> None:
        self._parts, self._transports = parts, transports
        self.plain = None
        self.small = b""

    def load(self) -> bytes:
        return self._parts.with_transports(self._transports)


class Bundle(ClientFile):
    """What is answered under one address of this era, with its headers."""

    __slots__ = ("_for_ever",)

    def __init__(self, content: Content, content_type: str, tag: str, for_ever: bool) -> None:
        cache = f'private, x-gzip-ok="", max-age={KEPT}' if for_ever else BRIEFLY
        super().__init__(content, content_type, tag, cache)
        self._for_ever = for_ever

    def headers(self) -> tuple[tuple[str, str], ...]:
        if not self._for_ever:
            return super().headers()
        return (*super().headers(), ("Expires", formatdate(time() + KEPT, usegmt=True)))


class Bundles:
    """
    The client files of all eras, and which address of this one has which build.

    :param files: what lies in the folder of the option ``serve_client``.
    :param enabled: the transports of this era that are enabled, in order.
    """

    def __init__(self, files: ClientFiles, enabled: Sequence[str]) -> None:
        self._files = files
        self._releases = [release for release in files.releases if _SINCE <= release.number < _UNTIL and NAME in release.files]
        self._plain = files.plain if files.plain in self._releases else None
        self._enabled = [name for name in enabled if name in TRANSPORTS]
        self._parts: dict[str, Parts | None] = {}
        self._made: dict[tuple[str, tuple[str, ...], bool], Bundle] = {}

    @property
    def paths(self) -> list[str]:
        """The paths that are served, but for those that combine names."""
        return self._files.paths

    def serve(self, request: Any) -> bool:
        """Answer ``request`` if it asks for one of the files."""
        path: str = request.path
        match = _ADDRESS.fullmatch(path, len(self._files.mount) + 1) if self._releases else None
        if match is None or (path.endswith(f"/{NAME}") and self._plain is None):
            return self._files.serve(request)
        return request.method in ("GET", "HEAD") and self._answer(request, match[1], match[2])

    def _answer(self, request: Any, names: str, version: str | None) -> bool:
        release, exact = self._release(version)
        parts = self._parts_of(release)
        if parts is None:
            return not names and _give(request, self._whole(release, exact))
        wanted = self._transports(names)
        if not wanted:
            request.respond(500, b"Error serving static", "text/plain")
            return True
        return _give(request, self._bundle(release, parts, wanted, exact))

    def _release(self, version: str | None) -> tuple[Release, bool]:
        """The release that is meant, and whether ``version`` is its number; what is not there is replaced by the nearest."""
        default = self._plain or self._releases[0]
        if not version:
            return default, False
        for release in self._releases:
            if release.version == version:
                return release, True
        line = version.rpartition(".")[0]
        return next((release for release in self._releases if release.line == line), default), False

    def _transports(self, names: str) -> tuple[str, ...]:
        """Those among ``+a+b`` that are enabled, or all."""
        wanted = names.split("+") if names else self._enabled
        return tuple(dict.fromkeys(name for name in wanted if name in self._enabled))

    def _parts_of(self, release: Release) -> Parts | None:
        if release.version not in self._parts:
            content = release.files[NAME]
            cut = release.number >= _CUT_SINCE and content.read()
            self._parts[release.version] = take_apart(content.plain or b"") if cut else None
        return self._parts[release.version]

    @staticmethod
    def _whole(release: Release, exact: bool) -> Bundle:
        return Bundle(release.files[NAME], release.type_of(NAME), release.version, exact)

    def _bundle(self, release: Release, parts: Parts, wanted: tuple[str, ...], exact: bool) -> Bundle:
        key = release.version, wanted, exact
        if key not in self._made:
            if len(self._made) >= MOST:
                del self._made[next(iter(self._made))]
            tag = tag_of(release.version, wanted)
            self._made[key] = Bundle(Cut(parts, wanted), release.type_of(NAME), tag, exact)
        return self._made[key]


def _give(request: Any, bundle: Bundle) -> bool:
    bundle.respond(request)
    return True


def client_files(option: Any, mount: str, transports: Mapping[str, Sequence[str]]) -> Bundles | None:
    """
    What the option ``serve_client`` asks for.

    :param transports: those that are enabled, by era.
    :raises OptionError: as :class:`ClientFiles` does.
    """
    return None if option is None else Bundles(ClientFiles(option, mount), transports.get(ERA, ()))
