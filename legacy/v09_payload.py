"""
Several packets of Socket.IO 0.7 to 0.9 in one HTTP body.

    3:::a                                   one packet goes bare
    <FFFD>5<FFFD>3:::a<FFFD>3<FFFD>2::      two or more: U+FFFD, length, U+FFFD, packet

A length counts UTF-16 units, as String.length does (spec 0.9 §4.3). Polls, and POST bodies of
every HTTP transport; never WebSockets.
"""

import re
from array import array
from collections.abc import Callable, Sequence

from protocols.forms import MAX_PACKETS
from protocols.model import Unit

MARK = "\ufffd"

_LENGTH = re.compile("\ufffd([0-9]{1,10})\ufffd")


def join(packets: Sequence[Unit], written: Callable[[str], str] = str) -> str:
    """
    Pack ``packets`` into one body.

    :param written: how each packet is spelled in the body; its length is that of the packet itself.
    """
    if len(packets) == 1:
        return written(str(packets[0]))
    return "".join([f"{MARK}{_units(packet)}{MARK}{written(packet)}" for packet in packets if type(packet) is str])


def split(text: str, form: bool = False) -> list[Unit]:
    """
    Unpack one body; what can't be read is one empty packet at the end.

    A length beyond the end takes what is there, as the old servers do.

    :param form: the text came bare in a form, where browsers write every line break as CR LF.
    """
    if not text.startswith(MARK):
        return [text.replace("\r\n", "\n") if form else text]
    if len(text.encode("utf-16-le", "surrogatepass")) == 2 * len(text):
        return _framed(text, form)
    return [_whole(packet) for packet in _framed(_halved(text), form)]


def _framed(text: str, form: bool) -> list[Unit]:
    """Cut ``text``, in which every character is one UTF-16 unit."""
    packets: list[Unit] = []
    position = 0
    while position < len(text):
        match = _LENGTH.match(text, position) if len(packets) < MAX_PACKETS else None
        if match is None:
            # Behind a whole packet text without a mark is nothing, as for 0.9.19.
            return packets if packets and text.find(MARK, position + 1) < 0 else [*packets, ""]
        start, end = match.end(), match.end() + int(match[1])
        packet = text[start:end]
        if form and end < len(text) and text[end] != MARK:
            packet, end = _line_breaks_as_one(text, start, int(match[1]))
        packets.append(packet)
        position = end
    return packets


def _line_breaks_as_one(text: str, start: int, length: int) -> tuple[str, int]:
    """Take ``length`` units from ``start``, CR LF being one; as they stand where that does not fit either."""
    end = reach = start + length
    while (further := start + length + text.count("\r\n", start, reach + 1)) != reach and reach < len(text):
        reach = further
    if reach > len(text) or (reach < len(text) and text[reach] != MARK):
        return text[start:end], end
    return text[start:reach].replace("\r\n", "\n"), reach


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _halved(text: str) -> str:
    """Write each character above U+FFFF as its two UTF-16 units, so that indices count as JavaScript's do."""
    halves = array("H", text.encode(_UTF_16, "surrogatepass"))
    return array("I", halves).tobytes().decode(_UTF_32, "surrogatepass")


def _whole(text: Unit) -> str:
    """Undo :func:`_halved`; half a character that was cut off stays half."""
    return str(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


_UTF_16, _UTF_32 = ("utf-16-le", "utf-32-le") if array("H", [1]).tobytes()[0] else ("utf-16-be", "utf-32-be")
