"""
Events and acknowledgements inside the JSON messages of Socket.IO 0.3 to 0.6.

    {"event": "news", "args": ["a", 1]}            an event
    {"event": "news", "args": ["a"], "id": 7}      an event whose answer is awaited
    {"ack": 7, "args": ["ok"]}                     the answer

Those clients have messages only; this is the gateway's convention for them. An
object with exactly these keys is an event, everything else is a message.
"""

from typing import Any, TypeGuard

from legacy.binary import MARK, unwrap, wrap
from protocols.jsontext import dumps_ascii
from protocols.model import ACK, DEFAULT_NAMESPACE, EVENT, Ack, Event, Outgoing

_EVENT_KEYS = frozenset(("event", "args", "id"))
_ACK_KEYS = frozenset(("ack", "args"))
_LARGEST_ID = 2**53 - 1


def packet(message: Outgoing) -> str | None:
    """
    Say an event or an acknowledgement as ASCII JSON; None for what is a plain message.

    The event ``message`` is what ``send`` does, so it goes plainly, unless the peer
    is asked to acknowledge it: a plain message has no place for a number.
    """
    if message.kind == ACK:
        return f'{{"ack":{message.ack_id},"args":{_args(message)}}}'
    if message.kind != EVENT or (message.name == "message" and message.ack_id is None):
        return None
    number = "" if message.ack_id is None else f',"id":{message.ack_id}'
    return f'{{"event":{dumps_ascii(message.name)},"args":{_args(message)}{number}}}'


def values(message: Outgoing) -> list[Any]:
    """Return the arguments as JSON can say them: bytes become ``{"_binary": base64}``."""
    args = list(message.args)
    return wrap(args) if message.binary else args


def _args(message: Outgoing) -> str:
    return dumps_ascii(values(message))


def read_packet(value: dict[str, Any], text: str) -> Event | Ack | None:
    """
    Take ``value`` for an event or an acknowledgement; None if it is a message.

    :param text: the JSON it was read from, which shows whether a search for bytes is worth it.
    """
    args = value.get("args", [])
    if type(args) is not list:
        return None
    if MARK in text or "\\u" in text:
        args = unwrap(args)
    if "event" in value:
        return _read_event(value, args)
    number = value.get("ack")
    if value.keys() <= _ACK_KEYS and _is_id(number):
        return Ack(DEFAULT_NAMESPACE, number, args)
    return None


def _read_event(value: dict[str, Any], args: list[Any]) -> Event | None:
    name, number = value["event"], value.get("id")
    if type(name) is not str or not value.keys() <= _EVENT_KEYS:
        return None
    if "id" in value and not _is_id(number):
        return None
    return Event(DEFAULT_NAMESPACE, name, args, number)


def _is_id(number: Any) -> TypeGuard[int]:
    return type(number) is int and 0 <= number <= _LARGEST_ID
