"""
WebSocket of RFC 6455, seen from the server: frames out, frames in. The opening is in ``protocols.opening``.

    81 05 H e l l o                        text, from the server: never masked
    81 85 37 fa 21 3d 7f 9f 4d 51 58       the same from a client: key, then payload XOR key
    88 02 03 e8                            close, code 1000
    ^^ FIN, RSV1-3, opcode   ^^ mask bit, length (7e: two more bytes, 7f: eight)

Compression stays outside: whoever owns a :class:`FrameReader` may pass ``inflate``.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from struct import Struct

from protocols.errors import PayloadTooLarge, ProtocolError

NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED_DATA = 1000, 1001, 1002, 1003
INVALID_TEXT, POLICY_VIOLATION, TOO_BIG, SERVER_ERROR = 1007, 1008, 1009, 1011

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
"""First byte of a whole frame (FIN and opcode), for :func:`frame`."""

COMPRESSED = 0x40
"""RSV1: set in the first byte of a message that went through permessage-deflate (RFC 7692 §6)."""

_CLOSE_CODES = frozenset((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014))
TEXT_HEADS = tuple(bytes((TEXT, size)) for size in range(126))
"""Heads of text frames by the size of their payload."""

_head16, _head64 = Struct(">BBH").pack, Struct(">BBQ").pack
_number = int.from_bytes
_Utf8Decoder = getincrementaldecoder("utf-8")


def frame(first: int, payload: bytes) -> bytes:
    """Frame ``payload`` under the first byte ``first``, e.g. ``TEXT | COMPRESSED``.

    :raises ValueError: a control frame over 125 bytes (RFC 6455 §5.5).
    """
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if first & 8:
        raise ValueError("a control frame holds at most 125 bytes")
    if size < 0x10000:
        return _head16(first, 126, size) + payload
    return _head64(first, 127, size) + payload


def text_frame(payload: bytes) -> bytes:
    """Frame a text message that is UTF-8 already."""
    size = len(payload)
    return TEXT_HEADS[size] + payload if size < 126 else frame(TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """Frame a binary message."""
    return frame(BINARY, payload)


def close_frame(code: int | None = None, reason: str = "") -> bytes:
    """Begin or answer the closing handshake; ``reason`` is cut at 123 bytes, between characters."""
    if code is None:
        return b"\x88\x00"
    text = utf8(reason)[:123].decode("utf-8", "ignore")
    return frame(CLOSE, code.to_bytes(2, "big") + text.encode())


def ping_frame(payload: bytes = b"") -> bytes:
    """Ask for a sign of life."""
    return frame(PING, payload)


def pong_frame(payload: bytes = b"") -> bytes:
    """Answer a ping with the payload it had."""
    return frame(PONG, payload)


def frames(units: Iterable[str | bytes]) -> bytes:
    """Frame each unit as a message of its own, text or binary by its type."""
    return b"".join([text_frame(utf8(unit)) if isinstance(unit, str) else frame(BINARY, unit) for unit in units])


def utf8(text: str) -> bytes:
    """Encode ``text``; a surrogate without its other half becomes U+FFFD, as browsers send it."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


@dataclass(slots=True)
class Ping:
    """The peer wants a pong with the same payload."""

    payload: bytes


@dataclass(slots=True)
class Pong:
    """The peer answers a ping, or says unasked that it lives."""

    payload: bytes


@dataclass(slots=True)
class Close:
    """The peer begins or answers the closing handshake. ``code`` is None when it gave none."""

    code: int | None
    reason: str


@dataclass(slots=True)
class Failure:
    """The peer broke a rule: say ``code`` in a close frame, then close the connection."""

    code: int
    rule: str


Received = str | bytes | Ping | Pong | Close | Failure
Inflate = Callable[[bytes, int], bytes]
Unmask = Callable[[bytes, bytes], bytes]


def xor_unmask(payload: bytes, key: bytes) -> bytes:
    """Apply the four bytes of ``key`` over ``payload``: masks, and unmasks again (RFC 6455 §5.3)."""
    size = len(payload)
    mask = _number((key * (size // 4 + 1))[:size], "little")
    return (_number(payload, "little") ^ mask).to_bytes(size, "little")


class _Message:
    """
    A data message that has not ended: in fragments, or in one frame of which more is to come.

    :ivar left: bytes that the present frame still owes.
    :ivar key: what these are masked with, turned to where they begin; empty without mask.
    :ivar final: the present frame is the message's last.
    """

    __slots__ = ("_decoder", "body", "compressed", "final", "key", "left", "text")

    def __init__(self, first: int) -> None:
        self.text = first & 15 == 1
        self.compressed = first & COMPRESSED != 0
        self.body = bytearray()
        self._decoder = _Utf8Decoder() if self.text and not self.compressed else None
        self.left, self.key, self.final = 0, b"", False

    def add(self, chunk: bytes, unmask: Unmask) -> None:
        """Append a piece of the present frame and judge its UTF-8 at once (fuzzer cases 6.4.*)."""
        size = len(chunk)
        self.left -= size
        if self.key:
            chunk = unmask(chunk, self.key)
            self.key = self.key[size % 4 :] + self.key[: size % 4]
        self.body += chunk
        if self._decoder is not None:
            self._decoder.decode(chunk)


class FrameReader:
    """
    Turns the bytes of one connection into what the peer said.

    Costs are linear in the bytes, however they are cut into segments or fragments, and what waits for
    more never exceeds ``max_payload``. UTF-8 is judged as it arrives. Lengths need not have their shortest
    form: RFC 6455 §5.2 asks that of senders, and no case of the Autobahn fuzzer asks it of receivers.

    :param max_payload: most bytes in one message, compressed or not; more is refused at the frame's head.
    :param unmask: ``(payload, key) -> bytes``.
    :param inflate: ``(payload, limit) -> bytes`` of one compressed message; raises ProtocolError, and
        PayloadTooLarge beyond ``limit`` bytes. None: compression was not agreed, RSV1 is an error.
    :param require_mask: refuse unmasked frames.
    """

    __slots__ = ("_inflate", "_max_payload", "_message", "_over", "_require_mask", "_rest", "_unmask")

    def __init__(
        self, max_payload: int, unmask: Unmask = xor_unmask, inflate: Inflate | None = None, require_mask: bool = True
    ) -> None:
        self._max_payload = max_payload
        self._unmask = unmask
        self._inflate = inflate
        self._require_mask = require_mask
        self._rest = b""  # a head or a control frame that is not complete: 138 bytes at most
        self._message: _Message | None = None
        self._over = False

    def feed(self, data: bytes) -> list[Received]:
        """Take a segment and return what it completes; after a Close or a Failure, which come last, nothing."""
        received: list[Received] = []
        if self._over:
            return received
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, end, limit, unmask = 0, len(data), self._max_payload, self._unmask
        try:
            while at < end:
                # Nearly all traffic is whole, masked, below 64 KiB: text (81) and binary (82) cost no call but unmask, decode.
                first = data[at]
                if (first == 0x81 or first == 0x82) and end - at > 5 and self._message is None:
                    size, start = data[at + 1] - 128, at + 6
                    if size == 126:
                        size, start = data[at + 2] << 8 | data[at + 3], at + 8
                    elif size == 127:
                        size = -1  # eight bytes of length: rare
                    stop = start + size
                    if 0 <= size <= limit and stop <= end:
                        payload = unmask(data[start:stop], data[start - 4 : start])
                        received.append(payload.decode() if first == TEXT else payload)
                        at = stop
                        continue
                step = self._step(data, at, received)
                if step == at:
                    self._rest = data[at:]
                    break
                at = step
        except ProtocolError as error:
            self._stop(received, error.close_code, error.rule)
        except UnicodeDecodeError:
            self._stop(received, INVALID_TEXT, "text that is not UTF-8")
        return received

    def _stop(self, received: list[Received], code: int, rule: str) -> None:
        self._over = True
        self._rest, self._message = b"", None
        received.append(Failure(code, rule))

    def _step(self, data: bytes, at: int, received: list[Received]) -> int:
        """Read on from ``at``; return where to go on, ``at`` again when a head or a control frame is cut."""
        if self._message is not None and self._message.left:
            return self._go_on(self._message, data, at, received)
        if at + 2 > len(data):
            return at
        first = data[at]
        self._check_head(first, data[at + 1])
        head = _lengths(data, at)
        if head is None:
            return at
        start, size, key = head
        if first & 8 == 0:
            self._check_size(size)
        if start > len(data) or (first & 8 and start + size > len(data)):
            return at
        if first & 8:
            received.append(self._control(first, data[start : start + size], key))
            return len(data) if self._over else start + size
        if self._message is None:
            self._message = _Message(first)
        message = self._message
        message.left, message.key, message.final = size, key, first > 127
        return self._go_on(message, data, start, received)

    def _check_head(self, first: int, second: int) -> None:
        """Refuse what no frame may begin with (RFC 6455 §5.1 to §5.5)."""
        opcode = first & 15
        if opcode > 10 or 2 < opcode < 8:
            raise ProtocolError("reserved opcode")
        if opcode > 7 and (first < 128 or second & 127 > 125):
            raise ProtocolError("fragmented or oversized control frame")
        if opcode < 8 and (opcode == 0) is (self._message is None):
            raise ProtocolError("continuation of nothing, or a message inside another")
        allowed = COMPRESSED if self._inflate is not None and 0 < opcode < 8 else 0
        if first & 0x70 & ~allowed:
            raise ProtocolError("reserved bit")
        if second < 128 and self._require_mask:
            raise ProtocolError("client frame without mask")

    def _check_size(self, size: int) -> None:
        if size >> 63:
            raise ProtocolError("length of 64 bits")
        if self._message is not None:
            size += len(self._message.body)
        if size > self._max_payload:
            raise PayloadTooLarge(f"message over {self._max_payload} bytes")

    def _control(self, first: int, payload: bytes, key: bytes) -> Ping | Pong | Close:
        if key:
            payload = self._unmask(payload, key)
        if first != CLOSE:
            return Ping(payload) if first == PING else Pong(payload)
        self._over, self._message = True, None
        return _closing(payload)

    def _go_on(self, message: _Message, data: bytes, at: int, received: list[Received]) -> int:
        """Take from ``at`` what belongs to the open frame; deliver the message if that ends it."""
        stop = min(at + message.left, len(data))
        message.add(data[at:stop], self._unmask)
        if message.final and not message.left:
            self._message = None
            received.append(self._whole(message))
        return stop

    def _whole(self, message: _Message) -> str | bytes:
        body: bytes | bytearray = message.body
        if message.compressed and self._inflate is not None:
            body = self._inflate(bytes(body), self._max_payload)
        return body.decode() if message.text else bytes(body)


def _lengths(data: bytes, at: int) -> tuple[int, int, bytes] | None:
    """Where the payload starts (past the end: the key is cut), its size, its key; None while the length is cut."""
    size = data[at + 1] & 127
    start = at + 2
    if size > 125:
        start += 2 if size == 126 else 8
        if start > len(data):
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    if data[at + 1] < 128:
        return start, size, b""
    return start + 4, size, data[start : start + 4]


def _closing(payload: bytes) -> Close:
    """Read the body of a close frame (RFC 6455 §7.4; 1012 to 1014 were registered later)."""
    if not payload:
        return Close(None, "")
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _CLOSE_CODES or 3000 <= code < 5000):
        raise ProtocolError("close code that may not be sent", payload)
    return Close(code, payload[2:].decode())
