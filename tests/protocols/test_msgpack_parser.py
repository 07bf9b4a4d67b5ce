"""Socket.IO packets in msgpack: recorded bytes, what they mean to a session, and what hostile ones come to."""

import json
import struct
import time
import tracemalloc
from base64 import b64decode
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import msgpack_parser
from protocols.engineio_door import open_session, wire_for
from protocols.errors import ProtocolError
from protocols.model import ACK, EVENT, Ack, Connect, Control, Event, Leave, Outgoing, Recoverable, Settings
from protocols.msgpack_parser import encode4, encode5, read_json_packet, read_packet
from protocols.socketio import BadPacket

WIRE = Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio"
SETTINGS = Settings(parser="msgpack")
UNDEFINED = msgpack.ExtType(0, b"\0")


def codec(hooks):
    large, extension, table = hooks
    packer = msgpack.Packer(default=large, unicode_errors="surrogatepass")
    unpack = partial(
        msgpack.unpackb, ext_hook=extension, object_pairs_hook=table, unicode_errors="surrogatepass", timestamp=1
    )  # fmt: skip
    return packer.pack, unpack


msgpack_parser.use(codec)


class Request:
    method, upgrade, body = "GET", True, b""

    def __init__(self, revision):
        self.raw_query = f"EIO={revision}&transport=websocket"
        self.query = {"EIO": str(revision), "transport": "websocket"}

    def header(self, name):
        return ""


def session(revision=4, *joined):
    opened = open_session("s" * 20, SETTINGS, 0.0, Request(revision))
    opened.open(0.0)
    if revision < 4:
        opened.accepted("/", "id")
    for namespace in joined:
        opened.receive(packed(type=0, nsp=namespace), 0.0)
        opened.accepted(namespace, "id")
    return opened


def packed(**packet):
    return msgpack.packb(packet)


def said(happenings):
    """Happenings as tuples that can be compared."""
    meanings = {
        Event: lambda event: (event.namespace, event.name, event.args, event.ack_id),
        Ack: lambda ack: (ack.namespace, ack.id, ack.args),
        Control: lambda control: control.units,
    }
    return [meanings.get(type(one), lambda other: other)(one) for one in happenings]


# Recordings ---------------------------------------------------------------------------


def recorded(name, direction):
    """The units of one direction that are packets of Socket.IO."""
    recording = json.loads((WIRE / f"{name}.json").read_text())
    steps = [step for step in recording["steps"] if step["dir"] == direction and step.get("kind") in ("ws", "http")]
    for step in steps:
        if "msgpack" in step:
            text = step.get("text", "")
            data = b64decode(step["b64"] if "b64" in step else text[1:])
            yield data[1:] if recording["eio"] == 3 else data
        elif step.get("text", "").startswith("4{"):
            yield step["text"]


MEANT5 = [
    Connect("/", auth={"token": "abc"}),
    ("/", "echo", ["a", 1, None, {"b": [True]}, 1.5, -3], None),
    ("/", "ack", ["x", b"\1\2\3"], 0),
    Connect("/missing"),
    Leave("/"),
]
MEANT4 = [
    ("/", "echo", ["a", 1, None, {"b": [True]}, 1.5, -3], None),
    ("/", "ack", ["x", b"\1\2\3"], 0),
    Connect("/missing"),
    Leave("/"),
]


@pytest.mark.parametrize("name, revision, meant", [
    ("sio-4.8.4-websocket-msgpack", 4, MEANT5),
    ("sio-2.5.1-websocket-msgpack", 3, MEANT4),
])  # fmt: skip
def test_what_recorded_clients_said_is_understood(name, revision, meant):
    ours, happenings = session(revision), []
    for unit in recorded(name, "c2s"):
        for happening in ours.receive(unit, 0.0):
            happenings.append(happening)
            if happening == Connect("/", auth={"token": "abc"}):
                ours.accepted("/", "id")
    assert said(happenings) == meant


ARGS = ["a", 1, None, {"b": [True]}, 1.5, -3]


def answers(revision, sid):
    """What the recorded servers said, in our words."""
    encode = encode5 if revision == 4 else encode4
    ours = session(revision)
    yield from (ours.accepted("/", sid) if revision == 4 else [])
    yield Control(*encode(Outgoing("/", EVENT, "echo", ARGS)))
    yield Control(*encode(Outgoing("/", ACK, "", ["x", b"\1\2\3"], 0, binary=True)))
    yield from ours.unknown("/missing")


@pytest.mark.parametrize("name, revision", [("sio-4.8.4-websocket-msgpack", 4), ("sio-2.5.1-websocket-msgpack", 3)])
def test_what_we_say_has_the_bytes_of_the_recorded_servers(name, revision):
    theirs = list(recorded(name, "s2c"))
    if revision == 3:
        assert theirs.pop(0) == '4{"type":0,"nsp":"/"}' == session(3).accepted("/", "id")[0].units[0]
        sid = ""
    else:
        sid = msgpack.unpackb(theirs[0])["data"]["sid"]
    assert [unit for control in answers(revision, sid) for unit in control.units] == theirs


# What packets mean --------------------------------------------------------------------

MEANINGS5 = [
    (packed(type=2, nsp="/", data=["a"]), [("/", "a", [], None)]),
    (packed(type=2, nsp="/n", data=["a", b"\0"], id=7), [("/n", "a", [b"\0"], 7)]),
    (packed(type=2, nsp="/", data=[5, "x"]), [("/", "5", ["x"], None)]),
    (packed(type=2, nsp="/", data=["a"], id=UNDEFINED, more={"x": 1}), [("/", "a", [], None)]),
    (packed(type=2, nsp="/", data=["a", UNDEFINED, [UNDEFINED]]), [("/", "a", [None, [None]], None)]),
    (packed(type=2, nsp="/", data=["a", float("inf")]), [("/", "a", [float("inf")], None)]),
    (packed(type=2, nsp="/", data=["error"]), []),
    (packed(type=2, nsp="/", data=["a", msgpack.Timestamp(1, 500_000_000)]), [("/", "a", [1.5], None)]),
    (packed(type=3, nsp="/", data=["x"], id=0), [("/", 0, ["x"])]),
    (packed(type=3, nsp="/", data=["x"]), []),
    (packed(type=1, nsp="/n"), [Leave("/n")]),
    (packed(type=0, nsp="/new", data=UNDEFINED), [Connect("/new")]),
    (packed(type=0, nsp="/new", data={"a": 1}), [Connect("/new", auth={"a": 1})]),
    (b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1a\xa3\xed\xa0\x80", [("/", "a", ["\ud800"], None)]),
    (b"\x84\xa4type\x02\xa4type\x03\xa3nsp\xa1/\xa4data\x90", []),
]


@pytest.mark.parametrize("unit, happenings", MEANINGS5)
def test_a_packet_of_3_0_means(unit, happenings):
    assert said(session(4, "/", "/n").receive(unit, 0.0)) == happenings


MEANINGS4 = [
    (packed(type=5, nsp="/", data=["a", b"\0"]), [("/", "a", [b"\0"], None)]),
    (packed(type=6, nsp="/", data=[b"\0"], id=3), [("/", 3, [b"\0"])]),
    ('4{"type":0,"nsp":"/n?token=abc&x=1"}', [Connect("/n", "token=abc&x=1")]),
    ('4{"type":1,"nsp":"/"}', [Leave("/")]),
    (packed(type=2, nsp="/other", data=["a"]), []),
]


@pytest.mark.parametrize("unit, happenings", MEANINGS4)
def test_a_packet_of_2_2_means(unit, happenings):
    assert said(session(3).receive(unit, 0.0)) == happenings


@pytest.mark.parametrize("milliseconds, text", [
    (0, "1970-01-01T00:00:00.000Z"), (1_600_000_000_123, "2020-09-13T12:26:40.123Z"),
    (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    (2**62, None), (-(2**63), None),
])  # fmt: skip
def test_a_date_is_the_text_that_json_has_for_it(milliseconds, text):
    date = msgpack.ExtType(0, struct.pack(">q", milliseconds))
    assert read_packet(packed(type=2, nsp="/", data=["a", date])).data == ["a", text]


# Refusals -----------------------------------------------------------------------------

REFUSED = [
    b"",
    b"\xc1",
    b"\x80",
    b"\x90",
    b"\xa1a",
    packed(type=2, nsp="/"),
    packed(type=2, nsp="/", data=[]),
    packed(type=2, nsp="/", data={}),
    packed(type=2, nsp="/", data=[None]),
    packed(type=2, nsp="/", data=[{}]),
    packed(type=2, nsp="/", data=["connect"]),
    packed(type=2, nsp=1, data=["a"]),
    packed(type=2, data=["a"]),
    packed(type="2", nsp="/", data=["a"]),
    packed(type=True, nsp="/", data=["a"]),
    packed(type=2.0, nsp="/", data=["a"]),
    packed(type=-1, nsp="/"),
    packed(type=7, nsp="/"),
    packed(type=4, nsp="/", data={"message": "x"}),
    packed(type=5, nsp="/", data=["a"]),
    packed(type=1, nsp="/", data={}),
    packed(type=0, nsp="/n", data="x"),
    packed(type=0, nsp="/", data={}),
    packed(type=3, nsp="/", data={}, id=1),
    packed(type=2, nsp="/", data=["a"], id=-1),
    packed(type=2, nsp="/", data=["a"], id=2**53),
    packed(type=2, nsp="/", data=["a"], id=1.0),
    packed(type=2, nsp="/", data=["a"], id="1"),
    packed(type=2, nsp="/other", data=["a"]),
    packed(type=2, nsp="/", data=["a", msgpack.ExtType(1, b"\0")]),
    packed(type=2, nsp="/", data=["a", msgpack.ExtType(0, b"\1")]),
    packed(type=2, nsp="/", data=["a"]) + b"\0",
    packed(type=2, nsp="/", data=["a"])[:-1],
    msgpack.packb({"type": 2, "nsp": "/", "data": ["a", {1: 2}]}),
    msgpack.packb({"type": 2, "nsp": "/", "data": ["a", {b"k": 2}]}),
    msgpack.packb({"type": 2, "nsp": "/", "data": ["a", {(1, 2): 2}]}),
    b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1a\xa1\xff",
    "4",
    '42["a"]',
    '4{"type":0,"nsp":"/n"}',
]


@pytest.mark.parametrize("unit", REFUSED)
def test_what_is_no_packet_closes_and_raises_nothing_else(unit):
    with pytest.raises(ProtocolError):
        session(4, "/").receive(unit, 0.0)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", '{"type":2,"nsp":"/","data":["a"]}', '{"type":true,"nsp":"/"}', '{"type":0}']
)
def test_what_2_2_says_in_json_must_be_a_packet_of_the_protocol_itself(text):
    with pytest.raises(BadPacket):
        read_json_packet(text)


def array(count, *items):
    return b"\xdd" + count.to_bytes(4, "big") + b"".join(items)


def nested(levels, inner=b"\xc0"):
    return b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1a" + b"\x91" * levels + inner


BOMBS = {
    "arrays of a million in each other": array(999_000) * 500 + b"\xc0" * 997_000,
    "arrays longer than the message": array(2**32 - 1) * 200,
    "maps longer than the message": b"\xdf\xff\xff\xff\xff" * 200,
    "text longer than the message": b"\x91\xdb\xff\xff\xff\xff" + b"a" * 1000,
    "bytes longer than the message": b"\x91\xc6\xff\xff\xff\xff" + b"a" * 1000,
    "an extension longer than the message": b"\x91\xc9\xff\xff\xff\xff\x00" + b"a" * 1000,
    "a hundred thousand levels": b"\x91" * 100_000 + b"\xc0",
    "maps that deep": b"\x81\xa1a" * 100_000 + b"\xc0",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_time_and_memory(name):
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(BadPacket):
        read_packet(BOMBS[name])
    spent, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 10
    assert peak < 4_000_000


def test_five_hundred_levels_are_read_and_more_are_not():
    read_packet(nested(450))
    with pytest.raises(BadPacket):
        read_packet(nested(510))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=3))
def test_what_is_written_is_read(args):
    (unit,) = encode5(Outgoing("/", EVENT, "a", args))
    assert read_packet(unit).data == ["a", *args]


@given(st.lists(VALUES, max_size=3))
def test_what_is_long_enough_to_be_measured_is_read_too(args):
    (unit,) = encode5(Outgoing("/", EVENT, "a", [*args, "x" * 600]))
    assert read_packet(unit).data == ["a", *args, "x" * 600]


@given(st.binary(max_size=2000))
def test_garbage_raises_a_protocol_error_and_nothing_else(data):
    for ours in (session(4, "/"), session(3)):
        with suppress(ProtocolError):
            ours.receive(data, 0.0)


@given(st.binary(max_size=40), st.integers(0, 3))
def test_garbage_behind_a_good_beginning_raises_a_protocol_error_and_nothing_else(data, kind):
    head = b"\x83\xa4type" + bytes((kind,)) + b"\xa3nsp\xa1/\xa4data"
    for packet in (head + data, head + b"\xdc\x02\x58" + b"\x01" * 599 + data):
        with suppress(ProtocolError):
            read_packet(packet)


# Writing ------------------------------------------------------------------------------

WRITTEN = [
    (2**64, b"\xcb" + struct.pack(">d", 2.0**64)),
    (10**400, b"\xc0"),
    ("\ud800", b"\xa3\xed\xa0\x80"),
    (2**40, b"\xcf" + (2**40).to_bytes(8, "big")),
    (-33, b"\xd0\xdf"),
    (1.0, b"\xcb" + struct.pack(">d", 1.0)),
    ((1, 2), b"\x92\x01\x02"),
]


@pytest.mark.parametrize("value, data", WRITTEN)
def test_a_value_is_written_as_notepack_would_read_it(value, data):
    (unit,) = encode5(Outgoing("/", EVENT, "a", [value]))
    assert data in unit


def test_a_recoverable_event_ends_in_its_offset_for_those_who_can_recover():
    message = Recoverable(Outgoing("/", EVENT, "a", [1]), "off")
    assert msgpack.unpackb(encode5(message)[0])["data"] == ["a", 1, "off"]
    assert msgpack.unpackb(encode4(message)[0])["data"] == ["a", 1]


def test_an_event_that_wants_an_answer_has_its_keys_in_the_order_of_4_8():
    (unit,) = encode5(Outgoing("/", EVENT, "a", [], 5))
    assert list(msgpack.unpackb(unit)) == ["type", "data", "id", "nsp"]


def test_a_connect_says_its_pid_when_there_is_one():
    (answer,) = session(4).accepted("/", "id", "pid")
    assert msgpack.unpackb(answer.units[0]) == {"type": 0, "data": {"sid": "id", "pid": "pid"}, "nsp": "/"}


def test_a_refusal_is_an_object_for_3_0_and_json_for_2_2():
    (five,) = session(4).refused("/n", "no", {"code": 7})
    assert msgpack.unpackb(five.units[0]) == {"type": 4, "data": {"message": "no", "data": {"code": 7}}, "nsp": "/n"}
    (four,) = session(3).refused("/n", "no", {"code": 7})
    assert four.units == ['4{"type":4,"data":{"code":7},"nsp":"/n"}']


def test_to_be_put_out_is_a_packet_without_payload():
    assert msgpack.unpackb(session(4, "/").dismiss("/")[0].units[0]) == {"type": 1, "nsp": "/"}
    assert session(3).dismiss("/")[0].units == ['4{"type":1,"nsp":"/"}']


@pytest.mark.parametrize("revision, encode", [(4, encode5), (3, encode4), (2, encode4)])
def test_the_wire_of_such_a_session_writes_msgpack(revision, encode):
    assert wire_for(Request(revision), session(revision)).encode is encode
