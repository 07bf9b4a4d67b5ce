"""
The packets in a body or a frame, as a client of that version reads them.

    4hello <RS> bAQID        6:4hello10:b4AAEC/w==        00 06 FF 34 68 65 ...        ___eio[0]("6:4hello");

Nothing of the gateway's own codecs is used here: an error in them must not hide itself.
"""

import json
import re
from base64 import b64decode
from typing import Any

Packet = str | bytes
"""Text with its type digit, or the data of a binary message."""

OCTETS = "application/octet-stream"

_JSONP = re.compile(r"___eio\[([0-9]*)\]\((.*)\);", re.DOTALL)
_HELD = re.compile("~(\\w+)~+")
_MARK = re.compile(r"\{\{(\w+)\}\}")


class UnreadableError(ValueError):
    """A body that the client could not read."""


def held(body: bytes) -> bytes:
    """``body`` with its variables at the length of their values (20 characters), so that lengths fit."""
    return _MARK.sub(lambda mark: f"~{mark[1]}".ljust(20, "~"), body.decode("latin-1")).encode("latin-1")


def _marked(packet: Packet) -> Packet:
    return _HELD.sub(r"{{\1}}", packet) if isinstance(packet, str) else packet


def read_answer(body: bytes, content_type: str, eio: int, jsonp: bool, text_class: str) -> list[Packet]:
    """
    The packets of one answer to a poll.

    :param text_class: "A" or "B" for clients that take a second layer of UTF-8 off.
    :raises UnreadableError: that client could not read it.
    """
    try:
        if eio < 4 and content_type == OCTETS:
            packets = _binary(body)
        else:
            text = body.decode()
            if jsonp:
                text = _script(text)
            packets = _split4(text) if eio == 4 else [seen(packet, text_class) for packet in _split3(text)]
    except (ValueError, IndexError) as error:
        raise UnreadableError(f"{error}: {body[:80]!r}") from error
    return [_marked(packet) for packet in packets]


def _script(text: str) -> str:
    match = _JSONP.fullmatch(text)
    if match is None:
        raise ValueError("no JSONP answer")
    return str(json.loads(match[2]))


def seen(packet: Packet, text_class: str) -> Packet:
    """
    ``packet`` without the second layer of UTF-8 that clients of class A and B expect.

    :raises UnicodeError: there is none.
    """
    if isinstance(packet, bytes) or not text_class or packet.isascii():
        return packet
    return packet.encode("latin-1").decode()


def _split4(text: str) -> list[Packet]:
    return [b64decode(unit[1:]) if unit[:1] == "b" else unit for unit in text.split("\x1e")]


def _split3(text: str) -> list[Packet]:
    units = text.encode("utf-16-le", "surrogatepass")
    packets: list[Packet] = []
    at = 0
    while at < len(units):
        colon = units.index(b":\0", at)
        start = colon + 2
        at = start + 2 * int(units[at:colon].decode("utf-16-le"))
        if at > len(units):
            raise ValueError("short packet")
        packets.append(_text3(units[start:at].decode("utf-16-le", "surrogatepass")))
    return packets


def _text3(text: str) -> Packet:
    return b64decode(text[2:]) if text[:2] == "b4" else text


def _binary(body: bytes) -> list[Packet]:
    packets: list[Packet] = []
    at = 0
    while at < len(body):
        mark = body.index(b"\xff", at)
        end = mark + 1 + int("".join(map(str, body[at + 1 : mark])))
        if body[at] > 1 or end > len(body):
            raise ValueError("bad framing")
        content = body[mark + 1 : end]
        packets.append(content.decode() if body[at] == 0 else frame3(content))
        at = end
    return packets


def frame3(data: bytes) -> Packet:
    """What a binary frame of Engine.IO 2 and 3 holds."""
    if data[:1] != b"\x04":
        raise ValueError("binary packet that is no message")
    return data[1:]


# Comparing ----------------------------------------------------------------------------

_SOCKETIO = re.compile(r"(4[0-6](?:[0-9]+-)?)(/[^,\[{\"]*)?(,?)([0-9]*)([\[{\"].*)?", re.DOTALL)
_TIMES = ("pingInterval", "pingTimeout", "maxPayload")


def plain(packet: str, older: bool) -> str:
    """
    ``packet`` in one spelling, whatever spelling its JSON had.

    :param older: the server was older than the reference: its timers may be others, ``maxPayload`` may be added, and
        a comma may be missing behind a namespace.
    """
    if packet.startswith("0{"):
        greeting = json.loads(packet[1:])
        return "0" + _dumped({k: v for k, v in greeting.items() if not (older and k in _TIMES)})
    match = _SOCKETIO.fullmatch(packet)
    if match is None or not (match[2] or match[5]):
        return packet
    head, namespace, comma, number, text = (part or "" for part in match.groups())
    if older and namespace and not (number or text):
        comma = ","
    try:
        value = _dumped(json.loads(text)) if text else ""
    except ValueError:
        return packet
    return f"{head}{namespace}{comma}{number}{value}"


def _dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
