"""How Engine.IO speaks over polling, JSONP and WebSocket, with the bytes on the wire."""

import json
from pathlib import Path

import pytest

from protocols.engineio_door import door, open_session
from protocols.engineio_wires import PLAIN3, wire2, wire3, wire4
from protocols.errors import BadText, PayloadTooLarge, ProtocolError
from protocols.model import ACK, Answer, Outgoing, Settings, SocketWire
from protocols.payload import BadPayload

RULES = json.loads((Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio" / "era-rules.json").read_text())
TEXT = "text/plain; charset=UTF-8"
SCRIPT = "text/javascript; charset=UTF-8"
OCTETS = "application/octet-stream"
UNITS = ["4é", b"\x00\xff", "2"]


class Request:
    """What doors and wires read of a request."""

    def __init__(self, query, method="GET", body=b"", upgrade=False, **headers):
        self.method, self.body, self.upgrade = method, body, upgrade
        self.raw_query = query
        self.path, self.target = "/socket.io/", f"/socket.io/?{query}"
        self.query = dict(pair.split("=") for pair in query.split("&"))
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def header(self, name):
        return self.headers.get(name, "")


class Shown:
    """What a session of 1.x or 2.x has shown."""

    framing, doubled, counted, bare = "auto", False, False, False

    def __init__(self, **shown):
        self.__dict__.update(shown)


POLLS = [
    (wire4, "a=1", None, ["4é", b"\x00\xff"], TEXT, "4é\x1ebAP8=".encode()),
    (wire4, "b64=1", None, ["4é", b"\x00\xff"], TEXT, "4é\x1ebAP8=".encode()),
    (wire4, "j=3&b64=1", None, ['4"é\u2028</b>'], SCRIPT, b'___eio[3]("4\\"\\u00e9\\u2028\\u003c/b>");'),
    (wire3, "t=N8hyd6w", None, ["4a", "2"], TEXT, b"2:4a1:2"),
    (wire3, "t=N8hyd6w", None, ["4é"], OCTETS, bytes.fromhex("0003FF34C3A9")),
    (wire3, "t=N8hyd6w", None, ["4a", b"\x00"], OCTETS, bytes.fromhex("0002FF3461 0102FF0400")),
    (wire3, "t=1400000000000-0", None, ["4a"], OCTETS, bytes.fromhex("0002FF3461")),
    (wire2, "t=N8hyd6w", None, ["4a"], OCTETS, bytes.fromhex("0002FF3461")),
    (wire3, "t=1400000000000-0&b64=1", None, ["4é", b"\x00"], TEXT, "2:4é6:b4AA==".encode()),
    (wire3, "b64=1", Shown(doubled=True), ["4é"], TEXT, b"3:4\xc3\x83\xc2\xa9"),
    (wire3, "j=0&b64=1", None, ["4é", b"\x00"], SCRIPT, b'___eio[0]("2:4\\u00e96:b4AA==");'),
    (wire3, "j=0", Shown(doubled=True), ["4é"], SCRIPT, b'___eio[0]("3:4\\u00c3\\u00a9");'),
    (wire3, "t=N8hyd6w", Shown(framing="binary"), ["2"], OCTETS, bytes.fromhex("0001FF32")),
    (wire3, "t=N8hyd6w", Shown(framing="text"), ["4é"], TEXT, "2:4é".encode()),
    (wire2, "j=0&b64=1", None, ["2"], SCRIPT, b'___eio[0]("1:2");'),
]


@pytest.mark.parametrize("wire, query, session, units, content_type, body", POLLS)
def test_a_poll_is_answered_in_the_framing_its_client_reads(wire, query, session, units, content_type, body):
    request = Request(query)
    answer = wire(request, session).answer(units, request)
    assert (answer.status, answer.content_type, answer.body) == (200, content_type, body)
    assert ("cache-control", "no-store") in answer.headers


def test_scripts_are_not_sniffed():
    request = Request("j=0")
    assert ("X-Content-Type-Options", "nosniff") in wire4(request).answer(["2"], request).headers


@pytest.mark.parametrize(
    "agent, told", [("Mozilla/5.0 (compatible;MSIE 9)", True), ("x Trident/7.0 x", True), ("Firefox", False), ("", False)]
)
def test_internet_explorer_is_told_to_leave_answers_alone(agent, told):
    request = Request("a=1", user_agent=agent)
    assert (("X-XSS-Protection", "0") in wire4(request).answer(["2"], request).headers) is told


@pytest.mark.parametrize("wire", [wire2, wire3, wire4])
def test_a_post_is_answered_ok_as_html(wire):
    request = Request("a=1", "POST")
    assert wire(request).posted(request) == Answer(200, b"ok", "text/html", (("cache-control", "no-store"),))


POSTS = [
    (wire4, "a=1", "text/plain;charset=UTF-8", "4é\x1ebAP8=".encode(), ["4é", "bAP8="]),
    (wire4, "a=1", "", b"", [""]),
    (wire4, "j=0", "application/x-www-form-urlencoded", b"d=4a%1E2", ["4a", "2"]),
    (wire4, "j=0", "application/x-www-form-urlencoded", b"x=1", []),
    (wire3, "a=1", "text/plain;charset=UTF-8", "2:4é1:2".encode(), ["4é", "2"]),
    (wire3, "a=1", OCTETS, bytes.fromhex("0002FF3461 0102FF0400"), ["4a", b"\x00"]),
    (wire3, "a=1", OCTETS + "; charset=x", b"1:2", ["2"]),
    (wire3, "j=0", "application/x-www-form-urlencoded", b"d=1%3A2", ["2"]),
]


@pytest.mark.parametrize("wire, query, content_type, body, units", POSTS)
def test_a_post_is_read_by_its_content_type(wire, query, content_type, body, units):
    request = Request(query, "POST", body, content_type=content_type)
    assert wire(request).read(request, 100) == units


REFUSED_POSTS = [
    (wire4, OCTETS, b"\x01\x04\xff\x04abc", ProtocolError, 400),
    (wire4, "", b"\xff", BadText, 400),
    (wire3, "", b"\xff", BadText, 400),
    (wire3, "", b"", BadPayload, 200),
    (wire3, "", b"abc", BadPayload, 200),
    (wire3, "", b":4a", BadPayload, 400),
    (wire3, OCTETS, b"abc", BadPayload, 200),
    (wire4, "", b"4" * 101, PayloadTooLarge, 413),
    (wire3, "", b"101:" + b"4" * 101, PayloadTooLarge, 413),
]


@pytest.mark.parametrize("wire, content_type, body, error, status", REFUSED_POSTS)
def test_a_post_that_cannot_be_read_is_refused_or_ends_the_session(wire, content_type, body, error, status):
    request = Request("a=1", "POST", body, content_type=content_type)
    with pytest.raises(error) as caught:
        wire(request).read(request, 100)
    assert caught.value.status == status


FRAMES = [
    (wire4, "a=1", UNITS, ["4é", b"\x00\xff", "2"]),
    (wire4, "b64=1", UNITS, ["4é", "bAP8=", "2"]),
    (wire3, "a=1", UNITS, ["4é", b"\x04\x00\xff", "2"]),
    (wire3, "b64=1", UNITS, ["4é", "b4AP8=", "2"]),
    (wire2, "a=1", UNITS, ["4Ã©", b"\x04\x00\xff", "2"]),
    (wire2, "b64=1", UNITS, ["4Ã©", "b4AP8=", "2"]),
]


@pytest.mark.parametrize("wire, query, units, frames", FRAMES)
def test_units_become_frames(wire, query, units, frames):
    assert wire(Request(query, upgrade=True)).carry(units) == frames


@pytest.mark.parametrize(
    "frame, units",
    [
        ("4a", ["4a"]),
        (b"\x04\x01\x02", [b"\x01\x02"]),
        (b"\x04", [b""]),
        (b"", []),
        (b"\x02\x01", ["2"]),
        (b"\x09", []),
        ("", [""]),
    ],
)
def test_a_binary_frame_of_revision_3_begins_with_its_type(frame, units):
    assert list(wire3(Request("a=1", upgrade=True)).uncarry(frame)) == units


NODE_1_0 = {"origin": "127.0.0.1:45001"}
BROWSER = {"origin": "http://127.0.0.1:45001"}
DEFLATE = {**NODE_1_0, "sec_websocket_extensions": "permessage-deflate"}


@pytest.mark.parametrize("wire, headers, doubled", [
    (wire2, BROWSER, True), (wire3, NODE_1_0, True), (wire3, BROWSER, False), (wire3, DEFLATE, False), (wire3, {}, False),
    (wire3, {"origin": "null"}, False), (wire3, {"origin": "chrome-extension://abc"}, False),
])  # fmt: skip
def test_websockets_of_1_0_are_recognized(wire, headers, doubled):
    assert wire(Request("a=1", upgrade=True, **headers)) is PLAIN3.websocket[False, doubled]


def test_the_first_clients_get_counted_answers_once_they_have_sent_one():
    outgoing = Outgoing("/", ACK, "", ["x"], 1)
    assert wire3(Request("a=1"), Shown(counted=True)).encode(outgoing) == ['430-1["x"]']
    assert wire3(Request("a=1")).encode(Outgoing("/", ACK, "", ["x"], 1)) == ['431["x"]']


@pytest.mark.parametrize("query, body", [("b64=1", b"3:4\xc3\x83\xc2\xa9"), ("j=0", b'___eio[0]("3:4\\u00c3\\u00a9");')])
def test_without_socketio_a_held_poll_is_answered_in_the_text_that_a_post_has_shown_since(query, body):
    session, request = Shown(bare=True), Request(query)
    wire = wire3(request, session)
    session.doubled = True
    assert wire.answer(["4é"], request).body == body


FRAMINGS = {
    "eio4-text": (TEXT, "0x\x1e4é\x1ebAA=="),
    "eio4-text in JSONP": (SCRIPT, None),
    "text when every packet is ASCII text, octet-stream otherwise": (OCTETS, None),
    "octet-stream always": (OCTETS, None),
    "text, binary as base64, JSON kept ASCII": (TEXT, "2:0x2:4é6:b4AA=="),
    "text in JSONP, binary as base64, JSON kept ASCII": (SCRIPT, None),
}
FIRST = [row for row in RULES["requests"] if "eio" in row]


@pytest.mark.parametrize("row", FIRST, ids=lambda row: row["target"][11:] + (" Upgrade" if row.get("upgrade") else ""))
def test_the_first_request_decides_how_a_client_is_spoken_to(row):
    request = Request(row["target"].partition("?")[2], upgrade=row.get("upgrade", False))
    wire = door(request, Settings(), {}.get).wire
    session = open_session("x" * 20, Settings(), 0.0, request)
    assert session.revision == row["eio"]
    if isinstance(wire, SocketWire):
        assert [type(frame) for frame in wire.carry([b"\x00"])] == [str if "text frames only" in row["framing"] else bytes]
        assert (wire.carry(["4é"]) != ["4é"]) is bool(row.get("ws_utf8"))
    else:
        content_type, body = FRAMINGS[row["framing"]]
        answer = wire.answer(["0x", "4é", b"\x00"], request)
        assert answer.content_type == content_type
        assert body is None or answer.body == body.encode()
        ascii_answer = wire.answer(["0x"], request)
        assert (ascii_answer.content_type == OCTETS) is (row["framing"] == "octet-stream always")
