"""Events whose handlers are not done are bounded like all else that a client can pile up."""

import pytest
from twisted.internet.defer import Deferred

from gateway.unfinished import EVENT, VALUE, weight
from tests.gateway.era_peers import ERAS, peer_of


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
