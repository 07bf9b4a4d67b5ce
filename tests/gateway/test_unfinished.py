"""Events whose handlers are not done are bounded like all else that a client can pile up."""

import pytest
from twisted.internet.defer import Deferred

from gateway import EngineListener, WebSocketListener
from gateway.unfinished import EVENT, VALUE, weight
from tests.gateway.era_peers import ERAS, masked, peer_of


@pytest.mark.parametrize(
    "args, size",
    [
        ([], 0),
        (["abc", b"de"], 2 * VALUE + 5),
        ([1, None, 1.5], 3 * VALUE),
        ([["a", {"k": "bc"}]], 4 * VALUE + 3),
    ],
)
def test_the_weight_of_arguments(args, size):
    assert weight(args) == size


def test_the_weight_of_a_deep_value():
    value = []
    for _ in range(10_000):
        value = [value]
    assert weight([value]) == 10_001 * VALUE


def waiting(gate, kind):
    """Have a handler of ``kind`` for the event ``slow``; gives what it waits for, one for each event that it was called with."""
    asked = []

    def later(*args):
        asked.append(Deferred())
        return asked[-1]

    async def coroutine(*args):
        await later()

    def acknowledging(*args, ack):
        return later()

    if kind == "use":
        gate.io.on("connection", lambda socket: socket.use(later))
    elif kind == "any":
        gate.io.on_any(later)
    elif kind == "message":
        gate.io.on("clientMessage", later)
    else:
        handler = {"coroutine": coroutine, "ack": acknowledging}.get(kind, later)
        gate.io.on("slow", handler, serial=kind == "serial", ack=kind == "ack")
        if kind == "two":
            gate.io.on("slow", lambda *args: None)
    return asked


KINDS = ["plain", "coroutine", "serial", "ack", "two", "any", "use", "message"]


def flood(peer, kind, times):
    for _ in range(times):
        if not peer.connection.closed and peer.client is not None:
            peer.send("x") if kind == "message" else peer.emit("slow", "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("era", ERAS)
def test_a_client_whose_events_come_faster_than_they_are_done_is_cut_off(make_gate, era, kind):
    gate = make_gate(max_buffer=20 * EVENT)
    reasons = []
    gate.io.on("disconnect", lambda socket, reason: reasons.append(reason))
    waiting(gate, kind)
    peer, neighbour = peer_of(gate, era), peer_of(gate, "eio4")
    flood(peer, kind, 15)
    assert reasons == []
    flood(peer, kind, 15)
    assert reasons == ["transport error"]
    assert neighbour.client is not None


@pytest.mark.parametrize("kind", ["plain", "coroutine", "serial", "ack", "two", "any", "use"])
def test_what_is_done_no_longer_counts(make_gate, kind):
    gate, sockets = make_gate(max_buffer=20 * EVENT), []
    gate.io.on("connection", sockets.append)
    asked = waiting(gate, kind)
    peer = peer_of(gate, "eio4")
    for _ in range(10):
        flood(peer, kind, 10)
        while asked:
            asked.pop(0).callback(None)
    assert peer.client is not None
    assert sockets[0].unfinished == 0


def test_a_handler_that_is_done_at_once_is_not_counted(make_gate):
    gate = make_gate(max_buffer=1)

    async def done(socket, *args):
        return 1

    gate.io.on("slow", done)
    peer = peer_of(gate, "eio4")
    flood(peer, "plain", 10)
    assert peer.client is not None


def test_a_few_large_events_count_as_much_as_many_small_ones(make_gate):
    gate = make_gate(max_buffer=20 * EVENT)
    waiting(gate, "plain")
    peer = peer_of(gate, "eio4")
    for _ in range(2):
        peer.connection.reader.dataReceived(
            b"\x81\xfe" + (15_000).to_bytes(2, "big") + bytes(4) + b'42["slow","%b"]' % (b"x" * 14_987)
        )
    assert peer.client is None


def test_bare_engine_io_counts_too(make_gate):
    gate = make_gate(EngineListener, max_buffer=20 * EVENT)
    gate.io.on("connection", lambda socket: socket.on("message", lambda data: Deferred()))
    connection = gate.get("/engine.io/?EIO=4&transport=websocket", upgrade=True).connection
    for _ in range(15):
        connection.reader.dataReceived(masked("4x"))
    assert gate.io.clients_count == 1
    for _ in range(15):
        connection.reader.dataReceived(masked("4x"))
    assert gate.io.clients_count == 0


def test_plain_websockets_count_too(make_gate):
    waiting = []

    def later(socket, data):
        waiting.append(Deferred())
        return waiting[-1]

    gate = make_gate(lambda reactor: WebSocketListener("/ws", later, reactor=reactor, max_buffer=20 * EVENT))
    connection = gate.get("/ws", upgrade=True).connection
    for _ in range(30):
        connection.reader.dataReceived(masked("x"))
        waiting.pop().callback(None)
    assert not connection.aborted
    for _ in range(30):
        connection.reader.dataReceived(masked("x"))
    assert connection.aborted


# The end of the listener


def closing(gate):
    """Close the listener; the list is not empty once that is done."""
    done = []
    Deferred.fromCoroutine(gate.io.close()).addBoth(done.append)
    return done


@pytest.mark.parametrize("era", ERAS)
def test_a_listener_that_closes_waits_for_handlers_at_work_and_sends_what_they_say(make_gate, era):
    gate = make_gate()
    asked = []

    async def slow(socket, number):
        asked.append(Deferred())
        await asked[-1]
        socket.emit("done", number)
        return number

    gate.io.on("slow", slow)
    peer = peer_of(gate, era)
    peer.emit("slow", 7, id=1)
    done = closing(gate)
    gate.turn(1)
    assert not done
    asked[0].callback(None)
    gate.turn(0.1)
    heard = peer.heard()
    assert any("done" in item for item in heard if isinstance(item, str))
    assert peer.ack_text(1, 7) in heard
    assert done and gate.io.clients_count == 0


def test_a_handler_that_takes_too_long_is_not_waited_for(make_gate):
    gate = make_gate(drain=2)
    gate.io.on("slow", lambda socket: Deferred())
    peer = peer_of(gate, "eio4")
    peer.emit("slow")
    done = closing(gate)
    gate.turn(1.5)
    assert not done
    gate.turn(1)
    assert done and ("close", 1001) in peer.heard()


def test_without_drain_nothing_is_waited_for(make_gate):
    gate = make_gate(drain=0)
    gate.io.on("slow", lambda socket: Deferred())
    peer_of(gate, "eio4").emit("slow")
    assert closing(gate)
