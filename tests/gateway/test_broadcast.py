"""To whom a message goes: flags, rooms, exceptions, answers of many, across the eras."""

import gc

import pytest

from gateway import AckTimeout, LimitExceeded
from gateway.broadcast import Broadcast
from tests.gateway.era_peers import ERAS, Poller, peer_of, taken


@pytest.fixture
def gate(make_gate):
    """Here the payload of 0.3 to 0.6 is not in question."""
    return make_gate(old_payload="frames")


class Room:
    """Four clients, one of each era, and their sockets: a (old) and b (0.9) in "x", b and c (eio3) in "y"; d is eio4."""

    def __init__(self, gate):
        self.io = gate.io
        self.peers = dict(zip("abcd", [peer_of(gate, era) for era in ERAS], strict=True))
        self.sockets = {name: peer.client.sockets["/"] for name, peer in self.peers.items()}
        for name, room in ("ax", "bx", "by", "cy"):
            self.sockets[name].join(room)
        self.id = {name: socket.id for name, socket in self.sockets.items()}
        for name, socket in self.sockets.items():
            setattr(self, name, socket)

    def heard(self):
        """Who heard anything since the last call."""
        return "".join(name for name, peer in self.peers.items() if peer.names())


@pytest.fixture
def room(gate):
    return Room(gate)


WHO = [
    ("everybody", lambda r: r.io, "abcd"),
    ("everybody in the namespace", lambda r: r.io.of("/"), "abcd"),
    ("one room", lambda r: r.io.to("x"), "ab"),
    ("in_ is to", lambda r: r.io.in_("x"), "ab"),
    ("rooms add up, each client once", lambda r: r.io.to("x").to("y"), "abc"),
    ("several at once", lambda r: r.io.to("x", "y"), "abc"),
    ("a list of rooms", lambda r: r.io.to(["x", "y"]), "abc"),
    ("a room that is empty", lambda r: r.io.to("nobody"), ""),
    ("a socket's own id", lambda r: r.io.to(r.id["d"]), "d"),
    ("a room and a socket", lambda r: r.io.to("x", r.id["d"]), "abd"),
    ("but a room", lambda r: r.io.except_("x"), "cd"),
    ("a room but another", lambda r: r.io.to("x").except_("y"), "a"),
    ("but rooms", lambda r: r.io.except_("x").except_("y"), "d"),
    ("but a socket", lambda r: r.io.except_(r.id["a"]), "bcd"),
    ("local", lambda r: r.io.local.to("x"), "ab"),
    ("volatile", lambda r: r.io.volatile, "abcd"),
    ("compress", lambda r: r.io.compress(False).to("x"), "ab"),
    ("binary", lambda r: r.io.binary(True).to("x"), "ab"),
    ("the others", lambda r: r.a.broadcast, "bcd"),
    ("the others in a room", lambda r: r.a.to("x"), "b"),
    ("the same", lambda r: r.a.broadcast.to("x"), "b"),
    ("the same, in_", lambda r: r.a.in_("x"), "b"),
    ("a room one is not in", lambda r: r.d.to("x"), "ab"),
    ("the others but a room", lambda r: r.a.except_("y"), "d"),
    ("local from a socket", lambda r: r.a.local, "bcd"),
    ("volatile from a socket is itself", lambda r: r.a.volatile, "a"),
    ("volatile to a room", lambda r: r.a.volatile.to("x"), "b"),
    ("volatile to the others", lambda r: r.a.volatile.broadcast, "bcd"),
    ("broadcast then volatile", lambda r: r.a.broadcast.volatile, "bcd"),
    ("volatile but a room", lambda r: r.a.volatile.except_("y"), "d"),
    ("volatile local", lambda r: r.a.volatile.local, "bcd"),
    ("compress from a socket", lambda r: r.a.compress(False), "a"),
    ("binary from a socket", lambda r: r.a.binary(True), "a"),
    ("timeout from a socket", lambda r: r.a.timeout(1), "a"),
    ("json from a socket", lambda r: r.a.json, "a"),
]


@pytest.mark.parametrize(("target", "who"), [row[1:] for row in WHO], ids=[row[0] for row in WHO])
@pytest.mark.parametrize("how", ["emit", "send"])
def test_who_hears_it(room, target, who, how):
    if how == "emit":
        target(room).emit("e", 1)
    else:
        target(room).send("text")
    assert room.heard() == who


def test_flags_give_new_values_and_change_none(room):
    everybody = room.io.to("x")
    others = [
        everybody.to("y"),
        everybody.except_("x"),
        everybody.volatile,
        everybody.timeout(1),
        everybody.local,
        everybody.json,
    ]
    assert all(other is not everybody for other in others)
    assert everybody._rooms == ("x",) and not everybody._except and everybody._timeout is None
    everybody.emit("e")
    assert room.heard() == "ab"
    unused = [room.a.volatile, room.a.broadcast, room.io.volatile]
    room.a.emit("e")
    assert len(unused) == 3
    assert room.heard() == "a"


@pytest.mark.parametrize("ended", [False, True])
def test_a_broadcast_is_callable_as_in_0_6(room, ended):
    room.a.broadcast("hi") if not ended else room.io.broadcast("hi", except_=room.a.session_id)
    assert [peer.events()[0][1:3] for name, peer in room.peers.items() if name != "a"] == [("message", ["hi"])] * 3
    assert room.peers["a"].events() == []


def test_listener_broadcast_takes_several_exceptions_and_unknown_ones(room):
    assert room.io.broadcast("hi", except_=[room.a.session_id, room.d.session_id, "nobody"]) is room.io
    assert room.heard() == "bc"
    room.io.broadcast("hi")
    assert room.heard() == "abcd"


def test_a_message_is_encoded_once_per_form_whatever_the_number_of_clients(gate, room, monkeypatch):
    made = []
    outgoing = Broadcast._make.fget

    def remembered(self):
        def make(*args):
            made.append(outgoing(self)(*args))
            return made[-1]

        return make

    monkeypatch.setattr(Broadcast, "_make", property(remembered))
    room.io.emit("e", 1)
    Room(gate)
    room.io.emit("e", 1)
    assert len(made) == 2 and made[0]._forms == made[1]._forms


# Members -----------------------------------------------------------------------------------------------


def run(coroutine):
    """The result of a coroutine that has nothing to wait for."""
    from twisted.internet.defer import Deferred

    got = []
    Deferred.fromCoroutine(coroutine).addBoth(got.append)
    return got[0]


def test_members_are_fetched_joined_and_left(room):
    assert run(room.io.to("x").fetch_sockets()) == [room.a, room.b]
    assert run(room.io.except_("x").fetch_sockets()) == [room.c, room.d]
    run(room.io.to("x").sockets_join("z", ["w"]))
    assert run(room.io.in_("z").fetch_sockets()) == run(room.io.in_("w").fetch_sockets()) == [room.a, room.b]
    run(room.io.to("z").sockets_leave("z", "x"))
    assert run(room.io.in_("z", "x").fetch_sockets()) == []
    run(room.io.of("/").sockets_join("all"))
    assert len(run(room.a.to("all").fetch_sockets())) == 3


def test_one_member_at_its_limit_does_not_keep_the_others_out(make_gate):
    gate = make_gate(max_rooms=1)
    first, second = (peer_of(gate, "eio4").client.sockets["/"] for _ in range(2))
    first.join("full")
    assert run(gate.io.sockets_join("new")).check(LimitExceeded)
    assert second.rooms == {second.id, "new"}


@pytest.mark.parametrize("close", [False, True])
def test_members_are_disconnected(gate, room, close):
    room.io.of("/chat")
    room.peers["b"].join("/chat")
    said = []
    room.io.on("disconnect", lambda socket, reason: said.append((socket, reason)))
    run(room.io.to("x").disconnect_sockets(close))
    assert said == [(room.a, "server namespace disconnect"), (room.b, "server namespace disconnect")]
    room.io.emit("e")
    assert room.heard() == "cd"


def test_a_socket_that_left_is_in_no_room_any_more(gate, room):
    room.peers["a"].drop()
    room.io.to("x", room.id["a"]).emit("e")
    assert room.heard() == "b"
    assert run(room.io.to("x").fetch_sockets()) == [room.b]


# Answers of many ------------------------------------------------------------------------------------------


def test_call_gathers_the_first_argument_of_each_answer(gate, room):
    got = []
    room.io.timeout(2).call("q", 1).addCallback(got.append)
    for peer, answer in zip(room.peers.values(), [("old",), ("nine", "ignored"), (), ("four",)], strict=True):
        ((_, _, args, number),) = peer.events()
        assert args == [1] and got == []
        peer.ack(number, *answer)
    assert got == [["old", "nine", None, "four"]]


def test_one_number_serves_all_clients(gate):
    peers = [peer_of(gate, "eio4") for _ in range(3)]
    peers[0].client.sockets["/"].emit("alone", ack=print)
    gate.io.timeout(1).call("q").addErrback(lambda failure: None)
    assert [peer.events()[-1][3] for peer in peers] == [1, 1, 1]
    gate.turn(2)


def test_call_that_runs_out_of_time_fails_with_those_that_came(gate, room):
    got = []
    room.io.timeout(2).call("q").addErrback(lambda failure: got.append((failure.type, failure.value.answers)))
    room.peers["d"].ack(room.peers["d"].events()[0][3], "only")
    gate.turn(3)
    assert got == [(AckTimeout, ["only"])]
    assert [socket._acks for socket in room.sockets.values()] == [{}] * 4


def test_a_client_that_goes_does_not_answer(gate, room):
    got = []
    room.io.to("x").timeout(2).call("q").addErrback(lambda failure: got.append(failure.value.answers))
    room.peers["a"].drop()
    room.peers["b"].ack(room.peers["b"].events()[0][3], "b")
    assert got == []
    gate.turn(3)
    assert got == [["b"]]


def test_call_to_nobody_is_done_at_once(gate):
    got = []
    gate.io.to("nobody").timeout(1).call("q").addCallback(got.append)
    assert got == [[]]


def test_call_needs_a_timeout(gate):
    with pytest.raises(ValueError, match="timeout"):
        gate.io.call("q")
    with pytest.raises(ValueError, match="timeout"):
        gate.io.emit("q", ack=print)


def test_emit_with_ack_tells_the_error_and_the_answers(gate, logged_failures):
    peer = peer_of(gate, "eio4")
    got = []
    gate.io.timeout(1).emit("q", ack=lambda error, answers: got.append((error, answers)))
    gate.io.timeout(1).emit("q", ack=lambda error, answers: got.append((type(error), answers)))
    gate.io.timeout(1).emit("q", ack=lambda error, answers: 1 / 0)
    peer.ack(0, "yes")
    peer.ack(2, "boom")
    gate.turn(2)
    assert got == [(None, ["yes"]), (AckTimeout, [])]
    assert [type(error) for error in taken(logged_failures)] == [ZeroDivisionError]
    gc.collect()


def test_call_from_a_socket_s_flags_is_its_own(gate):
    peer = peer_of(gate, "eio4")
    other = peer_of(gate, "eio4")
    got = []
    peer.client.sockets["/"].timeout(1).call("q").addCallback(got.append)
    peer.ack(peer.events()[0][3], "a", "b")
    assert got == [("a", "b")] and other.events() == []


# In the midst of it -------------------------------------------------------------------------------------------


def test_a_hundred_of_a_thousand_members_gone_in_the_same_tick_keep_it_from_nobody(gate):
    peers = [peer_of(gate, "eio4") for _ in range(1000)]
    gone = peers[::10]
    left = []
    gate.io.on("disconnect", lambda socket, reason: left.append(gate.io.emit("left")))

    @gate.io.on("go")
    def go(socket):
        for peer in gone[:50]:
            peer.drop()
        gate.io.emit("news")
        for peer in gone[50:]:
            peer.drop()

    peers[1].emit("go")
    stayed = [peer for peer in peers if peer not in gone]
    assert len(left) == 100
    assert {tuple(peer.names()) for peer in stayed} == {("left",) * 50 + ("news",) + ("left",) * 50}
    assert len(gate.io.sockets.sockets) == 900


def test_rooms_that_are_left_while_they_are_walked(gate):
    peers = [peer_of(gate, "eio4") for _ in range(10)]
    sockets = [peer.client.sockets["/"] for peer in peers]
    for socket in sockets:
        socket.join("r")
        socket.on_any_outgoing(lambda name: [each.leave("r") for each in sockets])
    gate.io.to("r").emit("first")
    gate.io.to("r").emit("second")
    assert [peer.names() for peer in peers].count(["first"]) in (0, 10)
    assert gate.io.adapter.rooms == []


def test_a_client_past_max_buffer_ends_in_the_next_turn_not_in_the_midst_of_a_broadcast(make_gate):
    gate = make_gate(max_buffer=1000, max_payload=1000)
    said = []

    @gate.io.on("disconnect")
    def left(socket, reason):
        said.append((reason, socket.client.ended))
        gate.io.emit("left")

    slow, fast = Poller(gate), peer_of(gate, "eio4")
    for _ in range(3):
        gate.io.emit("news", "x" * 600)
    gate.io.emit("last")
    assert said == []
    assert fast.names() == ["news"] * 3 + ["last", "left"]
    assert said == [("transport error", ("transport error", "slow client"))]
    assert slow.poll().answer[0] == 400
