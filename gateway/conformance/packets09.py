"""
The packets in a body, a script or a frame of Socket.IO 0.7 to 0.9, as its clients read them.

    3:::a     <FFFD>5<FFFD>3:::a<FFFD>3<FFFD>2::     io.j[0]("3:::a");     <script>_("3:::a");</script>

Nothing of the gateway's own codecs is used here: an error in them must not hide itself.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CALL = re.compile(
    r"(?:\d+ )?(io\.j\[\d+\]\((?:new Error\()?|<script>_\()(\"(?:[^\"\\]|\\.)*\")(\)?\);(?:</script>)?)", re.DOTALL
)
_PACKET = re.compile(r"([^:]+):(\d*)(\+?):([^:]*):?(.*)", re.DOTALL)
_ACK = re.compile(r"(\d+)\+?(.*)", re.DOTALL)
_LINES = re.compile("[\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Packet:
    """
    One packet, with its JSON read.

    :ivar kind: its digit; for what is no packet a description.
    """

    kind: str
    id: str = ""
    endpoint: str = ""
    text: str = ""


def packets_of(body: str) -> list[Packet]:
    """The packets in ``body``, whatever it is wrapped in."""
    call = _CALL.fullmatch(body)
    text = json.loads(call[2]) if call else body
    return [_read(unit) for unit in _split(text)] if text else []


def _split(text: str) -> list[str]:
    """Lengths count UTF-16 units."""
    if not text.startswith("\ufffd"):
        return [text]
    units = text.encode("utf-16-le", "surrogatepass")
    mark = "\ufffd".encode("utf-16-le")
    packets = []
    while units.startswith(mark):
        size, _, rest = units[2:].decode("utf-16-le", "surrogatepass").partition("\ufffd")
        start = 4 + 2 * len(size)
        end = start + 2 * int(size)
        packets.append(units[start:end].decode("utf-16-le", "surrogatepass"))
        units = units[end:]
        del rest
    return packets


def _read(unit: str) -> Packet:
    match = _PACKET.fullmatch(unit)
    if match is None:
        return Packet(kind=f"unreadable {unit!r}")
    kind, number, _, endpoint, data = match.groups()  # "+" is not compared: no client answers without it (Q10)
    if kind == "3" and _LINES.search(data):
        kind, data = "4", json.dumps(data)  # 0.7 to 0.8.2 can't read it otherwise (Q11)
    if kind == "6":
        return Packet(kind, "", endpoint, _answer(data))
    return Packet(kind, number, endpoint, _plain(data) if kind in "45" else data)


def _answer(data: str) -> str:
    found = _ACK.fullmatch(data)
    return f"{found[1]} {_plain(found[2])}" if found else data


def _plain(data: str) -> str:
    """JSON in one spelling."""
    try:
        value: Any = json.loads(data) if data else None
    except ValueError:
        return data
    return json.dumps(value, sort_keys=True)


LONG = 200
"""Characters of a packet that are shown whole."""


def shown(packet: Packet | None) -> str:
    """A packet as one readable text, "nothing" for none."""
    text = _shown(packet)
    return text if len(text) <= LONG else f"{text[:40]}... {len(text)} characters"


def _shown(packet: Packet | None) -> str:
    if packet is None:
        return "nothing"
    if len(packet.kind) != 1:
        return f"{packet.kind} {packet.text}".strip()
    return f"{packet.kind}:{packet.id}:{packet.endpoint}:{packet.text}".rstrip(":") + ("::" if not packet.text else "")


def literal(text: str) -> str:
    """``text`` with the string in its script read: escapes in scripts are free."""
    call = _CALL.fullmatch(text)
    return f"{call[1]}{json.loads(call[2])}{call[3]}" if call else text


def bare(body: str) -> str:
    """What is wrapped around the packets of an answer."""
    call = _CALL.fullmatch(body)
    return f"{call[1]}{call[3]}" if call else ""


def control_packet(frame: Mapping[str, Any]) -> Packet:
    """A control frame of RFC 6455, to be compared like a packet."""
    return Packet(kind={8: "close", 9: "ping", 10: "pong"}.get(frame["opcode"], "unknown"), text=frame.get("payload", ""))
