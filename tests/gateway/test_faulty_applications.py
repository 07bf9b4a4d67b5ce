"""What an application does wrong, or what fails under it, stays with the client it was done for: in every era."""

import pytest
from twisted.internet.defer import Deferred, fail, succeed

from gateway import AckTimeout, Listener, SocketClosed, StoreUnavailable, handlers
from gateway.complaints import Complaints
from gateway.testing import Clock, NotAnswered, connect

ERAS = [("old", "websocket"), ("0.9", "xhr-polling"), ("eio3", "polling"), ("eio4", "websocket")]

UNSENDABLE = [object(), {1, 2}, {"a": object()}, [[lambda: None]], 1j, {b"key": 1}]


@pytest.fixture
def io():
    return Listener(reactor=Clock())


@pytest.fixture
def seconds(monkeypatch):
    """The clock by which failures of handlers are counted: ``seconds[0] = 7.0``."""
    now = [100.0]
    complaints = Complaints(handlers.Handlers._log, lambda: now[0], 1, "failures of handlers")
    monkeypatch.setattr(handlers, "_unmet", complaints)
    return now


class NoStore:
    """A store that is out of reach."""

    def _fail(self, *args):
        return fail(StoreUnavailable("Redis at localhost:6379: connection refused"))

    set = get = has = delete = all = clear = _fail

    def end(self, client, after):
        return succeed(None)


def served(io, *clients):
    """Every client is still there and gets its answer, and so does a newcomer."""
    io.on("ping?", lambda socket: "pong")
    return all(client.call("ping?") == ["pong"] for client in (*clients, connect(io)))


@pytest.mark.parametrize(("era", "transport"), ERAS)
@pytest.mark.parametrize("kind", ["function", "coroutine", "deferred"])
def test_a_handler_that_raises_is_logged_and_the_connection_goes_on(io, logged_failures, era, transport, kind):
    async def coroutine(socket):
        raise RuntimeError("boom")

    def function(socket):
        raise RuntimeError("boom")

    io.on("boom", {"function": function, "coroutine": coroutine, "deferred": lambda socket: fail(RuntimeError("boom"))}[kind])
    client, neighbour = connect(io, era=era, transport=transport), connect(io, era=era, transport=transport)
    with pytest.raises(NotAnswered):
        client.call("boom")
    assert [str(failure.value) for failure in logged_failures] == ["boom"]
    logged_failures.clear()
    assert served(io, client, neighbour)


@pytest.mark.parametrize(("era", "transport"), ERAS)
def test_a_coroutine_that_never_ends_holds_nobody_up_and_its_client_may_go(io, era, transport):
    held, left = [], []

    @io.on("wait")
    async def wait(socket):
        held.append(socket)
        await Deferred()

    io.on("disconnect", lambda socket, reason: left.append(socket))
    client, neighbour = connect(io, era=era, transport=transport), connect(io, era=era, transport=transport)
    for _ in range(100):
        client.emit("wait", ack=True)
    assert len(held) == 100
    assert served(io, client, neighbour)
    client.cut()
    client.clock.turn(60, step=0.5)
    assert left[0] is held[0]
    assert not left[0].connected


@pytest.mark.parametrize("event", ["connection", "disconnecting", "disconnect"])
def test_a_lifecycle_handler_that_never_ends_ends_nothing(io, event):
    @io.on(event)
    async def wait(*args):
        await Deferred()

    client = connect(io)
    client.disconnect()
    assert io.clients == {}
    assert served(io)


def test_a_middleware_that_never_ends_keeps_its_own_client_out_and_no_other(io):
    io.of("/slow").use(lambda socket: Deferred())
    client = connect(io)
    slow = client.join("/slow")
    assert (slow.connected, client.connected) == (False, True)
    assert served(io, client)
    client.disconnect()
    assert io.of("/slow").sockets == {}


@pytest.mark.parametrize("value", UNSENDABLE)
def test_what_can_not_be_encoded_raises_at_the_call_and_nobody_gets_any_of_it(io, value):
    clients = [connect(io, era=era, transport=transport) for era, transport in ERAS]
    socket = next(iter(io.clients.values()))
    calls = [
        io.emit, io.to("room").emit, io.local.emit, io.volatile.emit, socket.emit, socket.broadcast.emit, socket.volatile.emit,
        socket.timeout(1).emit, socket.call, io.timeout(1).call,
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError):
            call("news", "good", value)
    for send in (io.send, socket.send, socket.json.send):
        with pytest.raises(TypeError):
            send(value)
    assert [client.received for client in clients] == [[]] * len(clients)
    assert served(io, *clients)


@pytest.mark.parametrize("name", [None, 5, b"news"])
def test_an_event_name_that_is_no_text_raises_at_the_call(io, name):
    with pytest.raises(TypeError, match="event names are text"):
        io.emit(name)


def test_a_list_that_holds_itself_raises_at_the_call(io):
    client = connect(io)
    endless = []
    endless.append(endless)
    with pytest.raises((TypeError, ValueError)):
        io.emit("news", endless)
    assert client.received == []


@pytest.mark.parametrize(("era", "transport"), ERAS)
def test_a_store_that_fails_is_one_line_without_traceback_and_not_one_per_call(seconds, log_lines, era, transport):
    io = Listener(reactor=Clock(), store=NoStore())

    @io.on("set")
    async def set_(socket, value):
        await socket.set("key", value)
        return True

    client, neighbour = connect(io, era=era, transport=transport), connect(io)
    for number in range(50):
        client.emit("set", number, ack=True)
    line = "handler of 'set': StoreUnavailable: Redis at localhost:6379: connection refused"
    assert log_lines() == [line]
    seconds[0] += 1
    client.emit("set", 1, ack=True)
    assert log_lines() == ["49 more failures of handlers were not logged", line]
    assert client.acks == {}
    assert served(io, client, neighbour)


def test_a_handler_may_catch_what_a_store_raises(log_lines):
    io = Listener(reactor=Clock(), store=NoStore())

    @io.on("get")
    async def get(socket):
        try:
            return await socket.get("key")
        except StoreUnavailable as error:
            return str(error)

    assert connect(io).call("get") == ["Redis at localhost:6379: connection refused"]
    assert log_lines() == []


ASKED = [
    (lambda client: client.disconnect(), "SocketClosed: the socket is disconnected: "),
    (lambda client: client.clock.turn(6), "AckTimeout: no acknowledgement in time"),
]


@pytest.mark.parametrize(("does", "error"), ASKED)
def test_a_client_that_does_not_answer_is_one_line_without_traceback(io, seconds, log_lines, does, error):
    @io.on("ask me")
    async def ask(socket):
        await socket.call("question", timeout=5)

    client = connect(io)
    client.emit("ask me")
    does(client)
    (line,) = log_lines()
    assert line.startswith(f"handler of 'ask me': {error}")


def test_the_error_of_an_answer_that_did_not_come_is_a_timeout_with_those_that_came(io):
    errors = []
    a, b = connect(io), connect(io)
    io.timeout(5).call("question").addErrback(lambda failure: errors.append(failure.value))
    a.reply("yes")
    b.clock.turn(6)
    assert [(type(error), error.answers) for error in errors] == [(AckTimeout, ["yes"])]
    assert isinstance(errors[0], TimeoutError)
    next(iter(io.clients.values())).call("question", timeout=1).addErrback(lambda failure: errors.append(failure.value))
    b.clock.turn(2)
    assert (type(errors[1]), errors[1].answers) == (AckTimeout, [])


def test_a_question_to_who_is_gone_fails_at_once(io):
    client = connect(io)
    (socket,) = io.clients.values()
    client.disconnect()
    errors = []
    socket.call("question").addErrback(lambda failure: errors.append(failure.type))
    assert errors == [SocketClosed]
