"""
Packets of Socket.IO 1.x to 4.x, as Engine.IO messages.

    42["news",1]                 event in "/"             420["news",1]     ... that wants answer 0
    42/chat,["news",1]           event in "/chat"         430["ok"]         answer 0
    451-["file",{"_placeholder":true,"num":0}]            event; one binary message follows
    461-7[{"_placeholder":true,"num":0}]                  answer 7 with binary
    40/chat,{"token":"a"}        join                     41/chat,          leave
    44/chat,{"message":"no"}     refused
    430-7["ok"]                  answer 7 of 1.0.0 to 1.0.2, who always count attachments

Grammar: type, attachments and "-", namespace and ",", id, JSON (spec Engine.IO §3.1). Refusals follow
socket.io-parser 4.2.7 for every era (spec §3.7). ``unit`` is always the whole Engine.IO packet, "4" included.
"""

import re
from collections.abc import Callable
from typing import Any

from protocols.errors import ProtocolError
from protocols.jsontext import dumps, dumps_ascii, loads
from protocols.model import ACK, DEFAULT_NAMESPACE, EVENT, LIBRARY_NAMES, Ack, Control, Encode, Event, Unit

MAX_ID = 2**53 - 1
"""Ids above can't be told apart in JavaScript."""

MAX_ID_DIGITS = 16


class BadPacket(ProtocolError):
    """
    A Socket.IO packet that may not be.

    :ivar reason: why the session ends, in the word that socket.io 4.8 gives the application.
    """

    reason = "forced close"


# Reading ----------------------------------------------------------------------------

_HEAD = re.compile(r"(?:([0-9]+)-)?(?:(/[^,]*),?)?([0-9]*)")


def read_event(unit: str) -> Event:
    """
    Read an event without attachments.

    :raises BadPacket: no JSON list with a name in front, or a name that ends the connection.
    """
    start = unit.find("[", 2)
    namespace: str = DEFAULT_NAMESPACE
    number: int | None = None
    if start != 2:
        head = unit[2:start]
        if start > 2 and len(head) < MAX_ID_DIGITS and head.isdecimal() and head.isascii():
            number = int(head)
        else:
            count, namespace, number, start = _read_head(unit)
            if count is not None:
                raise BadPacket("attachments in a plain event", unit)
    return event_of(namespace, number, _read_list(unit[start:]))


def event_of(namespace: str, id: int | None, args: list[Any]) -> Event:
    """
    The event that a list with its name in front means.

    :raises BadPacket: there is no name, or one that ends the connection.
    """
    if not args:
        raise BadPacket("event without a name")
    name = args.pop(0)
    if type(name) is not str:
        name = _name_of(name)
    if name in LIBRARY_NAMES:
        raise BadPacket("reserved event name", name)
    return Event(namespace, name, args, id)


def _name_of(value: Any) -> str:
    """Numbers are legal names; they are what JavaScript makes of them as keys."""
    if type(value) is float and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if type(value) in (int, float):
        return str(value)
    raise BadPacket("event name is neither text nor number", repr(value))


def _read_list(text: str) -> list[Any]:
    if text[:1] != "[":
        raise BadPacket("arguments are no list", text)
    try:
        values: list[Any] = loads(text)
    except ProtocolError as error:
        raise BadPacket(error.rule, text) from error
    return values


def read_ack(unit: str) -> Ack | None:
    """
    Read an answer without attachments.

    :returns: None for one without id or arguments, which is ignored.
    :raises BadPacket: the arguments are no list.
    """
    start = unit.find("[", 2)
    head = unit[2:start]
    if start > 2 and len(head) < MAX_ID_DIGITS and head.isdecimal() and head.isascii():
        return Ack(DEFAULT_NAMESPACE, int(head), _read_list(unit[start:]))
    count, namespace, number, start = _read_head(unit)
    if count is not None:
        raise BadPacket("attachments in a plain answer", unit)
    if start == len(unit):
        return None
    args = _read_list(unit[start:])
    return None if number is None else Ack(namespace, number, args)


_COUNTED = re.compile(r"43([0-9]{1,6})-")


def counted_ack(unit: str) -> tuple[int, str] | None:
    """Split the answer of a client 1.0.0 to 1.0.2: its count of attachments, and it as all others write it."""
    match = _COUNTED.match(unit)
    if match is None:
        return None
    count = int(match[1])
    return count, f"46{count}-{unit[match.end() :]}" if count else "43" + unit[match.end() :]


def read_connect(unit: str) -> tuple[str, Any]:
    """
    Read a request to join.

    :returns: namespace (with its query, if any) and the object that came with it, or None.
    :raises BadPacket: what came with it is no object.
    """
    count, namespace, _, start = _read_head(unit)
    if count is not None:
        raise BadPacket("attachments in a CONNECT", unit)
    if start == len(unit):
        return namespace, None
    try:
        auth = loads(unit[start:])
    except ProtocolError as error:
        raise BadPacket(error.rule, unit) from error
    if type(auth) is not dict:
        raise BadPacket("payload of a CONNECT is no object", unit)
    return namespace, auth


def read_leave(unit: str) -> str:
    """
    Read a DISCONNECT; gives the namespace.

    :raises BadPacket: it carries a payload.
    """
    count, namespace, _, start = _read_head(unit)
    if count is not None or start != len(unit):
        raise BadPacket("payload in a DISCONNECT", unit)
    return namespace


def _read_head(unit: str) -> tuple[int | None, str, int | None, int]:
    """Attachments, namespace and id of a packet, and where its JSON starts."""
    match = _HEAD.match(unit, 2)
    assert match is not None  # every part of the pattern may be missing
    count, namespace, digits = match.groups()
    number = None
    if digits:
        number = int(digits) if len(digits) <= MAX_ID_DIGITS else MAX_ID + 1
        if number > MAX_ID:
            raise BadPacket("id too large", unit)
    if count is not None and len(count) > 6:
        raise BadPacket("too many attachments", unit)
    return None if count is None else int(count), namespace or DEFAULT_NAMESPACE, number, match.end()


class Assembly:
    """
    A packet whose attachments are still to come.

    :ivar happening: what the packet means; its ``args`` are complete when :meth:`add` says so. None: an answer
        without an id, ignored with its attachments.
    """

    __slots__ = ("_args", "_count", "_left", "_parts", "happening")

    def __init__(self, unit: str, max_attachments: int, max_size: int) -> None:
        """
        Read the header.

        :param max_size: most bytes of header and attachments together.
        :raises BadPacket: a bad header, no attachments or too many.
        """
        count, namespace, number, start = _read_head(unit)
        if count is None or not 0 < count <= max_attachments:
            raise BadPacket("illegal number of attachments", unit)
        self._count = count
        self._left = max_size - len(unit)
        self._parts: list[bytes] = []
        self.happening: Event | Ack | None
        if unit[1] == "5":
            self.happening = event_of(namespace, number, _read_list(unit[start:]))
            self._args = self.happening.args
        else:
            self._args = _read_list(unit[start:])
            self.happening = None if number is None else Ack(namespace, number, self._args)

    def add(self, data: bytes) -> bool:
        """
        Take the next attachment.

        :returns: whether the packet is complete now.
        :raises BadPacket: too large, or a placeholder without its attachment.
        """
        self._left -= len(data)
        if self._left < 0:
            raise BadPacket("packet with its attachments is too large")
        self._parts.append(data)
        if len(self._parts) < self._count:
            return False
        _fill(self._args, self._parts)
        return True


def _fill(args: list[Any], parts: list[bytes]) -> None:
    """Put the attachments in the place of their placeholders."""
    todo: list[Any] = [args]
    while todo:
        holder = todo.pop()
        for key, value in enumerate(holder) if type(holder) is list else holder.items():
            if type(value) is dict and value.get("_placeholder") is True:
                number = value.get("num")
                if type(number) is not int or not 0 <= number < len(parts):
                    raise BadPacket("placeholder without attachment", repr(number))
                holder[key] = parts[number]
            elif type(value) is dict or type(value) is list:
                todo.append(value)


# Writing ----------------------------------------------------------------------------


def packet(kind: str, namespace: str, text: str = "") -> Control:
    """A packet of the protocol itself: ``kind`` is its digit, ``text`` its JSON."""
    return Control(f"4{kind}{text}" if namespace == DEFAULT_NAMESPACE else f"4{kind}{namespace},{text}")


def encoder(write: Callable[[Any], str], offsets: bool = False) -> Encode:
    """
    Make the function that turns messages into units.

    :param write: makes JSON of a value.
    :param offsets: say the offset of a recoverable event behind its arguments (spec Engine.IO §3.8).
    """

    def encode(message: Any) -> list[Unit]:
        if type(message) is Control:
            return message.units
        if message.kind == ACK:
            head, values = "43", message.args
        else:
            head, values = "42", [message.name if message.kind == EVENT else "message", *message.args]
            if offsets and message.offset is not None:
                values.append(message.offset)
        if message.namespace == DEFAULT_NAMESPACE and not message.binary:  # as nearly all are
            return [f"{head}{write(values)}" if message.ack_id is None else f"{head}{message.ack_id}{write(values)}"]
        attachments: list[Unit] = []
        if message.binary:
            values = _extract(values, attachments)
            if attachments:
                head = f"4{BINARY[head[1]]}{len(attachments)}-"
        if message.namespace != DEFAULT_NAMESPACE:
            head = f"{head}{message.namespace},"
        if message.ack_id is not None:
            head = f"{head}{message.ack_id}"
        return [head + write(values), *attachments]

    return encode


BINARY = {"2": "5", "3": "6"}
"""Type of a packet -> its type with attachments."""

encode3 = encoder(dumps_ascii)
"""For 1.x and 2.x: JSON in ASCII, which all their text classes read alike (spec Engine.IO §1.3)."""

encode4 = encoder(dumps, offsets=True)
"""For 3.x and 4.x."""


def encode3_counted(message: Any) -> list[Unit]:
    """For 1.0.0 to 1.0.2, who want each answer to count its attachments and to be of type 3."""
    head, *attachments = encode3(message)
    if type(message) is Control or message.kind != ACK:
        return [head, *attachments]
    assert isinstance(head, str)
    return ["43" + head[2:] if attachments else "430-" + head[2:], *attachments]


def _extract(value: Any, attachments: list[Unit]) -> Any:
    """A copy of ``value`` with placeholders for bytes, which go to ``attachments``; one frame of the stack a level."""
    if isinstance(value, bytes):
        attachments.append(value)
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, (list, tuple)):
        values = []
        for item in value:
            values.append(_extract(item, attachments))
        return values
    if isinstance(value, dict):
        items = {}
        for key, item in value.items():
            items[key] = _extract(item, attachments)
        return items
    return value
