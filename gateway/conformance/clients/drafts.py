r"""
The client's half of the WebSocket drafts: openings, frames, and a reader of what the server says.

    RFC 6455, hybi 07-12   Sec-WebSocket-Key       81 85 <mask> hello          server: 81 05 hello
    draft 76               Key1, Key2 + 8 bytes    00 hello FF                 server: 16 bytes of proof, then the same
    draft 75               nothing                 00 hello FF

A draft is made anew for each connection: it remembers its keys and what was left of the last read.
"""

import os
import zlib
from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5, sha1

from gateway.conformance.clients.link import Answer, Headers, RefusedError, Unit

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FINAL, COMPRESSED, MASKED = 0x80, 0x40, 0x80


class Closed:
    """The peer begins the closing handshake; ``code`` is None when it gave none."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        self.code = code
        self.reason = reason


class Control:
    """A ping or pong of the peer's."""

    def __init__(self, opcode: int, payload: bytes) -> None:
        self.opcode = opcode
        self.payload = payload


Item = Unit | Closed | Control


def frame(opcode: int, payload: bytes, final: bool = True, mask: bool = True, reserved: int = 0) -> bytes:
    """One frame of RFC 6455, as a client sends it (§5.2)."""
    first = (FINAL if final else 0) | reserved | opcode
    size, flag = len(payload), MASKED if mask else 0
    if size < 126:
        head = bytes((first, flag | size))
    elif size < 65536:
        head = bytes((first, flag | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, flag | 127)) + size.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + masked(payload, key)


def masked(payload: bytes, key: bytes) -> bytes:
    """``payload`` with the repeated ``key`` laid over it."""
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")


class Rfc6455:
    """
    The standard, and the drafts 07 to 12 that have its frames.

    :param version: ``Sec-WebSocket-Version``; 7 and 8 name the origin in a header of their own.
    :param deflate: offer permessage-deflate.
    :ivar deflated: the server has agreed to it.
    """

    nonce = b""

    def __init__(self, version: int = 13, deflate: bool = False) -> None:
        self.version = version
        self.deflated = False
        self._offer = deflate
        self._key = b64encode(os.urandom(16))
        self._data = b""
        self._parts: list[bytes] = []
        self._kind = self._squeezed = 0
        self._inflater = zlib.decompressobj(-15)

    def headers(self, origin: str) -> Headers:
        """What the opening asks with."""
        name = "Origin" if self.version == 13 else "Sec-WebSocket-Origin"
        fields: Headers = (("Upgrade", "websocket"), ("Connection", "Upgrade"), (name, origin))
        fields += (("Sec-WebSocket-Version", str(self.version)), ("Sec-WebSocket-Key", self._key.decode()))
        return (*fields, ("Sec-WebSocket-Extensions", "permessage-deflate")) if self._offer else fields

    def accept(self, answer: Answer, target: str, host: str, origin: str) -> int:
        """
        Check the server's 101; gives how many bytes of proof follow it.

        :raises RefusedError: it is none, or not an answer to our opening.
        """
        if answer.status != 101:
            raise RefusedError(answer.status)
        wanted = b64encode(sha1(self._key + GUID, usedforsecurity=False).digest()).decode()
        if answer.headers.get("sec-websocket-accept") != wanted:
            raise RefusedError(101, "wrong Sec-WebSocket-Accept")
        extensions = answer.headers.get("sec-websocket-extensions", "")
        self.deflated = extensions.startswith("permessage-deflate")
        if extensions and not (self._offer and self.deflated):
            raise RefusedError(101, f"an extension that was not offered: {extensions}")
        return 0

    def prove(self, proof: bytes) -> None:
        """There is no proof behind the head."""

    def encode(self, item: Unit) -> bytes:
        """One message."""
        payload = item.encode("utf-8", "surrogatepass") if isinstance(item, str) else item
        opcode = TEXT if isinstance(item, str) else BINARY
        if not self.deflated:
            return frame(opcode, payload)
        return frame(opcode, deflate(payload), reserved=COMPRESSED)

    def goodbye(self) -> bytes:
        """The closing handshake."""
        return frame(CLOSE, (1000).to_bytes(2, "big"))

    def feed(self, data: bytes) -> Iterator[Item]:
        """What ``data`` completes."""
        self._data += data
        while (found := self._cut()) is not None:
            first, payload = found
            item = self._take(first, payload)
            if item is not None:
                yield item

    def _cut(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size & MASKED:
            raise RefusedError(101, "a masked frame from the server")
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start or len(data) < start + size:
            return None
        self._data = data[start + size :]
        return data[0], data[start : start + size]

    def _take(self, first: int, payload: bytes) -> Item | None:
        opcode = first & 15
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else None
            return Closed(code, payload[2:].decode("utf-8", "replace"))
        if opcode in (PING, PONG):
            return Control(opcode, payload)
        if opcode != CONTINUATION:
            self._kind, self._squeezed = opcode, first & COMPRESSED
        self._parts.append(payload)
        return self._whole() if first & FINAL else None

    def _whole(self) -> Unit:
        payload = b"".join(self._parts)
        self._parts.clear()
        if self._squeezed:
            payload = self._inflater.decompress(payload + b"\0\0\xff\xff")
        return payload.decode("utf-8", "surrogatepass") if self._kind == TEXT else payload


def deflate(payload: bytes) -> bytes:
    """A message as permessage-deflate has it, without context (RFC 7692 §7.2.1)."""
    squeezer = zlib.compressobj(wbits=-15)
    return (squeezer.compress(payload) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Hixie75:
    """The draft of 2009: Chrome 4, Safari 5.0."""

    nonce = b""
    prefix = "websocket"
    proof_size = 0

    def __init__(self) -> None:
        self._data = b""

    def headers(self, origin: str) -> Headers:
        """What the opening asks with."""
        return (("Upgrade", "WebSocket"), ("Connection", "Upgrade"), ("Origin", origin))

    def accept(self, answer: Answer, target: str, host: str, origin: str) -> int:
        """As browsers of the time: origin and location must be exactly what they know themselves."""
        if answer.status != 101:
            raise RefusedError(answer.status)
        expected = {f"{self.prefix}-origin": origin, f"{self.prefix}-location": f"ws://{host}{target}"}
        for name, value in expected.items():
            given = answer.headers.get(name, "")
            if given.replace("wss://", "ws://") != value:
                raise RefusedError(101, f"{name} is {given!r}")
        return self.proof_size

    def prove(self, proof: bytes) -> None:
        """Draft 75 proves nothing."""

    def encode(self, item: Unit) -> bytes:
        """One message; there are only texts."""
        payload = item.encode("utf-8", "surrogatepass") if isinstance(item, str) else item
        return b"\x00" + payload + b"\xff"

    def goodbye(self) -> bytes:
        """The closing handshake."""
        return b"\xff\x00"

    def feed(self, data: bytes) -> Iterator[Item]:
        """What ``data`` completes."""
        self._data += data
        while self._data:
            if self._data.startswith(b"\xff\x00"):
                self._data = self._data[2:]
                yield Closed(None)
                continue
            if self._data[:1] != b"\x00":
                raise RefusedError(101, f"no frame of draft 75 or 76: {self._data[:8]!r}")
            end = self._data.find(b"\xff")
            if end < 0:
                return
            text, self._data = self._data[1:end], self._data[end + 1 :]
            yield text.decode()


EXAMPLE_KEYS = ("18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1_ tx7X d  <  nw  334J702) 7]o}` 0")
"""Those of the draft."""


EXAMPLE_KEYS = ("18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1_ tx7X d  <  nw  334J702) 7]o}` 0")
"""Those of the draft."""


class Hixie76(Hixie75):
    """The draft of 2010: Chrome 6 to 13, Safari 5.1, and Flash."""

    prefix = "sec-websocket"
    proof_size = 16

    def __init__(self, keys: tuple[str, str] = EXAMPLE_KEYS) -> None:
        super().__init__()
        self._keys = keys
        self.nonce = os.urandom(8)

    def headers(self, origin: str) -> Headers:
        keys = tuple((f"Sec-WebSocket-Key{number}", key) for number, key in enumerate(self._keys, 1))
        return (*super().headers(origin), *keys)

    def prove(self, proof: bytes) -> None:
        """The server has read our keys and our nonce."""
        parts = [self._number(key).to_bytes(4, "big") for key in self._keys]
        if proof != md5(b"".join(parts) + self.nonce, usedforsecurity=False).digest():
            raise RefusedError(101, "wrong proof")

    @staticmethod
    def _number(key: str) -> int:
        return int("".join(filter(str.isdigit, key))) // key.count(" ")


Draft = Rfc6455 | Hixie75
