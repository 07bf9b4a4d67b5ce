"""
Packets of Engine.IO 2 to 4 as clients of 1.x to 4.x put them into bodies and frames.

    4    4hello <RS> bAQID                        one text, U+001E between packets, "b" before base64
    3    6:4hello10:b4AQID...                     lengths in units of UTF-16; "b4" before base64
    3    00 06 FF 34 68 65 6C 6C 6F  01 04 FF 04 01 02 03       octets: kind, digits of the length, FF, packet
    WebSocket    text as it is; bytes as they are (4) or behind a byte 04 (3)

A unit is a packet: text with its digit in front, or the bytes of a binary message.
"""

import re
from base64 import b64decode, b64encode
from itertools import count

from gateway.conformance.clients import jsonp
from gateway.conformance.clients.link import Answer, Headers, RefusedError, Unit
from gateway.conformance.clients.texts import framed, length, utf8

SEPARATOR = "\x1e"
OCTETS: Headers = (("Content-Type", "application/octet-stream"),)
TEXT: Headers = (("Content-Type", "text/plain;charset=UTF-8"),)

_ESCAPED = re.compile(r"\\n")


def base64(data: bytes) -> str:
    """As text."""
    return b64encode(data).decode()


def join4(units: list[Unit]) -> str:
    """Packets as the body of Engine.IO 4."""
    return SEPARATOR.join(unit if isinstance(unit, str) else "b" + base64(unit) for unit in units)


def split4(text: str) -> list[Unit]:
    """The packets of a body of Engine.IO 4."""
    return [b64decode(one[1:], validate=True) if one[:1] == "b" else one for one in text.split(SEPARATOR)]


def join3(units: list[Unit]) -> str:
    """Packets as text of Engine.IO 3."""
    texts = [unit if isinstance(unit, str) else "b4" + base64(unit) for unit in units]
    return "".join(f"{length(text)}:{text}" for text in texts)


_HEAD = re.compile(r"(\d+):")


def split3(text: str) -> list[Unit]:
    """
    The packets of a text of Engine.IO 3.

    :raises RefusedError: a length is wrong.
    """
    found: list[Unit] = []
    pieces, end = framed(text, _HEAD)
    for packet, size in pieces:
        if length(packet) != size:
            raise RefusedError(200, "a packet is shorter than it says")
        found.append(b64decode(packet[2:], validate=True) if packet[:2] == "b4" else packet)
    if end < len(text):
        raise RefusedError(200, f"no length: {text[end : end + 20]!r}")
    return found


def join3_octets(units: list[Unit]) -> bytes:
    """Packets in the binary framing of Engine.IO 3."""
    parts = []
    for unit in units:
        kind, packet = (0, utf8(unit)) if isinstance(unit, str) else (1, b"\x04" + unit)
        digits = bytes(int(digit) for digit in str(len(packet)))
        parts.append(bytes((kind,)) + digits + b"\xff" + packet)
    return b"".join(parts)


def split3_octets(data: bytes) -> list[Unit]:
    """
    The packets in the binary framing of Engine.IO 3.

    :raises RefusedError: the framing is broken.
    """
    found: list[Unit] = []
    while data:
        end = data.find(b"\xff", 1)
        kind = data[0]
        if kind > 1 or end < 2:
            raise RefusedError(200, f"no binary frame: {data[:12]!r}")
        size = int("".join(str(digit) for digit in data[1:end]))
        packet, data = data[end + 1 : end + 1 + size], data[end + 1 + size :]
        found.append(packet[1:] if kind else packet.decode())
    return found


def double(text: str) -> str:
    """Text with the second layer of UTF-8 that clients of 1.x put on it."""
    return utf8(text).decode("latin-1")


def single(text: str) -> str:
    """
    Text without that layer.

    :raises UnicodeError: there is none.
    """
    return text.encode("latin-1").decode()


class EngineSpeech:
    """
    How Engine.IO speaks over polling, JSONP and WebSocket.

    :param revision: 2, 3 or 4: the ``EIO`` of every request.
    :param way: "polling" (text), "xhr2" (octets where needed), "jsonp" or "websocket".
    :param doubled: text has a second layer of UTF-8, as from clients of 1.x.
    :ivar sid: of the session, "" before there is one.
    """

    def __init__(self, mount: str, query: str, revision: int, way: str, doubled: bool = False) -> None:
        self.mount = mount
        self.query = query
        self.revision = revision
        self.way = way
        self.doubled = doubled
        self.sid = ""
        self._stamps = count(1)

    def target(self, transport: str = "polling") -> str:
        """The target of a request."""
        stamp = next(self._stamps)
        # Browsers of 1.1 to 1.3, which read binary framing only, are known by the form of their stamp.
        stamps = f"t={1395000000000 + stamp}-{stamp}" if self.doubled else f"t=N{stamp:x}"
        fields = [self.query, f"EIO={self.revision}", f"transport={transport}", stamps]
        if self.way == "jsonp":
            fields.append("j=0")
        elif self.way == "polling" and self.revision < 4:
            fields.append("b64=1")
        if self.sid:
            fields.append(f"sid={self.sid}")
        return f"{self.mount}/?{'&'.join(filter(None, fields))}"

    def poll(self) -> str:
        return self.target("websocket" if self.way == "websocket" else "polling")

    def post(self, units: list[Unit]) -> tuple[str, bytes, Headers]:
        if self.way == "xhr2" and self.revision < 4 and not all(isinstance(unit, str) for unit in units):
            return self.target(), join3_octets(units), OCTETS
        if self.doubled:
            units = [double(unit) if isinstance(unit, str) else unit for unit in units]
        text = join4(units) if self.revision == 4 else join3(units)
        if self.way == "jsonp":
            return self.target(), jsonp.form("d", _ESCAPED.sub(r"\\\\n", text).replace("\n", "\\n")), jsonp.FORM
        return self.target(), utf8(text), TEXT

    def posted(self, answer: Answer) -> None:
        if answer.status != 200 or answer.body != b"ok":
            raise RefusedError(answer.status, answer.body[:40].decode("latin-1"))

    def read(self, answer: Answer) -> list[Unit]:
        if answer.headers.get("content-type") == "application/octet-stream" and self.revision < 4:
            return split3_octets(answer.body)
        text = answer.text
        if self.way == "jsonp":
            text = jsonp.argument(text, "___eio[0]")
        units = split4(text) if self.revision == 4 else split3(text)
        return [single(unit) if isinstance(unit, str) else unit for unit in units] if self.doubled else units

    def piece(self, data: bytes) -> list[Unit]:
        raise TypeError("Engine.IO has no streams")

    def wrap(self, units: list[Unit]) -> list[Unit]:
        if self.revision == 4:
            return units
        return [unit if isinstance(unit, str) else b"\x04" + unit for unit in units]

    def unwrap(self, message: Unit) -> list[Unit]:
        if isinstance(message, str) or self.revision == 4:
            return [message]
        if message[:1] != b"\x04":
            raise RefusedError(101, f"binary message without its type: {message[:8]!r}")
        return [message[1:]]
