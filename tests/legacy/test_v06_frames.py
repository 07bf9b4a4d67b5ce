"""Frames of 0.5 and 0.6: the recorded vectors of 0.6.18, and where reading is stricter."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v06_frames import (
    decode_form_frames,
    decode_frames,
    encode,
    encode_frames,
    split_frames,
    utf16_length,
)
from protocols.model import ACK, EVENT, JSON_MESSAGE, MESSAGE, Control, Outgoing

VECTORS = json.loads(
    (Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "socketio-0.6" / "framing.json").read_text("utf-8")
)


def by_about(kind: str) -> list[Any]:
    return [pytest.param(vector, id=vector["about"]) for vector in VECTORS[kind]]


# 0.6.18 made something of these; here a frame is good or the rest is dropped (spec 0.6 §3.2).
NOT_A_FRAME = {
    "length too long: rest taken",
    "no length",
    "only the opening mark",
    "length but nothing else",
    "length and mark only",
    "the second mark is not checked",
    "space counts as digit 0",
    "sign is no digit",
    "non-ASCII digits are no digits",
}

# 0.6.18 had one argument and made text of it; ``send`` has many, and JSON of all that is no text.
SENT_AS_JSON = {
    "null": ["~j~null"],
    "number": ["~j~42"],
    "float": ["~j~1.5"],
    "boolean": ["~j~true"],
    "array with objects": ["a", '~j~{"k":1}', "~j~null", "~j~3"],
    "nested array is joined by commas": ['~j~["x","y"]', "z"],
    "object with text beyond ASCII": ['~j~{"a":"\\u00e9","b":"\\ud83d\\ude00"}'],
}


@pytest.mark.parametrize("vector", by_about("decode"))
def test_payload_is_cut_into_messages_as_0_6_18_did(vector: dict[str, Any]) -> None:
    """Quirk 3 (lengths in UTF-16 units) and quirk 4 (garbage behind the last frame)."""
    expected = [] if vector["about"] in NOT_A_FRAME else vector["messages"]
    assert decode_frames(vector["wire"]) == expected


@pytest.mark.parametrize("vector", by_about("encode"))
def test_what_is_sent_is_framed_as_0_6_18_did(vector: dict[str, Any]) -> None:
    value = vector["value"]
    values = value if isinstance(value, list) else [value]
    payload = encode_frames(encode(Outgoing("/", MESSAGE, "message", values)))
    if vector["about"] in SENT_AS_JSON:
        assert decode_frames(payload) == SENT_AS_JSON[vector["about"]]
    else:
        assert payload == vector["wire"]


@pytest.mark.parametrize(("text", "units"), [("", 0), ("é", 1), ("€", 1), ("\U0001f600", 2), ("aé€\U0001f600", 5), ("\ud83d", 1)])
def test_length_counts_utf16_units(text: str, units: int) -> None:
    """Quirk 3."""
    assert utf16_length(text) == units


@pytest.mark.parametrize("tail", ["\n", "\r\n", "  ", "\0", "~m", "~m~", "~m~9~m~x", "hello"])
@pytest.mark.parametrize("text", ["a", "é", "\U0001f600", "~h~1", ""])
def test_what_follows_the_last_frame_is_dropped(text: str, tail: str) -> None:
    """Quirk 4."""
    assert decode_frames(encode_frames([text]) + tail) == [text]


@pytest.mark.parametrize("text", ["a\nb", "\n", "\n\n\U0001f600\n", "é\n"])
def test_line_ends_of_a_form_are_repaired(text: str) -> None:
    """Quirk 9."""
    posted = encode_frames([text, "b"]).replace("\n", "\r\n")
    assert decode_form_frames(posted) == [text, "b"]


def test_cr_lf_that_was_typed_is_kept() -> None:
    """Quirk 9: the body is read as it is first."""
    assert decode_form_frames("~m~4~m~a\r\nb") == ["a\r\nb"]


def test_line_ends_that_fit_neither_way_are_left_alone() -> None:
    """Quirk 9: the result with LF counts only if it fits exactly."""
    assert decode_form_frames("~m~2~m~a\r\nbcd") == ["a\r"]


def test_surrogates_that_came_one_by_one_are_joined() -> None:
    """Flash may have written astral characters as two sequences of three bytes."""
    assert decode_frames("~m~3~m~\ud83d\ude00a") == ["\U0001f600a"]


def test_length_of_thousands_of_digits_is_no_frame() -> None:
    assert decode_frames("~m~" + "9" * 6000 + "~m~a") == []


def test_messages_in_one_payload_are_all_read() -> None:
    """Quirk 18."""
    assert split_frames("~m~1~m~a~m~4~m~~h~7~m~7~m~~j~[1]x~m~0~m~") == ["a", "~h~7", "~j~[1]x", ""]


def test_payload_without_frames_is_marked_as_bytes() -> None:
    assert split_frames('["hello"]') == [b'["hello"]']
    assert split_frames("") == []


EVENTS = [
    (Outgoing("/", EVENT, "news", ["a", 1]), ['~j~{"event":"news","args":["a",1]}']),
    (Outgoing("/", EVENT, "né", []), ['~j~{"event":"n\\u00e9","args":[]}']),
    (Outgoing("/", EVENT, "ask", [None], 0), ['~j~{"event":"ask","args":[null],"id":0}']),
    (Outgoing("/", EVENT, "message", ["a", {"k": 1}]), ["a", '~j~{"k":1}']),
    (Outgoing("/", EVENT, "message", ["a"], 3), ['~j~{"event":"message","args":["a"],"id":3}']),
    (Outgoing("/", EVENT, "file", [[b"abc"]], None, True), ['~j~{"event":"file","args":[[{"_binary":"YWJj"}]]}']),
    (Outgoing("/", ACK, "", ("ok",), 7), ['~j~{"ack":7,"args":["ok"]}']),
    (Outgoing("/", ACK, "", (), 0), ['~j~{"ack":0,"args":[]}']),
    (Outgoing("/", MESSAGE, "message", ()), []),
    (Outgoing("/", MESSAGE, "message", (b"abc",), None, True), ['~j~{"_binary":"YWJj"}']),
    (Outgoing("/", JSON_MESSAGE, "message", ("a", 1)), ['~j~"a"', "~j~1"]),
    (Control("0123", "~h~1"), ["0123", "~h~1"]),
]


@pytest.mark.parametrize(("message", "units"), EVENTS)
def test_every_kind_of_message_has_its_units(message: Any, units: list[str]) -> None:
    assert encode(message) == units


@pytest.mark.parametrize("text", ["~h~1", "~j~{}", "~m~1~m~x"])
def test_text_that_looks_like_a_mark_is_not_escaped(text: str) -> None:
    """Quirk 19."""
    assert encode(Outgoing("/", MESSAGE, "message", (text,))) == [text]


PIECES = st.lists(st.sampled_from(["~m~", "~h~", "~j~", "1", "3", "é", "\U0001f600", "\ud83d", "a", "\r\n", "٣", "-"]))


@given(st.text() | PIECES.map("".join))
def test_garbage_is_only_ever_dropped(text: str) -> None:
    for decode in (decode_frames, decode_form_frames):
        assert all(isinstance(message, str) for message in decode(text))


@given(st.lists(st.text()))
def test_what_was_framed_comes_back(messages: list[str]) -> None:
    assert decode_frames(encode_frames(messages)) == messages
