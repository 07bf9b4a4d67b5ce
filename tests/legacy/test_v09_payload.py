"""Several packets in one body: U+FFFD framing that counts UTF-16 units."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v09_payload import join, split

RECORDED = json.loads((Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.9/packets.json").read_text())
M = "\ufffd"

# The packets' texts behind the recorded packet objects ("" is one that can't be read).
PACKETS = {
    f"{M}11{M}3:::a{M}3{M}bcd{M}3{M}2::": [f"3:::a{M}3{M}bcd", "2::"],
    f"{M}99{M}3:::short": ["3:::short"],
    f"{M}{M}3:::x": [""],
    f"{M}x{M}3:::y": [""],
    # 0.9.19 reads two unreadable packets out of what follows the misplaced line break; we tell it once.
    f"{M}3{M}2::\n{M}3{M}8::": ["2::", ""],
    f"{M}5{M}3:::\U0001f600": ["3:::\ud83d"],
    "": [""],
}


def packets_of(row):
    """The packets that the values of a row were read from, written anew."""
    return [f"3:::{p['data']}" if p.get("type") == "message" else "2::" for p in row["value"]]


@pytest.mark.parametrize("row", RECORDED["decodePayload"], ids=lambda row: ascii(row["wire"]))
def test_bodies_are_cut_as_0_9_19_cuts_them(row):
    assert split(row["wire"]) == PACKETS.get(row["wire"], packets_of(row))


@pytest.mark.parametrize("row", RECORDED["encodePayload"], ids=lambda row: ascii(row["value"]))
def test_packets_are_joined_as_0_9_19_joins_them(row):
    assert join(row["packets"]) == row["value"]
    assert split(row["value"]) == row["packets"]


def test_no_packet_is_an_empty_body():
    assert join([]) == ""


@pytest.mark.parametrize(
    "text, packets",
    [
        (f"{M}3{M}2::{M}0{M}{M}3{M}8::", ["2::", "", "8::"]),
        (f"{M}3{M}2::{M}9999999999{M}8::", ["2::", "8::"]),
        (f"{M}99999999999{M}2::", [""]),
        (f"{M}\u0661{M}2", [""]),
        (f"{M}-3{M}2::", [""]),
        (M, [""]),
        (M * 100_000, [""]),
        (f"{M}7{M}3:::\U0001f600{M}{M}3{M}2::", [f"3:::\U0001f600{M}", "2::"]),
        (f"{M}8{M}3:::\U0001f600\U0001f601{M}6{M}3:::\U0001f600", ["3:::\U0001f600\U0001f601", "3:::\U0001f600"]),
    ],
)
def test_odd_bodies_give_what_can_be_read(text, packets):
    assert split(text) == packets


# A line break that JavaScript counted as one travels as CR LF in a form; lengths then count it as one.
FORMS = [
    ("3:::a\r\nb", ["3:::a\nb"]),
    (f"{M}7{M}3:::a\r\nb{M}3{M}2::", ["3:::a\nb", "2::"]),
    (f"{M}3{M}2::{M}6{M}3:::a\r\n", ["2::", "3:::a\n"]),
    (f"{M}6{M}3:::a\r\n{M}3{M}2::", ["3:::a\n", "2::"]),
    (f"{M}6{M}3:::\r\n\r\n{M}3{M}2::", ["3:::\n\n", "2::"]),
    (f"{M}9{M}3:::\U0001f600\r\n\r\nx{M}3{M}2::", ["3:::\U0001f600\n\nx", "2::"]),
    (f"{M}8{M}3:::a\r\nb{M}3{M}2::", ["3:::a\r\nb", "2::"]),
    (f"{M}5{M}3:::ab\r\n{M}3{M}2::", ["3:::a", ""]),
]


@pytest.mark.parametrize("text, packets", FORMS)
def test_line_breaks_of_forms_count_as_one_where_the_length_does_not_fit(text, packets):
    assert split(text, form=True) == packets


def test_line_breaks_elsewhere_are_taken_as_they_are():
    assert split("3:::a\r\nb") == ["3:::a\r\nb"]


TEXTS = st.text(st.one_of(st.characters(), st.sampled_from([M, "\n", "\r", "1", "\U0001f600"])))


@given(st.lists(TEXTS.filter(lambda text: not text.startswith(M)), min_size=1))
def test_what_is_joined_is_split_again(packets):
    assert split(join(packets)) == packets


@given(TEXTS, st.booleans())
def test_garbage_is_never_an_error(text, form):
    assert all(type(packet) is str for packet in split(text, form))


@given(st.lists(st.text(st.sampled_from("ab\n"), min_size=1), min_size=2))
def test_what_a_form_did_to_line_breaks_is_undone(texts):
    packets = [f"3:::{text}!" for text in texts]
    assert split(join(packets).replace("\n", "\r\n"), form=True) == packets
