"""What each transport of 0.7 to 0.9 writes and reads."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v09_packets import encode
from legacy.v09_wires import PRELUDE, WIRES, callback_index, posted, read_body, read_form, utf8
from protocols.errors import BadText, PayloadTooLarge, ProtocolError
from protocols.jsontext import loads
from protocols.model import REPLACE, PollWire, SocketWire, StreamWire
from tests.legacy.requests09 import Request

XHR, JSONP, PAGE = (WIRES[name] for name in ("xhr-polling", "jsonp-polling", "htmlfile"))
M = "\ufffd"


def get(target="/socket.io/1/jsonp-polling/sid?t=1&i=0"):
    return Request("GET", target)


def post(body, **headers):
    return Request("POST", "/socket.io/1/xhr-polling/sid?t=1", body, headers)


def test_there_is_a_wire_for_each_transport_of_the_era():
    assert {name: type(wire) for name, wire in WIRES.items()} == {
        "websocket": SocketWire,
        "flashsocket": SocketWire,
        "htmlfile": StreamWire,
        "xhr-polling": PollWire,
        "jsonp-polling": PollWire,
    }
    assert all(wire.name == name and wire.encode is encode for name, wire in WIRES.items())


@pytest.mark.parametrize("wire", [XHR, JSONP], ids=lambda wire: wire.name)
def test_polls_are_replaced_by_newer_ones_and_survive_a_cut(wire):
    assert (wire.idle, wire.goodbye, wire.overlap, wire.cut_ends) == (("8::",), ("0::",), REPLACE, False)
    assert (wire.post_first, wire.heartbeats) == (True, False)


@pytest.mark.parametrize("name", ["websocket", "flashsocket"])
def test_a_websocket_message_is_one_packet(name):
    wire = WIRES[name]
    assert wire.carry(["1::", "3:::a"]) == ["1::", "3:::a"]
    assert (wire.heartbeats, wire.goodbye) == (True, ("0::",))


# Bodies that are read -------------------------------------------------------------------


@pytest.mark.parametrize("wire", [XHR, PAGE], ids=lambda wire: wire.name)
@pytest.mark.parametrize(
    "body, units",
    [
        (b"3:::a", ["3:::a"]),
        (b"", [""]),
        ("3:::é\u2028\r\n".encode(), ["3:::é\u2028\r\n"]),
        (f"{M}6{M}3:::\U0001f600{M}3{M}2::".encode(), ["3:::\U0001f600", "2::"]),
    ],
)
def test_posted_bodies_hold_packets(wire, body, units):
    assert wire.read(post(body), 1000) == units


@pytest.mark.parametrize("body", [b"3:::\xff", "3:::€".encode()[:-1], b"\xed\xa0\x80"])
def test_bodies_that_are_not_utf8_are_bad_text(body):
    with pytest.raises(BadText):
        read_body(post(body), 1000)
    with pytest.raises(BadText):
        read_form(post(b"d=" + body), 1000)


@pytest.mark.parametrize("read, body", [(read_body, b"3:::" + b"x" * 97), (read_form, b"d=" + b"x" * 99)])
def test_bodies_over_the_limit_are_too_large(read, body):
    assert len(read(post(body[:-1]), 100)) == 1
    with pytest.raises(PayloadTooLarge):
        read(post(body), 100)


FRAMED = f"{M}6{M}3:::a\n{M}3{M}2::"
FORMS = [
    (b"d=%223%3A%3A%3Aa%22", ["3:::a"]),  # 0.8.6 on: a JSON string
    (b"d=3%3A%3A%3Aa", ["3:::a"]),  # 0.7.0 to 0.8.5: the packet itself
    (b"d=3%3A%3A%3Aa+b%2Bc", ["3:::a b+c"]),
    (b"x=1&d=%221%3A%3A%22&d=2", ["1::"]),
    (b"d=", [""]),
    (b'd="3:::\\ud83d\\ude00"', ["3:::\U0001f600"]),
    (b"d=" + quote_plus('"\\ufffd3\\ufffd2::\\ufffd3\\ufffd8::"').encode(), ["2::", "8::"]),
    (b"d=" + quote_plus(FRAMED).encode(), ["3:::a\n", "2::"]),
    (b"d=" + quote_plus(FRAMED.replace("\n", "\r\n")).encode(), ["3:::a\n", "2::"]),
    (b"d=3%3A%3A%3Aa%0D%0Ab", ["3:::a\nb"]),
    (b'd="3:::a\\r\\nb"', ["3:::a\r\nb"]),
]


@pytest.mark.parametrize("body, units", FORMS)
def test_both_encodings_of_a_form_post_are_read(body, units):
    assert JSONP.read(post(body), 1000) == units


@pytest.mark.parametrize("body", [b"", b"x=1", b"dd=3", b'd="', b'd="3:::a" x', b'd="\\x"'])
def test_forms_without_a_readable_field_are_protocol_errors(body):
    with pytest.raises(ProtocolError):
        read_form(post(body), 1000)


@given(st.one_of(st.binary(), st.binary().map(lambda body: b"d=" + body), st.text().map(lambda text: b'd="' + text.encode())))
def test_garbage_raises_protocol_errors_only(body):
    for read in (read_body, read_form):
        try:
            assert all(type(unit) is str for unit in read(post(body), 1000))
        except ProtocolError as error:
            assert error.rule


# Answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [XHR, JSONP, PAGE], ids=lambda wire: wire.name)
def test_every_post_is_answered_with_1(wire):
    plain = wire.posted(post(b"3:::a"))
    assert (plain.status, plain.body, plain.content_type, plain.headers) == (200, b"1", "text/plain; charset=UTF-8", ())
    assert posted(post(b"", origin="http://a")).headers == (("X-XSS-Protection", "0"),)


@pytest.mark.parametrize(
    "units, body",
    [
        (["1::"], b"1::"),
        ([], b""),
        (["3:::\u20ac", "2::"], f"{M}5{M}3:::\u20ac{M}3{M}2::".encode()),
        (["3:::\ud800"], f"3:::{M}".encode()),
    ],
)
def test_a_poll_is_answered_with_a_packet_or_several(units, body):
    answer = XHR.answer(units, get())
    assert (answer.status, answer.body, answer.content_type) == (200, body, "text/plain; charset=UTF-8")


@pytest.mark.parametrize(
    "query, index",
    [("i=7", "7"), ("i=007", "007"), ("t=1", "0"), ("i=x", "0"), ("i=1)%3Balert(1)", "0"), ("i=1234567890", "0"),
     ("i=1&i=2", "0"), ("i=", "0"), ("i=%D9%A1", "0"), ("i=1%0A", "0")],
)  # fmt: skip
def test_a_jsonp_answer_calls_the_function_with_that_number(query, index):
    answer = JSONP.answer(["1::"], get(f"/socket.io/1/jsonp-polling/sid?{query}"))
    assert answer.body == f'io.j[{index}]("1::");'.encode()
    assert answer.content_type == "text/javascript; charset=UTF-8"
    assert ("X-XSS-Protection", "0") in answer.headers


def test_an_index_is_digits_or_nothing():
    assert callback_index(get("/?jsonp=12"), "jsonp") == "12"
    assert callback_index(get("/?jsonp=12"), "i") is None


@pytest.mark.parametrize("text", ["\u2028\u2029", "</script><script>", "\"'\\", "\U0001f600", "\x00\n\r", "\ud800"])
def test_a_jsonp_answer_with_one_packet_is_ascii_that_no_script_trips_over(text):
    body = JSONP.answer(["3:::" + text], get()).body
    assert body.isascii() and b"<" not in body and b"\n" not in body
    assert loads(body[len("io.j[0](") : -2].decode()) == "3:::" + text


def test_the_marks_of_a_jsonp_payload_are_not_escaped_and_those_in_text_are():
    """socketIO-client 0.5 cuts the body at them before it reads the escapes, and counts what it has read then."""
    body = JSONP.answer(["3:::\ufffd\u20ac", "1::"], get()).body.decode()
    assert body == 'io.j[0]("\ufffd6\ufffd3:::\\ufffd\\u20ac\ufffd3\ufffd1::");'


def test_an_endless_page_begins_with_256_bytes():
    head = PAGE.head(get())
    assert (head.status, head.content_type, head.body) == (200, "text/html; charset=UTF-8", PRELUDE)
    assert len(PRELUDE) == 256 and PRELUDE.startswith(b"<html><body><script>var _ = function (msg) {")
    assert (PAGE.heartbeats, PAGE.chunked, PAGE.post_first, PAGE.goodbye) == (True, True, True, ("0::",))


def seen_by_client(piece):
    """What the page's function gets, and what 0.9.15 to 0.9.17 make of it."""
    assert piece.startswith(b"<script>_(") and piece.endswith(b");</script>")
    return loads(piece[len(b"<script>_(") : -len(b");</script>")].decode()).replace("\\/", "/")


@pytest.mark.parametrize(
    "unit, piece",
    [
        ("1::", b'<script>_("1::");</script>'),
        ("1::/chat", b'<script>_("1::\\/chat");</script>'),
        ('5:::{"name":"a"}', b'<script>_("5:::{\\"name\\":\\"a\\"}");</script>'),
        ("3:::</script>", b'<script>_("3:::\\u003c\\/script>");</script>'),
        ("3:::\u2028\u20ac", b'<script>_("3:::\\u2028\\u20ac");</script>'),
    ],
)
def test_a_packet_is_one_script_of_the_page(unit, piece):
    assert PAGE.pack([unit]) == piece
    assert seen_by_client(piece) == unit


def test_several_packets_are_several_scripts():
    assert PAGE.pack(["1::", "2::"]) == b'<script>_("1::");</script><script>_("2::");</script>'
    assert PAGE.pack([]) == b""


@pytest.mark.parametrize("text", ["\\/", "a\\/b", "\\\\/", "C:\\/\\/x/", "/\\", "\\\\\\//"])
def test_a_backslash_before_a_slash_reaches_clients_that_strip_it(text):
    packet = seen_by_client(PAGE.pack([encode_json(text)]))
    assert loads(packet.removeprefix("4:::")) == text
    message = seen_by_client(PAGE.pack([f"3:1+:/chat:{text}"]))
    head, _, data = message.partition("/chat:")
    assert (head, loads(data)) == ("4:1+:", text) if "\\/" in text else (head, data) == ("3:1+:", text)


def encode_json(text):
    from protocols.model import JSON_MESSAGE, Outgoing

    return encode(Outgoing("/", JSON_MESSAGE, "message", [text]))[0]


@given(st.text(), st.text(st.sampled_from('\\/"a<')))
def test_no_text_breaks_out_of_the_page(free, dense):
    for text in (free, dense):
        piece = PAGE.pack(["3:::" + text])
        inner = piece[len(b"<script>_(") : -len(b");</script>")]
        assert inner.isascii() and b"<" not in inner
        packet = seen_by_client(piece)
        assert packet == "3:::" + text or (packet.startswith("4:::") and loads(packet[4:]) == text)


@pytest.mark.parametrize(
    "text, encoded", [("é", b"\xc3\xa9"), ("\ud83d", "\ufffd".encode()), ("\ud83d\ude00", "\U0001f600".encode())]
)
def test_halves_of_characters_become_the_replacement_character(text, encoded):
    assert utf8(text) == encoded
