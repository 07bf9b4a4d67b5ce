"""Packets of 0.7 to 0.9, against what the original servers and clients made of the same texts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v09_packets import decode, encode, endpoint_of, read_ack, read_event
from protocols.errors import ProtocolError
from protocols.jsontext import loads
from protocols.model import ACK, EVENT, JSON_MESSAGE, MESSAGE, Control, Outgoing

RECORDED = json.loads((Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.9/packets.json").read_text())
TYPES = ("disconnect", "connect", "heartbeat", "message", "json", "event", "ack", "error", "noop")
REASONS = {"0": "transport not supported", "1": "client not handshaken", "2": "unauthorized"}

# What we read better than 0.9.19, and the quirk or rule that says so.
BETTER = {
    "4:::{bad": {},  # Q15: dropped
    "4:::": {},  # Q15
    '5:::{"args":[1]}': {},  # an event without a name is ignored
    "5:::{bad": {},
    "5:::null": {},
    "5:::[]": {},
    '5:::{"name":"ev","args":"x"}': {"type": "event", "endpoint": "", "name": "ev", "args": ["x"]},
    '5:::{"name":"ev","args":{"length":1}}': {"type": "event", "endpoint": "", "name": "ev", "args": [{"length": 1}]},
    '6:::12+"x"': {"type": "ack", "endpoint": "", "ackId": "12", "args": ["x"]},  # S6
    '6:::12+{"length":1}': {"type": "ack", "endpoint": "", "ackId": "12", "args": [{"length": 1}]},  # S6
    "6:::": {},  # an answer to nothing
    "6:::x": {},
    '6:::1+["\u2028"]': {"type": "ack", "endpoint": "", "ackId": "1", "args": ["\u2028"]},  # Q11
}


def recorded_value(row: dict[str, Any]) -> Any:
    """What server 0.9.19 made of it."""
    for group in row.get("differs", []):
        if "server 0.9.19" in group["by"]:
            return group["value"]
    return row["value"]


def as_recorded(wire: str) -> dict[str, Any]:
    """Our reading of ``wire`` in the recording's words; {} where we ignore it."""
    try:
        kind, number, plus, endpoint, data = decode(wire)
        return {**heading(kind, number, plus, endpoint), **content(kind, data)}
    except ProtocolError:
        return {}


def heading(kind: str, number: str, plus: str, endpoint: str) -> dict[str, Any]:
    packet: dict[str, Any] = {"type": TYPES[int(kind)]} if kind in tuple("012345678") else {}
    packet["endpoint"] = endpoint
    return {**packet, "id": number, "ack": "data" if plus else True} if number else packet


def content(kind: str, data: str) -> dict[str, Any]:
    if kind == "1":
        return {"qs": data}
    if kind == "3":
        return {"data": data}
    if kind == "4":
        return {"data": loads(data)}
    if kind == "5":
        name, args = read_event(data)
        return {"name": name, "args": args}
    if kind == "6":
        number, args = read_ack(data)
        return {"ackId": str(number), "args": args}
    return error(data) if kind == "7" else {}


def error(data: str) -> dict[str, Any]:
    """Servers take errors apart no further; the words are checked here to fix what the bytes mean."""
    reason, _, advice = data.partition("+")
    return {"reason": REASONS.get(reason, ""), "advice": "reconnect" if advice == "0" else ""}


@pytest.mark.parametrize("row", RECORDED["decode"], ids=lambda row: ascii(row["wire"]))
def test_packets_are_read_as_0_9_19_reads_them(row):
    assert as_recorded(row["wire"]) == BETTER.get(row["wire"], recorded_value(row))


def test_every_improvement_is_about_a_recorded_packet():
    assert BETTER.keys() <= {row["wire"] for row in RECORDED["decode"]}


def outgoing(packet: dict[str, Any]) -> Outgoing | Control:
    """The message that the packet object of the recording stands for."""
    namespace = packet.get("endpoint", "/")
    ack_id = packet["id"] - 1 if "id" in packet else None
    if packet["type"] == "event":
        return Outgoing(namespace, EVENT, packet["name"], packet.get("args", []), ack_id)
    if packet["type"] == "ack":
        return Outgoing(namespace, ACK, "", packet.get("args", []), int(packet["ackId"]))
    if packet["type"] == "json":
        return Outgoing(namespace, JSON_MESSAGE, "message", [packet["data"]], ack_id)
    return Outgoing(namespace, MESSAGE, "message", [packet.get("data", "")], ack_id)


# Q10: a wanted answer is asked with "+"; Q11: no raw separators; ids start at 1; a number is a JSON message.
WRITTEN_OTHERWISE = {
    "3:5::hi": "3:5+::hi",
    "3:::0": "4:::0",
    '5:1::{"name":"ev","args":["\u2028/\U0001f600"]}': '5:1+::{"name":"ev","args":["\\u2028/\\ud83d\\ude00"]}',
    '5:+::{"name":"ev"}': '5:0+::{"name":"ev"}',
}
MESSAGES = [row for row in RECORDED["encode"] if row["packet"]["type"] in ("message", "json", "event", "ack")]


@pytest.mark.parametrize("row", MESSAGES, ids=lambda row: ascii(row["value"]))
def test_messages_are_written_as_0_9_19_writes_them(row):
    assert encode(outgoing(row["packet"])) == [WRITTEN_OTHERWISE.get(row["value"], row["value"])]


def test_control_packets_go_as_they_are():
    assert encode(Control("1::/chat", "2::")) == ["1::/chat", "2::"]


@pytest.mark.parametrize(
    "message, packet",
    [
        (Outgoing("/", EVENT, "a", ["x"], 0), '5:1+::{"name":"a","args":["x"]}'),
        (Outgoing("/chat", EVENT, "a", ("x", None), 41), '5:42+:/chat:{"name":"a","args":["x",null]}'),
        (Outgoing("/", EVENT, "é", ["€"]), '5:::{"name":"\\u00e9","args":["\\u20ac"]}'),
        (Outgoing("/", EVENT, "b", [b"abc"], binary=True), '5:::{"name":"b","args":[{"_binary":"YWJj"}]}'),
        (Outgoing("/", ACK, "", [], 3), "6:::3"),
        (Outgoing("/", ACK, "", [None], 3), "6:::3+[null]"),
        (Outgoing("/n", ACK, "", [{"b": b"abc"}], 0, True), '6::/n:0+[{"b":{"_binary":"YWJj"}}]'),
        (Outgoing("/", MESSAGE, "message", ["hi"]), "3:::hi"),
        (Outgoing("/", MESSAGE, "message", ["hi"], 0), "3:1+::hi"),
        (Outgoing("/chat", MESSAGE, "message", [""]), "3::/chat"),
        (Outgoing("/", MESSAGE, "message", ["é\n€"]), "3:::é\n€"),
        (Outgoing("/", MESSAGE, "message", ["a\u2028b"]), '4:::"a\\u2028b"'),
        (Outgoing("/", MESSAGE, "message", ["a\u2029b"], 0), '4:1+::"a\\u2029b"'),
        (Outgoing("/", MESSAGE, "message", ["\ud800"]), '4:::"\\ud800"'),
        (Outgoing("/", MESSAGE, "message", [{"a": 1}], 1), '4:2+::{"a":1}'),
        (Outgoing("/", MESSAGE, "message", [5]), "4:::5"),
        (Outgoing("/", MESSAGE, "message", ["a", "b"]), '5:::{"name":"message","args":["a","b"]}'),
        (Outgoing("/", MESSAGE, "message", []), '5:::{"name":"message"}'),
        (Outgoing("/", MESSAGE, "message", [b"x"], binary=True), '5:::{"name":"message","args":[{"_binary":"eA=="}]}'),
        (Outgoing("/", JSON_MESSAGE, "message", ["hi"]), '4:::"hi"'),
        (Outgoing("/", JSON_MESSAGE, "message", [1, 2], 0), '5:1+::{"name":"message","args":[1,2]}'),
        (Outgoing("/", JSON_MESSAGE, "message", [[b"x"]], binary=True), '5:::{"name":"message","args":[[{"_binary":"eA=="}]]}'),
    ],
)
def test_each_kind_of_message_has_its_packet(message, packet):
    assert encode(message) == [packet]


@pytest.mark.parametrize("namespace, endpoint", [("/", ""), ("/chat", "/chat"), ("chat", "chat")])
def test_the_default_namespace_has_no_name_on_the_wire(namespace, endpoint):
    assert endpoint_of(namespace) == endpoint


@pytest.mark.parametrize("text", ["", "3", "garbage", ":", "3:x:", "5:123456789012345678901::{}"])
def test_what_is_no_packet_is_a_protocol_error(text):
    with pytest.raises(ProtocolError):
        decode(text)


def test_digits_of_other_scripts_are_no_id():
    with pytest.raises(ProtocolError):
        decode("3:\u0661:")


@pytest.mark.parametrize(
    "data, event",
    [
        ('{"name":"a","args":[{"_binary":"YWJj"}]}', ("a", [b"abc"])),
        ('{"name":"a","args":{"_binary":"YWJj"}}', ("a", [b"abc"])),
        ('{"name":"a","args":["_binary"]}', ("a", ["_binary"])),
        ('{"name":"__proto__","args":null}', ("__proto__", [])),
        ('{"name":"a","args":["\u2028\u2029"]}', ("a", ["\u2028\u2029"])),
        ('{"name":"","args":[0]}', ("", [0])),
    ],
)
def test_events_are_read(data, event):
    assert read_event(data) == event


@pytest.mark.parametrize("data", ["", "{", "null", "[]", '"a"', "{}", '{"name":5}', '{"name":["a"]}', '{"name":"a","args":NaN}'])
def test_events_without_name_or_json_are_protocol_errors(data):
    with pytest.raises(ProtocolError):
        read_event(data)


@pytest.mark.parametrize(
    "data, answer",
    [
        ("1", (1, [])),
        ("140", (140, [])),
        ("12+[1,2]", (12, [1, 2])),
        ("12+", (12, [])),
        ('3+[{"_binary":"YWJj"}]', (3, [b"abc"])),
        ("3+null", (3, [])),
        ('1+{"length":100000000}', (1, [{"length": 100000000}])),
    ],
)
def test_answers_are_read(data, answer):
    assert read_ack(data) == answer


@pytest.mark.parametrize("data", ["", "+", "x", "-1", "\u0661", "1" * 21, "1" * 5000])
def test_answers_without_a_sane_number_are_protocol_errors(data):
    with pytest.raises(ProtocolError):
        read_ack(data)


PIECES = st.sampled_from([":", "+", "::", ":::", "1", "5", "6", "12+", "/chat", '{"name":"a"}', "[", "{", "\u2028", "\ud800"])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_garbage_raises_protocol_errors_only(text):
    for read in (decode, read_event, read_ack):
        try:
            read(text)
        except ProtocolError as error:
            assert error.rule


@pytest.mark.parametrize("text", ["a" * 300_000, "1:" * 150_000, ":" * 300_000, "1:1" * 100_000, "1:" + "1" * 300_000])
def test_long_garbage_is_read_in_one_pass(text):
    # Quadratic reading of these would take minutes, not seconds.
    try:
        assert len(decode(text)) == 5
    except ProtocolError as error:
        assert error.rule
