"""What real servers and clients of Socket.IO 0.3 to 0.6 said to each other, said again to door, wires and session."""

import base64
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from protocols.model import Settings
from tests.legacy.driver06 import Connection, Server, parse_answer, parse_piece

WIRE = Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "socketio-0.6"
FILES = [
    "xhr-polling",
    "jsonp-polling",
    "htmlfile",
    "xhr-multipart",
    "websocket",
    "envelope-0.3.8",
    "envelope-0.4.1",
    "frames-0.5.3",
]

# Not here: what is decided before the door, or in the framing of WebSockets.
ELSEWHERE = {
    "origin-refused": "origins are checked before the door",
    "rfc6455-client": "the opening and frames of RFC 6455",
    "disconnect-by-close-frame": "the closing frame of draft 76",
    "bad-first-byte": "the frames of drafts 75 and 76",
}


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((WIRE / f"{name}.json").read_text("utf-8"))["scenarios"]


SCENARIOS = [(name, scenario) for name in FILES for scenario in load(name) if scenario["name"] not in ELSEWHERE]

# Where this server does better than the recorded one ---------------------------------------


def ends_the_replaced_poll(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The poll that is replaced gets an empty 200 instead of no answer, ever."""
    last = max(index for index, step in enumerate(steps) if step["step"] == "silence")
    empty = {"step": "recv", "conn": "B", "http": {"status": 200, "headers": []}, "messages": []}
    return [*steps[:last], empty, *steps[last + 1 :]]


def repairs_line_ends(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    text = json.dumps(steps).replace(r'"echo:a\r\n"', r'"echo:a\nb"').replace(r'["a\r\n"]', r'["a\nb"]')
    return json.loads(text)


def delivers_what_follows_a_heartbeat(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    hello = {"event": "message", "sid": "{{sid:a}}", "data": "hello"}
    steps[-1]["events"].insert(1, hello)
    return steps


def closes_with_the_session(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*steps[:-1], {"step": "server-close", "conn": "A"}]


def drops_broken_json(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """0.5 had no ``~j~``, but nothing tells its clients from those of 0.6, to whom this is JSON gone wrong."""
    events = steps[-1]["events"]
    return [*steps[:-1], {"step": "app", "events": [event for event in events if event.get("data") != '~j~{"a":"b"']}]


def leaves_preflight_to_others(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for step in steps if step.get("conn") != "D"]


BETTER: dict[tuple[str, str], Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    ("xhr-polling", "two-polls-at-once"): ends_the_replaced_poll,
    ("jsonp-polling", "newline-quirk"): repairs_line_ends,
    ("websocket", "heartbeat-inside-batch"): delivers_what_follows_a_heartbeat,
    ("websocket", "heartbeat"): closes_with_the_session,
    ("htmlfile", "heartbeat"): closes_with_the_session,
    ("xhr-multipart", "heartbeat"): closes_with_the_session,
    ("frames-0.5.3", "websocket-hixie-76"): drops_broken_json,
    ("xhr-multipart", "cross-origin-and-preflight"): leaves_preflight_to_others,
}

# The replay -----------------------------------------------------------------------------------

TIMES = [
    ("duration", "poll_duration"),
    ("closeTimeout", "close_timeout"),
    ("heartbeatInterval", "heartbeat_interval"),
    ("timeout", "heartbeat_timeout"),
]


def settings_of(name: str, scenario: dict[str, Any]) -> Settings:
    """The old server's options, in the names of this one."""
    tables: dict[str, dict[str, float]] = {ours: {} for _, ours in TIMES}
    options = scenario.get("server_options", {}).get("transportOptions", {})
    for transport, values in options.items():
        for theirs, ours in TIMES:
            if values.get(theirs) is not None:
                tables[ours][f"old:{transport}"] = values[theirs] / 1000
    return Settings(old_payload="envelope" if name.startswith("envelope") else "frames", **tables)


class Replay:
    """Plays the client of one scenario and checks what comes back."""

    def __init__(self, name: str, scenario: dict[str, Any]) -> None:
        self.server = Server(settings_of(name, scenario))
        self.checks_types = not name.startswith("frames-0.5.3")  # 0.5.3 declared no charset
        self.connections: dict[str, Connection] = {}
        self.sids: dict[str, str] = {}
        self.taken: dict[str, list[Any]] = {}

    def run(self, steps: list[dict[str, Any]]) -> None:
        for step in steps:
            getattr(self, "step_" + step["step"].replace("-", "_"))(step)

    def fill(self, text: str) -> str:
        text = text.replace("{{host}}", "localhost:8080")
        return re.sub(r"\{\{sid:(\w)\}\}", lambda found: self.sids[found[1]], text)

    def step_open(self, step: dict[str, Any]) -> None:
        self.connections[step["conn"]] = Connection(self.server)

    def step_send(self, step: dict[str, Any]) -> None:
        parts = [
            self.fill(part["text"]).encode() if "text" in part else base64.b64decode(part["base64"]) for part in step["data"]
        ]
        self.connections[step["conn"]].receive(b"".join(parts))

    def step_close(self, step: dict[str, Any]) -> None:
        self.connections[step["conn"]].close()

    def step_server_close(self, step: dict[str, Any]) -> None:
        connection = self.connections[step["conn"]]
        assert connection.closed
        assert not connection.answers and not connection.pieces

    def step_wait(self, step: dict[str, Any]) -> None:
        self.server.advance(step["ms"] / 1000)

    def step_silence(self, step: dict[str, Any]) -> None:
        connection = self.connections[step["conn"]]
        self.server.advance(step["ms"] / 1000)
        assert not connection.answers and not connection.pieces and not connection.closed

    def step_app(self, step: dict[str, Any]) -> None:
        expected = json.loads(self.fill(json.dumps(step["events"])))
        assert self.server.events == expected
        self.server.events.clear()

    def step_recv(self, step: dict[str, Any]) -> None:
        connection = self.connections[step["conn"]]
        http = step.get("http", {"status": 101})
        if http["status"] == 101 or http.get("framing") in ("chunked-open", "until-close"):
            if http["status"] != 101:
                self.check_head(http, connection)
            self.check_messages(step.get("messages"), self.pieces(connection, step))
            return
        self.until(lambda: bool(connection.answers))
        answer = self.check_head(http, connection)
        if "messages" in step:
            self.check_messages(step["messages"], parse_answer(answer))
        else:
            assert answer.body.decode() == http["body"]

    def check_head(self, http: dict[str, Any], connection: Connection) -> Any:
        answer = connection.answers.popleft()
        assert answer.status == http["status"]
        assert ("Cache-Control", "no-store") in answer.headers
        types = [value for key, value in http["headers"] if key == "Content-Type"]
        if self.checks_types and http["headers"]:
            assert [answer.content_type] == (types or [""])
        return answer

    def pieces(self, connection: Connection, step: dict[str, Any]) -> list[Any]:
        """As many messages as are due; a server may cut them into payloads as it likes."""
        if "messages" not in step:
            return []
        got: list[Any] = []
        while not got or len(got) < len(step["messages"]):
            self.until(lambda: bool(connection.pieces))
            got += parse_piece(connection.peer.transport_name, connection.pieces.popleft())
            if not step["messages"]:
                break
        return got

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(10):
            if condition():
                return
            self.server.turn(self.server.next_moment())
        assert condition()

    def check_messages(self, expected: list[Any] | None, got: list[Any]) -> None:
        assert len(got) == len(expected or [])
        for wanted, given in zip(expected or [], got, strict=True):
            self.check_message(wanted, given)

    def check_message(self, wanted: Any, given: Any) -> None:
        if isinstance(wanted, str) and (found := re.search(r"\{\{sid:(\w)\}\}", wanted)):
            if found[1] not in self.sids:
                self.sids[found[1]] = re.search(r"0\d+2Ab_-xyz", given)[0]
            wanted = self.fill(wanted)
        assert plain(given) == plain(wanted)


def plain(message: Any) -> Any:
    """JSON by its value: how it is spelt (``\\u00e9`` or not) is free."""
    return json.loads(message[3:]) if isinstance(message, str) and message.startswith("~j~") else message


@pytest.mark.parametrize(("name", "scenario"), SCENARIOS, ids=[f"{name}-{scenario['name']}" for name, scenario in SCENARIOS])
def test_recorded_client_gets_what_it_got(name: str, scenario: dict[str, Any]) -> None:
    better = BETTER.get((name, scenario["name"]), list)
    Replay(name, scenario).run(better(deepcopy(scenario["steps"])))


def test_every_recorded_defect_is_known_here() -> None:
    """A scenario marked "improve" is either changed above, or bytes below the payload are what is wrong with it."""
    same_messages = {"unicode-and-escaping", "script-end-tag-not-escaped"}
    defects = {(name, scenario["name"]) for name, scenario in SCENARIOS if scenario["conformance"] == "improve"}
    unnamed = {(name, title) for name, title in defects - set(BETTER) if title not in same_messages}
    assert unnamed == {
        ("frames-0.5.3", "xhr-polling-cross-origin"),
        ("frames-0.5.3", "xhr-polling-content-length-bug"),
    }
