"""What a handler does with its socket: sending, waiting for answers, rooms, values, middleware, leaving."""

import pytest
from twisted.internet.defer import CancelledError, succeed
from twisted.internet.task import deferLater

from gateway import AckTimeout, ConnectionRefused, LimitExceeded, SocketClosed
from tests.gateway.era_peers import ERAS, WITH_NAMESPACES, Poller, peer_of, taken
from tests.gateway.ws_frames import said as frames_said
from tests.gateway.ws_frames import text


@pytest.fixture
def gate(make_gate):
    """Here the payload of 0.3 to 0.6 is not in question."""
    return make_gate(old_payload="frames")


def joined(gate, era="eio4", namespace="/"):
    """A client and the socket it has."""
    peer = peer_of(gate, era, namespace)
    return peer, peer.client.sockets[namespace]


# Sending -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
def test_an_event_reaches_a_client_of_every_era(gate, era):
    peer, socket = joined(gate, era)
    socket.emit("news", "é", [1, {"a": None}])
    assert peer.events() == [("/", "news", ["é", [1, {"a": None}]], None)]


SENT = [
    ("old", ("hi",), ["~m~2~m~hi"]),
    ("old", ({"a": 1},), ['~m~10~m~~j~{"a":1}']),
    ("old", ("a", "b"), ["~m~1~m~a~m~1~m~b"]),
    ("0.9", ("hi",), ["3:::hi"]),
    ("0.9", ({"a": 1},), ['4:::{"a":1}']),
    ("0.9", ("a", "b"), ['5:::{"name":"message","args":["a","b"]}']),
    ("eio3", ("hi",), ['42["message","hi"]']),
    ("eio4", ("hi", 1), ['42["message","hi",1]']),
]


@pytest.mark.parametrize(("era", "values", "read"), SENT)
@pytest.mark.parametrize("name", ["send", "write"])
def test_send_is_a_message_as_each_era_has_it(gate, era, values, read, name):
    peer, socket = joined(gate, era)
    getattr(socket, name)(*values)
    assert "".join(peer.heard()) == "".join(read)


@pytest.mark.parametrize(("era", "read"), [("0.9", '4:::"hi"'), ("eio4", '42["message","hi"]')])
def test_json_send_is_a_json_message(gate, era, read):
    peer, socket = joined(gate, era)
    socket.json.send("hi")
    assert peer.heard() == [read]


UNSENDABLE = [object(), {1: "a"}, {"a": {2}}, [b"x", bytearray(b"y")], 1j, [[object()]]]


@pytest.mark.parametrize("value", UNSENDABLE, ids=repr)
@pytest.mark.parametrize(
    "send",
    [
        lambda io, socket, value: socket.emit("e", "fine", value),
        lambda io, socket, value: socket.emit("e", value, ack=print),
        lambda io, socket, value: socket.send(value),
        lambda io, socket, value: socket.call("e", value),
        lambda io, socket, value: socket.volatile.emit("e", value),
        lambda io, socket, value: socket.broadcast.emit("e", value),
        lambda io, socket, value: io.emit("e", value),
        lambda io, socket, value: io.timeout(1).call("e", value),
        lambda io, socket, value: io.timeout(1).emit("e", value, ack=print),
    ],
)
def test_what_can_not_be_sent_raises_at_the_call_and_nobody_hears_of_it(gate, value, send):
    peer, socket = joined(gate)
    other, _ = joined(gate, "0.9")
    with pytest.raises(TypeError):
        send(gate.io, socket, value)
    assert peer.heard() == other.heard() == []
    assert not socket._acks


@pytest.mark.parametrize("name", ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])
def test_names_that_would_confuse_clients_are_not_sent(gate, name):
    _, socket = joined(gate)
    with pytest.raises(ValueError, match="reserved event name"):
        socket.emit(name)


def test_the_name_of_an_event_is_text(gate):
    _, socket = joined(gate)
    with pytest.raises(TypeError, match="event names are text"):
        socket.emit(5)


def test_emits_to_a_socket_that_is_gone_are_dropped(gate):
    peer, socket = joined(gate)
    peer.drop()
    socket.emit("e")
    socket.send("e")
    socket.volatile.emit("e")
    socket.emit("e", ack=print)
    assert peer.heard() == []


def test_what_is_changed_between_emit_and_poll_is_not_seen(gate):
    sockets = []
    gate.io.on("connection", sockets.append)
    poller = Poller(gate)
    value = {"n": 1}
    sockets[0].emit("mine", value)
    gate.io.emit("ours", value)
    value["n"] = 2
    assert poller.poll().text == '42["mine",{"n":1}]\x1e42["ours",{"n":1}]'


def test_volatile_is_dropped_when_it_would_have_to_wait(gate):
    sockets = []
    gate.io.on("connection", sockets.append)
    poller = Poller(gate)
    sockets[0].volatile.emit("lost")
    poll = poller.poll()
    sockets[0].volatile.emit("first")
    sockets[0].volatile.emit("second")
    gate.clock.advance(0)
    assert poll.text == '42["first"]'


def test_volatile_is_dropped_while_a_websocket_does_not_read(gate):
    peer, socket = joined(gate)
    peer.connection.writable = False
    socket.volatile.emit("lost")
    gate.io.volatile.emit("lost")
    socket.volatile.emit("lost", ack=print)
    peer.connection.writable = True
    socket.volatile.emit("comes")
    assert peer.names() == ["comes"]


# Answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("answer", "value"), [((), None), ((1,), 1), (("a", "b"), ("a", "b"))])
def test_call_gives_the_answer(gate, era, answer, value):
    peer, socket = joined(gate, era)
    got = []
    socket.call("q", 5).addCallback(got.append)
    ((_, name, args, number),) = peer.events()
    assert (name, args) == ("q", [5])
    peer.ack(number, *answer)
    peer.ack(number, "again")
    assert got == [value]


def test_ack_is_called_with_the_answer(gate):
    peer, socket = joined(gate)
    got = []
    socket.emit("q", ack=lambda *args: got.append(args))
    socket.send("q", ack=lambda *args: got.append(args))
    numbers = [event[3] for event in peer.events()]
    peer.ack(numbers[0], 1, 2)
    peer.ack(numbers[1])
    assert got == [(1, 2), ()]


def test_with_a_timeout_ack_gets_the_error_first(gate):
    peer, socket = joined(gate)
    got = []
    socket.timeout(2).emit("q", ack=lambda error, *args: got.append((error, args)))
    socket.timeout(2).emit("q", ack=lambda error, *args: got.append((type(error), args)))
    peer.ack(peer.events()[0][3], "yes")
    gate.turn(3)
    assert got == [(None, ("yes",)), (AckTimeout, ())]


@pytest.mark.parametrize("ask", [lambda s: s.call("q", timeout=2), lambda s: s.timeout(2).call("q")])
def test_call_fails_in_time(gate, ask):
    peer, socket = joined(gate)
    got = []
    ask(socket).addErrback(lambda failure: got.append(failure.type))
    gate.turn(1.5)
    assert got == []
    gate.turn(1)
    assert got == [AckTimeout]
    peer.ack(peer.events()[0][3], "too late")
    assert not socket._acks


def test_call_fails_at_once_when_the_socket_is_gone(gate):
    peer, socket = joined(gate)
    got = []
    socket.call("q", timeout=9).addErrback(lambda failure: got.append(failure.type))
    socket.timeout(9).emit("q", ack=lambda error: got.append(type(error)))
    peer.drop()
    socket.call("q").addErrback(lambda failure: got.append(failure.type))
    socket.timeout(1).emit("q", ack=lambda error: got.append(type(error)))
    assert got == [SocketClosed] * 4
    assert not any("Timed" in str(call.func) for call in gate.clock.getDelayedCalls())


def test_ack_without_timeout_is_not_called_when_the_socket_goes(gate):
    peer, socket = joined(gate)
    got = []
    socket.emit("q", ack=got.append)
    peer.drop()
    assert got == []


def test_an_answer_that_nobody_waits_for_any_more_is_forgotten(gate):
    peer, socket = joined(gate)
    got = []
    socket.call("q").addCallback(got.append)
    given_up = socket.call("q2")
    given_up.addErrback(lambda failure: got.append(failure.type))
    given_up.cancel()
    assert len(socket._acks) == 1
    peer.ack(1, "ignored")
    peer.ack(0, "answer")
    assert got == [CancelledError, "answer"]


def test_beyond_max_acks_the_oldest_fails(make_gate):
    gate = make_gate(max_acks=2)
    peer, socket = joined(gate)
    got = []
    for n in range(3):
        socket.call("q", n).addCallbacks(got.append, lambda failure: got.append(failure.type))
    assert got == [AckTimeout]
    for _, _, args, number in peer.events():
        peer.ack(number, args[0])
    assert got == [AckTimeout, 1, 2]


def test_a_failing_ack_function_is_logged_and_harms_nobody(gate, logged_failures):
    peer, socket = joined(gate)
    socket.emit("q", ack=lambda: 1 / 0)
    peer.ack(0)
    assert [type(error) for error in taken(logged_failures)] == [ZeroDivisionError]
    socket.emit("still here")
    assert peer.names() == ["q", "still here"]


@pytest.mark.parametrize("answer", ["439[1]", '43["no id"]', "430", "43/chat,0[1]"])
def test_answers_that_fit_nothing_are_ignored_or_end_the_client_but_call_nobody(gate, answer):
    peer, socket = joined(gate)
    got = []
    socket.emit("q", ack=got.append)
    peer.raw(answer)
    assert got == []


# Rooms --------------------------------------------------------------------------------------------


def test_rooms_are_joined_and_left(gate):
    _, socket = joined(gate)
    socket.join("a", ["b", "c"])
    socket.join("a")
    assert socket.rooms == {socket.id, "a", "b", "c"}
    socket.leave("b")
    socket.leave("never joined")
    assert socket.rooms == {socket.id, "a", "c"}
    assert gate.io.adapter.rooms == ["a", "c"]
    socket.leave_all()
    assert socket.rooms == {socket.id}
    assert gate.io.adapter.rooms == []


@pytest.mark.parametrize("room", [5, None, b"a", ("a", 5)])
def test_rooms_are_text(gate, room):
    _, socket = joined(gate)
    with pytest.raises(TypeError):
        socket.join(room)
    with pytest.raises(TypeError):
        gate.io.to(room)


def test_max_rooms_is_a_limit_and_its_own_id_does_not_count(make_gate):
    gate = make_gate(max_rooms=2)
    _, socket = joined(gate)
    socket.join("a", "b", socket.id)
    with pytest.raises(LimitExceeded, match="max_rooms"):
        socket.join("c")
    assert socket.rooms == {socket.id, "a", "b"}
    socket.leave("a")
    socket.join("c")


def test_rooms_are_known_in_disconnecting_and_gone_afterwards(gate):
    said = []
    peer, socket = joined(gate)
    socket.join("a")
    socket.on("disconnecting", lambda reason: said.append((reason, socket.rooms)))
    socket.on("disconnect", lambda reason: said.append((reason, socket.rooms)))
    peer.drop()
    assert said == [("transport close", {socket.id, "a"}), ("transport close", set())]
    socket.join("b")
    assert gate.io.adapter.rooms == []


# What it is ------------------------------------------------------------------------------------------

IDS = [("old", "/"), ("0.9", "/"), ("0.9", "/chat"), ("eio3", "/"), ("eio3", "/chat"), ("eio4", "/"), ("eio4", "/chat")]


@pytest.mark.parametrize(("era", "namespace"), IDS)
def test_ids_are_what_clients_of_the_era_expect(gate, era, namespace):
    gate.io.of("/chat")
    peer, socket = joined(gate, era, namespace)
    expected = {"old": peer.sid, "0.9": peer.sid, "eio3": peer.sid if namespace == "/" else f"/chat#{peer.sid}"}.get(era)
    if expected is None:
        assert socket.id != peer.sid and len(socket.id) == 20
    else:
        assert socket.id == expected
    assert socket.session_id == socket.client.id == peer.sid


@pytest.mark.parametrize("era", ERAS)
def test_public_ids_can_be_random(make_gate, era):
    gate = make_gate(public_ids="random")
    peer, socket = joined(gate, era)
    other, _ = joined(gate, era)
    assert len(socket.id) == 20 and socket.id != peer.sid
    assert gate.io.clients[peer.sid] is socket and gate.io.clients_index[peer.sid] is socket
    gate.io.to(socket.id).emit("by id")
    gate.io.broadcast("0.6 names session ids", except_=other.sid)
    assert peer.names() == ["by id", "message"]
    assert other.names() == []


@pytest.mark.parametrize("era", ERAS)
def test_a_socket_tells_what_it_is(gate, era):
    peer, socket = joined(gate, era)
    assert socket.client is socket.conn is socket.client.conn
    assert (socket.client.era, socket.client.transport_name) == (era, "websocket")
    assert (socket.connected, socket.disconnected, socket.connections, socket.recovered) == (True, False, 1, False)
    handshake = socket.handshake
    assert handshake is socket.client.request
    assert (handshake.era, handshake.transport) == (era, "" if era == "0.9" else "websocket")
    assert (handshake.address, handshake.secure, handshake.xdomain, handshake.auth) == ("192.0.2.1", False, False, {})
    assert handshake.headers["host"] == "gate.example"
    peer.drop()
    assert (socket.connected, socket.disconnected, socket.connections) == (False, True, 0)
    assert peer.sid not in repr(socket) and peer.sid not in repr(socket.client)


def test_the_handshake_s_query_is_the_first_request_s_and_auth_the_namespace_s(gate):
    gate.io.of("/chat")
    request = gate.get("/socket.io/?EIO=4&transport=websocket&a=1&b=2&b=3", upgrade=True)
    peer = peer_of(gate, "eio4")
    peer.connection.reader = request.connection.reader
    peer.raw('40{"token":"t"}')
    peer.raw('40/chat,{"room":[1]}')
    (client,) = [client for client in gate.io._sessions.values() if client.id != peer.sid]
    root, chat = client.sockets["/"], client.sockets["/chat"]
    assert root.handshake.query == {"EIO": "4", "transport": "websocket", "a": "1", "b": ["2", "3"]}
    assert (root.handshake.auth, chat.handshake.auth, root.query) == ({"token": "t"}, {"room": [1]}, {})


QUERIES = [("0.9", "1::/chat:?a=b&c=1&c=2"), ("0.9", "1::/chat?a=b&c=1&c=2"), ("eio3", "40/chat?a=b&c=1&c=2,")]


@pytest.mark.parametrize(("era", "join"), QUERIES)
def test_the_query_of_a_namespace_is_its_socket_s(gate, era, join):
    gate.io.of("/chat")
    peer = peer_of(gate, era)
    peer.raw(join)
    socket = peer.client.sockets["/chat"]
    assert socket.query == {"a": "b", "c": ["1", "2"]}
    assert "a" not in socket.handshake.query and socket.handshake.auth == {}


def test_a_query_in_a_namespace_of_4_x_is_part_of_its_name(gate):
    gate.io.of("/chat")
    peer = peer_of(gate, "eio4")
    peer.raw("40/chat?a=b,")
    assert peer.heard() == ['44/chat?a=b,{"message":"Invalid namespace"}']


# Values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_all_sockets_of_a_client_share_its_values_and_nobody_else_has_them(gate, era):
    gate.io.of("/chat")
    peer, chat = joined(gate, era, "/chat")
    root, other = peer.client.sockets["/"], joined(gate, era)[1]
    root.set("k", {"v": (1, 2)})
    got = [chat.get("k"), chat.has("k"), chat.all(), other.get("k", "none"), chat.delete("k"), root.has("k"), root.clear()]
    assert [d.result for d in got] == [{"v": [1, 2]}, True, {"k": {"v": [1, 2]}}, "none", True, False, None]


def test_values_end_with_the_client_also_those_of_a_handler_that_took_its_time(gate):
    @gate.io.on("disconnect")
    async def left(socket, reason):
        assert await socket.get("k") == 1
        await deferLater(gate.clock, 1, lambda: None)
        await socket.set("late", 2)

    peer, socket = joined(gate)
    socket.set("k", 1)
    peer.drop()
    gate.turn(2)
    assert socket.all().result == {}
    assert gate.io.store._clients == {}


def test_values_outlive_the_client_for_store_expiration(make_gate):
    gate = make_gate(store_expiration=10)
    peer, socket = joined(gate)
    socket.set("k", 1)
    peer.drop()
    gate.turn(9)
    assert socket.get("k").result == 1
    gate.turn(2)
    assert socket.get("k").result is None


def test_data_is_a_plain_dict_of_the_socket(gate):
    _, socket = joined(gate)
    socket.data["anything"] = object()
    assert list(socket.data) == ["anything"]


# Event middleware ------------------------------------------------------------------------------------------


def test_event_middleware_sees_and_may_change_every_event(gate):
    said = []

    @gate.io.on("connection")
    def connected(socket):
        socket.use(lambda name, args: args.append("one"))

        @socket.use
        async def second(name, args):
            args.append("two")

        socket.on("e", lambda *args: said.append(args))

    peer_of(gate, "eio4").emit("e", 0)
    assert said == [(0, "one", "two")]


@pytest.mark.parametrize("kind", ["raises", "coroutine", "late"])
def test_a_refused_event_raises_error_on_the_socket_and_reaches_no_handler(gate, kind):
    said = []

    def refuse(name, args):
        if name == "bad":
            raise PermissionError("no")

    async def refuse_later(name, args):
        if kind == "late":
            await deferLater(gate.clock, 1, lambda: None)
        refuse(name, args)

    @gate.io.on("connection")
    def connected(socket):
        socket.use(refuse if kind == "raises" else refuse_later)
        socket.on("error", lambda error: said.append(("socket", str(error))))

    gate.io.on("error", lambda socket, error: said.append(("namespace", str(error))))
    gate.io.on("*", lambda socket, name: said.append(name))
    peer = peer_of(gate, "eio4")
    peer.emit("bad", id=0)
    peer.emit("good")
    gate.turn(3)
    assert said == [("namespace", "no"), ("socket", "no"), "good"]
    assert peer.heard() == []


@pytest.mark.parametrize(("revision", "told"), [(2, ['44{"code":7}', '44"no"']), (3, ['44{"code":7}', '44"no"']), (4, [])])
def test_a_client_of_1_or_2_is_told_that_its_event_is_refused(gate, revision, told):
    def refuse(name, args):
        raise {"data": ConnectionRefused("no", {"code": 7}), "plain": ConnectionRefused("no")}.get(name) or ValueError("a secret")

    gate.io.on("connection", lambda socket: socket.use(refuse))
    gate.io.on("error", lambda socket, error: None)
    connection = gate.get(f"/socket.io/?EIO={revision}&transport=websocket", upgrade=True).connection
    connection.reader.dataReceived(text("40") if revision == 4 else b"")
    connection.take()
    for name in ("data", "plain", "bug"):
        connection.reader.dataReceived(text(f'42["{name}"]'))
    assert frames_said(connection.take()) == told


def test_a_refusal_that_nobody_hears_is_logged(gate, logged_failures):
    def refuse(name, args):
        raise PermissionError("no")

    gate.io.on("connection", lambda socket: socket.use(refuse))
    peer_of(gate, "eio4").emit("bad")
    assert [str(error) for error in taken(logged_failures)] == ["no"]


def test_events_stay_in_order_behind_a_middleware_that_needs_time(gate):
    said = []

    @gate.io.on("connection")
    def connected(socket):
        socket.use(lambda name, args: deferLater(gate.clock, args[0], lambda: None) if args[0] else None)
        socket.use(lambda name, args: succeed(None))

    gate.io.on("e", lambda socket, seconds: said.append(seconds))
    peer = peer_of(gate, "eio4")
    for seconds in (2, 0, 1, 0, 0):
        peer.emit("e", seconds)
    assert said == []
    gate.turn(2)
    assert said == [2, 0]
    gate.turn(1)
    assert said == [2, 0, 1, 0, 0]


def test_a_thousand_events_behind_a_slow_middleware_are_no_recursion(gate):
    said = []
    gate.io.on("connection", lambda socket: socket.use(lambda name, args: succeed(1) if args[0] else deferLater(gate.clock, 1)))
    gate.io.on("e", lambda socket, number: said.append(number))
    peer = peer_of(gate, "eio4")
    for number in range(1500):
        peer.emit("e", number)
    gate.turn(1)
    assert said == list(range(1500))


def test_what_waits_for_middleware_when_the_client_goes_is_not_dispatched(gate):
    said = []
    gate.io.on("connection", lambda socket: socket.use(lambda name, args: deferLater(gate.clock, 1, lambda: None)))
    gate.io.on("e", lambda socket: said.append("e"))
    peer = peer_of(gate, "eio4")
    peer.emit("e")
    peer.emit("e")
    peer.drop()
    gate.turn(5)
    assert said == []


# What is sent, watched -------------------------------------------------------------------------------------


def test_handlers_of_what_is_sent_hear_every_event_but_no_acknowledgement(gate):
    peer, socket = joined(gate)
    joined(gate)
    said = []
    gate.io.on("ask", lambda s: "answer")
    first = socket.on_any_outgoing(lambda name, *args: said.append((name, args)))
    socket.emit("one", 1)
    socket.send("two")
    socket.call("three").addErrback(lambda failure: None)
    gate.io.emit("four", 4)
    gate.io.timeout(1).call("five").addErrback(lambda failure: None)
    socket.broadcast.emit("not for us")
    peer.emit("ask", id=1)
    assert said == [("one", (1,)), ("message", ("two",)), ("three", ()), ("four", (4,)), ("five", ())]
    socket.prepend_any_outgoing(print)
    assert socket.listeners_any_outgoing() == [print, first]
    socket.off_any_outgoing(print)
    assert socket.listeners_any_outgoing() == [first]
    socket.off_any_outgoing()
    assert socket.listeners_any_outgoing() == []
    gate.turn(2)
