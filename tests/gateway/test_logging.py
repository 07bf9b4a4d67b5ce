"""The log by scopes: levels by flag and file, ``DEBUG`` as the documents of 2.x have it, and nothing at all while it is off."""

import re

import pytest

from gateway import EngineListener, Listener, OptionError, logs
from gateway.client import Client
from gateway.logs import SCOPES, ScopeLogger, debugs, set_level, set_levels
from gateway.namespace import Namespace
from gateway.sockets import Socket
from gateway.testing import Clock, connect
from gateway.tracelines import Lines

KINDS = [("old", "xhr-polling"), ("old", "xhr-multipart"), ("0.9", "websocket"), ("0.9", "htmlfile"), ("eio3", "upgrade"),
         ("eio4", "polling"), ("eio4", "websocket")]  # fmt: skip


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Neither levels nor DEBUG of another test, or of whoever runs this one."""
    monkeypatch.delenv("DEBUG", raising=False)
    logs.forget_levels()
    yield
    logs.forget_levels()


CHOSEN = [
    ("", ""),
    ("*", " ".join(SCOPES)),
    ("socket.io*", "listener namespaces clients sockets packets"),
    ("socket.io:*", "listener namespaces clients sockets"),
    ("engine*", "requests sessions transports packets"),
    ("engine", "requests"),
    ("engine:ws", "transports"),
    ("engine,socket.io:socket", "requests sockets"),
    ("engine socket.io:socket", "requests sockets"),
    ("socket.io:*,-socket.io:client", "listener namespaces sockets"),
    ("*,-engine*", "listener namespaces clients sockets packets"),
    ("socketio.transports", "transports"),
    ("socketio*", " ".join(SCOPES)),
    ("socketio*,-socketio.sockets", " ".join(scope for scope in SCOPES if scope != "sockets")),
    ("*,-socketio.sockets", " ".join(scope for scope in SCOPES if scope != "sockets")),
    ("express*,http", ""),
    ("-engine", ""),
    ("socket.io", ""),
    ("socket?io:server", ""),
]


@pytest.mark.parametrize(("text", "scopes"), CHOSEN)
def test_debug_names_scopes_as_in_the_documents_of_2x(monkeypatch, text, scopes):
    monkeypatch.setenv("DEBUG", text)
    assert {scope for scope in SCOPES if debugs(scope)} == set(scopes.split())


LEVELS = [
    ("debug", " ".join(SCOPES)),
    ("socketio=debug", " ".join(SCOPES)),
    ("socketio.transports=debug", "transports"),
    ("socketio.transports=debug, socketio.sockets=debug", "transports sockets"),
    ("socketio=debug,socketio.transports=info", " ".join(scope for scope in SCOPES if scope != "transports")),
    ("info", ""),
    ("socketio.handlers=debug", ""),
]


@pytest.mark.parametrize(("text", "scopes"), LEVELS)
def test_a_level_holds_for_a_scope_and_those_below(text, scopes):
    set_levels(text)
    assert {scope for scope in SCOPES if debugs(scope)} == set(scopes.split())


WRONG = [
    ("loud", "log level of socketio: debug, info, warn, error or critical is wanted, not 'loud'"),
    ("socketio.sockets=", "log level of socketio.sockets: debug"),
    ("twisted=debug", "log level: 'twisted' is no scope: socketio, socketio.listener"),
    ("socketiox=debug", "'socketiox' is no scope"),
    ("=debug", "'' is no scope"),
]


@pytest.mark.parametrize(("text", "complaint"), WRONG)
def test_a_wrong_level_is_named(text, complaint):
    with pytest.raises(OptionError, match=re.escape(complaint)):
        set_levels(text)


def test_what_is_below_the_level_of_its_scope_is_not_logged(log_lines):
    log = ScopeLogger("stores")
    set_level("socketio", "warn")
    log.info("quiet")
    log.warn("loud")
    set_level("socketio.stores", "info")
    log.info("loud again")
    assert log_lines() == ["loud", "loud again"]


def exercised(io):
    """What clients of several kinds do to ``io``: connect, say, ask, leave."""
    io.on("say", lambda socket, text: io.to("room").except_("other").emit("said", text))
    io.on("join", lambda socket: socket.join("room"))
    io.on("ask", lambda socket: socket.emit("question", ack=lambda answer: socket.send(answer)))
    clients = [connect(io, era=era, transport=transport) for era, transport in KINDS]
    for client in clients:
        client.emit("join")
        client.emit("say", "hello\n")
        client.emit("ask")
        client.reply(7)
    for client in clients:
        client.disconnect()
    clients[0].clock.turn(60, step=0.5)
    return clients


def test_everything_says_something_and_works_as_ever_while_debug_is_on(monkeypatch, log_lines):
    quiet = [client.received for client in exercised(Listener(reactor=Clock()))]
    assert [line for line in log_lines() if "session id unknown" not in line] == []
    monkeypatch.setenv("DEBUG", "*")
    io = Listener(reactor=Clock())
    clients = exercised(io)
    assert [client.received for client in clients] == quiet
    text = "\n".join(log_lines(scopes=True))
    for line in LINES:
        assert re.search(f"(?m)^socketio.{line}", text), line
    assert not io.clients_count


LINES = [
    r"listener Listener at /socket\.io for old, 0\.9, eio3, eio4",
    r"requests 192\.0\.2\.1 asks: GET /socket\.io/\?EIO=4&transport=polling",
    r"requests 200, \d+ bytes, for GET /socket\.io/1/",
    r"sessions <Client \S+… eio4 over nothing yet> opens",
    r"sessions <Client \S+… eio3 over polling> goes over to websocket",
    r"sessions <Client \S+… old over xhr-polling> ends: transport close",
    r"sessions <Client \S+… eio4 over websocket> ends: transport close",
    r"transports <Client \S+… eio4 over websocket> received '42\[\"say\",\"hello\\\\n\"\]'",
    r"transports <Client \S+… eio4 over polling> sends '42\[\"said\",\"hello\\\\n\"\]'",
    r"transports <Client \S+… 0\.9 over htmlfile> sends '5:::\{",
    r"packets \S{6}… decoded Event\(ack_id=None, args=\['hello\\n'\], name='say', namespace='/'\)",
    r"clients <Client \S+… 0\.9 over \S+> asks for '/'",
    r"namespaces <Namespace / of \d sockets> broadcasts to \('room',\) except \('other',\) 'said' \['hello\\n'\]",
    r"namespaces <Namespace / of \d sockets> forgets <Socket \S+… in />",
    r"sockets <Socket \S+… in /> received 'say' \['hello\\n'\]",
    r"sockets <Socket \S+… in /> emits 'question' \[\]",
    r"sockets <Socket \S+… in /> received the answer \d+ \[7\]",
    r"sockets <Socket \S+… in /> sends \[7\]",
    r"sockets <Socket \S+… in /> joins 'room'",
    r"sockets <Socket \S+… in /> is out: transport close",
    r"listener <Client \S+ eio4 over websocket> is gone, \d are left",
]


@pytest.mark.parametrize("era", ["old", "0.9", "eio3", "eio4"])
def test_no_line_shows_a_whole_session_id(monkeypatch, log_lines, era):
    monkeypatch.setenv("DEBUG", "*")
    io = Listener(reactor=Clock())
    client = connect(io, era=era, transport="polling" if era.startswith("eio") else "xhr-polling")
    client.emit("x")
    client.disconnect()
    lines = log_lines()
    assert len(lines) > 5
    assert [line for line in lines if client.session_id in line] == []


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_is_on_for_itself(log_lines, scope):
    events = []
    from twisted.logger import globalLogPublisher

    set_level(f"socketio.{scope}", "debug")
    globalLogPublisher.addObserver(events.append)
    exercised(Listener(reactor=Clock()))
    globalLogPublisher.removeObserver(events.append)
    said = {(event["log_namespace"], event["log_level"].name) for event in events}
    assert said - {("socketio.listener", "warn")} == {(f"socketio.{scope}", "debug")}


def test_while_it_is_off_nothing_is_there_that_could_cost():
    io = Listener(reactor=Clock())
    client = connect(io)
    (socket,) = io.clients.values()
    assert type(socket) is Socket
    assert type(socket.client) is Client
    assert type(io.sockets) is Namespace
    assert not {"handle", "respond", "add", "join", "forget", "end_all"} & io.__dict__.keys()
    for one in (socket, socket.client, socket.client.session, socket.client.transport, io.sockets):
        assert Lines not in type(one).__mro__
    client.disconnect()


def test_bare_engine_io_has_its_scopes_too(monkeypatch, log_lines, make_gate):
    monkeypatch.setenv("DEBUG", "*")
    gate = make_gate(EngineListener)
    gate.get("/engine.io/?EIO=4&transport=polling")
    lines = "\n".join(log_lines())
    assert "EngineListener at /engine.io" in lines
    assert "opens" in lines and "sends '0{" in lines


def test_what_is_refused_or_fails_is_logged_as_without_debug(monkeypatch, log_lines, logged_failures):
    monkeypatch.setenv("DEBUG", "socket.io*")
    io = Listener(reactor=Clock())
    io.on("boom", lambda socket: 1 // 0)
    connect(io).emit("boom")
    assert "handler of 'boom' failed" in log_lines()
    logged_failures.clear()


def test_log_level_of_09_is_a_level_of_everything(log_lines):
    io = Listener(reactor=Clock())
    assert (io.set("log level", 3).get("log level"), debugs("sockets")) == (3, True)
    connect(io).emit("x")
    assert any("received 'x'" in line for line in log_lines())
    assert io.set("log level", 1).get("log level") == 1
    connect(io).emit("x")
    assert log_lines() == []
    assert io.get("log") is True
    assert io.disable("log").disabled("log")
    assert io.enable("log").get("log level") == 2


@pytest.mark.parametrize("value", [4, -1, True, "debug", None, 1.5])
def test_a_wrong_log_level_of_09_is_named(value):
    with pytest.raises(OptionError, match="setting 'log level': 0"):
        Listener().set("log level", value)
