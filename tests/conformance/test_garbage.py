"""
Nonsense in every codec, on sessions that are open.

Engine.IO ends the session; 0.9 and 0.6 drop what they can't read and go on; broken WebSocket framing closes in every
era. After each, clients of every era that were there before still get their echo, and a new one is served.
"""

import json
import re
from urllib.parse import quote

import pytest
import pytest_twisted

from tests.conformance.peers import Peers
from tests.conformance.raw import dial, fetch, frame, get, open_websocket

pytestmark = pytest.mark.usefixtures("onlookers")

UNKNOWN_SESSION = '{"code":1,"message":"Session ID unknown"}'
ENGINE = "/socket.io/?EIO={}&transport=polling"
ECHO_09 = b'5:::{"name":"echo","args":["alive"]}'
ECHO_06 = '~j~{"event":"echo","args":["alive"]}'
MAX_PAYLOAD = 1_000_000

BAD_SOCKETIO = ["42", "42{}", "42[", "42[NaN]", "42[[]]", '42["connect"]', "43x[]", "49", "4", '451-["x"]x', '42["x",1e999]']
ENGINE4 = [
    *(text.encode() for text in BAD_SOCKETIO),
    b"", b"garbage", b"\x1e", b"4\xff\xfe", b"b!!!", b"bAAEC", b'42["x","\xed\xa0\x80"]',
    b'451-["x",{"_placeholder":true,"num":0}]\x1e42["y"]',
    b'4599-["x",{"_placeholder":true,"num":0}]', b"42" + b"[" * 100_000, b"42[\"x\"," + b"9" * 6000 + b"]",
]  # fmt: skip
ENGINE3 = [
    *(f"{len(text)}:{text}".encode() for text in BAD_SOCKETIO),
    b"garbage", b"5:4", b"99999999999999999999:4", b"-1:4", b"1:4x", b":", b"2:4\xff",
]  # fmt: skip
ENGINE3_BINARY = [b"\x00\xff", b"\x02\x01\xff4", b"\x00\x01", b"\x00" + b"\x09" * 400 + b"\xff", b"\x00\x05\xff4"]
NINE = [
    b"garbage", b"", b"3", b"9::", b"6:::x", b"6:::1+[", b"4:::{bad", b"4:::NaN", b"\xff\xfe",
    b"5:::", b"5:::{", b'5:::{"name":1}', b'5:::{"name":"echo","args":"x"}', b"1::/constructor", b"5::/nowhere:{}",
    "\ufffd5\ufffd3::".encode(), "\ufffdx\ufffd".encode(), "\ufffd99999999999999999999\ufffd1".encode(),
    b'5:1+::{"name":"disconnect"}', b"4:::" + b"[" * 100_000,
]  # fmt: skip
OLD = [
    "garbage", "", "~h~", "~m~5~m~ab", "~m~x~m~", "~m~~m~", "~m~99999999999999999999~m~a", "~m~4~m~~h~1",
    "~m~6~m~~j~{[]", "~m~6~m~~j~NaN",
]  # fmt: skip
SOCKETS = {
    "eio4": "/socket.io/?EIO=4&transport=websocket",
    "eio3": "/socket.io/?EIO=3&transport=websocket",
    "0.9": "/socket.io/1/websocket/",
    "old": "/socket.io/websocket",
}
FRAMES = [
    pytest.param(frame(b"hello", masked=False), {1002}, id="unmasked"),
    pytest.param(frame(b"hello", first=0xC1), {1002}, id="reserved bit"),
    pytest.param(frame(b"hello", first=0x83), {1002}, id="reserved opcode"),
    pytest.param(frame(b"hello", first=0x80), {1002}, id="continuation of nothing"),
    pytest.param(frame(b"hello", first=0x09), {1002}, id="fragmented ping"),
    pytest.param(frame(b"x" * 126, first=0x89), {1002}, id="long ping"),
    pytest.param(frame(b"\x03", first=0x88), {1002}, id="close with half a code"),
    pytest.param(frame(b"\x03\xec", first=0x88), {1002}, id="close with code 1004"),
    pytest.param(frame(b"\xff\xfe"), {1007}, id="no UTF-8"),
    pytest.param(b"\x81\xff" + (MAX_PAYLOAD + 1).to_bytes(8, "big") + bytes(4), {1009}, id="too long"),
    pytest.param(b"\x81\xff" + b"\xff" * 8 + bytes(4), {1002, 1009}, id="a length of 64 bits"),
]


def hixie76(first: str, second: str) -> bytes:
    """The opening of draft 76 with these keys."""
    keys = (f"Sec-WebSocket-Key1: {first}", f"Sec-WebSocket-Key2: {second}")
    return get("/socket.io/websocket", "Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://test", *keys) + b"Tm[K T2u"


async def engine(peers: Peers, revision: int) -> str:
    """The address of a new Engine.IO polling session that has joined ``/``."""
    target = ENGINE.format(revision)
    opened = await fetch(peers.url, "GET", target)
    handshake = re.search(r'"sid":"([\w-]+)"', opened.body)
    assert handshake is not None, opened
    target += f"&sid={handshake[1]}"
    if revision == 4:
        assert (await fetch(peers.url, "POST", target, b"40")).status == 200
        assert (await fetch(peers.url, "GET", target)).body.startswith("40{")
    return target


async def ended(peers: Peers, target: str) -> None:
    """Whether the session is over: its polls say so and then it is unknown."""
    for _ in range(3):  # what still waited, the end, nothing
        answer = await fetch(peers.url, "GET", target)
        if answer.status == 400:
            break
    assert answer.body == UNKNOWN_SESSION


@pytest.mark.parametrize("body", ENGINE4, ids=lambda body: repr(body[:24]))
@pytest_twisted.ensureDeferred
async def test_it_ends_an_eio4_session(peers: Peers, body: bytes) -> None:
    target = await engine(peers, 4)
    assert (await fetch(peers.url, "POST", target, body)).status in (200, 400)
    await ended(peers, target)


@pytest.mark.parametrize("body", ENGINE3, ids=repr)
@pytest_twisted.ensureDeferred
async def test_it_ends_an_eio3_session(peers: Peers, body: bytes) -> None:
    target = await engine(peers, 3)
    assert (await fetch(peers.url, "POST", target, body, content_type="text/plain;charset=UTF-8")).status in (200, 400)
    await ended(peers, target)


@pytest.mark.parametrize("body", ENGINE3_BINARY, ids=lambda body: repr(body[:12]))
@pytest_twisted.ensureDeferred
async def test_it_ends_an_eio3_session_in_binary_framing_too(peers: Peers, body: bytes) -> None:
    target = await engine(peers, 3)
    assert (await fetch(peers.url, "POST", target, body, content_type="application/octet-stream")).status in (200, 400)
    await ended(peers, target)


@pytest_twisted.ensureDeferred
async def test_octets_to_an_eio4_session_are_a_bad_request(peers: Peers) -> None:
    target = await engine(peers, 4)
    assert (await fetch(peers.url, "POST", target, b"4x", content_type="application/octet-stream")).status == 400


@pytest.mark.parametrize("body", NINE, ids=lambda body: repr(body[:24]))
@pytest_twisted.ensureDeferred
async def test_a_09_session_drops_it_and_goes_on(peers: Peers, body: bytes) -> None:
    sid = (await fetch(peers.url, "GET", "/socket.io/1/?t=1")).body.split(":")[0]
    target = f"/socket.io/1/xhr-polling/{sid}"
    assert "1::" in (await fetch(peers.url, "GET", target)).body
    assert (await fetch(peers.url, "POST", target, body)).body == "1"
    assert (await fetch(peers.url, "POST", target, ECHO_09)).body == "1"
    heard = ""
    while ECHO_09.decode() not in heard:
        answer = await fetch(peers.url, "GET", target)
        assert (answer.status, answer.body) != (200, "7:::1+0"), heard
        heard += answer.body


@pytest.mark.parametrize("payload", OLD)
@pytest.mark.parametrize("form", ["data={}", "nodata={}"])
@pytest_twisted.ensureDeferred
async def test_a_06_session_drops_it_and_goes_on(peers: Peers, payload: str, form: str) -> None:
    opened = (await fetch(peers.url, "GET", "/socket.io/xhr-polling//1303000000001")).body
    target = f"/socket.io/xhr-polling/{opened.split('~')[4]}"
    assert (await fetch(peers.url, "POST", f"{target}/send", form.format(quote(payload)).encode())).body == "ok"
    alive = quote(f"~m~{len(ECHO_06)}~m~{ECHO_06}")
    assert (await fetch(peers.url, "POST", f"{target}/send", f"data={alive}".encode())).body == "ok"
    heard = ""
    while '"alive"' not in heard:
        answer = await fetch(peers.url, "GET", f"{target}/1303000000002")
        assert answer.status == 200
        heard += answer.body


@pytest.mark.parametrize("data, codes", FRAMES)
@pytest.mark.parametrize("era", SOCKETS)
@pytest_twisted.ensureDeferred
async def test_broken_framing_closes_a_websocket_of_every_era(peers: Peers, era: str, data: bytes, codes: set[int]) -> None:
    target = SOCKETS[era]
    if era == "0.9":
        target += (await fetch(peers.url, "GET", "/socket.io/1/")).body.split(":")[0]
    line = await open_websocket(peers.url, target)
    line.write(data)
    close = (await line.end())[-200:].rpartition(b"\x88")[2]
    assert int.from_bytes(close[1:3], "big") in codes


@pytest.mark.parametrize("data", [b"\x80\x05hello", b"\x01hello\xff", b"hello", b"\xfe\x00"])
@pytest_twisted.ensureDeferred
async def test_a_frame_that_hixie_76_does_not_know_closes(peers: Peers, data: bytes) -> None:
    line = await dial(peers.url)
    line.write(hixie76("18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1_ tx7X d  <  nw  334J702) 7]o}` 0"))
    await line.until(b"fQJ,fN/4F4!~K~MH\x00~m~")
    line.write(data)
    await line.end()


@pytest.mark.parametrize(
    "first, second",
    [
        pytest.param("12345678", "7 7", id="without a space"),
        pytest.param("1 2 3 4 6", "7 7", id="indivisible"),
        pytest.param("4 4", "", id="empty"),
        pytest.param("4 4", "99999999999 9", id="too large"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_bad_hixie_keys_get_no_websocket(peers: Peers, first: str, second: str) -> None:
    line = await dial(peers.url)
    line.write(hixie76(first, second))
    answer = await line.end()
    assert b"~m~" not in answer


def test_the_echoes_asked_for_are_what_a_client_would_send() -> None:
    assert json.loads(ECHO_09[4:]) == {"name": "echo", "args": ["alive"]}
    assert json.loads(ECHO_06[3:]) == {"event": "echo", "args": ["alive"]}
