"""Bodies of polling, by the tables of the real encoders and by hand."""

import json
from base64 import b64decode
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import payload
from protocols.errors import BadText, ProtocolError
from protocols.payload import BadPayload, Undecided

CODEC = json.loads(
    (Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio" / "codec-eio.json").read_text(
        "utf-8", "surrogatepass"
    )
)
TYPES = {"open": "0", "close": "1", "ping": "2", "pong": "3", "message": "4", "upgrade": "5", "noop": "6"}


def unit_of(packet):
    if "bin" in packet:
        return b64decode(packet["bin"])
    return TYPES[packet["type"]] + packet.get("data", "")


def written(units, row):
    """The form that parser ``row["parser"]`` uses, from our functions."""
    if row["rev"] == 4:
        return payload.text4(units)
    if not row["supports_binary"]:
        return payload.text3(units, doubled=row["parser"].startswith("1."))
    if row["parser"].startswith("1.") or any(isinstance(unit, bytes) for unit in units):
        return payload.binary3(units)
    return payload.text3(units)


@pytest.mark.parametrize("row", CODEC["payload"], ids=lambda row: f"{row['rev']}-{row['parser']}-{str(row['out'])[:40]}")
def test_bodies_are_written_as_the_real_encoders_do(row):
    expected = row["out"].get("text") if "text" in row["out"] else b64decode(row["out"]["b64"])
    assert written([unit_of(packet) for packet in row["packets"]], row) == expected


BODIES3 = [row for row in CODEC["decode"] if row["kind"] == "payload" and row["rev"] == 3 and row["parser"] == "2.2.1"]
#: Lengths in forms that no client sends; we take digits alone.
LOOSE = ("+2:4a", "2.0:4a", "1e0:6", " 2:4a")
#: A length past the end, which the reference does not notice.
SHORT = "AAL/NA=="


@pytest.mark.parametrize(
    "row", [row for row in BODIES3 if not {*LOOSE, SHORT} & {*row["in"].values()}], ids=lambda row: str(row["in"])
)
def test_bodies_of_revision_3_are_read_as_the_reference_does(row):
    try:
        source = row["in"]
        units = payload.split3(source["text"]) if "text" in source else payload.split3_binary(b64decode(source["b64"]))
    except BadPayload as error:
        units = [*error.units, "error"]
    expected = ["error" if packet["type"] == "error" else unit_of(packet) for packet in row["out"] if packet["type"]]
    if expected[-1:] == ["1"]:
        units = units[: len(expected)]  # a close packet ends the session, whatever follows
    if expected[-1:] == ["error"] and units[-1] == "9":
        units[-1] = "error"  # an unknown type is told by the session
    assert units == expected


@pytest.mark.parametrize("body", [*LOOSE, "-1:4", "²:4a", "12345678901:4", "4a", "0" * 11 + "1:2"])
def test_a_length_is_a_few_ascii_digits(body):
    with pytest.raises(BadPayload) as caught:
        payload.split3("2:4a" + body)
    assert caught.value.units == ["4a"]
    assert caught.value.status == 200


def test_a_body_without_any_length_is_refused():
    with pytest.raises(BadPayload) as caught:
        payload.split3(":4a")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text, units",
    [
        ("6:4hello2:4€", ["4hello", "4€"]),
        ("3:4💩1:2", ["4💩", "2"]),
        ("6:4a💩b❤3:4💩2:4x", ["4a💩b❤", "4💩", "4x"]),
    ],
)
def test_lengths_count_utf16_units(text, units):
    assert payload.split3(text) == units
    assert payload.text3(units) == text


def test_a_length_may_not_cut_a_character():
    with pytest.raises(BadPayload):
        payload.split3("2:4💩1:2")


def test_text_that_may_be_encoded_twice_is_marked_and_other_text_is_not():
    plain, other = payload.split3("2:4a2:4é")
    assert type(plain) is str
    assert type(other) is Undecided


def test_strings_of_the_binary_framing_are_encoded_once_for_every_client():
    (unit,) = payload.split3_binary(bytes.fromhex("0004FF34E282AC"))
    assert unit == "4€"
    assert type(unit) is str


BROKEN_BINARY = [
    "00 02 FF 34",
    "02 01 FF 34",
    "00 FF",
    "00 0A FF 34",
    "00 05 FF 34",
    "00 01 34",
    "00" + " 01" * 11 + "FF",
    "00",
    "",
    "00 01 FF FF",
]


@pytest.mark.parametrize("body", BROKEN_BINARY)
def test_a_broken_binary_body_keeps_the_packets_before(body):
    with pytest.raises(BadPayload) as caught:
        payload.split3_binary(bytes.fromhex("0002FF3461" if body else "") + bytes.fromhex(body))
    assert caught.value.units == (["4a"] if body else [])


@pytest.mark.parametrize(
    "text, data",
    [
        ("AQID", b"\x01\x02\x03"),
        ("AQI", b"\x01\x02"),
        ("AQI=", b"\x01\x02"),
        ("@@@", b""),
        ("", b""),
        ("A\nQ@ID", b"\x01\x02\x03"),
    ],
)
def test_base64_is_read_as_leniently_as_node_does(text, data):
    assert payload.unbase64(text) == data


@pytest.mark.parametrize("text", ["A", "é", "AQIDA"])
def test_base64_that_means_nothing_is_an_error(text):
    with pytest.raises(ProtocolError):
        payload.unbase64(text)


FORMS = [
    # browser of 2.5.1: a newline, a backslash before an n, quotes, a line separator and form characters
    (
        b"d=38%3A42%5B%22echo%22%2C%22line%5C%5Cn2+%5C%5C%5Cn+%5C%22q%5C%22+%E2%80%A8+%26+%2B+%25%22%5D",
        '38:42["echo","line\\n2 \\\\n \\"q\\" \u2028 & + %"]',
    ),
    (b"d=4hello", "4hello"),
    (b"a=1&d=4a&d=4b", "4a"),
    (b"d=4a\\nb", "4a\nb"),
    (b"d=", ""),
    (b"x=4hello", None),
    (b"", None),
    (b"dd=1", None),
]


@pytest.mark.parametrize("body, text", FORMS)
def test_field_d_of_a_form_is_restored(body, text):
    assert payload.form(body) == text


@pytest.mark.parametrize("body", [b"d=%FF", b"d=\xff"])
def test_a_form_that_is_not_utf8_is_refused(body):
    with pytest.raises(BadText):
        payload.form(body)


def test_half_a_character_becomes_a_replacement_character():
    assert payload.text3(["4\ud800a"]) == "3:4\ufffda"
    assert payload.binary3(["4\udc00"]) == bytes.fromhex("0004FF34EFBFBD")


RULES = json.loads((Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio" / "era-rules.json").read_text())


@pytest.mark.parametrize("case", RULES["sniff_cases"], ids=lambda case: case["why"])
def test_the_second_layer_of_utf8_is_found(case):
    plain = None if case["in"] == case["out"] and not case["in"].isascii() else case["out"]
    assert payload.undouble(case["in"]) == plain
    if plain is not None:
        assert payload.double(plain) == case["in"]


sound_text = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
units = st.lists(sound_text.map("4{}".format) | st.binary(), min_size=1)


@given(units)
def test_what_is_packed_in_binary_is_unpacked(packets):
    assert payload.split3_binary(payload.binary3(packets)) == packets


@given(units)
def test_what_is_packed_as_text_is_unpacked(packets):
    expected = [unit if isinstance(unit, str) else "b4" + payload.base64(unit) for unit in packets]
    assert payload.split3(payload.text3(packets)) == expected


@given(st.binary() | st.lists(st.sampled_from([b"\x00", b"\x01", b"\x02", b"\xff", b"4", b"\x09"])).map(b"".join))
def test_binary_garbage_raises_nothing_but_protocol_errors(body):
    with suppress(ProtocolError):
        payload.split3_binary(body)


@given(st.text() | st.text(alphabet="0123456789:4💩éb"))
def test_text_garbage_raises_nothing_but_protocol_errors(text):
    with suppress(ProtocolError):
        payload.split3(text)


@given(st.binary() | st.text(alphabet="d=&%\\n+2F").map(str.encode))
def test_form_garbage_raises_nothing_but_protocol_errors(body):
    with suppress(ProtocolError):
        payload.form(body)
