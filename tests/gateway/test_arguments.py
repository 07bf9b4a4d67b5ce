"""A wrong argument of the application's own calls raises at the call, and the text names it."""

import re

import pytest
from twisted.internet.defer import Deferred

from gateway import ConnectionRefused, EngineListener, Front, Listener, OptionError, WebSocketListener
from gateway.testing import Clock, connect

FUNCTION = re.escape("must be callable, not int")
ROOMS = "rooms are text, or lists of it, not int"

WRONG = [
    (lambda io, socket: io.of(5), TypeError, "a namespace is a name, a pattern or a function, not int"),
    (lambda io, socket: io.on(5, print), TypeError, "event names are text, not int"),
    (lambda io, socket: io.on("x", 5), TypeError, f"handler of 'x' {FUNCTION}"),
    (lambda io, socket: io.once("x", 5), TypeError, f"handler of 'x' {FUNCTION}"),
    (lambda io, socket: io.of("/chat").on("x")(5), TypeError, f"handler of 'x' {FUNCTION}"),
    (lambda io, socket: socket.on("x", 5), TypeError, f"handler of 'x' {FUNCTION}"),
    (lambda io, socket: io.on_any(5), TypeError, f"handler of every event {FUNCTION}"),
    (lambda io, socket: socket.prepend_any(5), TypeError, f"handler of every event {FUNCTION}"),
    (lambda io, socket: socket.on_any_outgoing(5), TypeError, f"handler of what is sent {FUNCTION}"),
    (lambda io, socket: socket.prepend_any_outgoing(5), TypeError, f"handler of what is sent {FUNCTION}"),
    (lambda io, socket: io.use(5), TypeError, f"middleware {FUNCTION}"),
    (lambda io, socket: io.of("/chat").use(5), TypeError, f"middleware {FUNCTION}"),
    (lambda io, socket: socket.use(5), TypeError, f"middleware of events {FUNCTION}"),
    (lambda io, socket: io.engine.use(5), TypeError, f"middleware {FUNCTION}"),
    (lambda io, socket: io.server_side.on("x", 5), TypeError, f"handler of 'x' {FUNCTION}"),
    (lambda io, socket: io.configure(5), TypeError, "configure takes a function"),
    (lambda io, socket: socket.emit("x", ack=5), TypeError, f"ack {FUNCTION}"),
    (lambda io, socket: socket.send("x", ack=5), TypeError, f"ack {FUNCTION}"),
    (lambda io, socket: socket.timeout(1).emit("x", ack=5), TypeError, f"ack {FUNCTION}"),
    (lambda io, socket: io.timeout(1).emit("x", ack=5), TypeError, f"ack {FUNCTION}"),
    (lambda io, socket: io.call("x"), ValueError, r"needs \.timeout\(seconds\)"),
    (lambda io, socket: io.emit(None), TypeError, "event names are text, not NoneType"),
    (lambda io, socket: io.emit("connect"), ValueError, "'connect' is a reserved event name"),
    (lambda io, socket: socket.emit("disconnecting"), ValueError, "'disconnecting' is a reserved event name"),
    (lambda io, socket: io.to(5), TypeError, ROOMS),
    (lambda io, socket: io.except_("a", [5]), TypeError, "rooms are text, not int"),
    (lambda io, socket: socket.in_(5), TypeError, ROOMS),
    (lambda io, socket: socket.join(5), TypeError, ROOMS),
    (lambda io, socket: socket.leave(5), TypeError, ROOMS),
    (lambda io, socket: socket.set(5, 1), TypeError, "keys are text, not int"),
    (lambda io, socket: socket.get(None), TypeError, "keys are text, not NoneType"),
    (lambda io, socket: socket.has(b"k"), TypeError, "keys are text, not bytes"),
    (lambda io, socket: socket.delete(5), TypeError, "keys are text, not int"),
    (lambda io, socket: socket.set("k", object()), TypeError, "not object"),
    (lambda io, socket: io.set("x", 1), OptionError, "unknown setting 'x'"),
    (lambda io, socket: io.get(5), OptionError, "unknown setting 5"),
    (lambda io, socket: ConnectionRefused(5), TypeError, "ConnectionRefused: message is text, not int"),
    (lambda io, socket: Front(5), TypeError, "a mount is a Listener or the like, not int"),
    (lambda io, socket: Front(io, max_head="x"), OptionError, "option max_head: a whole number above 0 is wanted, not 'x'"),
    (lambda io, socket: Front(io, keepalive=0), OptionError, "option keepalive: a number of seconds is wanted, not 0"),
    (lambda io, socket: WebSocketListener(5, print), OptionError, "option path: a path that begins with a slash"),
    (lambda io, socket: WebSocketListener("/x", 5), TypeError, f"on_message {FUNCTION}"),
    (lambda io, socket: WebSocketListener("/x", print, on_close=5), TypeError, f"on_close {FUNCTION}"),
    (lambda io, socket: WebSocketListener("/x", print, max_payload="5"), OptionError, "option max_payload: "),
    (lambda io, socket: WebSocketListener("/x", print, origins=5), OptionError, "option origins: "),
    (lambda io, socket: EngineListener(path=5), OptionError, "option path: "),
    (lambda io, socket: EngineListener(eras=["old"]), OptionError, "option eras: a list out of eio3, eio4 is wanted"),
    (lambda io, socket: EngineListener().on("connection", 5), TypeError, f"handler of 'connection' {FUNCTION}"),
]  # fmt: skip


@pytest.fixture
def pair():
    """A listener and the socket of its only client."""
    io = Listener(reactor=Clock())
    client = connect(io)
    yield io, next(iter(io.clients.values()))
    assert client.received == []
    assert client.connected


@pytest.mark.parametrize(("call", "error", "text"), WRONG)
def test_a_wrong_argument_is_named_at_the_call(pair, call, error, text):
    with pytest.raises(error, match=text):
        call(*pair)


@pytest.mark.parametrize(("endpoint", "error", "text"), [
    (8080, TypeError, "an endpoint string such as 'tcp:8080' is wanted, not 8080"),
    (None, TypeError, "an endpoint string such as 'tcp:8080' is wanted, not None"),
    ("pigeon:1", ValueError, "Unknown endpoint type: 'pigeon'"),
])  # fmt: skip
@pytest.mark.parametrize("listen", ["listen", "listen_for_policy"])
def test_an_endpoint_that_is_none_is_named(listen, endpoint, error, text):
    front = Listener(reactor=Clock()).factory()
    failed = []
    Deferred.fromCoroutine(getattr(front, listen)(endpoint)).addErrback(failed.append)
    assert failed[0].check(error) and failed[0].getErrorMessage() == text


@pytest.mark.parametrize(("era", "refusal"), [("0.9", "unauthorized"), ("eio3", "no"), ("eio4", {"message": "no"})])
def test_a_refusal_with_data_that_can_not_be_sent_is_one_without(era, refusal, log_lines):
    io = Listener(reactor=Clock())

    @io.of("/chat").use
    def refuse(socket):
        raise ConnectionRefused("no", {"why": object()})

    client = connect(io, era=era)
    chat = client.join("/chat")
    assert (chat.refusal, chat.connected, client.connected) == (refusal, False, True)
    assert log_lines() == ["refused from '/chat' without data: object can't be sent"]
