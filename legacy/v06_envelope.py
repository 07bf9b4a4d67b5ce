r"""
The JSON envelope of Socket.IO 0.3 and 0.4 (clients up to 0.2.4).

    {"messages":["{\"sessionid\":\"5992822097614408\"}"]}    first payload to the client
    {"messages":["hello",{"a":1}]}                           later ones
    ["hello",{"a":1}]                                        from the client

A unit towards the client is the JSON text of one message. A unit *from* the client
is brought into the grammar of 0.6 (``hello``, ``~j~{"a":1}``), so that one session
reads both. Keep-alives are told, never answered, and differ by transport.
"""

from typing import Any

from legacy.v06_events import packet, values
from legacy.v06_frames import BEAT_MARK, json_unit, unreadable
from protocols.errors import ProtocolError
from protocols.forms import MAX_PACKETS
from protocols.jsontext import dumps_ascii, loads
from protocols.model import Control, Outgoing, Unit

KEEP_ALIVE = "\x06"
"""The unit of a keep-alive; no JSON text begins so."""


def encode_envelope(message: Outgoing | Control) -> list[Unit]:
    """Say ``message`` in units of 0.3 and 0.4."""
    if isinstance(message, Control):
        return [_control(unit) for unit in message.units]
    text = packet(message)
    return [dumps_ascii(value) for value in values(message)] if text is None else [text]


def _control(unit: Any) -> str:
    """Only two things are said by the session itself: heartbeats, and the session id once."""
    return KEEP_ALIVE if unit.startswith(BEAT_MARK) else dumps_ascii(dumps_ascii({"sessionid": unit}))


def wrap_messages(units: list[Any]) -> str:
    """Pack units into one payload; "" when keep-alives are all there is."""
    messages = [unit for unit in units if unit != KEEP_ALIVE]
    return f'{{"messages":[{",".join(messages)}]}}' if messages else ""


def split_envelope(text: str) -> list[Unit]:
    """Take the units out of what the client sent; what is no JSON array comes back as bytes."""
    try:
        messages = loads(text) if text else []
    except ProtocolError:
        return unreadable(text)
    if type(messages) is not list:
        return unreadable(text)
    return [_unit(message) for message in messages[:MAX_PACKETS]]


def _unit(message: Any) -> str:
    # A text that looks like a mark of 0.6 was only text to 0.4: JSON says so beyond doubt.
    return message if type(message) is str and message[:1] != "~" else json_unit(message)
