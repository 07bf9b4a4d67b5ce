"""From a request to a handler and back, for every era, without sockets."""

import json

import pytest

from protocols.websocket import text_frame

OPEN4 = "/socket.io/?EIO=4&transport=polling"


def masked(text):
    data = text.encode()
    assert len(data) < 126
    return bytes((0x81, 0x80 | len(data))) + b"\0\0\0\0" + data


def frames(data):
    """Text of the unmasked frames after a 101 head."""
    if data.startswith(b"HTTP/"):
        data = data.partition(b"\r\n\r\n")[2]
    texts = []
    while data:
        size, at = data[1], 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        texts.append(data[at : at + size].decode() if data[0] == 0x81 else data[:1])
        data = data[at + size :]
    return texts


def opened4(gate):
    handshake = gate.get(OPEN4)
    assert handshake.answer[0] == 200
    sid = json.loads(handshake.text[1:])["sid"]
    return f"{OPEN4}&sid={sid}", sid


def test_an_eio4_client_joins_over_polling_and_gets_its_echo(gate):
    seen = []
    gate.io.on("connection", lambda socket: seen.append(socket.client.era))
    gate.io.on("echo", lambda socket, *args: socket.emit("echo", *args))
    url, _ = opened4(gate)
    assert gate.post(url, "40").answer == (200, b"ok")
    assert gate.get(url).text.startswith('40{"sid":"')
    assert seen == ["eio4"]
    poll = gate.get(url)
    assert poll.answer is None
    gate.post(url, '42["echo","é",1]')
    assert poll.text == '42["echo","é",1]'


def test_an_eio4_client_over_websocket_gets_its_acknowledgement(gate):
    gate.io.on("add", lambda socket, a, b: a + b)
    opening = gate.get("/socket.io/?EIO=4&transport=websocket", upgrade=True)
    connection = opening.connection
    assert frames(connection.take())[0].startswith('0{"sid"')
    connection.reader.dataReceived(masked("40"))
    assert frames(connection.take())[0].startswith('40{"sid"')
    connection.reader.dataReceived(masked('427["add",1,2]'))
    assert frames(connection.take()) == ["437[3]"]


def test_polling_changes_over_to_websocket_without_loss(gate):
    names = []
    gate.io.on("connection", lambda socket: names.append(socket))
    url, sid = opened4(gate)
    gate.post(url, "40")
    gate.get(url)
    poll = gate.get(url)
    opening = gate.get(f"/socket.io/?EIO=4&transport=websocket&sid={sid}", upgrade=True)
    connection = opening.connection
    assert frames(connection.take()) == []
    connection.reader.dataReceived(masked("2probe"))
    assert frames(connection.take()) == ["3probe"]
    assert poll.text == "6"
    socket = names[0]
    socket.emit("between", 1)
    connection.reader.dataReceived(masked("5"))
    assert frames(connection.take()) == ['42["between",1]']
    assert socket.client.transport_name == "websocket"
    assert gate.get(url).answer[0] == 400


def test_what_the_server_said_before_it_ended_the_session_comes_on_the_websocket_that_was_being_changed_over_to(gate):
    url, sid = opened4(gate)
    gate.post(url, "40")
    gate.get(url)
    connection = gate.get(f"/socket.io/?EIO=4&transport=websocket&sid={sid}", upgrade=True).connection
    connection.take()
    connection.reader.dataReceived(masked("2probe"))
    connection.take()
    (socket,) = gate.io.clients.values()
    socket.emit("last")
    socket.disconnect(True)
    connection.reader.dataReceived(masked("5"))
    assert frames(connection.take()) == ['42["last"]', "41", b"\x88"]
    assert gate.io.clients_count == 0
    assert gate.get(url).answer[0] == 400


def test_a_probe_that_stalls_leaves_polling_alive(gate):
    url, sid = opened4(gate)
    gate.post(url, "40")
    gate.get(url)
    opening = gate.get(f"/socket.io/?EIO=4&transport=websocket&sid={sid}", upgrade=True)
    opening.connection.reader.dataReceived(masked("2probe"))
    gate.turn(11)
    assert opening.connection.take().endswith(b"\x88\x00")
    poll = gate.get(url)
    assert poll.answer is None
    gate.io.emit("still", "here")
    gate.clock.advance(0)
    assert poll.text == '42["still","here"]'


def test_an_eio3_client_is_in_the_default_namespace_by_itself(gate):
    gate.io.on("connection", lambda socket: socket.emit("hello", socket.id == socket.client.session.id))
    handshake = gate.get("/socket.io/?EIO=3&transport=polling&b64=1")
    assert handshake.text.endswith('2:4016:42["hello",true]')


@pytest.mark.parametrize("query", ["EIO=2&transport=polling", "EIO=3&transport=polling&t=1395000000000-0"])
def test_a_client_of_1_0_to_1_3_is_greeted_with_the_open_packet_alone(gate, query):
    gate.io.on("connection", lambda socket: socket.emit("hello"))
    greeting = gate.get(f"/socket.io/?{query}").answer[1]
    size, opening = greeting[1:].split(b"\xff", 1)
    assert int("".join(map(str, size))) == len(opening)
    sid = json.loads(opening[1:])["sid"]
    assert gate.get(f"/socket.io/?{query}&sid={sid}").answer[1] == b'\0\2\xff40\0\1\1\xff42["hello"]'


def test_a_websocket_that_has_sent_a_counted_acknowledgement_gets_them_so_too(gate):
    """1.0.0 to 1.0.2; a plain one would send them into a loop without end."""
    gate.io.on("add", lambda socket, a, b: a + b)
    connection = gate.get("/socket.io/?EIO=3&transport=websocket", upgrade=True).connection
    connection.take()
    connection.reader.dataReceived(masked('427["add",1,2]'))
    assert frames(connection.take()) == ["437[3]"]
    connection.reader.dataReceived(masked("430-99[]") + masked('428["add",1,2]'))
    assert frames(connection.take()) == ["430-8[3]"]


def test_an_09_client_shakes_hands_polls_and_talks(gate):
    gate.io.on("echo", lambda socket, *args: args)
    greeting = gate.get("/socket.io/1/?t=1395000000000")
    sid, heartbeat, close, transports = greeting.text.split(":")
    assert (heartbeat, close) == ("45", "45")
    assert transports.startswith("websocket,")
    url = f"/socket.io/1/xhr-polling/{sid}?t=1"
    assert gate.get(url).text == "1::"
    poll = gate.get(url)
    assert gate.post(url, '5:1+::{"name":"echo","args":["a"]}').answer == (200, b"1")
    assert poll.text == '6:::1+["a"]'


def test_an_09_client_over_websocket_is_told_1(gate):
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    opening = gate.get(f"/socket.io/1/websocket/{sid}", upgrade=True)
    assert frames(opening.connection.take()) == ["1::"]


def test_an_06_client_over_polling_gets_its_id_first(gate):
    gate.io.on("connection", lambda socket: socket.send("welcome"))
    gate.io.on("message", lambda socket, text: socket.send(text.upper()))
    first = gate.get("/socket.io/xhr-polling//1303000000001")
    mark, size, sid = first.text.split("~m~")[:3][0], *first.text.split("~m~")[1:3]
    assert (mark, int(size)) == ("", len(sid)) and len(sid) == 20
    poll = gate.get(f"/socket.io/xhr-polling/{sid}/1303000000002")
    if poll.answer is None:
        gate.post(f"/socket.io/xhr-polling/{sid}/send", "data=%7Em%7E2%7Em%7Ehi")
        assert poll.text == "~m~2~m~HI"
    else:
        assert poll.text == "~m~7~m~welcome"


def test_an_06_client_over_websocket_is_greeted(make_gate):
    gate = make_gate(old_payload="frames")
    opening = gate.get("/socket.io/websocket", upgrade=True)
    (greeting,) = frames(opening.connection.take())
    assert greeting.startswith("~m~20~m~")


HIXIE76 = {
    "upgrade": "WebSocket",
    "connection": "Upgrade",
    "origin": "http://gate.example",
    "sec-websocket-key1": "4 @1  46546xW%0l 1 5",
    "sec-websocket-key2": "12998 5 Y3 1  .P00",
}


def test_a_hixie_76_client_gets_its_proof_when_the_nonce_is_there(make_gate):
    gate = make_gate(old_payload="frames")
    opening = gate.get("/socket.io/websocket", headers=HIXIE76, upgrade=True)
    connection = opening.connection
    assert connection.take().startswith(b"HTTP/1.1 101 WebSocket Protocol Handshake\r\n")
    connection.reader.dataReceived(b"^n:ds")
    assert connection.take() == b""
    connection.reader.dataReceived(b"[4U")
    sent = connection.take()
    assert sent[:16] == b"8jKS'y:G*Co,Wxa-"
    assert sent[16:].startswith(b"\x00~m~20~m~")


def test_one_broadcast_reaches_all_eras(make_gate):
    gate = make_gate(old_payload="frames")
    url, _ = opened4(gate)
    gate.post(url, "40")
    gate.get(url)
    new = gate.get(url)
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    nine = gate.get(f"/socket.io/1/xhr-polling/{sid}")
    nine = gate.get(f"/socket.io/1/xhr-polling/{sid}")
    first = gate.get("/socket.io/xhr-polling//1")
    old = gate.get(f"/socket.io/xhr-polling/{first.text[-20:]}/2")
    two = gate.get("/socket.io/?EIO=3&transport=websocket", upgrade=True)
    two.connection.take()
    gate.io.emit("news", "é")
    gate.clock.advance(0)
    assert new.text == '42["news","é"]'
    assert nine.text == '5:::{"name":"news","args":["\\u00e9"]}'
    assert old.text == '~m~37~m~~j~{"event":"news","args":["\\u00e9"]}'
    assert frames(two.connection.take()) == ['42["news","\\u00e9"]']


def test_a_broken_frame_ends_its_connection_and_nobody_elses(gate):
    gone = []
    gate.io.on("disconnect", lambda socket, reason: gone.append(reason))
    two = [gate.get("/socket.io/?EIO=4&transport=websocket", upgrade=True).connection for _ in range(2)]
    for connection in two:
        connection.reader.dataReceived(masked("40"))
        connection.take()
    two[0].reader.dataReceived(text_frame(b"not masked"))
    assert two[0].take() == b"\x88\x02\x03\xea"
    assert gone == ["parse error"]
    assert not two[1].closed


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/socket.io/?EIO=4&transport=pigeon", 400, b'{"code":0,"message":"Transport unknown"}'),
        ("/socket.io/?EIO=4&transport=polling&sid=nobody", 400, b'{"code":1,"message":"Session ID unknown"}'),
        ("/socket.io/?EIO=5&transport=polling", 400, b'{"code":5,"message":"Unsupported protocol version"}'),
        ("/socket.io/1/xhr-polling/nobody", 200, b"7:::1+0"),
        ("/socket.io/2/", 500, b"Protocol version not supported."),
    ],
)
def test_each_era_refuses_in_its_own_way(gate, target, status, body):
    assert gate.get(target).answer == (status, body)


def test_an_unknown_session_of_06_is_closed_without_an_answer(gate):
    request = gate.get("/socket.io/xhr-polling/nobody/1")
    assert request.dropped and request.answer is None


def test_what_is_no_path_of_any_era_is_passed_on(gate):
    assert gate.get("/socket.io/nonsense").passed_on


def test_what_waited_when_the_server_ended_an_engine_io_session_goes_out_with_its_next_poll(gate):
    sockets = []
    gate.io.on("connection", sockets.append)
    url, _ = opened4(gate)
    gate.post(url, "40")
    gate.get(url)
    sockets[0].emit("last", 1)
    sockets[0].disconnect(True)
    assert gate.get(url).text == '42["last",1]\x1e41'
    assert gate.get(url).text == "6\x1e1"
    assert gate.get(url).answer[0] == 400


def test_a_session_that_timed_out_says_so_to_its_next_poll(gate):
    url, _ = opened4(gate)
    gate.turn(46)
    assert gate.get(url).text == "2"
    assert gate.get(url).text == "6\x1e1"
    assert gate.get(url).answer[0] == 400


def test_nobody_waits_for_ever_for_the_last_poll(gate):
    url, _ = opened4(gate)
    gate.turn(46 + 31)
    assert gate.get(url).text == '{"code":1,"message":"Session ID unknown"}'


def test_an_answered_heartbeat_of_06_is_followed_by_the_next_one_in_time(make_gate):
    gate = make_gate(old_payload="frames")
    connection = gate.get("/socket.io/websocket", upgrade=True).connection
    connection.take()
    for number in (1, 2, 3):
        gate.turn(11)
        beat = f"~h~{number}"
        assert frames(connection.take()) == [f"~m~{len(beat)}~m~{beat}"]
        connection.reader.dataReceived(masked(f"~m~{len(beat)}~m~{beat}"))
    gate.turn(11 + 23)
    assert b"\x88" in connection.take()
