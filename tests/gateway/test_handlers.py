"""Registration of handlers, what runs in which order, and which acknowledgement follows."""

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import deferLater

from tests.gateway.era_peers import ERAS, peer_of, taken

KINDS = ("function", "coroutine", "deferred", "late coroutine", "late deferred")


def handler_of(kind, clock, result):
    """A handler that gives ``result`` (raises it if it is an exception), in one of the ways an application may write it."""

    def give():
        if isinstance(result, Exception):
            raise result
        return result

    async def coroutine(*args):
        return give()

    async def late_coroutine(*args):
        await deferLater(clock, 1, lambda: None)
        return give()

    return {
        "function": lambda *args: give(),
        "coroutine": coroutine,
        "late coroutine": late_coroutine,
        "deferred": lambda *args: fail(result) if isinstance(result, Exception) else succeed(result),
        "late deferred": lambda *args: deferLater(clock, 1, give),
    }[kind]


# Acknowledgements -----------------------------------------------------------------------------

ANSWERS = [
    ("value", ["yes"], ["yes"]),
    ("a tuple is several arguments", [(1, "b")], [1, "b"]),
    ("a list is one", [[1, 2]], [[1, 2]]),
    ("false is a value", [False], [False]),
    ("none is an empty answer", [None], []),
    ("one null", [(None,)], [None]),
    ("an empty tuple is an answer without arguments", [()], []),
    ("the first that is not None", [None, "second", "third"], ["second"]),
    ("a failure beside a value", [RuntimeError("boom"), "value"], ["value"]),
    ("a failure beside None", [RuntimeError("boom"), None], []),
    ("what can't be sent is a failure", [object(), "value"], ["value"]),
    ("what can't be sent beside None", [{1: "key"}, None], []),
]


SENDABLE = (str, list, tuple, bool, type(None))


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("results", "answer"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_the_results_of_handlers_acknowledge(gate, logged_failures, era, results, answer):
    for result in results:
        gate.io.on("ask", handler_of("function", gate.clock, result))
    peer = peer_of(gate, era)
    peer.emit("ask", "x", id=7)
    assert peer.heard() == [peer.ack_text(7, *answer)]
    assert len(taken(logged_failures)) == sum(not isinstance(result, SENDABLE) for result in results)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("result", ["v", None, (1, 2), (None,)])
def test_every_way_to_write_a_handler_acknowledges(gate, kind, result):
    gate.io.on("ask", handler_of(kind, gate.clock, result))
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=0)
    gate.turn(1.5)
    args = () if result is None else result if isinstance(result, tuple) else (result,)
    assert peer.heard() == [peer.ack_text(0, *args)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_handler_that_fails_is_logged_and_acknowledges_nothing(gate, logged_failures, kind):
    gate.io.on("ask", handler_of(kind, gate.clock, RuntimeError("boom")))
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=0)
    gate.turn(1.5)
    assert peer.heard() == []
    assert list(map(str, taken(logged_failures))) == ["boom"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_can_not_be_sent_is_logged_and_acknowledges_nothing(gate, logged_failures, kind):
    gate.io.on("ask", handler_of(kind, gate.clock, object()))
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=0)
    gate.turn(1.5)
    peer.emit("ask", id=1)
    assert peer.heard() == []
    assert [type(error) for error in taken(logged_failures)] == ([TypeError] if "late" in kind else [TypeError] * 2)
    assert peer.client is not None


def test_the_first_result_to_be_ready_wins(gate):
    gate.io.on("ask", handler_of("late coroutine", gate.clock, "late"))
    gate.io.on("ask", handler_of("function", gate.clock, "early"))
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=3)
    gate.turn(2)
    assert peer.heard() == ['433["early"]']


def test_an_empty_answer_waits_until_all_are_done(gate):
    gate.io.on("ask", handler_of("late deferred", gate.clock, None))
    gate.io.on("ask", lambda socket: None)
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=3)
    assert peer.heard() == []
    gate.turn(2)
    assert peer.heard() == ["433[]"]


def test_an_event_that_nobody_handles_is_not_acknowledged(gate):
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=3)
    assert peer.heard() == []


def test_nothing_is_sent_when_no_answer_was_asked_for(gate):
    gate.io.on("ask", lambda socket: "value")
    peer = peer_of(gate, "eio4")
    peer.emit("ask")
    assert peer.heard() == []


def test_a_handler_with_ack_answers_by_itself_once(gate):
    given = []

    @gate.io.on("ask", ack=True)
    def ask(socket, value, ack):
        given.append(ack)
        if ack is not None:
            ack(value, "done")
            ack("twice")
        return "ignored"

    peer = peer_of(gate, "eio4")
    peer.emit("ask", 1, id=0)
    peer.emit("ask", 2)
    assert peer.heard() == ['430[1,"done"]']
    assert given[1] is None


def test_an_ack_that_can_not_be_sent_raises_at_the_call_and_may_be_tried_again(gate):
    @gate.io.on("ask", ack=True)
    def ask(socket, ack):
        with pytest.raises(TypeError):
            ack(object())
        ack("better")

    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=0)
    assert peer.heard() == ['430["better"]']


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_handler_with_ack_leaves_the_answer_to_the_others(gate, logged_failures, kind):
    boom = handler_of(kind, gate.clock, RuntimeError("boom"))
    gate.io.on("ask", lambda socket, ack: boom(), ack=True)
    gate.io.on("ask", lambda socket: None)
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=0)
    gate.turn(1.5)
    assert peer.heard() == ["430[]"]
    assert len(taken(logged_failures)) == 1


def test_an_answer_to_a_client_that_is_gone_is_dropped(gate):
    gate.io.on("ask", handler_of("late coroutine", gate.clock, "late"))
    peer = peer_of(gate, "eio4")
    peer.emit("ask", id=0)
    peer.drop()
    gate.turn(2)
    assert peer.heard() == []


# Order -----------------------------------------------------------------------------------------


def test_handlers_run_in_order_any_first_then_the_namespace_then_the_socket(gate):
    said = []

    @gate.io.on("connection")
    def connected(socket):
        socket.on("e", lambda value: said.append(("socket", value)))
        socket.on_any(lambda name, value: said.append(("socket any", name, value)))

    gate.io.on("e", lambda socket, value: said.append(("first", value)))
    gate.io.on("e", lambda socket, value: said.append(("second", value)))
    gate.io.on_any(lambda socket, name, value: said.append(("any", name, value)))
    gate.io.prepend_any(lambda socket, name, value: said.append(("before any", name, value)))
    peer_of(gate, "eio4").emit("e", 1)
    assert said == [
        ("before any", "e", 1),
        ("any", "e", 1),
        ("socket any", "e", 1),
        ("first", 1),
        ("second", 1),
        ("socket", 1),
    ]


@pytest.mark.parametrize("era", ERAS)
def test_events_are_dispatched_in_the_order_they_came_and_awaiting_holds_nothing_back(gate, era):
    begun, done = [], []

    @gate.io.on("e")
    async def e(socket, number, seconds):
        begun.append(number)
        await deferLater(gate.clock, seconds, lambda: None)
        done.append(number)

    peer = peer_of(gate, era)
    for number, seconds in ((1, 3), (2, 1), (3, 2)):
        peer.emit("e", number, seconds)
    assert begun == [1, 2, 3]
    gate.turn(4)
    assert done == [2, 3, 1]


def test_serial_handlers_wait_for_each_other_but_not_for_other_clients(gate, logged_failures):
    log = []

    @gate.io.on("e", serial=True)
    async def e(socket, who, number):
        log.append(f"{who}{number} begins")
        await deferLater(gate.clock, 1, lambda: None)
        log.append(f"{who}{number} ends")
        if number == 2:
            raise RuntimeError("does not stop the next")
        return number

    a, b = peer_of(gate, "eio4"), peer_of(gate, "eio4")
    for number in (1, 2, 3):
        a.emit("e", "a", number, id=number)
    b.emit("e", "b", 1)
    gate.turn(4)
    assert log[:2] == ["a1 begins", "b1 begins"]
    assert [line for line in log if line[0] == "a"] == [f"a{n} {what}" for n in (1, 2, 3) for what in ("begins", "ends")]
    assert a.heard() == ["431[1]", "433[3]"]
    assert [type(error) for error in taken(logged_failures)] == [RuntimeError]


def test_serial_handlers_may_acknowledge_by_themselves(gate):
    @gate.io.on("e", serial=True, ack=True)
    async def e(socket, number, ack):
        await deferLater(gate.clock, 2 - number, lambda: None)
        ack(number)

    peer = peer_of(gate, "eio4")
    peer.emit("e", 0, id=0)
    peer.emit("e", 1, id=1)
    gate.turn(4)
    assert peer.heard() == ["430[0]", "431[1]"]


# Registration ------------------------------------------------------------------------------------


def test_on_is_a_decorator_and_a_call_and_gives_the_handler_back(gate):
    def handler(socket):
        return None

    assert gate.io.on("a", handler) is handler
    assert gate.io.on("b")(handler) is handler
    assert gate.io.sockets.listeners("a") == gate.io.listeners("b") == [handler]
    assert gate.io.event_names() == ["a", "b"]


def test_what_can_not_be_called_is_no_handler(gate):
    with pytest.raises(TypeError, match="handler of 'a' must be callable"):
        gate.io.on("a", 5)


@pytest.mark.parametrize("where", ["namespace", "socket"])
@pytest.mark.parametrize("registered", ["e", "*"])
def test_once_is_once(gate, where, registered):
    said = []
    once = lambda *args: said.append(args[-1])  # noqa: E731
    if where == "namespace":
        gate.io.once(registered, once)
    else:
        gate.io.on("connection", lambda socket: socket.once(registered, once))
    peer = peer_of(gate, "eio4")
    peer.emit("e", 1)
    peer.emit("e", 2)
    assert said == [1]


def test_once_on_connection_is_for_the_first_client(gate):
    said = []
    gate.io.once("connection", said.append)
    peer_of(gate, "eio4"), peer_of(gate, "0.9")
    assert len(said) == 1


def test_a_handler_that_emits_to_itself_by_once_does_not_loop(gate):
    said = []

    @gate.io.once("e")
    def e(socket):
        said.append(1)
        peer.emit("e")

    peer = peer_of(gate, "eio4")
    peer.emit("e")
    assert said == [1]


OFF = [
    ("one handler", lambda io, a, b: io.off("e", a), ["b"]),
    ("by its other name", lambda io, a, b: io.remove_listener("e", a), ["b"]),
    ("all of an event", lambda io, a, b: io.off("e"), []),
    ("all of an event, by its other name", lambda io, a, b: io.remove_all_listeners("e"), []),
    ("everything", lambda io, a, b: io.remove_all_listeners(), []),
    ("an unknown one", lambda io, a, b: io.off("e", print), ["a", "b"]),
    ("of an unknown event", lambda io, a, b: io.off("x", a), ["a", "b"]),
]


@pytest.mark.parametrize(("remove", "left"), [row[1:] for row in OFF], ids=[row[0] for row in OFF])
def test_handlers_are_forgotten(gate, remove, left):
    said = []
    a, b = lambda socket: said.append("a"), lambda socket: said.append("b")
    gate.io.on("e", a)
    gate.io.on("e", b)
    remove(gate.io, a, b)
    peer_of(gate, "eio4").emit("e")
    assert said == left
    assert ("e" in gate.io.event_names()) is bool(left)


def test_a_handler_added_or_removed_by_a_handler_counts_from_the_next_event(gate):
    said = []

    def second(socket):
        said.append("second")

    @gate.io.on("e")
    def first(socket):
        said.append("first")
        gate.io.off("e", second) if second in gate.io.listeners("e") else gate.io.on("e", second)

    peer = peer_of(gate, "eio4")
    peer.emit("e")
    peer.emit("e")
    peer.emit("e")
    assert said == ["first", "first", "second", "first"]


def test_any_handlers_are_listed_and_forgotten(gate):
    sockets, said = [], []
    gate.io.on("connection", sockets.append)
    peer = peer_of(gate, "eio4")
    a, b = lambda *args: said.append("a"), lambda *args: said.append("b")
    for target in (gate.io, sockets[0]):
        assert target.on_any(a) is a and target.prepend_any(b) is b
        assert target.listeners_any() == [b, a]
        target.off_any(a)
        assert target.listeners_any() == [b]
    peer.emit("e")
    assert said == ["b", "b"]
    gate.io.off_any()
    sockets[0].off_any()
    assert gate.io.listeners_any() == sockets[0].listeners_any() == []


# Catch-all and reserved names ----------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
def test_a_catch_all_gets_what_nobody_else_handles_and_acknowledges(gate, era):
    gate.io.on("known", lambda socket: "known")
    gate.io.on("*", lambda socket, name, *args: [name, *args])
    peer = peer_of(gate, era)
    peer.emit("known", id=1)
    peer.emit("unknown", 5, id=2)
    assert peer.heard() == [peer.ack_text(1, "known"), peer.ack_text(2, ["unknown", 5])]


def test_an_event_named_as_the_catch_all_is_an_event_like_any_other(gate):
    gate.io.on("*", lambda socket, name, *args: [name, *args])
    peer = peer_of(gate, "eio4")
    peer.emit("*", 5, id=2)
    assert peer.heard() == [peer.ack_text(2, ["*", 5])]


def test_a_catch_all_of_a_socket_gets_name_and_arguments(gate):
    gate.io.on("connection", lambda socket: socket.on("*", lambda name, *args: (name, *args)))
    peer = peer_of(gate, "eio4")
    peer.emit("unknown", 5, id=2)
    assert peer.heard() == ['432["unknown",5]']


RESERVED = (
    "connect", "connect_error", "connection", "disconnect", "disconnecting", "error",
    "newListener", "removeListener", "clientConnect", "clientMessage", "clientDisconnect",
)  # fmt: skip
CLOSING = ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("name", RESERVED)
def test_a_client_triggers_no_reserved_name(gate, era, name):
    said = []
    peer = peer_of(gate, era)
    gate.io.on(name, lambda socket, *args: said.append(args))
    gate.io.on("*", lambda socket, *args: said.append(args))
    gate.io.on_any(lambda socket, *args: said.append(args))
    peer.emit(name, "forged", id=1)
    closes = era in ("eio3", "eio4") and name in CLOSING
    assert (peer.client is None) is closes
    assert ("forged",) not in said and (name, "forged") not in said
    assert peer.ack_text(1) not in peer.heard()


def test_a_deferred_that_never_fires_is_no_answer(gate):
    gate.io.on("e", lambda socket: Deferred())
    peer = peer_of(gate, "eio4")
    peer.emit("e", id=0)
    peer.drop()
    assert peer.heard() == []
