"""The JSON envelope of 0.3 and 0.4, and the events that travel in JSON messages of every generation."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v06_envelope import KEEP_ALIVE, encode_envelope, split_envelope, wrap_messages
from legacy.v06_events import read_packet
from protocols.model import ACK, EVENT, JSON_MESSAGE, MESSAGE, Ack, Control, Event, Outgoing


def test_greeting_is_json_text_inside_the_envelope() -> None:
    payload = wrap_messages(encode_envelope(Control("5992822097614408")))
    assert payload == '{"messages":["{\\"sessionid\\":\\"5992822097614408\\"}"]}'


SENT = [
    (Outgoing("/", MESSAGE, "message", ("text", {"a": 1}, None)), '{"messages":["text",{"a":1},null]}'),
    (Outgoing("/", MESSAGE, "message", ("~j~{}",)), '{"messages":["~j~{}"]}'),
    (Outgoing("/", MESSAGE, "message", ('é"<',)), '{"messages":["\\u00e9\\"<"]}'),
    (Outgoing("/", JSON_MESSAGE, "message", ("a",)), '{"messages":["a"]}'),
    (Outgoing("/", EVENT, "news", [1], 2), '{"messages":[{"event":"news","args":[1],"id":2}]}'),
    (Outgoing("/", ACK, "", (), 2), '{"messages":[{"ack":2,"args":[]}]}'),
    (Outgoing("/", MESSAGE, "message", ([b"abc"],), None, True), '{"messages":[[{"_binary":"YWJj"}]]}'),
]


@pytest.mark.parametrize(("message", "payload"), SENT)
def test_messages_are_json_in_one_envelope(message: Outgoing, payload: str) -> None:
    assert wrap_messages(encode_envelope(message)) == payload


def test_heartbeat_is_a_keep_alive_and_no_message() -> None:
    assert encode_envelope(Control("~h~3")) == [KEEP_ALIVE]
    assert wrap_messages([KEEP_ALIVE]) == ""
    assert wrap_messages([KEEP_ALIVE, '"a"', KEEP_ALIVE]) == '{"messages":["a"]}'


RECEIVED: list[tuple[str, list[Any]]] = [
    ('["text",{"a":1}]', ["text", '~j~{"a":1}']),
    ('["", 1, null, "é"]', ["", "~j~1", "~j~null", "é"]),
    ('["~h~1","~j~x","~"]', ['~j~"~h~1"', '~j~"~j~x"', '~j~"~"']),
    ("[]", []),
    ("", []),
    ('{"messages":["a"]}', [b'{"messages":["a"]}']),
    ("[NaN]", [b"[NaN]"]),
    ('["a"', [b'["a"']),
    ("~m~1~m~a", [b"~m~1~m~a"]),
]


@pytest.mark.parametrize(("text", "units"), RECEIVED)
def test_array_from_the_client_becomes_units_of_0_6(text: str, units: list[Any]) -> None:
    assert split_envelope(text) == units


@given(st.text() | st.text('[]{}",:\\u0na~ '))
def test_garbage_is_marked_or_read_but_never_raises(text: str) -> None:
    assert all(isinstance(unit, str | bytes) for unit in split_envelope(text))


EVENTS = [
    ('{"event":"news"}', ("news", [], None)),
    ('{"event":"","args":["a",1]}', ("", ["a", 1], None)),
    ('{"args":[],"id":0,"event":"e"}', ("e", [], 0)),
    ('{"event":"e","id":9007199254740991}', ("e", [], 2**53 - 1)),
    ('{"event":"e","args":[{"_binary":"YWJj"}]}', ("e", [b"abc"], None)),
    ('{"event":"e","args":[{"\\u005fbinary":"YWJj"}]}', ("e", [b"abc"], None)),
    (
        '{"event":"e","args":[{"_binary":"YWJ"},{"_binary":"YWJj","n":1}]}',
        ("e", [{"_binary": "YWJ"}, {"_binary": "YWJj", "n": 1}], None),
    ),
]


@pytest.mark.parametrize(("text", "expected"), EVENTS)
def test_object_with_exactly_these_keys_is_an_event(text: str, expected: tuple[Any, ...]) -> None:
    event = read_packet(json.loads(text), text)
    assert isinstance(event, Event)
    assert (event.namespace, event.name, event.args, event.ack_id) == ("/", *expected)


@pytest.mark.parametrize(
    ("text", "number", "args"), [('{"ack":7}', 7, []), ('{"args":[null,{"_binary":""}],"ack":0}', 0, [None, b""])]
)
def test_object_with_ack_is_an_acknowledgement(text: str, number: int, args: list[Any]) -> None:
    ack = read_packet(json.loads(text), text)
    assert isinstance(ack, Ack)
    assert (ack.namespace, ack.id, ack.args) == ("/", number, args)


MESSAGES = [
    "{}",
    '{"event":1}',
    '{"event":"e","args":{}}',
    '{"event":"e","args":null}',
    '{"event":"e","more":1}',
    '{"event":"e","id":-1}',
    '{"event":"e","id":1.5}',
    '{"event":"e","id":true}',
    '{"event":"e","id":null}',
    '{"event":"e","id":"1"}',
    '{"event":"e","id":9007199254740992}',
    '{"event":"e","ack":1}',
    '{"ack":"1"}',
    '{"ack":true}',
    '{"ack":1,"id":2}',
    '{"ack":1,"args":1}',
    '{"args":[]}',
    '{"name":"e","args":[]}',
]


@pytest.mark.parametrize("text", MESSAGES)
def test_any_other_object_is_a_message(text: str) -> None:
    assert read_packet(json.loads(text), text) is None
