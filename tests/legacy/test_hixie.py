"""Drafts 75 and 76: openings, proofs and frames, against recordings of Socket.IO 0.6.18."""

import json
import re
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy import hixie
from legacy.hixie import CLOSE, HixieReader, answer, frame, frames, opening75, opening76
from protocols.errors import ProtocolError
from protocols.websocket import Close, Failure

WIRE = Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.6"
HANDSHAKES = json.loads((WIRE / "hixie-handshakes.json").read_text())
RECEIVED = json.loads((WIRE / "framing.json").read_text())["websocket_receive"]
KEY1, KEY2, NONCE = "4 @1  46546xW%0l 1 5", "12998 5 Y3 1  .P00", b"^n:ds[4U"

# The proof --------------------------------------------------------------------------


@pytest.mark.parametrize("vector", HANDSHAKES["vectors"], ids=lambda vector: vector["about"])
def test_the_proof_is_that_of_the_old_server(vector):
    proof = answer(vector["key1"], vector["key2"], b64decode(vector["nonce_base64"]))
    assert proof == b64decode(vector["answer_base64"])


@pytest.mark.parametrize("vector", HANDSHAKES["invalid"], ids=lambda vector: vector["about"])
def test_keys_that_no_client_makes_are_refused(vector):
    with pytest.raises(ProtocolError):
        answer(vector["key1"], vector["key2"], b64decode(vector["nonce_base64"]))


@pytest.mark.parametrize(
    "key",
    ["", "   ", "abc", "12345", "a b c", "4294967296 ", "1 " + "0" * 5000, "\u0664 2", "\u00b2 \u00b2", "1 0 1"],
    ids=["empty", "spaces", "letters", "no space", "no digit", "33 bits", "endless", "1 digit", "superscript", "odd"],
)
def test_a_key_is_read_or_refused_but_never_breaks_anything(key):
    readable = key == "\u0664 2"  # only ASCII digits count: this is the number 2, with one space
    if readable:
        assert answer(key, KEY2, NONCE) == answer(" 2", KEY2, NONCE)
        return
    with pytest.raises(ProtocolError):
        answer(key, KEY2, NONCE)


@pytest.mark.parametrize("nonce", [b"", NONCE[:7], NONCE + b"\0"])
def test_the_nonce_has_eight_bytes(nonce):
    with pytest.raises(ProtocolError):
        answer(KEY1, KEY2, nonce)


KEYS = st.text() | st.text(alphabet="0 1x")


@given(KEYS, KEYS, st.binary(max_size=9))
def test_any_keys_give_a_proof_or_a_protocol_error(key1, key2, nonce):
    try:
        assert len(answer(key1, key2, nonce)) == 16
    except ProtocolError as error:
        assert error.rule


# The opening ------------------------------------------------------------------------

OPENING = {
    "upgrade": "WebSocket",
    "connection": "Upgrade",
    "host": "localhost:8080",
    "origin": "http://localhost",
    "sec-websocket-key1": KEY1,
    "sec-websocket-key2": KEY2,
}


def opening(**changes):
    headers = OPENING | {name.replace("_", "-"): value for name, value in changes.items()}
    return lambda name: headers.get(name, "")


def test_an_opening_with_keys_is_draft_76_and_one_without_is_draft_75():
    assert hixie.check_opening(opening()) is None
    assert hixie.is_draft76(opening())
    assert hixie.check_opening(opening(sec_websocket_key1="", sec_websocket_key2="")) is None
    assert not hixie.is_draft76(opening(sec_websocket_key1="", sec_websocket_key2=""))
    assert hixie.origin(opening()) == "http://localhost"


@pytest.mark.parametrize(
    "changes",
    [
        {"upgrade": "websocket"},
        {"upgrade": ""},
        {"connection": "close"},
        {"connection": "not-upgrade"},
        {"host": ""},
        {"sec_websocket_key1": "12345"},
        {"sec_websocket_key2": ""},
    ],
    ids=str,
)
def test_a_broken_opening_is_refused(changes):
    with pytest.raises(ProtocolError):
        hixie.check_opening(opening(**changes))


def test_the_head_of_draft_75_begins_with_the_85_bytes_that_browsers_compare():
    given_head = opening75("http://localhost", "localhost", "/socket.io/websocket", secure=False)
    assert given_head[:85] == b"HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    assert given_head[85:] == (
        b"WebSocket-Origin: http://localhost\r\nWebSocket-Location: ws://localhost/socket.io/websocket\r\n\r\n"
    )


def test_the_head_of_draft_76_leaves_without_the_proof():
    given_head = opening76("https://a.example", "a.example:443", "/socket.io/1/websocket/7?t=1&x", secure=True)
    assert given_head == (
        b"HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Origin: https://a.example\r\n"
        b"Sec-WebSocket-Location: wss://a.example:443/socket.io/1/websocket/7?t=1&x\r\n\r\n"
    )


def test_a_requested_subprotocol_is_agreed_to_in_draft_76():
    assert opening76("null", "h", "/", False, "sample").endswith(b"\r\nSec-WebSocket-Protocol: sample\r\n\r\n")


def test_a_missing_origin_is_answered_with_the_word_of_the_old_servers():
    assert b"\r\nSec-WebSocket-Origin: undefined\r\n" in opening76("", "h", "/", False)


@pytest.mark.parametrize("bad", ["a\r\nSet-Cookie: x", "a\nb", "a\0", "a\x7f", "\u20ac", "a\x85b"])
def test_control_characters_never_reach_a_head(bad):
    for values in [(bad, "h", "/"), ("o", bad, "/"), ("o", "h", bad)]:
        for head in (opening75, opening76):
            with pytest.raises(ProtocolError):
                head(*values, False)
    with pytest.raises(ProtocolError):
        opening76("o", "h", "/", False, bad)


# Frames -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, wire",
    [
        ("", b"\x00\xff"),
        ("1::", b"\x001::\xff"),
        ("\ufffd", b"\x00\xef\xbf\xbd\xff"),
        ("\U0001f600", b"\x00\xf0\x9f\x98\x80\xff"),
        ("a\0b", b"\x00a\0b\xff"),
        ("\u00ff", b"\x00\xc3\xbf\xff"),
    ],
)
def test_a_text_is_framed_and_read(text, wire):
    assert frame(text) == wire
    assert HixieReader(100).feed(wire) == [text]
    reader = HixieReader(100)
    assert [item for byte in wire for item in reader.feed(bytes([byte]))] == [text]
    assert HixieReader(100).feed(wire + b"\x00next\xff\x00ne") == [text, "next"]


def test_a_lone_surrogate_is_sent_as_the_replacement_character():
    assert frame("a\ud800b") == b"\x00a\xef\xbf\xbdb\xff"


def test_several_units_are_several_frames():
    assert frames(["a", "b"]) == b"\x00a\xff\x00b\xff"
    assert frames([]) == b""


def test_bytes_cannot_be_carried():
    with pytest.raises(TypeError):
        frames(["a", b"b"])


# Where this reader decides otherwise than the column "new_server", or than the old server.
DECIDED = {
    "length-prefixed binary frame of the draft": ([], True),  # "skip it, or close"
    "invalid UTF-8 inside the text": ([], True),  # not UTF-8: the connection fails, as in RFC 6455
}


def unframed(text):
    """The messages of a ``~m~`` payload; good enough for what was recorded."""
    return [message[: int(size)] for size, message in re.findall(r"~m~(\d+)~m~((?:(?!~m~).)*)", text, re.DOTALL)]


@pytest.mark.parametrize("recording", RECEIVED, ids=lambda recording: recording["about"])
def test_recorded_segments_are_read_as_a_new_server_should(recording):
    wanted = recording | recording.get("new_server", {})
    reader = HixieReader(1000)
    received = [item for segment in recording["segments_base64"] for item in reader.feed(b64decode(segment))]
    messages = [message for item in received if isinstance(item, str) for message in unframed(item)]
    ended = any(isinstance(item, Close | Failure) for item in received)
    plan = (wanted["messages"], wanted["session_ended"])
    assert (messages, ended) == DECIDED.get(recording["about"], plan)


ENDS = [
    (CLOSE, [Close(None, "")]),
    (b"\x00a\xff\xff\x00\x00b\xff", ["a", Close(None, "")]),
    (b"\xff", [Close(None, "")]),
    (b"x", 1002),
    (b"\x01a\xff", 1002),
    (b"\x80\x03abc", 1002),
    (b"\x81\x05hello", 1002),
    (b"\xfe", 1002),
    (b"\x00a\xc3(\xff", 1007),
    (b"\x00\xed\xa0\xbd\xff", 1007),
    (b"\x00\xed\xb8\x80\xed\xa0\xbd\xff", 1007),
    (b"\x00\xc0\x80\xff", 1007),
    (b"\x00\xf4\x90\x80\x80\xff", 1007),
    (b"\x00" + b"a" * 11, 1009),
    (b"\x00" + b"a" * 11 + b"\xff", 1009),
]


@pytest.mark.parametrize("wire, outcome", ENDS, ids=[wire.hex(" ") for wire, _ in ENDS])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_connection_ends_in_order_or_by_a_broken_rule(wire, outcome, size):
    reader = HixieReader(10)
    received = [item for at in range(0, len(wire), size) for item in reader.feed(wire[at : at + size])]
    if isinstance(outcome, int):
        assert [type(item) for item in received] == [Failure]
        assert received[0].code == outcome
    else:
        assert received == outcome
    assert reader.feed(b"\x00late\xff") == []


def test_a_pair_of_surrogates_as_flash_writes_it_is_one_character():
    assert HixieReader(100).feed(b"\x00a\xed\xa0\xbd\xed\xb8\x80b\xff") == ["a\U0001f600b"]


def test_a_message_of_exactly_the_limit_is_read():
    assert HixieReader(10).feed(b"\x00" + b"a" * 10 + b"\xff") == ["a" * 10]


def test_a_frame_without_end_is_cut_at_the_limit_in_many_segments():
    reader = HixieReader(1000)
    assert reader.feed(b"\x00") == []
    outcomes = [reader.feed(b"a" * 100) for _ in range(12)]
    assert [len(items) for items in outcomes] == [0] * 10 + [1, 0]
    assert outcomes[10][0].code == 1009


@given(st.lists(st.text()), st.integers(1, 20))
def test_texts_survive_any_cut_into_segments(texts, size):
    wire = frames(texts)
    reader = HixieReader(10_000)
    assert [item for at in range(0, len(wire), size) for item in reader.feed(wire[at : at + size])] == texts


@given(st.binary(), st.integers(1, 5))
def test_garbage_reads_the_same_however_it_is_cut(garbage, size):
    reader = HixieReader(20)
    cut = [item for at in range(0, len(garbage), size) for item in reader.feed(garbage[at : at + size])]
    assert cut == HixieReader(20).feed(garbage)


def test_a_second_key_without_a_first_is_refused():
    headers = {"upgrade": "WebSocket", "connection": "Upgrade", "host": "x", "sec-websocket-key2": "12998 5 Y3 1  .P00"}
    with pytest.raises(ProtocolError):
        hixie.check_opening(lambda name: headers.get(name, ""))
