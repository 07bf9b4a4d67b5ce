"""What is queued, what is said at the end, and how a listener closes, over every transport of every era."""

import pytest

from tests.gateway.era_peers import ERAS, Poller, frames, masked, peer_of

HIXIE76 = {
    "connection": "Upgrade",
    "upgrade": "WebSocket",
    "origin": "http://gate.example",
    "sec-websocket-key1": "4 @1  46546xW%0l 1 5",
    "sec-websocket-key2": "12998 5 Y3 1  .P00",
}


@pytest.fixture
def gate(make_gate):
    """Here the payload of 0.3 to 0.6 is not in question."""
    return make_gate(old_payload="frames")


def close(gate):
    from twisted.internet.defer import Deferred

    done = []
    Deferred.fromCoroutine(gate.io.close()).addBoth(done.append)
    gate.clock.advance(0)
    assert done == [None]


# Closing a listener (rulings §3.5) -----------------------------------------------------------------------


def polled4(gate):
    return Poller(gate).poll(), 200, b"1"


def polled3(gate):
    sid = gate.get("/socket.io/?EIO=3&transport=polling&b64=1").text.split('"sid":"')[1][:20]
    return gate.get(f"/socket.io/?EIO=3&transport=polling&b64=1&sid={sid}"), 200, b"1:1"


def polled9(gate):
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(f"/socket.io/1/xhr-polling/{sid}")
    return gate.get(f"/socket.io/1/xhr-polling/{sid}"), 200, b"8::"


def polled_jsonp9(gate):
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(f"/socket.io/1/jsonp-polling/{sid}?i=0")
    return gate.get(f"/socket.io/1/jsonp-polling/{sid}?i=0"), 200, b'io.j[0]("8::");'


def polled_old(gate):
    sid = gate.get("/socket.io/xhr-polling//1").text[-20:]
    return gate.get(f"/socket.io/xhr-polling/{sid}/2"), 200, b""


@pytest.mark.parametrize("polled", [polled4, polled3, polled9, polled_jsonp9, polled_old])
def test_a_listener_that_closes_answers_polls_so_that_clients_come_back(gate, polled):
    reasons = []
    gate.io.on("disconnect", lambda socket, reason: reasons.append(reason))
    poll, status, body = polled(gate)
    assert poll.answer is None
    close(gate)
    assert poll.answer == (status, body)
    assert reasons == ["server shutting down"]


@pytest.mark.parametrize("era", ERAS)
def test_a_listener_that_closes_ends_websockets_with_1001_and_without_a_word(gate, era):
    reasons = []
    gate.io.on("disconnect", lambda socket, reason: reasons.append(reason))
    peer = peer_of(gate, era)
    close(gate)
    assert peer.heard() == [("close", 1001)]
    assert reasons == ["server shutting down"]


def test_a_listener_that_closes_ends_hixie_sockets_in_their_way(gate):
    connection = gate.get("/socket.io/websocket", headers=HIXIE76, upgrade=True).connection
    connection.reader.dataReceived(b"^n:ds[4U")
    connection.take()
    close(gate)
    assert connection.take() == b"\xff\x00"


STREAMS = ["/socket.io/1/htmlfile/{sid}", "/socket.io/htmlfile//1", "/socket.io/xhr-multipart//1", "/socket.io/server-events//1"]


@pytest.mark.parametrize("target", STREAMS)
def test_a_listener_that_closes_ends_streams_without_0(gate, target):
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    stream = gate.get(target.format(sid=sid))
    said = len(stream.pieces)
    close(gate)
    assert stream.finished and stream.pieces[said:] == []


def test_what_was_sent_before_the_listener_closes_arrives(gate):
    gate.io.on("disconnecting", lambda socket, reason: socket.emit("last"))
    poll, peer = Poller(gate).poll(), peer_of(gate, "eio4")
    gate.io.emit("news")
    close(gate)
    assert poll.text == '42["news"]\x1e42["last"]\x1e1'
    assert peer.heard() == ['42["news"]', '42["last"]', ("close", 1001)]


# Ends in the midst of beginnings -----------------------------------------------------------------------------

BEGINNINGS = [
    ("/socket.io/?EIO=3&transport=websocket", True, ["40", '42["no"]', "41"]),
    ("/socket.io/websocket", True, ['~m~27~m~~j~{"event":"no","args":[]}']),
    ("/socket.io/1/websocket/{sid}", True, ["1::", '5:::{"name":"no"}', "0::"]),
    ("/socket.io/htmlfile//1", False, ["no"]),
    ("/socket.io/xhr-multipart//1", False, ["no"]),
    ("/socket.io/1/htmlfile/{sid}", False, ["1::", "no", "0::"]),
]


@pytest.mark.parametrize(("target", "upgrade", "words"), BEGINNINGS)
def test_a_client_that_is_put_out_on_connection_hears_what_was_said(gate, target, upgrade, words):
    @gate.io.on("connection")
    def connected(socket):
        socket.emit("no")
        socket.disconnect(True)

    sid = gate.get("/socket.io/1/").text.split(":")[0]
    request = gate.get(target.format(sid=sid), upgrade=upgrade)
    if upgrade:
        data = frames(request.connection.take().partition(b"\r\n\r\n")[2])
        assert data[-1] == ("close", None)
        assert all(word in "".join(data[:-1]) for word in words)
    else:
        assert request.finished
        text = b"".join(request.pieces).decode()
        assert all(word in text for word in words)
    assert gate.io.clients == {}


def test_a_polling_client_that_is_put_out_on_connection_hears_it_with_its_polls(gate):
    gate.io.on("connection", lambda socket: socket.disconnect(True))
    poller = Poller(gate, join=False)
    poller.post("40")
    assert [unit[:2] for unit in poller.poll().text.split("\x1e")] == ["40", "41"]
    assert poller.poll().text.endswith("1")
    assert poller.poll().answer[0] == 400


# Queues ------------------------------------------------------------------------------------------------------


def test_what_a_paused_websocket_does_not_take_waits_in_order(gate):
    peer = peer_of(gate, "eio4")
    transport = peer.client.transport
    transport.pause()
    for number in range(3):
        gate.io.emit("e", number)
    assert peer.heard() == []
    transport.resume()
    gate.io.emit("e", 3)
    assert [event[2] for event in peer.events()] == [[0], [1], [2], [3]]


def test_max_buffer_counts_what_waits_not_what_has_gone(make_gate):
    gate = make_gate(max_buffer=1000, max_payload=1000)
    peer = peer_of(gate, "eio4")
    client, transport = peer.client, peer.client.transport
    for _ in range(20):
        transport.pause()
        for _ in range(3):
            gate.io.emit("e", "x" * 250)
        transport.resume()
    assert not client.over
    transport.pause()
    for _ in range(5):
        gate.io.emit("e", "x" * 250)
    assert client.over


def test_a_paused_websocket_that_takes_a_part_is_charged_for_the_rest_only(make_gate):
    gate = make_gate(max_buffer=1600, max_payload=1000)
    peer = peer_of(gate, "eio4")
    client, transport, write = peer.client, peer.client.transport, peer.connection.send
    transport.pause()
    for _ in range(4):
        gate.io.emit("e", "x" * 200)

    def send_and_stop(data):
        write(data)
        transport.pause()

    peer.connection.send = send_and_stop
    transport.resume()
    gate.io.emit("e", "x" * 200)
    assert not client.over and len(client._outbox) == 4


def test_what_waits_for_a_paused_websocket_goes_out_before_its_end(gate):
    peer = peer_of(gate, "eio4")
    socket = peer.client.sockets["/"]
    peer.client.transport.pause()
    socket.emit("waits")
    socket.disconnect(True)
    assert peer.heard() == ['42["waits"]', "41", ("close", None)]


def test_a_slow_client_is_ended_once_and_hears_nothing_after_the_gap(make_gate):
    gate = make_gate(max_buffer=1000, max_payload=1000)
    reasons = []
    gate.io.on("disconnect", lambda socket, reason: reasons.append(reason))
    poller = Poller(gate)
    for _ in range(10):
        gate.io.emit("e", "x" * 400)
    assert poller.poll().answer[0] == 400
    gate.turn(1)
    assert reasons == ["transport error"]


# Units of a client ------------------------------------------------------------------------------------------


def test_bytes_come_and_go(gate):
    got = []
    gate.io.on("file", lambda socket, data: got.append(data) or data)
    peer = peer_of(gate, "eio4")
    peer.raw('451-0["file",{"_placeholder":true,"num":0}]')
    peer.connection.reader.dataReceived(masked(b"\1\2", 2))
    assert got == [b"\1\2"]
    assert peer.heard() == ['461-0[{"_placeholder":true,"num":0}]', b"\1\2"]


def test_units_behind_an_end_are_not_taken(gate):
    said = []
    gate.io.on("e", lambda socket: said.append(1))
    gate.io.on("kick", lambda socket: socket.disconnect(True))
    poller = Poller(gate)
    poller.post('42["e"]\x1e42["kick"]\x1e42["e"]')
    assert said == [1]


def test_a_bad_unit_ends_only_its_client(gate):
    bad, good = peer_of(gate, "eio4"), peer_of(gate, "eio4")
    bad.raw("nonsense")
    gate.io.emit("still here")
    assert bad.heard() == [("close", None)]
    assert good.names() == ["still here"]
