"""
How a client reaches its server: one request and its answer, one endless answer, one WebSocket.

    link.fetch("GET", "/socket.io/?EIO=4&transport=polling")     -> Deferred of an Answer
    link.stream("/socket.io/1/htmlfile/ID", receiver)            -> Line; receiver.piece(bytes) ...
    link.socket("/socket.io/websocket", draft, receiver)         -> Line; receiver.message(str | bytes) ...
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from twisted.internet.defer import Deferred

Unit = str | bytes
Headers = tuple[tuple[str, str], ...]


class CutError(Exception):
    """The connection ended before the answer was complete."""


class RefusedError(Exception):
    """
    The server does not want what was asked for.

    :ivar status: of its answer; 0 when there was none.
    """

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(f"status {status} {text[:80]!r}" if status else text or "closed without an answer")
        self.status = status


@dataclass(slots=True)
class Answer:
    """
    An answer of HTTP.

    :ivar headers: names in lower case; repeated ones joined by ", ".
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()


class StreamReceiver(Protocol):
    """Who reads an endless answer."""

    def began(self, answer: Answer) -> None:
        """The head is there."""

    def piece(self, data: bytes) -> None:
        """Some of the body."""

    def gone(self) -> None:
        """The answer has ended, in whatever way."""


class SocketReceiver(Protocol):
    """Who reads a WebSocket."""

    def opened(self, answer: Answer) -> None:
        """The opening was accepted."""

    def message(self, item: Unit) -> None:
        """A message came."""

    def closed(self, code: int | None) -> None:
        """The peer began the closing handshake."""

    def gone(self) -> None:
        """The connection is no more, or was refused."""


class Line(Protocol):
    """A WebSocket or an endless answer, as its client holds it; a stream can only be cut."""

    def send(self, item: Unit) -> None:
        """Send one message."""

    def write(self, data: bytes) -> None:
        """Send bytes that need not be a frame."""

    def close(self) -> None:
        """Begin the closing handshake, then end the connection."""

    def cut(self) -> None:
        """End the connection at once."""


class Link(Protocol):
    """
    A way to one server.

    :ivar clock: ``callLater`` for the timers that clients have.
    :ivar host: what goes into the header ``Host``.
    :ivar origin: of the page the client seems to run in.
    """

    clock: Any
    host: str
    origin: str

    def fetch(self, method: str, target: str, body: bytes = b"", headers: Headers = ()) -> "Deferred[Answer]":
        """
        Send one request. Cancelling the Deferred cuts its connection; it fails with CutError when that ends too early.
        """

    def stream(self, target: str, receiver: StreamReceiver, headers: Headers = ()) -> Line:
        """GET an answer that does not end."""

    def socket(self, target: str, draft: Any, receiver: SocketReceiver, headers: Headers = ()) -> Line:
        """Open a WebSocket of ``draft`` (see ``drafts``)."""
