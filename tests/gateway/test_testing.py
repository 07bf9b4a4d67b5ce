"""The clients that applications test with: every era and transport, in memory."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from twisted.internet.task import deferLater

from gateway import ConnectionRefused, Listener
from gateway.conformance.clients.kinds import KINDS
from gateway.testing import Clock, NotAnswered, connect

PAGE = Path(__file__).parents[2] / "docs/testing.md"
NAMED = [key for key in KINDS if key[0] != "old"]


@pytest.fixture
def io():
    """A small application."""
    listener = Listener(reactor=Clock(), origins="*", compression=("websocket",))

    @listener.on("connection")
    def connected(socket):
        socket.emit("welcome", socket.client.era, socket.client.transport_name, socket.handshake.query.get("a"))

    @listener.on("add")
    def add(socket, *numbers):
        return sum(numbers)

    @listener.on("later")
    async def later(socket, seconds):
        await deferLater(listener.clock, seconds)
        return "now"

    @listener.on("ask")
    def ask(socket):
        socket.emit("question", ack=lambda *answer: socket.emit("answer", *answer))

    @listener.on("message")
    def message(socket, text):
        listener.send(text)

    @listener.of("/chat").use
    def admit(socket):
        if (socket.query | socket.handshake.auth).get("token") != "secret":
            raise ConnectionRefused("no", {"code": 1})

    return listener


@pytest.mark.parametrize(("era", "transport"), KINDS)
def test_a_client_of_every_kind_connects_and_is_served(io, era, transport):
    client = connect(io, era=era, transport=transport, query={"a": "b c"})
    assert client.connected
    first = "polling" if transport == "upgrade" else KINDS[era, transport].name
    assert client.received == [("welcome", [era, first, "b c"])]
    assert client.call("add", 1, 2, 3) == [6]
    assert io.clients[client.session_id].client.transport_name == KINDS[era, transport].name


@pytest.mark.parametrize(("era", "transport"), KINDS)
def test_questions_messages_and_the_end(io, era, transport):
    ended = []
    io.on("disconnect", lambda socket, reason: ended.append(reason))
    client, other = connect(io, era=era, transport=transport), connect(io)
    client.emit("ask")
    client.reply("yes", None)
    assert client.arguments("answer") == [["yes", None]]
    client.send("é😀")
    assert client.arguments("message") == other.arguments("message") == [["é😀"]]
    other.disconnect()
    client.disconnect()
    client.clock.turn(10)
    assert len(ended) == 2
    assert not client.connected


@pytest.mark.parametrize(("era", "transport"), KINDS)
def test_hours_pass_with_all_heartbeats(io, era, transport):
    client = connect(io, era=era, transport=transport)
    client.clock.turn(300, step=0.5)
    assert client.connected
    assert client.call("add", 1, 1) == [2]


@pytest.mark.parametrize(("era", "transport"), NAMED)
def test_namespaces_are_joined_or_refused(io, era, transport):
    client = connect(io, era=era, transport=transport)
    assert client.join("/chat", query="token=wrong").refusal == {
        "eio4": {"message": "no", "data": {"code": 1}},
        "eio3": {"code": 1},
    }.get(era, "unauthorized")
    chat = client.join("/chat", query={"token": "secret"}, auth={"token": "secret"})
    assert chat.connected
    io.of("/chat").emit("news", 1)
    assert (chat.received, client.arguments("news")) == ([("news", [1])], [])
    chat.leave()
    assert not chat.connected
    assert client.connected


def test_a_modern_client_may_join_a_namespace_alone(io):
    client = connect(io, namespace="/chat", auth={"token": "secret"})
    assert client.connected
    assert not io.clients
    assert not connect(io, namespace="/chat", auth={"token": "x"}).connected


def test_an_answer_that_takes_its_time_comes_when_the_clock_is_turned(io):
    client = connect(io, era="0.9", transport="xhr-polling")
    with pytest.raises(NotAnswered, match="later"):
        client.call("later", 2)
    number = client.emit("later", 3, ack=True)
    client.clock.turn(3.1)
    assert client.acks[number] == ["now"]


@pytest.mark.parametrize(("era", "transport"), KINDS)
def test_a_cut_connection_is_noticed(io, era, transport):
    ended = []
    io.on("disconnect", lambda socket, reason: ended.append(reason))
    client = connect(io, era=era, transport=transport)
    client.cut()
    client.clock.turn(60, step=0.5)
    assert len(ended) == 1


def test_headers_of_the_client_reach_the_application(io):
    seen = []
    io.on("connection", lambda socket: seen.append(socket.handshake.headers["cookie"]))
    for era, transport in (("0.9", "htmlfile"), ("eio3", "websocket")):
        connect(io, era=era, transport=transport, headers={"Cookie": "a=b"})
    assert seen == ["a=b", "a=b"]


def test_a_listener_without_reactor_gets_a_clock_and_one_with_a_reactor_is_refused():
    io = Listener()
    assert connect(io).connected
    assert connect(io, era="old").clock is io.clock
    from twisted.internet import reactor

    with pytest.raises(RuntimeError, match="Clock"):
        connect(Listener(reactor=reactor))


def test_an_unknown_kind_of_client_is_named_with_those_there_are(io):
    with pytest.raises(ValueError, match="xhr-polling"):
        connect(io, era="0.9", transport="polling")
    with pytest.raises(ValueError, match="no such era"):
        connect(io, era="1.0")


# The page


def blocks():
    """Its programs by file name."""
    found = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return dict(found)


@pytest.fixture
def example(monkeypatch):
    """The example's tests."""
    modules = {}
    for name, source in blocks().items():
        module = modules[name] = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(source, f"{PAGE.name}:{name}", "exec"), module.__dict__)
    return modules["test_chat"]


NAMES = re.findall(r"^def (test_\w+)", blocks()["test_chat"], re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_the_page_passes(example, name):
    getattr(example, name)()


def test_the_page_names_every_transport():
    page = PAGE.read_text("utf-8")
    for era in ("old", "0.9", "eio3", "eio4"):
        (row,) = re.findall(rf"^\| `{era}` \| (.*) \|$", page, re.MULTILINE)
        assert re.findall(r"`([^`]+)`", row) == [transport for one, transport in KINDS if one == era]
