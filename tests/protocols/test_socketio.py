"""Packets of Socket.IO, by the tables of the real parsers and by hand."""

import json
from base64 import b64decode
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import ProtocolError
from protocols.model import ACK, EVENT, JSON_MESSAGE, MESSAGE, Ack, Control, Outgoing
from protocols.socketio import (
    Assembly,
    BadPacket,
    counted_ack,
    encode3,
    encode3_counted,
    encode4,
    packet,
    read_ack,
    read_connect,
    read_event,
    read_leave,
)

WIRE = Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio"
CODEC = json.loads((WIRE / "codec-sio.json").read_text("utf-8", "surrogatepass"))


def with_bytes(value):
    """``{"bin": base64}`` of the table as bytes."""
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    if isinstance(value, dict):
        return b64decode(value["bin"]) if list(value) == ["bin"] else {key: with_bytes(item) for key, item in value.items()}
    return value


def frames_of(row):
    """What our encoder makes of the packet of ``row``."""
    told = row["packet"]
    data = with_bytes(told.get("data"))
    binary = any("bin" in frame or "b64" in frame for frame in row["frames"])
    if told["type"] in (2, 3, 5):
        kind = ACK if told["type"] == 3 else EVENT
        name, args = ("", data) if kind == ACK else (data[0], data[1:])
        outgoing = Outgoing(told["nsp"], kind, name, args, told.get("id"), binary)
        return {3: encode3_counted, 4: encode3, 5: encode4}[row["rev"]](outgoing)
    text = "" if data is None else json.dumps(data, separators=(",", ":"))
    return encode4(packet(str(told["type"]), told["nsp"], text))


def plain(frame):
    """A frame of the table or of ours, so that they compare: parsed JSON, bare namespaces with their comma."""
    if isinstance(frame, bytes):
        return frame
    starts = [frame.find(mark) for mark in '[{"' if mark in frame]
    start = min(starts, default=len(frame))
    head = frame[:start]
    head += "," if "/" in head and "," not in head else ""
    return head, json.loads(frame[start:] or "null")


@pytest.mark.parametrize("row", CODEC["encode"], ids=lambda row: f"{row['rev']}-{row['parser']}-{row['frames'][0].get('text')}")
def test_packets_are_written_as_the_real_parsers_do(row):
    expected = [frame["text"] if "text" in frame else b64decode(frame.get("b64", frame.get("bin"))) for frame in row["frames"]]
    units = frames_of(row)
    assert units[0][0] == "4"
    assert [plain(unit) for unit in [units[0][1:], *units[1:]]] == [plain(frame) for frame in expected]


def outcome(text):
    """What our functions make of the packet ``text``, in the words of the table."""
    unit = "4" + text
    kind = text[:1]
    if kind == "0":
        namespace, auth = read_connect(unit)
        return {"type": 0, "nsp": namespace} | ({} if auth is None else {"data": auth})
    if kind == "1":
        return {"type": 1, "nsp": read_leave(unit)}
    if kind == "2":
        event = read_event(unit)
        number = {} if event.ack_id is None else {"id": event.ack_id}
        return {"type": 2, "nsp": event.namespace} | number | {"data": [event.name, *event.args]}
    if kind == "3":
        ack = read_ack(unit)
        return None if ack is None else {"type": 3, "nsp": ack.namespace, "id": ack.id, "data": ack.args}
    if kind in "56" and kind:
        Assembly(unit, 10, 1000)
        return "pending"
    raise BadPacket("unknown type")


#: Where the newest parser is looser than we are: no event without a body, no blanks as an id, none from the client, no names.
STRICTER = {"", "2", '2 ["a"]', '2\n["a"]', '4"no"', '4{"message":"no"}', '4/admin,"no"'}


@pytest.mark.parametrize("row", [row for row in CODEC["decode"] if row["parser"] == "4.2.7"], ids=lambda row: repr(row["in"]))
def test_packets_are_read_as_the_newest_parser_does(row):
    if "throws" in row or row["in"] in STRICTER:
        with pytest.raises(BadPacket):
            outcome(row["in"])
    elif row["in"] in ('3["x"]', "31"):
        assert outcome(row["in"]) is None  # nobody waits for it
    elif row.get("pending"):
        assert outcome(row["in"]) == "pending"
    else:
        expected = row["out"]
        if expected.get("data") == [1]:
            expected = {**expected, "data": ["1"]}  # a number as a name is what it is as a key
        assert outcome(row["in"]) == expected


GOOD_OLD = ["0", "0/admin", "1/admin", '2["a"]', '20["a",1]', '2/admin,12["a"]', "0/admin?x=1&y=2,", '31["x"]', '2/admin,["a,b"]']


@pytest.mark.parametrize(
    "row", [r for r in CODEC["decode"] if r["in"] in GOOD_OLD], ids=lambda row: f"{row['parser']}-{row['in']}"
)
def test_packets_of_all_revisions_are_read_alike(row):
    if "hangs" not in row:
        assert outcome(row["in"]) == row["out"]


def test_a_packet_announced_as_with_attachments_is_complete_with_the_last():
    assembly = Assembly('452-/a,7["x",{"_placeholder":true,"num":1},[{"k":{"_placeholder":true,"num":0}}],"t"]', 10, 1000)
    assert not assembly.add(b"\x01")
    assert assembly.add(b"\x02")
    event = assembly.happening
    assert (event.namespace, event.name, event.args, event.ack_id) == ("/a", "x", [b"\x02", [{"k": b"\x01"}], "t"], 7)


def test_an_answer_with_attachments_is_an_answer():
    assembly = Assembly('461-7[{"_placeholder":true,"num":0}]', 10, 1000)
    assert assembly.add(b"")
    assert isinstance(assembly.happening, Ack)
    assert (assembly.happening.id, assembly.happening.args) == (7, [b""])


@pytest.mark.parametrize("number", ["-1", "1", "1.5", '"splice"', "null", "[]", "1e300", "true", "99999999999999999999"])
def test_a_placeholder_that_lies_is_an_error(number):
    assembly = Assembly('451-["a",{"_placeholder":true,"num":' + number + "}]", 10, 1000)
    with pytest.raises(BadPacket):
        assembly.add(b"\x01")


def test_a_placeholder_without_a_number_is_an_error():
    assembly = Assembly('451-["a",{"_placeholder":true}]', 10, 1000)
    with pytest.raises(BadPacket):
        assembly.add(b"\x01")


BAD_HEADERS = [
    '4511-["a"]',
    '450-["a"]',
    "451-",
    '45["a"]',
    '45-1-["a"]',
    '451.5-["a"]',
    "451-[]",
    "451-[null]",
    '451-["connect"]',
    "461-1{}",
]


@pytest.mark.parametrize("unit", [*BAD_HEADERS, "45" + "9" * 5000 + '-["a"]', '451-["a"'])
def test_a_bad_header_is_refused_before_any_attachment(unit):
    with pytest.raises(BadPacket):
        Assembly(unit, 10, 1000)


def test_header_and_attachments_together_have_a_limit():
    assembly = Assembly('452-["a"]', 10, 100)
    assert not assembly.add(b"x" * 80)
    with pytest.raises(BadPacket):
        assembly.add(b"x" * 80)


@pytest.mark.parametrize("unit, id", [('429007199254740991["a"]', 2**53 - 1), ('42007["a"]', 7), ('42/n,0["a"]', 0)])
def test_ids_are_kept_exactly(unit, id):
    assert read_event(unit).ack_id == id


@pytest.mark.parametrize("digits", ["9007199254740992", "1" * 5000, "0" * 17])
@pytest.mark.parametrize("read, text", [(read_event, '42%s["a"]'), (read_ack, '43%s["a"]'), (read_event, '42/n,%s["a"]')])
def test_ids_that_javascript_cannot_count_are_refused(digits, read, text):
    with pytest.raises(BadPacket):
        read(text % digits)


@pytest.mark.parametrize("text, name", [("5", "5"), ("1.5", "1.5"), ("2.0", "2"), ("-3", "-3")])
def test_a_number_as_a_name_is_what_it_is_as_a_key(text, name):
    assert read_event(f"42[{text}]").name == name


@pytest.mark.parametrize("name", ["null", "true", "{}", "[]", '{"toString":1}'])
def test_other_names_are_refused(name):
    with pytest.raises(BadPacket):
        read_event(f"42[{name}]")


@pytest.mark.parametrize("unit", ["43²[1]", "42²[1]", "42١[1]"])
def test_digits_of_other_scripts_are_no_id(unit):
    with pytest.raises(BadPacket):
        (read_ack if unit[1] == "3" else read_event)(unit)


COUNTED = [
    ('430-1["x"]', (0, '431["x"]')),
    ('430-/admin,1["x"]', (0, '43/admin,1["x"]')),
    ('431-1[{"_placeholder":true,"num":0}]', (1, '461-1[{"_placeholder":true,"num":0}]')),
    ('431["x-1"]', None),
    ('43/a-b,1["x"]', None),
]


@pytest.mark.parametrize("unit, split", COUNTED)
def test_answers_of_the_first_clients_are_told_by_their_count(unit, split):
    assert counted_ack(unit) == split


SENT = [
    (Outgoing("/", EVENT, "a", ["é", None]), ['42["a","é",null]'], ['42["a","\\u00e9",null]']),
    (Outgoing("/n", EVENT, "a", (), 0), ['42/n,0["a"]'], ['42/n,0["a"]']),
    (Outgoing("/", MESSAGE, "", ["hi"]), ['42["message","hi"]'], ['42["message","hi"]']),
    (Outgoing("/", JSON_MESSAGE, "", [{"a": 1}]), ['42["message",{"a":1}]'], ['42["message",{"a":1}]']),
    (Outgoing("/", ACK, "", [], 3), ["433[]"], ["433[]"]),
    (Outgoing("/", EVENT, "a", [b"\x01", (b"",)], binary=True),
     ['452-["a",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]', b"\x01", b""], None),
    (Outgoing("/n", ACK, "", [{"k": b"x"}], 9, binary=True), ['461-/n,9[{"k":{"_placeholder":true,"num":0}}]', b"x"], None),
    (Control("2"), ["2"], None),
    (packet("4", "/n", '"no"'), ['44/n,"no"'], None),
]  # fmt: skip


@pytest.mark.parametrize("message, units4, units3", SENT, ids=range(len(SENT)))
def test_messages_become_units(message, units4, units3):
    assert encode4(message) == units4
    assert encode3(message) == (units3 or units4)


def test_arguments_are_not_changed_by_taking_bytes_out():
    value = {"a": [b"x"]}
    encode4(Outgoing("/", EVENT, "e", [value], binary=True))
    assert value == {"a": [b"x"]}


def test_bytes_are_found_as_deep_as_they_may_be_sent():
    value = b"x"
    for _ in range(498):
        value = [value]
    head, data = encode4(Outgoing("/", EVENT, "e", [value], binary=True))
    assert data == b"x"
    assembly = Assembly(head, 10, 10_000)
    assert assembly.add(data)
    assert assembly.happening.args == [value]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text().filter(lambda key: key != "_placeholder"), inner, max_size=3)
    ),
    max_leaves=8,
)
namespaces = st.just("/") | st.text(alphabet=st.characters(exclude_characters=",")).map("/{}".format)


@given(namespaces, st.lists(json_values, max_size=4), st.none() | st.integers(0, 2**53 - 1), st.sampled_from([encode3, encode4]))
def test_an_event_that_is_written_is_read_again(namespace, args, id, encode):
    head, *attachments = encode(Outgoing(namespace, EVENT, "event", args, id, binary=True))
    if attachments:
        assembly = Assembly(head, 1000, 10**6)
        assert [assembly.add(data) for data in attachments][-1]
        event = assembly.happening
    else:
        event = read_event(head)
    assert (event.namespace, event.name, event.args, event.ack_id) == (namespace, "event", args, id)


@given(st.text() | st.text(alphabet='0123456-/,[]{}"a:\\ ²'))
def test_garbage_raises_nothing_but_protocol_errors(text):
    for read in (read_event, read_ack, read_connect, read_leave, counted_ack, lambda unit: Assembly(unit, 10, 100)):
        with suppress(ProtocolError):
            read("45" + text)
