r"""
One TCP connection of a replay: bytes go out as recorded, and what comes in is cut into answers, pieces and frames.

    HTTP/1.1 200 OK ... <CR LF CR LF> body                an Answer
    HTTP/1.1 101 ... <CR LF CR LF> 81 03 31 3a 3a         an Answer, then frames of RFC 6455 or of the hixie drafts

Nothing of the gateway's own parsers is used here: an error in them must not hide itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.protocol import ClientFactory, Protocol
from twisted.python.failure import Failure

HTTP, RFC6455, HIXIE = "http", "rfc6455", "hixie"
"""What is said on the connection."""

Frame = tuple[str, bytes]
"""What kind ("text", "binary", "close", "ping", "pong"), and what is in it."""

_KINDS = {0: "more", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


@dataclass(slots=True)
class Answer:
    """An HTTP answer; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    open: bool = False


class Wire(Protocol):
    """
    :ivar ended: the server has closed, or never accepted.
    :ivar mode: how what comes is cut.
    :ivar owed: requests that have no answer yet.
    :ivar streams: the body of its answer stays open; ``complete``: until it has ended.
    """

    def __init__(self) -> None:
        self.ended = self.closing = self.streams = self.complete = False
        self.mode = HTTP
        self.owed: list[Any] = []
        self.data = b""
        self._prepared = b""

    def connect(self, reactor: Any, host: str, port: int) -> "Wire":
        """Open the connection."""
        reactor.connectTCP(host, port, _Factory(self))
        return self

    def send(self, data: bytes) -> None:
        """Send ``data``, perhaps once the connection is there."""
        if self.transport is None:
            self._prepared += data
        elif not self.ended:
            self.transport.write(data)

    def close(self) -> None:
        """End the connection from this side."""
        self.closing = True
        if self.transport is not None:
            self.transport.loseConnection()

    # Called by Twisted

    def connectionMade(self) -> None:
        """Send what was prepared."""
        assert self.transport is not None
        self.transport.setTcpNoDelay(True)  # type: ignore[attr-defined]
        if self._prepared:
            self.transport.write(self._prepared)
        if self.closing:
            self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Keep what comes."""
        self.data += data

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The connection has ended."""
        self.ended = True

    # Taking apart what came

    def answer(self) -> Answer | None:
        """Take the next whole answer; None while there is none."""
        whole = self._whole()
        if whole is None:
            return None
        answer, self.data = whole
        if self.owed:
            self.owed.pop(0)
        return answer

    @property
    def has_answer(self) -> bool:
        """A whole answer is there."""
        return self._whole() is not None

    def _whole(self) -> tuple[Answer, bytes] | None:
        head, mark, rest = self.data.partition(b"\r\n\r\n")
        if not mark or not head.startswith(b"HTTP/"):
            return None
        answer = _read_head(head)
        method = self.owed[0] if self.owed else "GET"
        if answer.status in (101, 204, 304) or method == "HEAD":
            return answer, rest
        if "content-length" in answer.headers:
            size = int(answer.headers["content-length"])
            answer.body = rest[:size]
            return (answer, rest[size:]) if len(rest) >= size else None
        if "transfer-encoding" not in answer.headers:
            answer.body = rest
            return (answer, b"") if self.ended else None
        chunks, left, last = chunks_of(rest)
        answer.body = b"".join(chunks)
        return (answer, left) if last else None

    def head(self) -> Answer | None:
        """Take the head of an answer whose body stays open."""
        head, mark, rest = self.data.partition(b"\r\n\r\n")
        if not mark:
            return None
        self.data = rest
        answer = _read_head(head)
        answer.open = True
        return answer

    def chunks(self) -> tuple[list[bytes], bool]:
        """Take the chunks of an open body that are there; whether the last one was among them."""
        chunks, self.data, last = chunks_of(self.data)
        return chunks, last

    def frames(self) -> list[Frame]:
        """Take the whole frames that are there."""
        cut = _cut_hixie if self.mode == HIXIE else _cut_rfc6455
        frames, self.data = cut(self.data)
        return frames


class _Factory(ClientFactory):
    noisy = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def buildProtocol(self, addr: Any) -> Wire:
        return self._wire

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self._wire.ended = True


def _read_head(head: bytes) -> Answer:
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Answer(int(status.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs})


def chunks_of(data: bytes) -> tuple[list[bytes], bytes, bool]:
    """The whole chunks of ``data``, what is left, and whether the body has ended."""
    chunks: list[bytes] = []
    while True:
        size, mark, rest = data.partition(b"\r\n")
        if not mark or len(rest) < int(size, 16) + 2:
            return chunks, data, False
        length = int(size, 16)
        data = rest[length + 2 :]
        if not length:
            return chunks, data, True
        chunks.append(rest[:length])


def _cut_hixie(data: bytes) -> tuple[list[Frame], bytes]:
    frames: list[Frame] = []
    while len(data) > 1:
        if data[0] == 0xFF:
            frames.append(("close", b""))
            data = data[2:]
            continue
        end = data.find(b"\xff")
        if end < 0:
            break
        frames.append(("text", data[1:end]))
        data = data[end + 1 :]
    return frames, data


def _cut_rfc6455(data: bytes) -> tuple[list[Frame], bytes]:
    """Servers send neither masks nor fragments."""
    frames: list[Frame] = []
    while len(data) > 1:
        size, start = data[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            break
        frames.append((_KINDS.get(data[0] & 15, "unknown"), data[start : start + size]))
        data = data[start + size :]
    return frames, data


def masked_frame(frame: Mapping[str, Any]) -> bytes:
    """A frame of the client that the recording describes, or whose payload holds a placeholder."""
    spec = frame.get("payload_spec")
    text = spec["prefix"].ljust(spec["total"], spec["fill"]) if spec else frame["payload"]
    data = text.encode()
    key = bytes.fromhex(frame["mask"] or "00000000")
    size = len(data)
    width = 0 if size < 126 else 2 if size < 65536 else 8
    sizes = bytes(({0: size, 2: 126, 8: 127}[width],)) + (size.to_bytes(width, "big") if width else b"")
    if frame["mask"]:
        sizes = bytes((sizes[0] | 128,)) + sizes[1:] + key
    masked = bytes(byte ^ key[index % 4] for index, byte in enumerate(data))
    return bytes((0x80 | frame["opcode"],)) + sizes + masked
