"""
Packets of Socket.IO in msgpack, as socket.io-msgpack-parser 2.2 and 3.0 write and read them.

    83 A4 type 02 A4 data 92 A4 echo A1 a A3 nsp A1 /       {"type": 2, "data": ["echo", "a"], "nsp": "/"}
    4{"type":0,"nsp":"/"}                                   2.2 says CONNECT, DISCONNECT and ERROR in JSON

One binary message is one packet, bytes stay where they are among the values. The codec itself is injected by :func:`use`,
for the standard library has none; what it reads was measured before (:func:`_measure`), so that it can't be made to
reserve memory for values that never come. Sources: spec Engine.IO §4, notepack.io 2.2.
"""

import gc
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from protocols.errors import ProtocolError
from protocols.jsontext import LARGE, MAX_DEPTH, dumps_ascii, loads, undisturbed
from protocols.model import ACK, EVENT, Control, Outgoing, Unit
from protocols.socketio import MAX_ID, BadPacket

CONNECT, DISCONNECT, EVENT_PACKET, ACK_PACKET, ERROR, BINARY_EVENT, BINARY_ACK = range(7)

UNDEFINED = b"\xd4\x00\x00"
"""What notepack writes for ``undefined``."""

_PLAIN_TYPE = {BINARY_EVENT: EVENT_PACKET, BINARY_ACK: ACK_PACKET}
_JSON_TYPES = (CONNECT, DISCONNECT, ERROR)


Pack = Callable[[Any], bytes]
Unpack = Callable[[bytes], Any]
Hooks = tuple[Callable[[Any], Any], Callable[[int, bytes], Any], Callable[[list[tuple[Any, Any]]], Any]]
"""What to write for an integer above 64 bits; what an extension means; the value of a map, from its pairs."""


def use(make: Callable[[Hooks], tuple[Pack, Unpack]]) -> None:
    """
    Say how msgpack is written and read.

    :param make: gives the two functions. Both take lone surrogates for three bytes of UTF-8; reading raises ValueError,
        also for keys that can't be hashed.
    """
    global packed, _unpack
    packed, _unpack = make((_large, _extension, _table))


def _missing(value: Any) -> Any:
    raise RuntimeError("no msgpack library was injected")


packed: Pack = _missing
"""A value in msgpack."""

_unpack: Unpack = _missing


@dataclass(slots=True)
class Packet:
    """One packet, checked. ``data`` is a list for events and answers, a dict or None for CONNECT."""

    type: int
    namespace: str
    data: Any
    id: int | None


# Reading ------------------------------------------------------------------------------


def read_packet(data: bytes, binary_types: bool = False) -> Packet:
    """
    Read one packet.

    :param binary_types: types 5 and 6 stand for events and answers with bytes in them (2.2).
    :raises BadPacket: it is no packet that a client may send.
    """
    table = _unpacked(data)
    kind = table.get("type")
    if binary_types and type(kind) is int:
        kind = _PLAIN_TYPE.get(kind, kind)
    return _checked(kind, table, data)


def read_json_packet(text: str) -> Packet:
    """
    Read a packet that 2.2 says in JSON, without the "4" in front.

    :raises BadPacket: it is none.
    """
    try:
        table = loads(text)
    except ProtocolError as error:
        raise BadPacket(error.rule, text) from error
    if type(table) is not dict or table.get("type") not in _JSON_TYPES:
        raise BadPacket("no packet in JSON", text)
    return _checked(table["type"], table, text)


def _checked(kind: Any, table: dict[str, Any], sample: Unit) -> Packet:
    namespace, data, number = table.get("nsp"), table.get("data"), table.get("id")
    if type(kind) is not int or type(namespace) is not str:
        raise BadPacket("packet without type or namespace", sample)
    fits = _FITS.get(kind)
    if fits is None or not isinstance(data, fits):
        raise BadPacket("payload that does not fit the type", sample)
    if number is not None and not (type(number) is int and 0 <= number <= MAX_ID):
        raise BadPacket("illegal id", sample)
    return Packet(kind, namespace, data, number)


_FITS: dict[int, Any] = {CONNECT: (dict, type(None)), DISCONNECT: type(None), EVENT_PACKET: list, ACK_PACKET: list}
"""Types that a client may send, and what they may carry."""


def _unpacked(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_DEPTH:  # in fewer bytes there is room neither for depth nor for size
        _measure(data)
    try:
        table = undisturbed(_unpack, data) if len(data) > LARGE and gc.isenabled() else _unpack(data)
    except ValueError as error:
        raise BadPacket("not msgpack", data) from error
    if type(table) is not dict:
        raise BadPacket("packet that is no map", data)
    return table


def _table(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    for key in table:
        if type(key) is not str:
            raise BadPacket("key that is no text", repr(key))
    return table


def _extension(kind: int, data: bytes) -> Any:
    """``undefined`` is None, a Date is the text that JSON has for it; notepack writes no others."""
    if kind == 0 and data == b"\x00":
        return None
    if kind == 0 and len(data) == 8:
        return _date(int.from_bytes(data, "big", signed=True))
    raise BadPacket("unknown extension", bytes((kind & 255,)) + data)


def _date(milliseconds: int) -> str | None:
    """As Date#toJSON has it; None for what no calendar of Python's has."""
    try:
        date = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    return date.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


#: First byte -> (bytes of a length that follows, bytes of content beside it, values for each unit of the length).
_Shape = tuple[int, int, int]
_SCALAR: dict[int, _Shape] = {
    0xC4: (1, 0, 0), 0xC5: (2, 0, 0), 0xC6: (4, 0, 0), 0xC7: (1, 1, 0), 0xC8: (2, 1, 0), 0xC9: (4, 1, 0),
    0xCA: (0, 4, 0), 0xCB: (0, 8, 0), 0xCC: (0, 1, 0), 0xCD: (0, 2, 0), 0xCE: (0, 4, 0), 0xCF: (0, 8, 0),
    0xD0: (0, 1, 0), 0xD1: (0, 2, 0), 0xD2: (0, 4, 0), 0xD3: (0, 8, 0),
    0xD4: (0, 2, 0), 0xD5: (0, 3, 0), 0xD6: (0, 5, 0), 0xD7: (0, 9, 0), 0xD8: (0, 17, 0),
    0xD9: (1, 0, 0), 0xDA: (2, 0, 0), 0xDB: (4, 0, 0),
    0xDC: (2, 0, 1), 0xDD: (4, 0, 1), 0xDE: (2, 0, 2), 0xDF: (4, 0, 2),
}  # fmt: skip


def _shape(first: int) -> _Shape:
    """Of the short forms, whose length stands in the first byte; those with values have it in the middle."""
    if 0xA0 <= first <= 0xBF:
        return (0, first & 31, 0)
    if 0x80 <= first <= 0x8F:
        return (0, first & 15, 2)
    if 0x90 <= first <= 0x9F:
        return (0, first & 15, 1)
    return _SCALAR.get(first, (0, 0, 0))


_SHAPES = tuple(map(_shape, range(256)))

MAX_VALUES = 200_000
"""Most values of more than one byte; maps and extensions, which are made by functions of ours, count as four."""

_MADE = frozenset((*range(0x81, 0x90), 0xC7, 0xC8, 0xC9, *range(0xD4, 0xD9), 0xDE, 0xDF))
_COSTS = bytes(4 if first in _MADE else 1 for first in range(256))
_ONE_BYTE = re.compile(rb"[\x00-\x80\x90\xa0\xc0-\xc3\xe0-\xff]+")
"""Values that are their first byte and nothing else."""


def _measure(data: bytes) -> None:
    """
    Walk through ``data`` without making values.

    :raises BadPacket: a length that leads past the end, more than 500 levels, or too many values.
    """
    at, size, cost = 0, len(data), 0
    left, outer = 1, list[int]()
    while left or outer:
        if not left:
            left = outer.pop()
            continue
        run = _ONE_BYTE.match(data, at, min(size, at + left))
        if run is not None:
            left -= run.end() - at
            at = run.end()
            continue
        left -= 1
        if at >= size:
            raise BadPacket("msgpack that breaks off", data)
        cost += _COSTS[data[at]]
        if cost > MAX_VALUES:
            raise BadPacket("msgpack of too many values", data)
        digits, content, values = _SHAPES[data[at]]
        at += 1 + digits
        if digits:
            content += int.from_bytes(data[at - digits : at], "big")
        if values:
            outer.append(left)
            left = content * values
            content = 0
        if at + content + left > size or len(outer) > MAX_DEPTH:
            raise BadPacket("msgpack that is too deep or longer than it is", data)
        at += content


# Writing ------------------------------------------------------------------------------


def _large(value: Any) -> Any:
    """Integers above 64 bits are what JavaScript makes of them."""
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} can't be sent")
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def packet(kind: int, namespace: str, data: bytes | None = None, namespace_first: bool = False) -> Control:
    """A packet of the protocol itself; ``data`` is packed already. The order of keys is that of socket.io 4.8."""
    parts = [b"\xa4type" + bytes((kind,)), b"\xa3nsp" + packed(namespace)]
    if data is not None:
        parts.insert(2 if namespace_first else 1, b"\xa4data" + data)
    return Control(bytes((0x80 + len(parts),)) + b"".join(parts))


def json_packet(kind: int, namespace: str, data: Any = None, namespace_first: bool = False) -> Control:
    """The same as 2.2 says it, in JSON."""
    table: dict[str, Any] = {"type": kind, "nsp": namespace}
    if data is not None:
        table = table | {"data": data} if namespace_first else {"type": kind, "data": data, "nsp": namespace}
    return Control("4" + dumps_ascii(table))


def encode5(message: Any) -> list[Unit]:
    """For 3.x and 4.x."""
    return message.units if type(message) is Control else [_encoded(message, binary_types=False, offset=message.offset)]


def encode4(message: Any) -> list[Unit]:
    """For 1.x and 2.x."""
    return message.units if type(message) is Control else [_encoded(message, binary_types=True, offset=None)]


def _encoded(message: Outgoing, binary_types: bool, offset: str | None) -> bytes:
    kind = 3 if message.kind == ACK else 2
    head = bytes((0xA4, *b"type", kind + 3 if message.binary and binary_types else kind))
    number = b"" if message.ack_id is None else b"\xa2id" + packed(message.ack_id)
    tail = b"\xa3nsp" + packed(message.namespace)
    keys = b"\x84" if number else b"\x83"
    if kind == 3:
        return keys + number + head + b"\xa4data" + packed(list(message.args)) + tail
    name = message.name if message.kind == EVENT else "message"
    values = [name, *message.args] if offset is None else [name, *message.args, offset]
    return keys + head + b"\xa4data" + packed(values) + number + tail
