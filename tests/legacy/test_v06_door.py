"""What requests of 0.3 to 0.6 ask for."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v06_auto import LearningPoll, LearningSocket, LearningStream
from legacy.v06_door import TRANSPORTS, door, refusal
from legacy.v06_wires import ENVELOPE, FRAMES
from protocols.model import Answer, Drop, Post, Reply, Resume, Settings, SocketWire, Start
from tests.legacy.driver06 import Request

SETTINGS = Settings(old_payload="frames", transports={"old": TRANSPORTS})
SOCKETS = [name for name in TRANSPORTS if isinstance(FRAMES[name], SocketWire)]
OTHERS = [name for name in TRANSPORTS if name not in (*SOCKETS, "jsonp-polling")]
UPGRADE = {"upgrade": "WebSocket"}


def client(name: str, era: str = "old") -> Any:
    return SimpleNamespace(session=SimpleNamespace(era=era, wire=FRAMES[name], origin=""), transport_name=name)


def ask(method: str, path: str, known: Any = None, settings: Settings = SETTINGS, headers: Any = None) -> Any:
    request = Request(method, f"/socket.io/{path}", headers or {})
    return door(request, request.segments, settings, lambda sid: known if sid == "ID" else None)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("path", ["{}//1303000000001", "{}/", "{}", "{}//", "{}//1/2"])
def test_request_without_session_id_starts_a_session(name: str, path: str) -> None:
    """Quirk 1, and quirk 24: every transport is there."""
    step = ask("GET", path.format(name))
    assert isinstance(step, Start)
    assert step.wire is FRAMES[name]


@pytest.mark.parametrize("path", ["jsonp-polling//1303000000001/0", "jsonp-polling//1303000000001/7/"])
def test_jsonp_starts_with_its_number(path: str) -> None:
    """Quirk 1."""
    assert ask("GET", path) == Start(FRAMES["jsonp-polling"])


@pytest.mark.parametrize("name", SOCKETS)
@pytest.mark.parametrize("path", ["{}", "{}/"])
def test_upgrade_starts_a_session(name: str, path: str) -> None:
    assert ask("GET", path.format(name), headers=UPGRADE) == Start(FRAMES[name])


@pytest.mark.parametrize("name", OTHERS)
def test_known_session_goes_on(name: str) -> None:
    """Quirk 15: whatever connection the request came on."""
    known = client(name)
    assert ask("GET", f"{name}/ID/1303000000002", known) == Resume(known, FRAMES[name])
    assert ask("POST", f"{name}/ID/send", known) == Post(known, FRAMES[name])


def test_known_jsonp_session_goes_on() -> None:
    known = client("jsonp-polling")
    assert ask("GET", "jsonp-polling/ID/1303000000002/3", known) == Resume(known, FRAMES["jsonp-polling"])
    assert ask("POST", "jsonp-polling/ID/1303000000002/3", known) == Post(known, FRAMES["jsonp-polling"])


def test_socket_comes_back_to_its_session() -> None:
    known = client("websocket")
    assert ask("GET", "websocket/ID", known, headers=UPGRADE) == Resume(known, FRAMES["websocket"])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "known",
    [None, client("htmlfile"), client("websocket"), client("xhr-polling", "0.9"), client("xhr-polling", "eio3")],
)
def test_foreign_session_id_gets_no_answer(method: str, known: Any) -> None:
    """Quirk 5, and ids are bound to their transport and era."""
    assert isinstance(ask(method, "xhr-polling/ID/1303000000002", known), Drop)


def test_unknown_session_id_on_an_upgrade_gets_no_answer() -> None:
    """Quirk 5."""
    assert isinstance(ask("GET", "websocket/12345", headers=UPGRADE), Drop)


def test_session_that_was_never_attached_is_unknown() -> None:
    known = SimpleNamespace(session=SimpleNamespace(era="old", wire=None), transport_name="")
    assert isinstance(ask("GET", "xhr-polling/ID/1", known), Drop)


REFUSED = [
    ("POST", "xhr-polling//send", {}),
    ("POST", "xhr-polling", {}),
    ("POST", "jsonp-polling//1/0", {}),
    ("GET", "jsonp-polling/", {}),
    ("GET", "jsonp-polling//ts", {}),
    ("GET", "jsonp-polling/ID/ts", {}),
    ("GET", "jsonp-polling//1/0x", {}),
    ("GET", "websocket", {}),
    ("POST", "websocket/ID/send", {}),
    ("POST", "websocket/ID", UPGRADE),
    ("GET", "xhr-polling//1", UPGRADE),
    ("HEAD", "xhr-polling//1", {}),
    ("PUT", "xhr-polling/ID/send", {}),
    ("OPTIONS", "htmlfile//1", {}),
    ("DELETE", "xhr-multipart/", {}),
    ("GET", "constructor", {}),
    ("GET", "", {}),
]


@pytest.mark.parametrize(("method", "path", "headers"), REFUSED)
def test_wrong_request_is_answered_400(method: str, path: str, headers: Any) -> None:
    """Each of these hung the old server, or killed it, or got past it."""
    step = ask(method, path, client("xhr-polling"), headers=headers)
    assert isinstance(step, Reply)
    assert (step.answer.status, step.code) == (400, None)
    assert step.log


def test_transport_that_is_off_is_named_with_its_option() -> None:
    step = ask("GET", "htmlfile//1", settings=Settings(transports={"old": ("websocket", "xhr-polling")}))
    assert step.answer.status == 400
    assert "'htmlfile'" in step.log
    assert "enabled: websocket, xhr-polling (option transports)" in step.log


def test_polling_that_is_off_gets_no_answer_that_would_bring_on_the_next_poll() -> None:
    """Spec 0.6 §5.1: clients 0.2.4, 0.5 and 0.6.0 do not look at the status."""
    step = ask("GET", "xhr-polling//1", settings=Settings(transports={"old": ("websocket",)}))
    assert isinstance(step, Drop)
    assert "'xhr-polling'" in step.log


def test_log_line_holds_no_line_end_of_the_request() -> None:
    assert "\n" not in ask("GET", "x\ny").log
    assert "\n" not in ask("G\nT", "xhr-polling//1").log


def test_envelope_listener_starts_in_the_envelope() -> None:
    """Quirk 25."""
    settings = Settings(old_payload="envelope")
    assert ask("GET", "xhr-polling//1", settings=settings) == Start(ENVELOPE["xhr-polling"])


@pytest.mark.parametrize("old_payload", ["frames", "envelope", "auto"])
def test_what_came_later_than_the_envelope_speaks_frames_on_every_mount(old_payload: str) -> None:
    settings = Settings(old_payload=old_payload)
    assert ask("GET", "jsonp-polling//1/0", settings=settings) == Start(FRAMES["jsonp-polling"])
    assert ask("GET", "server-events", settings=settings) == Start(FRAMES["server-events"])


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("xhr-polling//1", {}, LearningPoll),
        ("htmlfile//1", {}, LearningStream),
        ("xhr-multipart/", {}, LearningStream),
        ("websocket", UPGRADE, LearningSocket),
    ],
)
def test_every_session_learns_for_itself_where_both_are_admitted(path: str, headers: Any, kind: type) -> None:
    settings = Settings(old_payload="auto")
    first, second = (ask("GET", path, settings=settings, headers=headers).wire for _ in range(2))
    assert isinstance(first, kind)
    assert first is not second


def test_refused_origin_is_403_without_cors() -> None:
    answer = refusal(Request("GET", "/socket.io/xhr-polling//1"), "origin")
    assert isinstance(answer, Answer)
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("kind", ["unauthorized", "error"])
def test_refused_client_gets_no_answer(kind: str) -> None:
    assert refusal(Request("GET", "/socket.io/xhr-polling//1"), kind) == Drop()


WORDS = st.sampled_from([*TRANSPORTS, "", "ID", "send", "0", "constructor", "__proto__"]) | st.text()


@given(st.sampled_from(["GET", "POST", "PUT", ""]), st.lists(WORDS), st.booleans(), st.sampled_from(["frames", "auto"]))
def test_any_path_has_an_answer(method: str, words: list[str], upgrade: bool, old_payload: str) -> None:
    known = client("xhr-polling")
    settings = Settings(old_payload=old_payload)
    step = ask(method, "/".join(words), known, settings, UPGRADE if upgrade else {})
    assert isinstance(step, Start | Resume | Post | Reply | Drop)
