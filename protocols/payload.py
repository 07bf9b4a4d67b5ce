"""
Several Engine.IO packets in one HTTP body.

    4hello <RS> 2 <RS> bAQID              Engine.IO 4: RS is U+001E, "b" marks base64
    6:4hello1:2                           2 and 3, text: lengths in UTF-16 units, as String.length counts
    00 06 FF 34 68 65 6C 6C 6F            2 and 3, XHR2: text, 6 bytes, "4hello"
    01 04 FF 04 01 02 03                  2 and 3, XHR2: bytes, type 4 and three bytes of data
    d=6%3A4hello                          a JSONP form

Clients of 1.x encode the text of a packet to UTF-8 once more before it is framed (spec Engine.IO §1.1, classes A
and B), those of 2.x do not, and no request says which: such text is read as :class:`Undecided`, and the session
decides. Pure functions: no state, no clock.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable

from protocols.errors import BadText, ProtocolError
from protocols.forms import MAX_PACKETS, unquoted
from protocols.model import Unit

SEPARATOR = "\x1e"

MAX_DIGITS = 10
"""Most digits of a length. The reference takes 310; the limit on bodies makes more than ten senseless."""

TYPES = "0123456"
"""Packet types: open, close, ping, pong, message, upgrade, noop."""


class BadPayload(ProtocolError):
    """
    A body whose framing breaks off; the packets before the break count (engine.io 3.6.2 and 6.6.11).

    :ivar units: what was read before.
    :ivar status: 200: such a POST is answered as if it had been taken, the session ends all the same.
    """

    status = 200

    def __init__(self, rule: str, sample: Unit, units: list[Unit], status: int = 200) -> None:
        super().__init__(rule, sample)
        self.units = units
        self.status = status


class Undecided(str):
    """Text that may hold a second layer of UTF-8."""

    __slots__ = ()


# Text -------------------------------------------------------------------------------


def decode(body: bytes) -> str:
    """
    Read UTF-8.

    :raises BadText: it is none.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadText("not UTF-8", body) from error


def sound(text: str) -> str:
    """Put U+FFFD for halves of characters, which UTF-8 can't carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def double(text: str) -> str:
    """Add the second layer of UTF-8 that clients of 1.x expect."""
    return text if text.isascii() else sound(text).encode().decode("latin-1")


def undouble(text: str) -> str | None:
    """
    Take the second layer of UTF-8 off.

    :returns: None when ``text`` has none: characters above U+00FF, or bytes that are no UTF-8.
    """
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return None


# Base64 -----------------------------------------------------------------------------


def base64(data: bytes) -> str:
    """Standard alphabet, padded, in one line."""
    return b2a_base64(data, newline=False).decode("ascii")


def unbase64(text: str) -> bytes:
    """
    Read base64 as leniently as Node.js: odd characters are passed over, padding may be missing.

    :raises ProtocolError: not ASCII, or a digit too many.
    """
    try:
        return a2b_base64(text.encode("ascii") + b"===")
    except (UnicodeEncodeError, Base64Error) as error:
        raise ProtocolError("bad base64", text) from error


# Engine.IO 4 ------------------------------------------------------------------------


def join4(units: Iterable[Unit]) -> bytes:
    """Pack ``units`` into one body."""
    return text4(units).encode()


def text4(units: Iterable[Unit]) -> str:
    """Pack ``units`` into the text of one body."""
    return SEPARATOR.join([unit if isinstance(unit, str) else "b" + base64(unit) for unit in units])


def split4(text: str) -> list[Unit]:
    """Unpack the text of a body. Empty packets stay: the session refuses them after it took those before."""
    return text.split(SEPARATOR)  # type: ignore[return-value]


# Engine.IO 2 and 3, text framing ----------------------------------------------------


def text3(units: Iterable[Unit], doubled: bool = False) -> str:
    """
    Pack ``units`` by lengths in UTF-16 units.

    :param doubled: with the second layer of UTF-8, for a peer that has shown it.
    """
    packed = []
    for unit in units:
        if isinstance(unit, bytes):
            unit = "b4" + base64(unit)
        elif not unit.isascii():
            unit = double(unit) if doubled else sound(unit)
        packed.append(f"{_length(unit)}:{unit}")
    return "".join(packed)


def _length(text: str) -> int:
    """String.length of JavaScript."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split3(text: str) -> list[Unit]:
    """
    Unpack text that is framed by lengths.

    :raises BadPayload: bad lengths; its ``units`` are the packets before.
    """
    units: list[Unit] = []
    size, at = len(text), 0
    astral = _length(text) != size
    if not size:
        raise BadPayload("empty body", text, units)
    for _ in range(MAX_PACKETS):
        if at >= size:
            return units
        colon = text.find(":", at, at + MAX_DIGITS + 1)
        digits = text[at:colon] if colon >= 0 else "none"
        if not (digits.isdecimal() and digits.isascii()):
            # An empty length is the one break that a POST is refused for (safety §2, "bad payloads").
            raise BadPayload("bad length", text[at : at + 16], units, 400 if colon == at else 200)
        length = int(digits)
        at = colon + 1
        packet = text[at : at + length]
        if astral and not packet.isascii():
            packet = _cut(packet, length)
            short = _length(packet) != length
        else:
            short = len(packet) != length
        if short:
            raise BadPayload("packet shorter than its length", text[at : at + 16], units)
        if packet:
            units.append(packet if packet.isascii() else Undecided(packet))
            at += len(packet)
    if at < size:
        raise BadPayload(f"more than {MAX_PACKETS} packets", text[at : at + 16], units)
    return units


def _cut(text: str, length: int) -> str:
    """The first ``length`` UTF-16 units of ``text``; "" where that would cut a character in two."""
    head = text.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "surrogatepass")
    return head if text.startswith(head) else ""


# Engine.IO 2 and 3, binary framing --------------------------------------------------


def binary3(units: Iterable[Unit]) -> bytes:
    """Pack ``units`` for XHR2: text and bytes side by side, UTF-8 once for every client."""
    packed = []
    for unit in units:
        kind, content = (b"\x00", sound(unit).encode()) if isinstance(unit, str) else (b"\x01", b"\x04" + unit)
        digits = bytes(map(int, str(len(content))))
        packed.append(b"%b%b\xff%b" % (kind, digits, content))
    return b"".join(packed)


def split3_binary(body: bytes) -> list[Unit]:
    """
    Unpack an ``application/octet-stream`` body.

    :raises BadPayload: bad framing; its ``units`` are the packets before.
    """
    units: list[Unit] = []
    size, at = len(body), 0
    if not size:
        raise BadPayload("empty body", body, units)
    for _ in range(MAX_PACKETS):
        if at >= size:
            return units
        mark = body.find(b"\xff", at + 1, at + MAX_DIGITS + 2)
        digits = body[at + 1 : mark]
        if mark < 0 or not digits or max(digits) > 9 or body[at] > 1:
            raise BadPayload("bad length", body[at : at + 16], units)
        end = mark + 1 + int("".join(map(str, digits)))
        if end > size:
            raise BadPayload("packet shorter than its length", body[at : at + 16], units)
        content = body[mark + 1 : end]
        if body[at]:
            units.extend(packet3(content))
        else:
            _append_text(units, content)
        at = end
    if at < size:
        raise BadPayload(f"more than {MAX_PACKETS} packets", body[at : at + 16], units)
    return units


def _append_text(units: list[Unit], content: bytes) -> None:
    try:
        units.append(content.decode())
    except UnicodeDecodeError:
        raise BadPayload("not UTF-8", content, units) from None


def packet3(data: bytes) -> list[Unit]:
    """
    The packet in a binary frame or part: a type byte and data.

    :returns: no unit for an empty frame and unknown types, which engine.io ignores.
    """
    if data[:1] == b"\x04":
        return [data[1:]]
    if not data or data[0] >= len(TYPES):
        return []
    return [TYPES[data[0]]]


# JSONP ------------------------------------------------------------------------------

_NEWLINE = re.compile(r"(?<!\\)\\n")


def form(body: bytes) -> str | None:
    """
    Read field ``d`` of a JSONP post.

    The client has written ``\\n`` for each newline, and a further backslash before a ``\\n`` that was there
    (spec Engine.IO §2.5).

    :returns: None when there is no such field.
    :raises BadText: not UTF-8.
    """
    start = 2 if body.startswith(b"d=") else body.find(b"&d=") + 3
    if start == 2 and not body.startswith(b"d="):
        return None
    end = body.find(b"&", start)
    value = body[start:] if end < 0 else body[start:end]
    text = decode(unquoted(value))
    return _NEWLINE.sub("\n", text).replace("\\\\n", "\\n")
