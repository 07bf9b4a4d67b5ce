"""Several processes as one: what an adapter has to do for it, shown with listeners that share a list."""

from collections import defaultdict

import pytest
from twisted.internet.defer import Deferred, succeed

from gateway import Listener, MemoryAdapter, OptionError
from gateway.testing import Clock, connect


class Together(MemoryAdapter):
    """Reaches the namespaces of the same name in the other listeners of one list."""

    def __init__(self, namespace, namespaces):
        super().__init__(namespace.sockets)
        self.namespace = namespace
        self.namespaces = namespaces[namespace.name]
        self.namespaces.append(namespace)

    @property
    def others(self):
        return [one for one in self.namespaces if one is not self.namespace]

    def broadcast(self, message, rooms, except_, volatile, local):
        super().broadcast(message, rooms, except_, volatile, local)
        for other in () if local else self.others:
            MemoryAdapter.broadcast(other.adapter, message, rooms, except_, volatile, True)

    async def elsewhere(self, action, rooms, except_, args):
        answers = [await other.on_behalf(action, rooms, except_, args) for other in self.others]
        return [socket for sockets in answers for socket in sockets] if action == "fetch_sockets" else answers


@pytest.fixture
def three():
    """Three listeners that are one server, each with a client; and what they heard."""
    namespaces, clock = defaultdict(list), Clock()
    listeners = [Listener(reactor=clock, adapter=lambda one: Together(one, namespaces)) for _ in range(3)]
    return [(io, connect(io)) for io in listeners]


def result_of(coroutine):
    return Deferred.fromCoroutine(coroutine).result


def test_a_broadcast_reaches_the_clients_of_all_and_a_local_one_those_of_its_own(three):
    (one, a), (_, b), (_, c) = three
    one.emit("all", 1)
    one.local.emit("local", 2)
    assert a.received == [("all", [1]), ("local", [2])]
    assert b.received == c.received == [("all", [1])]


def test_sockets_are_fetched_moved_and_disconnected_everywhere(three):
    (one, a), (two, b), (_, c) = three
    everybody = result_of(one.fetch_sockets())
    assert [socket.client.handshake.era for socket in everybody] == ["eio4"] * 3
    assert len(result_of(one.local.fetch_sockets())) == 1
    result_of(one.except_(next(iter(two.sockets.sockets))).sockets_join("room"))
    two.to("room").emit("news")
    assert (a.arguments("news"), b.arguments("news"), c.arguments("news")) == ([[]], [], [[]])
    result_of(two.sockets_leave("room"))
    two.to("room").emit("news")
    assert (a.arguments("news"), c.arguments("news")) == ([[]], [[]])
    result_of(two.to("room").disconnect_sockets())
    assert a.connected and b.connected and c.connected
    result_of(two.disconnect_sockets())
    assert not (a.connected or b.connected or c.connected)


def test_the_other_servers_are_told_and_asked_and_the_own_one_is_not(three):
    heard = []
    for number, (io, _) in enumerate(three):
        io.server_side.on("count", lambda *args, number=number: heard.append((number, args)))
        io.server_side.on("number", lambda number=number: succeed(number))
        io.server_side.once("number", lambda: "too late")
    io = three[1][0]
    result_of(io.server_side_emit("count", 1, b"2"))
    assert heard == [(0, (1, b"2")), (2, (1, b"2"))]
    assert result_of(io.server_side_call("number")) == [0, 2]
    assert result_of(io.to("room").server_side_call("number")) == [0, 2]
    assert result_of(io.server_side_call("unknown")) == [None, None]


def test_a_handler_that_fails_answers_nothing_and_harms_no_other(three, logged_failures):
    io, _ = three[0]
    three[1][0].server_side.on("number", lambda: 1 // 0)
    three[2][0].server_side.on("number", lambda: 7)
    assert result_of(io.server_side_call("number")) == [None, 7]
    assert [failure.type for failure in logged_failures] == [ZeroDivisionError]
    logged_failures.clear()


def test_no_client_reaches_what_servers_tell_each_other(three):
    (io, client), (other, _), _ = three
    heard = []
    other.server_side.on("count", lambda *args: heard.append(args))
    io.server_side.on("count", lambda *args: heard.append(args))
    client.emit("count", 1)
    assert heard == []


def test_an_unknown_action_is_refused(three):
    failures = []
    Deferred.fromCoroutine(three[0][0].of("/").on_behalf("end_all", (), (), ())).addErrback(failures.append)
    assert [str(failure.value) for failure in failures] == ["unknown action 'end_all'"]


def test_with_one_server_nobody_is_told_and_a_call_has_no_answers():
    io = Listener(reactor=Clock())
    io.server_side.on("number", lambda: 1 // 0)
    assert result_of(io.server_side_emit("number")) is None
    assert result_of(io.of("/chat").server_side_call("number")) == []


def test_dynamic_namespaces_ask_for_each_child(three):
    (one, _), (two, _), _ = three
    for io, _ in three:
        io.of(lambda name, handshake: name == "/x")
    a, b = connect(one, namespace="/x"), connect(two, namespace="/x")
    parent = one.parents[0]
    assert len(result_of(parent.fetch_sockets())) == 2
    parent.emit("news")
    assert a.arguments("news") == b.arguments("news") == [[]]


@pytest.mark.parametrize("made", [None, object(), {}])
def test_an_adapter_that_is_none_is_named_at_construction(made):
    with pytest.raises(OptionError, match="option adapter: what it made for / has no method add"):
        Listener(adapter=lambda namespace: made)
