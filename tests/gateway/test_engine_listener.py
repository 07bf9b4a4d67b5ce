"""Engine.IO without Socket.IO: what an application hears and says."""

import json

import pytest
from twisted.internet.defer import Deferred

from gateway import EngineListener, OptionError
from gateway.overrides import overriding
from tests.gateway.ws_frames import frames, masked, said, text

POLL4, POLL3 = "/engine.io/?EIO=4&transport=polling", "/engine.io/?EIO=3&transport=polling"
SOCKET4, SOCKET3 = "/engine.io/?EIO=4&transport=websocket", "/engine.io/?EIO=3&transport=websocket"


@pytest.fixture
def bare(make_gate):
    """A gate of bare Engine.IO that notes what happens on ``gate.log``; ``gate.sockets`` are its clients."""
    gate = make_gate(EngineListener)
    gate.log, gate.sockets = [], []

    @gate.io.on("connection")
    def connected(socket):
        gate.sockets.append(socket)
        for event in ("message", "upgrade", "close"):
            socket.on(event, lambda value, event=event: gate.log.append((event, value)))

    return gate


def opened(gate, target):
    """The address of a new polling session."""
    greeting = gate.get(target).text
    return f"{target}&sid={json.loads(greeting[greeting.index('{') :])['sid']}"


def test_text_and_bytes_come_and_go_over_a_websocket(bare):
    connection = bare.get(SOCKET4, upgrade=True).connection
    assert said(connection.take())[0].startswith('0{"sid"')
    connection.reader.dataReceived(text("4é") + masked(0x82, b"\x00\xff") + text("4") + text("42[1]"))
    assert bare.log == [("message", "é"), ("message", b"\x00\xff"), ("message", ""), ("message", "2[1]")]
    for data in ("€ \ud800", b"\x00\xff", ""):
        bare.sockets[0].send(data)
    assert said(connection.take()) == ["4€ �", b"\x00\xff", "4"]


def test_text_and_bytes_come_and_go_over_polling(bare):
    url = opened(bare, POLL4)
    assert bare.post(url, "4é\x1ebAP8=").answer == (200, b"ok")
    assert bare.log == [("message", "é"), ("message", b"\x00\xff")]
    bare.sockets[0].send("€")
    bare.sockets[0].send(b"\x00\xff")
    assert bare.get(url).text == "4€\x1ebAP8="


def test_what_is_said_on_connection_comes_with_the_greeting(make_gate):
    gate = make_gate(EngineListener)
    gate.io.on("connection", lambda socket: socket.send("welcome"))
    assert gate.get(POLL4).text.split("\x1e")[1:] == ["4welcome"]
    assert said(gate.get(SOCKET4, upgrade=True).connection.take())[1:] == ["4welcome"]


def test_bytes_of_engine_io_3_have_their_mark_on_a_websocket(bare):
    connection = bare.get(SOCKET3, upgrade=True).connection
    connection.take()
    connection.reader.dataReceived(masked(0x82, b"\x04\x00\xff") + text("4é"))
    assert bare.log == [("message", b"\x00\xff"), ("message", "é")]
    bare.sockets[0].send(b"\x00\xff")
    bare.sockets[0].send("é")
    assert said(connection.take()) == [b"\x04\x00\xff", "4é"]


DOUBLED = "é€".encode().decode("latin-1")


@pytest.mark.parametrize(
    ("body", "heard", "told"),
    [
        (f"6:4{DOUBLED}".encode(), "é€", f"6:4{DOUBLED}".encode()),  # 1.4 to 1.7: two layers of UTF-8, both ways
        ("3:4é€".encode(), "é€", b"\x00\x06\xff4\xc3\xa9\xe2\x82\xac"),  # 2.x: one, and what is not ASCII in binary frames
    ],
)
def test_a_client_of_engine_io_3_is_answered_in_as_many_layers_as_it_has_shown(bare, body, heard, told):
    url = opened(bare, POLL3 + ("&b64=1" if b"\xc3\x83" in body else ""))
    assert bare.post(url, body).answer == (200, b"ok")
    assert bare.log == [("message", heard)]
    bare.sockets[0].send(heard)
    assert bare.get(url).answer == (200, told)


def test_polling_gives_way_to_a_websocket_without_loss(bare):
    url = opened(bare, POLL4)
    connection = bare.get(url.replace("polling", "websocket"), upgrade=True).connection
    connection.reader.dataReceived(text("2probe"))
    bare.sockets[0].send("between")
    assert bare.sockets[0].transport_name == "polling"
    connection.reader.dataReceived(text("5"))
    assert said(connection.take()) == ["3probe", "4between"]
    assert bare.sockets[0].transport_name == "websocket"
    assert bare.log == [("upgrade", "websocket")]


CLOSINGS = [
    (masked(0x88, b"\x03\xe8"), "transport close"),
    (text("7"), "parse error"),
    (b"\x81\x00", "parse error"),
    (masked(0x81, b"4" + bytes(1_000_001)), "transport error"),
]


@pytest.mark.parametrize(("end", "reason"), CLOSINGS)
def test_the_end_is_told_once_with_its_reason(bare, end, reason):
    connection = bare.get(SOCKET4, upgrade=True).connection
    connection.reader.dataReceived(end)
    connection.reader.connectionLost(None)
    bare.sockets[0].send("too late")
    bare.sockets[0].close()
    assert bare.log == [("close", reason)]
    assert not bare.sockets[0].connected
    assert bare.io.clients == {}


def test_a_silent_client_is_given_up(bare):
    opened(bare, POLL4)
    bare.turn(60)
    assert bare.log == [("close", "ping timeout")]


def test_the_server_ends_a_websocket_and_a_poll(bare):
    connection = bare.get(SOCKET4, upgrade=True).connection
    poll = bare.get(opened(bare, POLL4))
    for socket in bare.sockets:
        socket.close()
    bare.clock.advance(0)
    assert frames(connection.take())[-1][0] == 0x88
    assert poll.text == "1"
    assert bare.log == [("close", "forced close")] * 2


def test_a_client_that_is_closed_on_connection_hears_what_was_said_before(make_gate):
    gate = make_gate(EngineListener)

    @gate.io.on("connection")
    def connected(socket):
        socket.send("no")
        socket.close()

    greeting = gate.get(POLL4).text
    assert greeting.split("\x1e")[1:] == ["4no"]
    sid = json.loads(greeting[1:].partition("\x1e")[0])["sid"]
    assert gate.get(f"{POLL4}&sid={sid}").text.split("\x1e")[-1] == "1"


def test_handlers_may_be_coroutines_or_fail(bare):
    waiting = Deferred()

    async def late(data):
        bare.sockets[0].send(await waiting)

    connection = bare.get(SOCKET4, upgrade=True).connection
    connection.take()
    bare.sockets[0].on("message", late)
    bare.sockets[0].on("message", len)
    connection.reader.dataReceived(text("4x"))
    waiting.callback("later")
    assert said(connection.take()) == ["4later"]


def test_a_failing_handler_is_logged_and_harms_nobody(bare, logged_failures):
    connection = bare.get(SOCKET4, upgrade=True).connection
    bare.sockets[0].on("message", lambda data: 1 / 0)
    connection.reader.dataReceived(text("4x") + text("4y"))
    assert bare.log == [("message", "x"), ("message", "y")]
    assert [failure.type for failure in logged_failures] == [ZeroDivisionError] * 2
    logged_failures.clear()


def test_only_text_and_bytes_are_sent(bare):
    bare.get(SOCKET4, upgrade=True)
    with pytest.raises(TypeError):
        bare.sockets[0].send({"no": "JSON"})


def test_a_socket_knows_who_it_is(bare):
    url = opened(bare, POLL4 + "&token=a")
    (socket,) = bare.sockets
    assert url.endswith(f"sid={socket.id}")
    assert socket.handshake.query["token"] == "a"
    assert (socket.handshake.era, socket.handshake.transport, socket.transport_name) == ("eio4", "polling", "polling")
    assert bare.io.clients == {socket.id: socket}


REFUSALS = [
    ("/engine.io/?transport=polling&EIO=5", b'{"code":5,"message":"Unsupported protocol version"}'),
    ("/engine.io/?EIO=4&transport=flashsocket", b'{"code":0,"message":"Transport unknown"}'),
    ("/engine.io/1/", b'{"code":0,"message":"Transport unknown"}'),
    ("/engine.io/", b'{"code":0,"message":"Transport unknown"}'),
]


@pytest.mark.parametrize(("target", "body"), REFUSALS)
def test_other_eras_are_refused(bare, target, body):
    assert bare.get(target).answer == (400, body)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"max_rooms": 5}, "max_rooms"),
        ({"eras": ["0.9"]}, "eras"),
        ({"pingInterval": 5}, "pingInterval"),
        ({"path": "x"}, "path"),
    ],
)
def test_an_option_that_means_nothing_here_raises(options, name):
    with pytest.raises(OptionError, match=name):
        EngineListener(**options)


def test_the_command_line_changes_times_but_not_the_mount():
    with overriding({"path": "/elsewhere", "eras": ("0.9",), "ping_interval": 3}):
        listener = EngineListener()
    assert listener.owns("/engine.io/") and not listener.owns("/elsewhere/")
    assert listener.options.ping_interval == 3
