"""
Frames of Socket.IO 0.5 and 0.6, both ways.

    ~m~5~m~hello                       text
    ~m~10~m~~j~{"a":1}                 JSON (0.6 on)
    ~m~4~m~~h~7                        heartbeat 7, or its echo
    ~m~2~m~<U+1F600>~m~1~m~a           lengths count UTF-16 units, as String.length does

A *unit* of this era is what stands between two frame heads: ``hello``,
``~j~{"a":1}``, ``~h~7``. Text is not escaped: what begins with ``~j~`` or ``~h~`` is
taken as such by the peer (0.5.3 to 0.6.18).
"""

import re
from collections.abc import Iterable
from typing import Any, AnyStr

from legacy.v06_events import packet, values
from protocols.forms import MAX_PACKETS
from protocols.jsontext import dumps_ascii
from protocols.model import JSON_MESSAGE, Control, Outgoing, Unit

JSON_MARK = "~j~"
BEAT_MARK = "~h~"

# Ten digits at most: int() of thousands of digits is slow, then an error.
_HEAD = re.compile("~m~([0-9]{1,10})~m~")
_WIDE_HEAD = re.compile(rb"~\0m\0~\0((?:[0-9]\0){1,10})~\0m\0~\0")


def encode_frames(messages: Iterable[Any]) -> str:
    """Pack ``messages`` (all str) into one payload."""
    return "".join([f"~m~{utf16_length(message)}~m~{message}" for message in messages])


def utf16_length(text: str) -> int:
    """Count UTF-16 code units: what JavaScript calls the length of ``text``."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def decode_frames(text: str) -> list[str]:
    """
    Take the messages out of one payload.

    What follows the last good frame is dropped without a word: proxies and parts
    append line ends (spec 0.6 §3.2). A frame shorter than it says is not good.
    """
    return _take_apart(text)[0]


def decode_form_frames(text: str) -> list[str]:
    """
    Take the messages out of a payload that went through a form.

    Browsers make CR LF of every line end in a textarea, after the client counted
    (spec 0.6 §5.4). If the lengths do not fit, and do with LF, that was meant.
    """
    messages: list[str]
    messages, fits = _take_apart(text)
    if fits or "\r\n" not in text:
        return messages
    repaired, fits = _take_apart(text.replace("\r\n", "\n"))
    return repaired if fits else messages


def _take_apart(text: str) -> tuple[list[Any], bool]:
    """Return the messages (str), and whether frames made up all of ``text``."""
    if text.isascii():
        return _cut(text, _HEAD, 1)
    pieces, fits = _cut(text.encode("utf-16-le", "surrogatepass"), _WIDE_HEAD, 2)
    return [piece.decode("utf-16-le", "surrogatepass") for piece in pieces], fits


def _cut(data: AnyStr, head: re.Pattern[AnyStr], width: int) -> tuple[list[AnyStr], bool]:
    """Cut at frame heads, at most ``MAX_PACKETS`` times; ``width`` is the size of one UTF-16 unit in ``data``."""
    found: list[AnyStr] = []
    position = 0
    while len(found) < MAX_PACKETS and (match := head.match(data, position)):
        start = match.end()
        end = start + width * int(match[1][::width])
        if end > len(data):
            break
        found.append(data[start:end])
        position = end
    return found, position == len(data)


def encode(message: Outgoing | Control) -> list[Unit]:
    """Say ``message`` in units of 0.5 and 0.6, one per message the peer will see."""
    if isinstance(message, Control):
        return message.units
    text = packet(message)
    if text is not None:
        return [JSON_MARK + text]
    if message.kind == JSON_MESSAGE:
        return [json_unit(value) for value in values(message)]
    return [value if isinstance(value, str) else json_unit(value) for value in values(message)]


def json_unit(value: Any) -> str:
    """Say ``value`` as a JSON message, whatever it is."""
    return JSON_MARK + dumps_ascii(value)


def split_frames(text: str) -> list[Unit]:
    """Take the units out of a payload; one without any frame comes back as bytes, which no session can read."""
    return _take_apart(text)[0] or unreadable(text)


def split_form_frames(text: str) -> list[Unit]:
    """As :func:`split_frames`, with line ends repaired."""
    return [*decode_form_frames(text)] or unreadable(text)


def unreadable(text: str) -> list[Unit]:
    """Mark a payload as one that must be dropped and logged; an empty one is just empty."""
    return [text[:48].encode("utf-8", "replace")] if text else []
