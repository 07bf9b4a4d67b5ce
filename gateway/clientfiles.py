"""
The browser builds of the published clients (option ``serve_client``), as each era's server gave them away.

    GET /socket.io/socket.io.js                           of the version that the option names, else of the newest found
    GET /socket.io/client/2.5/socket.io.js                of every release found; also by its full number, client/2.5.0/
    GET /socket.io/static/flashsocket/WebSocketMain.swf   the Flash movie of 0.7 to 0.9
    GET /socket.io/lib/vendor/web-socket-js/WebSocketMain.swf, /socket.io/WebSocketMain.swf    and that of 0.6

What is there is looked up once, by a fixed table of names; a request picks from the result by its whole path, and no
path is ever made of one. The other addresses of 0.7 to 0.9 are in :mod:`gateway.bundles`.
Sources: spec Engine.IO §7.1, spec 0.9 §9.6, spec 0.6 §11.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from gateway.encoding import coding_of
from gateway.errors import OptionError
from gateway.logs import ScopeLogger

WANTED = "a folder, or {folder, version}"

PACKAGES = (
    *(f"socket.io-client-{line}" for line in ("4.8", "3.1", "2.5", "1.7", "1.4", "1.3", "1.0", "0.9", "0.8", "0.7")),
    *(f"socket.io-{line}" for line in ("0.6", "0.5", "0.4", "0.3")),
    "socket.io-client",
    "socket.io",
    "",
)
"""Where a folder may have a client: packages by the names of this project, by their own, or the folder itself."""

BUILDS = ("dist", "client-dist", "support/socket.io-client", "")
"""Where a package has its builds; the first that has one counts."""

SCRIPTS = tuple(
    f"socket.io{kind}{small}.js"
    for kind in ("", ".esm", ".msgpack", ".slim", ".dev", ".slim.dev")
    for small in ("", ".min")
)  # fmt: skip
NAMES = (*SCRIPTS, *(f"{name}.map" for name in SCRIPTS))

MOVIES = ("WebSocketMain.swf", "WebSocketMainInsecure.swf")
VENDOR = "lib/vendor/web-socket-js"
"""Where 0.6 had its movie, in the package and in the URL."""

FLASH, MAP = "application/x-shockwave-flash", "application/json"

BRIEFLY = "public, max-age=0"
FOR_EVER = "public, max-age=31536000, immutable"
"""For addresses with a full version number."""

_BANNER = re.compile(rb"Socket\.IO(?:\.js build:| v| )(\d+\.\d+\.\d+)")


def acceptable(option: Any) -> bool:
    """Whether the value of the option ``serve_client`` says which folder to serve."""
    if isinstance(option, Mapping):
        texts = all(isinstance(value, str | Path) for value in option.values())
        return "folder" in option and set(option) <= {"folder", "version"} and texts
    return option is None or isinstance(option, str | Path)


@dataclass(slots=True)
class Release:
    """
    One published client.

    :ivar version: "2.5.0".
    :ivar files: its builds by the name that clients ask for.
    """

    version: str
    files: "dict[str, Content]"

    @property
    def number(self) -> tuple[int, ...]:
        """The version, so that it can be compared."""
        return tuple(map(int, self.version.split(".")))

    @property
    def line(self) -> str:
        """The version without its last part."""
        return self.version.rpartition(".")[0]

    def type_of(self, name: str) -> str:
        """The media type that its own server gave."""
        if name.endswith(".swf"):
            return FLASH
        if name.endswith(".map"):
            return MAP
        if self.number < (0, 7):
            return "text/javascript"
        return "application/javascript" if self.number < (3,) else "application/javascript; charset=utf-8"


class Content:
    """
    One file, read when it is asked for the first time.

    :ivar plain: its bytes; ``small``: the same in gzip.
    """

    log = ScopeLogger("clientfiles")

    __slots__ = ("_path", "plain", "small")

    def __init__(self, path: Path) -> None:
        self._path = path
        self.plain: bytes | None = None
        self.small = b""

    def read(self) -> bool:
        """Have the bytes; whether they could be had."""
        if self.plain is None:
            try:
                self.plain = self.load()
            except OSError as error:
                self.log.warn("a client file can't be served: {error}", error=str(error))
                return False
            self.small = gzip.compress(self.plain, mtime=0)
        return True

    def load(self) -> bytes:
        """Get the bytes."""
        return self._path.read_bytes()

    def begins(self) -> bytes:
        """The first line or two, where a build says what it is."""
        with self._path.open("rb") as file:
            return file.read(400)


class ClientFile:
    """
    What is answered under one address.

    :param tag: the header ETag.
    """

    __slots__ = ("_content", "_headers", "_tag", "_type")

    def __init__(self, content: Content, content_type: str, tag: str, cache: str) -> None:
        self._content = content
        self._type = content_type
        self._tag = tag
        self._headers = (
            ("Cache-Control", cache),
            ("ETag", self._tag),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
        )

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Those that say how long the file may be kept, and in which forms it is given."""
        return self._headers

    def respond(self, request: Any) -> None:
        """Answer ``request``, with 304 when the client has the file already."""
        headers = self.headers()
        if self._is_known(request.header("if-none-match")):
            request.respond(304, b"", "", headers)
        elif not self._content.read():
            request.respond(404, b"Not Found", "text/plain")
        elif coding_of(request.header("accept-encoding")) == "gzip":
            request.respond(200, self._content.small, self._type, (*headers, ("Content-Encoding", "gzip")))
        else:
            request.respond(200, self._content.plain or b"", self._type, headers)

    def _is_known(self, tags: str) -> bool:
        # 0.6 gave its tags without quotes: a cache may still hold one.
        return any(tag.strip().removeprefix("W/") in (self._tag, self._tag.strip('"'), "*") for tag in tags.split(","))


class ClientFiles:
    """
    All files that are served, by their path below the mount.

    :param option: the value of ``serve_client``, not None.
    :ivar releases: what was found, the newest first.
    :ivar plain: the release that addresses without a version mean.
    :raises OptionError: there is no client in the folder, or not the version that was named.
    """

    def __init__(self, option: Any, mount: str) -> None:
        asked = option if isinstance(option, Mapping) else {"folder": option}
        folder = Path(asked["folder"])
        releases = find(folder)
        if not releases:
            raise OptionError(f"option serve_client: no published client in {folder}")
        self.mount = mount
        self.releases = releases
        self.plain = _chosen(releases, str(asked.get("version", "")), folder)
        self._files = {f"{mount}/{path}": file for path, file in _table(releases, self.plain)}

    @property
    def paths(self) -> list[str]:
        """The paths that are served."""
        return sorted(self._files)

    def serve(self, request: Any) -> bool:
        """Answer ``request`` if it asks for one of the files."""
        file = self._files.get(request.path)
        if file is None or request.method not in ("GET", "HEAD"):
            return False
        file.respond(request)
        return True


# Finding ------------------------------------------------------------------------------


def find(folder: Path) -> list[Release]:
    """The releases in ``folder``, the newest first; of several packages with one version the first."""
    found: dict[str, Release] = {}
    for name in PACKAGES:
        release = _release(folder / name)
        if release is not None:
            found.setdefault(release.version, release)
    return sorted(found.values(), key=lambda release: release.number, reverse=True)


def _release(package: Path) -> Release | None:
    for place in BUILDS:
        folder = package / place
        files = {name: Content(folder / name) for name in (*NAMES, *MOVIES) if (folder / name).is_file()}
        movie = folder / VENDOR / MOVIES[0]
        if movie.is_file():
            files.setdefault(MOVIES[0], Content(movie))
        version = _version(folder, package, files) if files else ""
        if version:
            return Release(version, files)
    return None


def _version(folder: Path, package: Path, files: Mapping[str, Content]) -> str:
    """What the build says of itself, else its package; "" for neither."""
    for name in SCRIPTS:
        if name in files:
            banner = _BANNER.search(files[name].begins())
            if banner:
                return banner[1].decode()
    for about in (folder / "package.json", package / "package.json"):
        if about.is_file():
            version = str(json.loads(about.read_text("utf-8")).get("version", ""))
            return version if re.fullmatch(r"\d+\.\d+\.\d+", version) else ""
    return ""


def _chosen(releases: list[Release], version: str, folder: Path) -> Release:
    for release in releases:
        if not version or f"{release.version}.".startswith(f"{version}."):
            return release
    found = ", ".join(release.version for release in releases)
    raise OptionError(f"option serve_client: no client {version} in {folder}, found: {found}")


# The table of addresses ---------------------------------------------------------------


def _table(releases: list[Release], plain: Release) -> Iterator[tuple[str, ClientFile]]:
    """Path below the mount and file; of two with the same path the later one counts."""
    by_age = reversed(releases)
    yield from chain.from_iterable(map(_addresses, by_age))
    for name in plain.files:
        if name in NAMES:
            yield name, _file(plain, name, BRIEFLY)


def _addresses(release: Release) -> Iterator[tuple[str, ClientFile]]:
    """The addresses that belong to one release alone."""
    for name in release.files:
        yield f"client/{release.line}/{name}", _file(release, name, BRIEFLY)
        yield f"client/{release.version}/{name}", _file(release, name, FOR_EVER)
    for name in MOVIES:
        if name in release.files:
            for path in _movie_paths(release, name):
                yield path, _file(release, name, BRIEFLY)


def _movie_paths(release: Release, name: str) -> list[str]:
    return [f"static/flashsocket/{name}"] if release.number >= (0, 7) else [name, f"{VENDOR}/{name}"]


def _file(release: Release, name: str, cache: str) -> ClientFile:
    return ClientFile(release.files[name], release.type_of(name), f'"{release.version}"', cache)
