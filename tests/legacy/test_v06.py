"""The session of 0.3 to 0.6: who is told what, and when."""

from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v06 import Session06, open_session
from legacy.v06_wires import ENVELOPE, FRAMES
from protocols.model import Ack, AnyWire, Connect, Control, Dropped, Ended, Event, Idle, Settings
from tests.legacy.driver06 import Connection, Request, Server

TIMES = Settings(
    heartbeat_interval={"old": 10.0},
    heartbeat_timeout={"old": 8.0},
    close_timeout={"old": 8.0},
    poll_duration={"old": 20.0},
)
GET = Request("GET", "/socket.io/xhr-polling//1303000000001")


def session(settings: Settings = TIMES, wire: AnyWire | None = None) -> Session06:
    """A session whose client knows its id, at time 100."""
    made = open_session("0123", settings, 100.0, GET)
    assert made.open(100.0) == [Connect("/")]
    if wire is not None:
        assert made.attached(wire, 100.0) == []
    made.accepted("/", "0123")
    return made


def tell(happening: Any) -> Any:
    """A happening by its content."""
    if isinstance(happening, Event):
        return (happening.namespace, happening.name, happening.args, happening.ack_id)
    if isinstance(happening, Ack):
        return ("ack", happening.id, happening.args)
    return happening.units if isinstance(happening, Control) else happening


def test_session_id_is_the_greeting() -> None:
    """Quirk 2, and quirk 26: it is text, zeros in front included."""
    made = Session06("0123", TIMES, 0.0)
    assert [tell(what) for what in made.accepted("/", "0123")] == [["0123"]]


MESSAGES = [
    ("hello", ("/", "message", ["hello"], None)),
    ("", ("/", "message", [""], None)),
    ("~r~x", ("/", "message", ["~r~x"], None)),
    ("~", ("/", "message", ["~"], None)),
    ('~j~{"a":1}', ("/", "message", [{"a": 1}], None)),
    ("~j~[1,2]", ("/", "message", [[1, 2]], None)),
    ('~j~"text"', ("/", "message", ["text"], None)),
    ("~j~null", ("/", "message", [None], None)),
    ('~j~{"event":"news","args":["a"],"id":7}', ("/", "news", ["a"], 7)),
    ('~j~{"event":"news"}', ("/", "news", [], None)),
    ('~j~{"event":"news","more":1}', ("/", "message", [{"event": "news", "more": 1}], None)),
    ('~j~{"event":"file","args":[{"_binary":"YWJj"}]}', ("/", "file", [b"abc"], None)),
    ('~j~{"_binary":"YWJj"}', ("/", "message", [{"_binary": "YWJj"}], None)),
    ('~j~{"ack":7,"args":["ok"]}', ("ack", 7, ["ok"])),
]


@pytest.mark.parametrize(("unit", "expected"), MESSAGES)
def test_message_is_understood(unit: str, expected: Any) -> None:
    """Quirk 19."""
    assert [tell(what) for what in session().receive(unit, 101.0)] == [expected]


def test_without_the_convention_every_object_is_a_message() -> None:
    strict = session(Settings(old_events=False))
    (event,) = strict.receive('~j~{"event":"news"}', 101.0)
    assert tell(event) == ("/", "message", [{"event": "news"}], None)


@pytest.mark.parametrize("unit", ["~j~{bad", "~j~", "~j~NaN", "~j~1 2", "~j~" + "[" * 5000, b"no frames", b""])
def test_what_cannot_be_read_is_dropped_and_the_session_stays(unit: Any) -> None:
    made = session()
    (dropped,) = made.receive(unit, 101.0)
    assert isinstance(dropped, Dropped)
    assert len(dropped.sample) <= 48
    assert [tell(what) for what in made.receive("hello", 101.0)] == [("/", "message", ["hello"], None)]


def test_nobody_speaks_before_the_session_id_is_told() -> None:
    made = Session06("0123", TIMES, 0.0)
    (dropped,) = made.receive("hello", 0.0)
    assert isinstance(dropped, Dropped)


@given(st.text() | st.binary() | st.text('[]{}",:\\u0na~jh').map(lambda text: "~j~" + text))
def test_garbage_never_raises(unit: Any) -> None:
    assert isinstance(session(wire=FRAMES["websocket"]).receive(unit, 101.0), list)


# The end ------------------------------------------------------------------------------


def test_refused_client_is_at_its_end() -> None:
    made = Session06("0123", TIMES, 0.0)
    made.open(0.0)
    assert made.refused("/", "no entry") == [Ended("forced server close", "no entry")]


def test_disconnect_by_the_server_is_the_end() -> None:
    made = session()
    assert made.dismiss("/") == [Ended("server namespace disconnect")]
    assert made.deadline == inf


def test_nothing_is_heard_after_the_end() -> None:
    """0.6.18 went on to raise message events."""
    made = session(wire=FRAMES["websocket"])
    made.dismiss("/")
    assert made.receive("hello", 101.0) == []
    assert made.receive("~h~1", 101.0) == []
    assert made.dismiss("/") == []
    assert made.attached(FRAMES["websocket"], 102.0) == []
    assert made.detached(FRAMES["websocket"], 102.0) == []
    assert made.wake(1000.0) == []
    assert made.deadline == inf


@pytest.mark.parametrize("name", ["websocket", "flashsocket", "htmlfile", "xhr-multipart", "server-events"])
def test_socket_or_stream_that_ends_ends_the_session(name: str) -> None:
    made = session(wire=FRAMES[name])
    assert made.detached(FRAMES[name], 101.0) == [Ended("transport close")]


def test_stream_that_is_replaced_does_not_end_it() -> None:
    made = session(wire=FRAMES["htmlfile"])
    made.attached(FRAMES["htmlfile"], 105.0)
    assert made.detached(FRAMES["htmlfile"], 105.0) == []
    assert made.deadline == 115.0


def test_one_transport_can_have_times_of_its_own() -> None:
    own = Settings(close_timeout={"old": 8.0, "old:htmlfile": 3.0}, heartbeat_interval={"old": 10.0, "old:htmlfile": 4.0})
    made = session(own, FRAMES["htmlfile"])
    assert made.deadline == 104.0
    assert made.detached(FRAMES["htmlfile"], 101.0) == []
    assert made.wake(104.0) == [Ended("transport close")]


# Polls -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wires", [FRAMES, ENVELOPE])
def test_poll_is_answered_after_its_duration(wires: Any) -> None:
    """Quirk 7."""
    made = session(wire=wires["xhr-polling"])
    assert made.deadline == 120.0
    assert made.wake(119.9) == []
    assert made.wake(120.0) == [Idle()]
    assert made.wake(121.0) == []


def test_poll_that_replaces_another_has_its_whole_duration() -> None:
    """In 0.6.18 the timer of the first ended the second one early."""
    wire = FRAMES["xhr-polling"]
    made = session(wire=wire)
    made.attached(wire, 115.0)
    made.detached(wire, 115.0)
    assert made.wake(120.0) == []
    assert made.deadline == 135.0


def test_session_outlives_the_gap_between_polls() -> None:
    """Quirk 17."""
    made = session(wire=FRAMES["xhr-polling"])
    assert made.detached(FRAMES["xhr-polling"], 101.0) == []
    assert made.deadline == 109.0
    made.attached(FRAMES["xhr-polling"], 108.9)
    assert made.wake(109.0) == []
    assert made.deadline == 128.9


def test_session_without_a_poll_ends_after_the_close_timeout() -> None:
    made = session(wire=FRAMES["jsonp-polling"])
    made.detached(FRAMES["jsonp-polling"], 101.0)
    assert made.wake(109.0) == [Ended("transport close")]


def test_post_does_not_prolong_the_gap() -> None:
    made = session(wire=FRAMES["xhr-polling"])
    made.detached(FRAMES["xhr-polling"], 101.0)
    made.receive("hello", 108.0)
    assert made.deadline == 109.0


def test_session_that_nobody_ever_attached_ends() -> None:
    made = session()
    assert made.wake(108.0) == [Ended("transport close")]


def test_polls_have_no_heartbeats() -> None:
    made = session(wire=FRAMES["xhr-polling"])
    assert made.receive("~h~1", 101.0) == []
    assert made.deadline == 120.0


# Heartbeats ---------------------------------------------------------------------------------


def beat(made: Session06, now: float) -> list[Any]:
    assert made.deadline == now
    return [tell(what) for what in made.wake(now)]


@pytest.mark.parametrize("name", ["websocket", "htmlfile", "xhr-multipart"])
def test_heartbeat_comes_an_interval_after_the_last_echo(name: str) -> None:
    """Quirk 14."""
    made = session(wire=FRAMES[name])
    assert beat(made, 110.0) == [["~h~1"]]
    made.receive("~h~1", 112.0)
    assert beat(made, 122.0) == [["~h~2"]]


def test_unanswered_heartbeat_ends_the_session() -> None:
    made = session(wire=FRAMES["websocket"])
    beat(made, 110.0)
    made.receive("hello", 111.0)  # is no answer
    assert made.wake(118.0) == [Ended("ping timeout")]


@pytest.mark.parametrize("echo", ["~h~0", "~h~2", "~h~", "~h~01", "~h~1 ", "~h~x"])
def test_stray_echo_is_ignored(echo: str) -> None:
    """Quirk 14."""
    made = session(wire=FRAMES["websocket"])
    beat(made, 110.0)
    assert made.receive(echo, 111.0) == []
    assert made.deadline == 118.0


def test_echo_without_a_question_starts_no_timer() -> None:
    made = session(wire=FRAMES["websocket"])
    for _ in range(3):
        assert made.receive("~h~0", 105.0) == []
    assert made.deadline == 110.0
    beat(made, 110.0)
    made.receive("~h~1", 111.0)
    made.receive("~h~1", 115.0)
    assert made.deadline == 121.0


def test_numbers_go_on_after_a_new_connection() -> None:
    made = session(wire=FRAMES["websocket"])
    beat(made, 110.0)
    made.attached(FRAMES["websocket"], 111.0)
    assert beat(made, 121.0) == [["~h~2"]]


def test_no_heartbeat_goes_before_the_session_id() -> None:
    """Quirk 2: the client would take it for the id."""
    made = Session06("0123", TIMES, 100.0)
    made.attached(FRAMES["websocket"], 100.0)
    assert made.wake(110.0) == []
    made.accepted("/", "0123")
    assert beat(made, 120.0) == [["~h~1"]]


def test_envelope_clients_are_not_asked_to_answer() -> None:
    made = session(wire=ENVELOPE["websocket"])
    assert made.generation == "envelope"
    assert [beat(made, now) for now in (110.0, 120.0, 130.0)] == [[["~h~1"]], [["~h~2"]], [["~h~3"]]]


# The whole of it ----------------------------------------------------------------------------------


def get(connection: Connection, path: str) -> None:
    connection.receive(f"GET /socket.io/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def test_session_stays_while_every_request_has_its_own_connection() -> None:
    """Quirk 15, and 16: one payload per poll, what follows waits for the next one."""
    server = Server()
    first, second, third, sender = (Connection(server) for _ in range(4))
    get(first, "xhr-polling//1")
    sid = next(iter(server.peers))
    first.close()
    get(second, f"xhr-polling/{sid}/2")
    body = b"data=~m~7~m~twice:x~m~6~m~echo:y"
    head = f"POST /socket.io/xhr-polling/{sid}/send HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    sender.receive(head.encode() + body)
    get(third, f"xhr-polling/{sid}/3")
    assert [answer.body for answer in second.answers] == [b"~m~2~m~x1"]
    assert [answer.body for answer in third.answers] == [b"~m~2~m~x2~m~1~m~y"]
    assert [answer.body for answer in sender.answers] == [b"ok"]


def test_message_behind_a_heartbeat_is_heard() -> None:
    """Quirk 18: clients put both into one POST; 0.6.18 dropped the message."""
    server = Server()
    connection = Connection(server)
    connection.receive(b"GET /socket.io/websocket HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n")
    connection.receive(b"\x00~m~4~m~~h~1~m~5~m~hello\xff")
    assert server.events[-1]["data"] == "hello"
