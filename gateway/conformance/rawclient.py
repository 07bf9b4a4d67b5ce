"""
HTTP requests and WebSockets made by hand, one TCP connection each: what a test of bytes needs, and no more.

    GET /engine.io/?EIO=4&transport=polling HTTP/1.1 <CRLF> Host: ... <CRLF> Connection: close <CRLF> <CRLF>
"""

import os
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.python.failure import Failure

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
OPCODES = {"text": TEXT, "binary": BINARY, "close": CLOSE}
NAMES = {code: name for name, code in OPCODES.items()}

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(slots=True)
class Answer:
    """An HTTP answer; header names in lower case, the last of several."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Message:
    """What came in one WebSocket message; ``code`` of a close frame, None when it had none."""

    op: str
    body: bytes = b""
    code: int | None = None
    compressed: bool = False


class Peer(Protocol):
    """One TCP connection of the client's, and those who wait for something to happen on it."""

    def __init__(self) -> None:
        self.made = self.ended = False
        self._opening = b""
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []

    def connectionMade(self) -> None:
        """Send what was prepared."""
        assert self.transport is not None
        self.transport.setTcpNoDelay(True)  # type: ignore[attr-defined]
        self._write(self._opening)
        self.made = True
        self.happened()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The connection has ended."""
        self.ended = True
        self.happened()

    def until(self, true: Callable[[], bool]) -> Deferred[None]:
        """Fires as soon as ``true()``."""
        done: Deferred[None] = Deferred(lambda _: None)
        if true():
            done.callback(None)
        else:
            self._waiting.append((true, done))
        return done

    def happened(self) -> None:
        """Something has changed."""
        ready = [done for true, done in self._waiting if true()]
        self._waiting = [(true, done) for true, done in self._waiting if done not in ready]
        for done in ready:
            if not done.called:
                done.callback(None)

    def abort(self) -> None:
        """Cut the connection."""
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    def _write(self, data: bytes) -> None:
        if not self.ended and self.transport is not None:
            self.transport.write(data)

    def connect(self, reactor: Any, host: str, port: int) -> None:
        """Open the connection."""
        reactor.connectTCP(host, port, _Factory(self))


class _Factory(ClientFactory):
    noisy = False

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def buildProtocol(self, addr: Any) -> Peer:
        return self._peer

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self._peer.connectionLost(reason)


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _read_head(data: bytes) -> tuple[int, dict[str, str]]:
    status, *lines = data.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(status.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs}


def _unchunked(data: bytes) -> bytes:
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        body, data = body + data[:length], data[length + 2 :]
        if not length:
            break
    return body


def inflated(body: bytes, coding: str) -> bytes:
    """``body`` without its ``Content-Encoding``."""
    return zlib.decompress(body, wbits=47) if coding in ("gzip", "deflate") else body


class Exchange(Peer):
    """
    One HTTP request and its answer.

    :ivar answer: None until the whole of it is there, and when the connection ended without one.
    """

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__()
        self.method = method
        self.target = target
        self.answer: Answer | None = None
        self._data = b""
        length = {"Content-Length": str(len(body))} if body or method in ("POST", "PUT") else {}
        fixed = {"Host": "127.0.0.1", "Connection": "close", **length}
        self._opening = _head(method, target, {**fixed, **headers}) + body

    def dataReceived(self, data: bytes) -> None:
        """Bytes of the answer."""
        self._data += data

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The answer is as complete as it will be."""
        head, mark, body = self._data.partition(b"\r\n\r\n")
        if mark:
            status, headers = _read_head(head)
            if headers.get("transfer-encoding") == "chunked":
                body = _unchunked(body)
            self.answer = Answer(status, headers, inflated(body, headers.get("content-encoding", "")))
        super().connectionLost(reason)


class WebSocket(Peer):
    """
    One WebSocket of RFC 6455.

    :ivar answer: to the opening; its body when it is no 101 and the connection has ended.
    :ivar messages: all that came and was not taken yet.
    """

    def __init__(self, target: str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.answer: Answer | None = None
        self.messages: list[Message] = []
        self.closing = False
        key = b64encode(os.urandom(16))
        self._proof = b64encode(sha1(key + _GUID, usedforsecurity=False).digest()).decode()
        fixed = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key.decode()}
        self._opening = _head("GET", target, {**fixed, **headers})
        self._data = b""

    @property
    def accepted(self) -> bool:
        """The opening was answered with a proper 101."""
        return self.answer is not None and self.answer.status == 101

    def dataReceived(self, data: bytes) -> None:
        """Bytes of the answer, then frames."""
        self._data += data
        if self.answer is None:
            self._open()
        while self.accepted and self._frame():
            pass
        self.happened()

    def _open(self) -> None:
        head, mark, rest = self._data.partition(b"\r\n\r\n")
        if not mark:
            return
        self._data = rest
        status, headers = _read_head(head)
        if status == 101 and headers.get("sec-websocket-accept") != self._proof:
            status = 0
        self.answer = Answer(status, headers, b"")

    def _frame(self) -> bool:
        """Take one whole frame off what came; servers send no fragments and no masks."""
        data = self._data
        if len(data) < 2:
            return False
        length, start = data[1], 2
        if length >= 126:
            size = 2 if length == 126 else 8
            start += size
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            return False
        self._data = data[start + length :]
        self._take(data[0], data[start : start + length])
        return True

    def _take(self, first: int, body: bytes) -> None:
        opcode = first & 15
        if opcode == PING:
            self._write(frame(PONG, body))
        elif opcode == CLOSE:
            self.messages.append(Message("close", b"", int.from_bytes(body[:2], "big") if body else None))
        elif opcode in NAMES:
            compressed = bool(first & 64)
            if compressed:
                body = zlib.decompressobj(-15).decompress(body + b"\0\0\xff\xff")
            self.messages.append(Message(NAMES[opcode], body, None, compressed))

    def connectionLost(self, reason: Failure | None = None) -> None:
        """What came last is the body of a refusal."""
        if self.answer is not None and not self.accepted:
            self.answer.body = self._data
        super().connectionLost(reason)

    def send(self, op: str, body: bytes, code: int | None = None) -> None:
        """Send one message."""
        if op == "close":
            self.closing = True
            body = b"" if code is None else code.to_bytes(2, "big")
        self._write(frame(OPCODES[op], body))

    def close(self) -> None:
        """End the TCP connection."""
        self.closing = True
        if self.transport is not None:
            self.transport.loseConnection()


def frame(opcode: int, body: bytes) -> bytes:
    """One masked frame."""
    key = os.urandom(4)
    size = len(body)
    if size < 126:
        head = bytes((128 | opcode, 128 | size))
    elif size < 65536:
        head = bytes((128 | opcode, 254)) + size.to_bytes(2, "big")
    else:
        head = bytes((128 | opcode, 255)) + size.to_bytes(8, "big")
    mask = (key * (size // 4 + 1))[:size]
    masked = int.from_bytes(body, "big") ^ int.from_bytes(mask, "big")
    return head + key + masked.to_bytes(size, "big")
