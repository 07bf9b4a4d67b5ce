"""
Packets of Socket.IO 0.7 to 0.9: a digit, an id, a namespace, data.

    1::/chat                                     the peer is in /chat
    5:1+:/chat:{"name":"say","args":["hi"]}      event; "+": the application answers
    6::/chat:1+["ok"]                            the answer
    3:::hello    4:::{"a":1}    2::    0::       text, JSON, heartbeat, end

Reading follows 0.8.3 to 0.9.19: the first thing that looks like a packet counts, and
line breaks are data. Writing is ASCII wherever it is JSON, since 0.7 to 0.8.2
lose a packet with a raw line separator and no version reads one in an answer (spec 0.9 §4.2).
"""

import re
from collections.abc import Callable
from typing import Any

from legacy.binary import MARK, unwrap, wrap
from protocols.errors import ProtocolError
from protocols.jsontext import dumps_ascii, loads
from protocols.model import DEFAULT_NAMESPACE, Control, Outgoing, Unit

DISCONNECT, CONNECT, HEARTBEAT, MESSAGE, JSON, EVENT, ACK, ERROR, NOOP = "012345678"

NOT_HANDSHAKEN = "7:::1+0"
"""What a peer with an unknown session id is told: no such session, connect anew (spec 0.9 §4.1)."""

MAX_ID = 20
"""Most digits of an id; the recorded clients count from 1, the longest recorded id has 20."""

# Possessive, and only from the start of a run without colons: one pass over any input.
_PACKET = re.compile(r"(?<![^:])([^:]++):([0-9]*+)(\+?+):([^:]*+):?+(.*)", re.DOTALL)
_ANSWER = re.compile(r"([0-9]+)\+?(.*)", re.DOTALL)
# What a text packet cannot carry: separators that 0.7 to 0.8.2 stop at, and halves of a character.
_UNSAID = re.compile("[\u2028\u2029\ud800-\udfff]")


def decode(text: str) -> tuple[str, str, str, str, str]:
    """
    Take a packet apart.

    :returns: type (one digit, or anything else for an unknown type), id, "+" or "", endpoint, data.
    :raises ProtocolError: nothing in ``text`` looks like a packet, or its id is too long.
    """
    match = _PACKET.search(text)
    if match is None:
        raise ProtocolError("not a packet", text)
    kind, number, plus, endpoint, data = match.groups()
    if len(number) > MAX_ID:
        raise ProtocolError("id too long", text)
    return kind, number, plus, endpoint, data


def read_event(data: str) -> tuple[str, list[Any]]:
    """
    Read the data of an event packet.

    :returns: name and arguments; ``args`` that are no list are one argument (0.9.19).
    :raises ProtocolError: bad JSON, or no name.
    """
    value = loads(data)
    name = value.get("name") if type(value) is dict else None
    if type(name) is not str:
        raise ProtocolError("event without a name", data)
    return name, _arguments(value.get("args"), data)


def read_ack(data: str) -> tuple[int, list[Any]]:
    """
    Read the data of an answer.

    :returns: the number answered as it is on the wire, and the arguments; bad JSON is no argument (0.9.19).
    :raises ProtocolError: no number.
    """
    match = _ANSWER.match(data)
    if match is None or len(match[1]) > MAX_ID:
        raise ProtocolError("answer without a number", data)
    number, text = int(match[1]), match[2]
    try:
        args = _arguments(loads(text), text) if text else []
    except ProtocolError:
        args = []
    return number, args


def _arguments(value: Any, data: str) -> list[Any]:
    """``value`` as a list, its bytes unwrapped; ``data`` is the text it came from."""
    args: list[Any] = value if type(value) is list else [] if value is None else [value]
    if MARK in data:
        args = unwrap(args)
    return args


def encode(message: Outgoing | Control) -> list[Unit]:
    """Write ``message`` as the packets of this protocol, whatever the transport."""
    if isinstance(message, Outgoing):
        return [_WRITERS[message.kind](message)]
    return message.units


def endpoint_of(namespace: str) -> str:
    """Name ``namespace`` as a packet does: the default one is empty."""
    return "" if namespace == DEFAULT_NAMESPACE else namespace


def _head(kind: str, message: Outgoing) -> str:
    """Type, id and endpoint.

    Clients drop id 0, so the model's ids are one less than the wire's; always with "+", as no
    client answers an event that asks without it (Q10).
    """
    number = "" if message.ack_id is None else f"{message.ack_id + 1}+"
    return f"{kind}:{number}:{endpoint_of(message.namespace)}"


def _event(message: Outgoing) -> str:
    body: dict[str, Any] = {"name": message.name}
    if message.args:
        body["args"] = wrap(message.args) if message.binary else message.args
    return f"{_head(EVENT, message)}:{dumps_ascii(body)}"


def _ack(message: Outgoing) -> str:
    answer = f"{ACK}::{endpoint_of(message.namespace)}:{message.ack_id}"
    if not message.args:
        return answer
    return f"{answer}+{dumps_ascii(wrap(message.args) if message.binary else message.args)}"


def _message(message: Outgoing) -> str:
    """One value is a message, text where that is possible; several, or bytes, are the event ``message``."""
    if len(message.args) != 1 or message.binary:
        return _event(message)
    text = message.args[0]
    if type(text) is not str or (not text.isascii() and _UNSAID.search(text)):
        return _json_message(message)
    return f"{_head(MESSAGE, message)}:{text}" if text else _head(MESSAGE, message)


def _json_message(message: Outgoing) -> str:
    if len(message.args) != 1 or message.binary:
        return _event(message)
    return f"{_head(JSON, message)}:{dumps_ascii(message.args[0])}"


_WRITERS: tuple[Callable[[Outgoing], str], ...] = (_event, _ack, _message, _json_message)
"""By kind of message: event, answer, message, JSON message."""
