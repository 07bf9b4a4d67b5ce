"""
What the gateway says to requests that ask for nothing it has: each in the words of the era that was addressed.

After every one of them a client of each era that was there before still gets its echo, and a new one is served.
"""

import pytest
import pytest_twisted
from twisted.web.client import ResponseNeverReceived

from tests.conformance.peers import Peers
from tests.conformance.raw import dial, fetch, get, upgrade

pytestmark = pytest.mark.usefixtures("onlookers")

EIO4 = "/socket.io/?EIO=4&transport=polling"

UNKNOWN_TRANSPORT = (400, '{"code":0,"message":"Transport unknown"}')
UNKNOWN_SESSION = (400, '{"code":1,"message":"Session ID unknown"}')
BAD_METHOD = (400, '{"code":2,"message":"Bad handshake method"}')
BAD_REQUEST = (400, '{"code":3,"message":"Bad request"}')
BAD_VERSION = (400, '{"code":5,"message":"Unsupported protocol version"}')

HTTP = [
    pytest.param("GET", "/nothing/here", (404, None), id="a path that is nobody's"),
    pytest.param("GET", "/socket.io", (404, None), id="the mount without its slash"),
    pytest.param("GET", "/socket.iofoo/?EIO=4&transport=polling", (404, None), id="a path that only begins like the mount"),
    pytest.param("GET", "/socket.io/?EIO=4&transport=pigeon", UNKNOWN_TRANSPORT, id="eio4: transport"),
    pytest.param("GET", "/socket.io/?EIO=3&transport=constructor", UNKNOWN_TRANSPORT, id="eio3: transport"),
    pytest.param("GET", "/socket.io/?EIO=5&transport=polling", BAD_VERSION, id="eio5"),
    pytest.param("GET", "/socket.io/?EIO=04&transport=polling", BAD_VERSION, id="eio04"),
    pytest.param("GET", "/socket.io/?transport=polling", BAD_VERSION, id="no eio"),
    pytest.param("GET", f"{EIO4}&sid=nobody", UNKNOWN_SESSION, id="eio4: session"),
    pytest.param("POST", f"{EIO4}&sid=nobody", UNKNOWN_SESSION, id="eio4: session to post to"),
    pytest.param("GET", "/socket.io/?EIO=3&transport=polling&sid=nobody", UNKNOWN_SESSION, id="eio3: session"),
    pytest.param("POST", EIO4, BAD_METHOD, id="eio4: handshake by POST"),
    pytest.param("GET", "/socket.io/?EIO=4&transport=websocket", BAD_REQUEST, id="eio4: websocket without an upgrade"),
    pytest.param("GET", "/socket.io/2/", (500, "Protocol version not supported."), id="0.9: protocol"),
    pytest.param("GET", "/socket.io/1/xhr-polling/nobody", (200, "7:::1+0"), id="0.9: session"),
    pytest.param("POST", "/socket.io/1/xhr-polling/nobody", (200, "1"), id="0.9: session to post to"),
    pytest.param("GET", "/socket.io/1/jsonp-polling/nobody?i=0", (200, 'io.j[0]("7:::1+0");'), id="0.9: session over jsonp"),
    pytest.param("GET", "/socket.io/websocket", (400, None), id="0.6: websocket without an upgrade"),
]

CALLBACKS = [
    pytest.param("/socket.io/?EIO=3&transport=polling&j=alert(1)", id="eio3"),
    pytest.param("/socket.io/1/?jsonp=alert(1)", id="0.9 handshake"),
    pytest.param("/socket.io/1/jsonp-polling/nobody?i=alert(1)", id="0.9"),
    pytest.param("/socket.io/jsonp-polling//1303000000001/alert(1)", id="0.6"),
]

METHODS = [
    pytest.param("/socket.io/?EIO=4&transport=polling", id="eio4"),
    pytest.param("/socket.io/?EIO=3&transport=polling", id="eio3"),
    pytest.param("/socket.io/1/", id="0.9 handshake"),
    pytest.param("/socket.io/1/xhr-polling/nobody", id="0.9"),
    pytest.param("/socket.io/xhr-polling//1303000000001", id="0.6"),
]

CLOSED = [
    pytest.param("GET", "/socket.io/xhr-polling/nobody/1303000000001", id="0.6: session"),
    pytest.param("POST", "/socket.io/xhr-polling/nobody/send", id="0.6: session to post to"),
    pytest.param("GET", "/socket.io/jsonp-polling/nobody/1303000000001/0", id="0.6: session over jsonp"),
]

UPGRADES = [
    pytest.param("/nothing", b"404", id="a path that is nobody's"),
    pytest.param("/socket.io/?EIO=4&transport=websocket&sid=nobody", b"400", id="eio4: session"),
    pytest.param("/socket.io/?EIO=9&transport=websocket", b"400", id="eio9"),
    pytest.param("/socket.io/?EIO=3&transport=websocket&sid=nobody", b"400", id="eio3: session"),
]

POST = b"POST " + EIO4.encode() + b" HTTP/1.1\r\nHost: test\r\n"
NOT_HTTP = [
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), id="TLS"),
    pytest.param(bytes(range(256)) * 20, id="every byte"),
    pytest.param(b"<not-a-policy-request/>\0", id="nearly a policy request"),
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
    pytest.param(b"GET / HTTP/9.9\r\nHost: test\r\n\r\n", id="no such version"),
    pytest.param(b"CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n", id="CONNECT"),
    pytest.param(POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
    pytest.param(POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="a length and chunks"),
    pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="a chunk without a size"),
    pytest.param(POST + b"Content-Length: 0x1\r\n\r\na", id="a hexadecimal length"),
    pytest.param(POST + b"Content-Length : 1\r\n\r\na", id="a space before the colon"),
    pytest.param(get(EIO4, "X: " + "x" * 20000), id="a head of 20 kB"),
    pytest.param(get(EIO4, *(f"X{i}: 1" for i in range(600))), id="a head of 600 lines"),
]


@pytest.mark.parametrize("method, target, expected", HTTP)
@pytest_twisted.ensureDeferred
async def test_what_is_not_there_is_refused_in_the_words_of_its_era(
    peers: Peers, method: str, target: str, expected: tuple[int, str | None]
) -> None:
    answer = await fetch(peers.url, method, target, b"4hello" if method == "POST" else None)
    assert (answer.status, expected[1] and answer.body) == expected
    assert "Traceback" not in answer.body
    assert len(answer.body) < 200


@pytest.mark.parametrize("path", ["", "no/such/path", "constructor", "%2e%2e/etc/passwd", "socket.io.js/x", "websocket.io"])
@pytest_twisted.ensureDeferred
async def test_a_path_of_no_era_is_asked_for_a_transport(peers: Peers, path: str) -> None:
    answer = await fetch(peers.url, "GET", f"/socket.io/{path}")
    assert (answer.status, answer.body) == UNKNOWN_TRANSPORT
    assert len(answer.body) < 200


@pytest.mark.parametrize("target", CALLBACKS)
@pytest_twisted.ensureDeferred
async def test_a_callback_that_is_no_number_is_never_written_into_a_script(peers: Peers, target: str) -> None:
    answer = await fetch(peers.url, "GET", target)
    assert answer.status in (200, 400)
    assert "alert" not in answer.body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW"])
@pytest.mark.parametrize("target", METHODS)
@pytest_twisted.ensureDeferred
async def test_other_methods_are_a_bad_request(peers: Peers, target: str, method: str) -> None:
    assert (await fetch(peers.url, method, target)).status == 400


@pytest.mark.parametrize("method, target", CLOSED)
@pytest_twisted.ensureDeferred
async def test_an_unknown_session_of_06_gets_no_answer(peers: Peers, method: str, target: str) -> None:
    with pytest.raises(ResponseNeverReceived):
        await fetch(peers.url, method, target, b"data=~m~1~m~a" if method == "POST" else None)


@pytest.mark.parametrize("target, status", UPGRADES)
@pytest_twisted.ensureDeferred
async def test_an_upgrade_to_nowhere_is_refused(peers: Peers, target: str, status: bytes) -> None:
    line = await dial(peers.url)
    line.write(upgrade(target))
    assert (await line.until(b"\r\n")).split()[1] == status
    await line.hang_up()


@pytest_twisted.ensureDeferred
async def test_an_upgrade_to_an_unknown_session_of_09_is_told_so(peers: Peers) -> None:
    line = await dial(peers.url)
    line.write(upgrade("/socket.io/1/websocket/nobody"))
    assert (await line.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    assert await line.until(b"7:::1+0") == b"\x81\x07"
    await line.hang_up()


@pytest.mark.parametrize("data", NOT_HTTP)
@pytest_twisted.ensureDeferred
async def test_what_is_no_http_is_refused_and_closed(peers: Peers, data: bytes) -> None:
    line = await dial(peers.url)
    line.write(data)
    answer = await line.end()
    assert answer == b"" or answer.split()[1] in (b"400", b"413", b"431", b"505"), answer
    assert answer.count(b"HTTP/1.1 ") <= 1
