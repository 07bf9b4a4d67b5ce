"""
A published build of the client 0.7 to 0.9, taken apart into its transports and put together with some of them.

    take_apart(socket.io.js).with_transports(["xhr-polling"])        byte for byte what the client's own builder makes

A build is a concatenation of files: those that every client needs, then those of the transports. Source: spec 0.9 §9.6.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Where one of the files in a build begins; an empty line before it is its own.
_BEGINS = re.compile(rb"(?<=\n)(?:\n?/\*\*\n \* socket\.io\n|/\*\tSWFObject |// Copyright: Hiroshi )")
_TRANSPORT = re.compile(rb"io\.transports\.push\('([a-z-]+)'\)")
_ENDS = b'\nif (typeof define === "function"'
_XHR = "xhr"
_NEEDS = {
    "websocket": ("websocket",),
    "flashsocket": ("websocket", "flashsocket"),
    "htmlfile": (_XHR, "htmlfile"),
    "xhr-polling": (_XHR, "xhr-polling"),
    "jsonp-polling": (_XHR, "xhr-polling", "jsonp-polling"),
}
"""Transport -> the parts that it is made of."""

TRANSPORTS = frozenset(_NEEDS)
"""Those that a client of this era has."""


@dataclass(frozen=True, slots=True)
class Parts:
    """
    A published build, taken apart.

    :ivar base: what every client needs.
    :ivar parts: what a transport adds, by its name or "xhr".
    :ivar end: what closes a build.
    """

    base: bytes
    parts: Mapping[str, bytes]
    end: bytes

    def with_transports(self, transports: Iterable[str]) -> bytes:
        """The build with ``transports`` (of ``TRANSPORTS``) only; their order is the one in which the client tries them."""
        needed = dict.fromkeys(part for name in transports for part in _NEEDS[name])
        return b"".join([self.base, *(self.parts[part] for part in needed), self.end])


def take_apart(build: bytes) -> Parts | None:
    """The parts of a published ``build``; None where it is no build of 0.8.5 to 0.9.17 with all transports."""
    body, mark, rest = build.rpartition(_ENDS)
    body, end = (body, mark + rest) if mark else (build, b"")
    base, parts, name = b"", dict[str, bytes](), ""
    for piece in _pieces(body):
        name = _name_of(piece, name)
        if name:
            parts[name] = parts.get(name, b"") + piece
        else:
            base += piece
    return Parts(base, parts, end) if set(parts) == {_XHR, *_NEEDS} else None


def _pieces(body: bytes) -> list[bytes]:
    """The files in ``body``; what stands before the first one goes with it."""
    starts = [match.start() for match in _BEGINS.finditer(body)]
    bounds = [0, *starts[1:], len(body)]
    return [body[start:stop] for start, stop in pairwise(bounds)]


def _name_of(piece: bytes, before: str) -> str:
    """The part that a file belongs to, "" for the base; what Socket.IO has from others belongs to flashsocket."""
    transport = _TRANSPORT.search(piece)
    if transport:
        return transport[1].decode()
    ours = piece.lstrip(b"\n").startswith(b"/**")
    return _XHR if before and ours else before


def tag_of(version: str, transports: Sequence[str]) -> str:
    """The ETag that the era's server gave a build: the last digits of the character codes of all names, without quotes."""
    return f"{version}:{''.join(str(ord(char) % 10) for name in transports for char in name)}"
