"""
Requests that no client would send: over treq where they are HTTP, over bare TCP where they are not.

    (await fetch(url, "GET", "/socket.io/?EIO=9")).status
    line = await dial(url);  line.write(b"..");  await line.until(b"\\r\\n\\r\\n");  await line.end()
"""

import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from tests.conformance.processes import soon

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from :func:`fetch`."""

    status: int
    body: str
    headers: dict[str, str]


async def fetch(url: str, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
    """
    One request on a connection of its own.

    :param headers: underscores in their names stand for dashes.
    :raises twisted.web.client.ResponseNeverReceived: the connection was closed without an answer.
    """
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = treq.request(method, url + target, data=body, headers=lines, persistent=False)
    response = await soon(asked, f"an answer to {target}")
    content = await soon(response.content(), f"the body of {target}")
    known = {name.decode().lower(): values[0].decode() for name, values in response.headers.getAllRawHeaders()}
    return Answer(response.code, content.decode("utf-8", "replace"), known)


class Line(Protocol):
    """One TCP connection, read as it comes."""

    def __init__(self) -> None:
        self.data = b""
        self.closed: Deferred[None] = Deferred()
        self._wanted: tuple[bytes, Deferred[None]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        if self._wanted is not None and self._wanted[0] in self.data:
            wanted, self._wanted = self._wanted, None
            wanted[1].callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.closed.callback(None)

    def write(self, data: bytes) -> None:
        """Send."""
        self.transport.write(data)

    async def until(self, mark: bytes) -> bytes:
        """What comes up to ``mark``; it is taken from :attr:`data`."""
        if mark not in self.data:
            came: Deferred[None] = Deferred()
            self._wanted = mark, came
            await soon(came, f"{mark!r}; there is {self.data[-300:]!r}")
        before, self.data = self.data.split(mark, 1)
        return before

    async def end(self) -> bytes:
        """Wait for the server to close; what came before."""
        await soon(self.closed, f"the end of a connection; there is {self.data[-300:]!r}")
        return self.data

    async def hang_up(self) -> None:
        """Close from here."""
        self.transport.abortConnection()
        await soon(self.closed, "the end of our own connection")


async def dial(url: str) -> Line:
    """A connection to the server."""
    parts = urlsplit(url)
    endpoint = clientFromString(reactor, f"tcp:{parts.hostname}:{parts.port}")
    line: Line = await soon(connectProtocol(endpoint, Line()), "a connection")
    return line


def get(target: str, *lines: str) -> bytes:
    """The head of a GET."""
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: test", *lines, "", ""]).encode("latin-1")


def upgrade(target: str, version: int = 13) -> bytes:
    """The head of an RFC 6455 opening."""
    return get(
        target,
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Version: {version}",
        f"Sec-WebSocket-Key: {KEY.decode()}",
    )


def frame(data: bytes, first: int = 0x81, masked: bool = True) -> bytes:
    """One short frame of a client; the mask is zero."""
    mask = 0x80 if masked else 0
    short = len(data) < 126
    head = struct.pack("!BB", first, len(data) | mask) if short else struct.pack("!BBH", first, 126 | mask, len(data))
    return head + bytes(4) * masked + data


async def open_websocket(url: str, target: str) -> Line:
    """A connection that was upgraded."""
    line = await dial(url)
    line.write(upgrade(target))
    head = await line.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    return line
