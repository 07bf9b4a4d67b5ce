"""Plain WebSockets: an echo, its limits and its ends."""

import pytest
from twisted.internet.defer import Deferred, fail

from gateway import OptionError, WebSocketListener
from tests.gateway.conftest import FakeRequest
from tests.gateway.ws_frames import OPENING, frames, head_of, masked, offering, said, squeezed, text


@pytest.fixture
def plain(make_gate):
    """``plain(**options)``: a gate with one echo at /ws; ``gate.log`` says what happens."""

    def make(on_message=lambda socket, data: socket.send(data), **options):
        log = []
        gate = make_gate(
            lambda reactor: WebSocketListener(
                "/ws",
                on_message,
                reactor=reactor,
                on_open=lambda socket: log.append(("open", socket.request.path)),
                on_close=lambda socket: log.append(("close", socket.connected)),
                **options,
            )
        )
        gate.log = log
        return gate

    return make


def opened(gate, headers=None):
    return gate.get("/ws", headers=headers, upgrade=True).connection


def test_what_is_said_is_heard(plain):
    gate = plain()
    connection = opened(gate)
    assert connection.take().startswith(b"HTTP/1.1 101 ")
    connection.reader.dataReceived(text("é") + masked(0x82, b"\x00\xff") + text(""))
    assert said(connection.take()) == ["é", b"\x00\xff", ""]
    assert gate.log == [("open", "/ws")]


def test_bytes_behind_the_opening_are_heard(plain):
    request = FakeRequest("GET", "/ws", headers=OPENING, upgrade=True)
    request.rest = text("early")
    plain().io.handle(request)
    assert said(request.connection.take()) == ["early"]


@pytest.mark.parametrize(("path", "ours"), [("/ws", True), ("/ws/", True), ("/wss", False), ("/ws/x", False), ("/", False)])
def test_it_owns_one_path(plain, path, ours):
    assert plain().io.owns(path) is ours


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (OPENING | {"origin": "http://evil.example"}, 403),
        (OPENING | {"sec-websocket-key": "short"}, 400),
        (OPENING | {"sec-websocket-version": "8"}, 426),
    ],
)
def test_an_opening_that_is_none_is_refused(plain, headers, status):
    gate = plain()
    assert gate.get("/ws", headers=headers, upgrade=True).answer[0] == status
    assert gate.log == [] and not gate.io.sockets


def test_a_page_is_told_to_upgrade(plain):
    request = plain().get("/ws")
    assert request.answer[0] == 426 and request.answer_headers["Upgrade"] == "websocket"


@pytest.mark.parametrize(("verdict", "status"), [(True, None), (False, 403), (ValueError("broken"), 403)])
def test_origins_may_take_their_time(plain, verdict, status, logged_failures):
    asked = Deferred()
    gate = plain(origins=lambda origin, request: asked)
    request = gate.get("/ws", headers=OPENING | {"origin": "http://a.example"}, upgrade=True)
    assert request.answer is None and not request.connection.sent
    asked.callback(verdict) if isinstance(verdict, bool) else asked.errback(verdict)
    assert [failure.value for failure in logged_failures] == ([] if isinstance(verdict, bool) else [verdict])
    logged_failures.clear()
    assert (request.answer and request.answer[0]) == status
    assert bool(request.connection.sent) is (status is None)


def test_compression_is_offered_when_it_is_on(plain):
    connection = opened(plain(compression=True), offering("permessage-deflate"))
    assert "permessage-deflate" in head_of(connection.take())["Sec-WebSocket-Extensions"]
    connection.reader.dataReceived(masked(0xC1, squeezed(b"a" * 5000)) + text("small"))
    sent = connection.take()
    assert [first for first, _ in frames(sent)] == [0xC1, 0x81]
    assert said(sent) == ["a" * 5000, "small"]
    assert "Sec-WebSocket-Extensions" not in head_of(opened(plain(), offering("permessage-deflate")).take())


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (masked(0x88, b"\x03\xe8"), b"\x88\x02\x03\xe8"),
        (masked(0x82, bytes(101)), b"\x88\x02\x03\xf1"),
        (masked(0xC1, squeezed(bytes(101))), b"\x88\x02\x03\xf1"),
        (b"\x81\x00", b"\x88\x02\x03\xea"),
        (masked(0x81, b"\xff"), b"\x88\x02\x03\xef"),
    ],
)
def test_each_end_is_answered_and_told_once(plain, frame, answer):
    gate = plain(max_payload=100, compression=True)
    connection = opened(gate, offering("permessage-deflate"))
    connection.take()
    connection.reader.dataReceived(frame)
    connection.reader.connectionLost(None)
    assert connection.take() == answer and connection.closed
    assert gate.log == [("open", "/ws"), ("close", False)]
    assert not gate.io.sockets


def test_the_application_closes_with_code_and_reason(plain):
    gate = plain(on_message=lambda socket, data: socket.close(4001, "enough"))
    connection = opened(gate)
    connection.take()
    connection.reader.dataReceived(text("x") + text("y"))
    assert connection.take() == b"\x88\x08\x0f\xa1enough"
    assert gate.log[-1] == ("close", False)


def test_a_client_that_does_not_read_is_cut_off(plain):
    gate = plain(max_buffer=1000)
    connection = opened(gate)
    (socket,) = gate.io.sockets
    connection.writer.pause()
    connection.buffered = 1000
    socket.send("still")
    assert not connection.aborted
    connection.buffered = 1001
    socket.send("no more")
    assert connection.aborted
    assert said(connection.take()) == ["still"]


def test_one_that_reads_again_is_not(plain):
    gate = plain(max_buffer=1000)
    connection = opened(gate)
    (socket,) = gate.io.sockets
    connection.writer.pause()
    connection.writer.resume()
    connection.buffered = 1001
    socket.send("on its way")
    assert not connection.aborted


def test_handlers_may_be_coroutines_or_fail(plain, logged_failures):
    async def later(socket, data):
        await fail(ValueError(data)) if data == "bad" else socket.send(data)

    connection = opened(plain(on_message=later))
    connection.take()
    connection.reader.dataReceived(text("bad") + text("good"))
    assert said(connection.take()) == ["good"]
    assert [failure.type for failure in logged_failures] == [ValueError]
    logged_failures.clear()


def test_closing_the_listener_says_1001_to_everybody(plain):
    gate = plain()
    connections = [opened(gate) for _ in range(3)]
    gate.io.end_all()
    assert all(connection.take().endswith(b"\x88\x02\x03\xe9") for connection in connections)
    assert not gate.io.sockets


def test_misuse_raises(plain):
    with pytest.raises(OptionError, match="path"):
        WebSocketListener("ws", print)
    gate = plain()
    opened(gate)
    with pytest.raises(TypeError):
        next(iter(gate.io.sockets)).send(5)
