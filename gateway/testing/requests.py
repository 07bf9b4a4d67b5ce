"""Requests and connections that are only records of what was done to them."""

from typing import Any
from urllib.parse import parse_qs

Headers = Any

RFC6455_HEADERS = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""An opening of RFC 6455 (its own example)."""


class FakeConnection:
    """
    What a transport asks of a TCP connection.

    :ivar sent: what was sent and not taken.
    :ivar reader: whom it was handed over to; feed it by ``reader.dataReceived(b"...")``.
    :ivar writable: set it to False to play a peer that does not read.
    """

    def __init__(self) -> None:
        self.sent = b""
        self.closed = self.aborted = False
        self.writable = True
        self.buffered = 0
        self.reader: Any = None
        self.writer: Any = None

    def send(self, data: bytes) -> None:
        self.sent += data

    def take(self) -> bytes:
        """What was sent since this was last asked."""
        sent, self.sent = self.sent, b""
        return sent

    def take_over(self, reader: Any) -> None:
        self.reader = reader

    def register(self, writer: Any) -> None:
        self.writer = writer

    def close(self, linger: bool = False) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True


class FakeRequest:
    """
    What routes, doors and wires ask of a request.

    :ivar answer: status and body; None before there is one, a body of None for one in pieces.
    :ivar pieces: what was written of such an answer.
    """

    secure = False
    anonymous = False
    has_fallback = True
    address = "192.0.2.1"
    port = 0
    forwarded: tuple[str, bool] | None = None

    def __init__(self, method: str, target: str, body: bytes = b"", headers: Headers = None, upgrade: bool = False) -> None:
        self.method = method
        self.target = target
        self.path, _, self.raw_query = target.partition("?")
        self.body = body
        self.headers: dict[str, str] = {"host": "gate.example", **(headers or {})}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items()), "", ""]
        self.raw_head = "\r\n".join(lines).encode("latin-1")
        self.upgrade = upgrade
        table = parse_qs(self.raw_query, keep_blank_values=True)
        self.query: dict[str, Any] = {key: value[0] if len(value) == 1 else value for key, value in table.items()}
        self.connection = FakeConnection()
        self.rest = b""
        self.on_lost: Any = None
        self.answer: Any = None
        self.answer_headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.finished = self.dropped = self.passed_on = False
        self.writable, self.buffered = True, 0

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def respond(self, status: int, body: bytes = b"", content_type: str = "", headers: Headers = (), close: bool = False) -> None:
        assert self.answer is None, "answered twice"
        self.answer = (status, body)
        self.answer_headers = dict(headers) | ({"Content-Type": content_type} if content_type else {})
        self.finished = True

    def start(self, status: int, headers: Headers = (), chunked: bool = True) -> None:
        self.answer = (status, None)
        self.answer_headers = dict(headers)

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def finish(self) -> None:
        self.finished = True

    def drop(self) -> None:
        self.dropped = True

    def pass_on(self) -> None:
        self.passed_on = True

    def take_over(self, reader: Any) -> None:
        self.connection.reader = reader

    def cut(self) -> None:
        """The TCP connection goes away."""
        if self.on_lost is not None:
            self.on_lost()

    @property
    def text(self) -> str:
        """The body of the answer."""
        return str(self.answer[1].decode())

    @property
    def answered(self) -> bool:
        return self.answer is not None or self.dropped or self.passed_on
