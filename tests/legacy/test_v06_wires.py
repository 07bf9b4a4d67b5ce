"""Wires of 0.3 to 0.6: what goes over each transport, byte for byte, and what is read from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v06_frames import decode_frames
from legacy.v06_wires import ENVELOPE, FRAMES, jsonp_index
from protocols.errors import PayloadTooLarge
from protocols.model import MESSAGE, Answer, Control, Outgoing, PollWire, SocketWire, StreamWire
from tests.legacy.driver06 import Request

GET = Request("GET", "/socket.io/xhr-polling/ID/1303000000002")
JSONP = Request("GET", "/socket.io/jsonp-polling/ID/1303000000002/3")
NO_STORE = (("Cache-Control", "no-store"),)
NO_SNIFF = (*NO_STORE, ("X-Content-Type-Options", "nosniff"))

TEXT = Outgoing("/", MESSAGE, "message", ("é",))
EVIL = Outgoing("/", MESSAGE, "message", ("</script>",))
HEARTBEAT = Control("~h~1")


def post(body: bytes, content_type: str = "") -> Request:
    return Request("POST", "/socket.io/xhr-polling/ID/send", {"content-type": content_type}, body)


ANSWERS = [
    (FRAMES["xhr-polling"], GET, TEXT, Answer(200, b"~m~1~m~\xc3\xa9", "text/plain; charset=UTF-8", NO_STORE)),
    (FRAMES["xhr-polling"], GET, None, Answer(200, b"", "text/plain; charset=UTF-8", NO_STORE)),
    (
        FRAMES["jsonp-polling"],
        JSONP,
        TEXT,
        Answer(200, b'io.JSONP[3]._("~m~1~m~\\u00e9");', "text/javascript; charset=UTF-8", NO_SNIFF),
    ),
    (FRAMES["jsonp-polling"], JSONP, None, Answer(200, b'io.JSONP[3]._("");', "text/javascript; charset=UTF-8", NO_SNIFF)),
    (ENVELOPE["xhr-polling"], GET, TEXT, Answer(200, b'{"messages":["\\u00e9"]}', "text/plain", NO_STORE)),
    (ENVELOPE["xhr-polling"], GET, None, Answer(200, b"", "text/plain", NO_STORE)),
]


@pytest.mark.parametrize(("wire", "request_", "message", "answer"), ANSWERS)
def test_poll_is_answered_with_one_payload(wire: PollWire, request_: Request, message: Any, answer: Answer) -> None:
    """Quirk 7 (an idle poll is an empty 200) and quirk 8 (but the call always comes)."""
    assert wire.answer(message.to(wire.encode) if message else [], request_) == answer


def test_what_waited_goes_as_one_batch() -> None:
    """Quirks 16 and 17."""
    wire: Any = FRAMES["xhr-polling"]
    assert wire.answer(["a", '~j~{"n":1}', ""], GET).body == b'~m~1~m~a~m~10~m~~j~{"n":1}~m~0~m~'


HEADS = [
    ("htmlfile", b"<html><body>" + b" " * 244, "text/html", True),
    ("xhr-multipart", b"--socketio\n", 'multipart/x-mixed-replace;boundary="socketio"', False),
    ("server-events", b"", "text/event-stream", True),
]


@pytest.mark.parametrize("wires", [FRAMES, ENVELOPE])
@pytest.mark.parametrize(("name", "start", "content_type", "chunked"), HEADS)
def test_stream_begins_with_its_head(wires: Any, name: str, start: bytes, content_type: str, chunked: bool) -> None:
    """Quirk 10 (256 bytes first) and quirk 11 (the first boundary with the head, no chunks)."""
    wire = wires[name]
    assert wire.head(GET) == Answer(200, start, content_type, NO_STORE)
    assert wire.chunked is chunked


PIECES = [
    (FRAMES["htmlfile"], TEXT, b'<script>parent.s._("~m~1~m~\\u00e9", document);</script>'),
    (FRAMES["htmlfile"], EVIL, b'<script>parent.s._("~m~9~m~\\u003c/script>", document);</script>'),
    (FRAMES["htmlfile"], HEARTBEAT, b'<script>parent.s._("~m~4~m~~h~1", document);</script>'),
    (FRAMES["xhr-multipart"], TEXT, b"Content-Type: text/plain\n\n~m~1~m~\xc3\xa9\n--socketio\n"),
    (FRAMES["server-events"], TEXT, b"data: ~m~1~m~\xc3\xa9\n\n"),
    (ENVELOPE["htmlfile"], TEXT, b'<script>parent.s._({"messages":["\\u00e9"]}, document);</script>'),
    (ENVELOPE["htmlfile"], EVIL, b'<script>parent.s._({"messages":["\\u003c/script>"]}, document);</script>'),
    (ENVELOPE["htmlfile"], HEARTBEAT, b"<!-- heartbeat -->"),
    (ENVELOPE["xhr-multipart"], TEXT, b'Content-Type: text/plain\n\n{"messages":["\\u00e9"]}\n--socketio\n'),
    (ENVELOPE["xhr-multipart"], HEARTBEAT, b"Content-Type: text/plain; charset=us-ascii\n\n\x06\n--socketio\n"),
    (FRAMES["server-events"], Outgoing("/", MESSAGE, "message", ("a\nb",)), b"data: ~m~3~m~a\ndata: b\n\n"),
]


@pytest.mark.parametrize(("wire", "message", "piece"), PIECES)
def test_stream_carries_one_payload_a_piece(wire: StreamWire, message: Any, piece: bytes) -> None:
    """Quirk 10 (one script element per payload) and quirk 11 (the boundary after each part)."""
    assert wire.pack(message.to(wire.encode)) == piece
    assert wire.pack([]) == b""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n--socketio\nb", '~j~"a\\n\\u002d-socketio\\nb"'),
        ("--socketio--", '~j~"\\u002d-socketio--"'),
        ('~j~["--socketio"]', '~j~["\\u002d-socketio"]'),
    ],
)
def test_no_message_ends_its_part(text: str, message: str) -> None:
    wire: Any = FRAMES["xhr-multipart"]
    part = wire.pack([text]).decode()
    payload = part.removeprefix("Content-Type: text/plain\n\n").removesuffix("\n--socketio\n")
    assert "--socketio" not in payload
    assert decode_frames(payload) == [message]


def test_no_message_ends_its_part_in_the_envelope() -> None:
    wire: Any = ENVELOPE["xhr-multipart"]
    assert wire.pack(['"--socketio"']).count(b"--socketio") == 1


def test_carriage_return_passes_a_stream_of_events() -> None:
    wire: Any = FRAMES["server-events"]
    assert wire.pack(["a\r\nb"]) == b'data: ~m~11~m~~j~"a\\r\\nb"\n\n'


SOCKETS = [
    (FRAMES, ["a", "b"], ["~m~1~m~a~m~1~m~b"]),
    (FRAMES, [], []),
    (ENVELOPE, ['"a"', "1"], ['{"messages":["a",1]}']),
    (ENVELOPE, ["\x06"], ['{"heartbeat":"1"}']),
    (ENVELOPE, ["\x06", '"a"'], ['{"messages":["a"]}']),
    (ENVELOPE, [], []),
]


@pytest.mark.parametrize("name", ["websocket", "flashsocket"])
@pytest.mark.parametrize(("wires", "units", "messages"), SOCKETS)
def test_socket_carries_one_payload_a_message(name: str, wires: Any, units: list[str], messages: list[str]) -> None:
    assert wires[name].carry(units) == messages


@pytest.mark.parametrize(
    ("wires", "message", "units"),
    [
        (FRAMES, "~m~1~m~a~m~4~m~~h~1", ["a", "~h~1"]),
        (FRAMES, "", []),
        (FRAMES, "hello", [b"hello"]),
        (FRAMES, b"~m~1~m~a", [b"~m~1~m~a"]),
        (ENVELOPE, '["a",1]', ["a", "~j~1"]),
        (ENVELOPE, b"[]", [b"[]"]),
    ],
)
def test_socket_message_is_cut_into_units(wires: Any, message: Any, units: list[Any]) -> None:
    wire: SocketWire = wires["websocket"]
    assert wire.uncarry is not None
    assert wire.uncarry(message) == units


POSTS = [
    (b"data=~m~5~m~hello", ["hello"]),
    (b"data=%7Em%7E5%7Em%7Ehello", ["hello"]),
    (b"data=%7Em%7E3%7Em%7Ea+b", ["a b"]),
    (b"data=~m~3~m~a%20b", ["a b"]),
    (b"data=~m~3~m~a%2Bb", ["a+b"]),
    (b"data=~m~2~m~%F0%9F%98%80", ["\U0001f600"]),
    (b"data=~m~2~m~%zz", ["%z"]),
    (b"data=~m~3~m~a%C3b", ["a\ufffdb"]),
    (b"data=~m~3~m~a=b&x=1", ["a=b"]),
    (b"x=1&data=~m~1~m~a", ["a"]),
    (b"data=~m~1~m~a&data=~m~1~m~b", []),
    (b"data=", []),
    (b"foo=bar", []),
    (b"mydata=~m~1~m~a", []),
    (b"", []),
    (b"data=hello", [b"hello"]),
]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded; charset=utf-8"])
@pytest.mark.parametrize(("body", "units"), POSTS)
def test_post_is_a_form_whatever_its_type(body: bytes, units: list[Any], content_type: str) -> None:
    """Quirk 6."""
    wire: Any = FRAMES["xhr-polling"]
    assert wire.read(post(body, content_type), 1000) == units


@pytest.mark.parametrize("name", [name for name, wire in FRAMES.items() if not isinstance(wire, SocketWire)])
def test_post_is_answered_ok_and_limited(name: str) -> None:
    """Quirk 6."""
    wire: Any = FRAMES[name]
    assert wire.posted(GET) == Answer(200, b"ok", "text/plain", NO_STORE)
    assert wire.post_first is False
    with pytest.raises(PayloadTooLarge):
        wire.read(post(b"data=~m~1~m~a"), 12)


def test_envelope_is_posted_as_a_form() -> None:
    wire: Any = ENVELOPE["htmlfile"]
    assert wire.read(post(b"data=%5B%22echo%3Ahello%22%5D"), 100) == ["echo:hello"]
    assert wire.read(post(b"data=%5B"), 100) == [b"["]
    assert wire.posted(GET) == Answer(200, b"ok", "", NO_STORE)


def test_line_ends_are_repaired_on_jsonp_only() -> None:
    """Quirk 9."""
    jsonp: Any = FRAMES["jsonp-polling"]
    xhr: Any = FRAMES["xhr-polling"]
    assert jsonp.read(post(b"data=~m~3~m~a%0D%0Ab"), 100) == ["a\nb"]
    assert xhr.read(post(b"data=~m~3~m~a%0D%0Ab"), 100) == ["a\r\n"]


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("/socket.io/jsonp-polling//1303000000001/0", "0"),
        ("/socket.io/jsonp-polling/ID/1303000000001/12/", "12"),
        ("/socket.io/jsonp-polling/", ""),
        ("/socket.io/jsonp-polling//ts/x1", ""),
        ("/socket.io/jsonp-polling//ts/1//", ""),
        ("/socket.io/jsonp-polling//ts/1\n", ""),
        ("/socket.io/jsonp-polling//ts/\u0663", ""),
        ("/socket.io/jsonp-polling//ts/" + "1" * 21, ""),
    ],
)
def test_callback_is_a_number_at_the_very_end(path: str, index: str) -> None:
    """Quirk 8."""
    assert jsonp_index(path) == index


@given(st.binary(), st.booleans())
def test_no_body_raises(body: bytes, named: bool) -> None:
    for wires in (FRAMES, ENVELOPE):
        for wire in wires.values():
            if not isinstance(wire, SocketWire):
                assert isinstance(wire.read(post(b"data=" * named + body), 10_000), list)
