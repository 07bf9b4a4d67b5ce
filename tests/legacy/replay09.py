"""
Plays a recorded scenario of Socket.IO 0.9 against door, sessions and wires.

Requests go through the door; what they post goes through the session at the recorded time, timers
included. What the server answered is taken apart and written anew by our wires, which must
give the same bytes; what sessions say by themselves is collected in ``Peer.said``.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from legacy import v09_payload
from legacy.v09 import Session09, open_session
from legacy.v09_door import door, refusal
from protocols.errors import ProtocolError
from protocols.model import (
    Ack,
    Answer,
    Connect,
    Control,
    Ended,
    Event,
    Finish,
    Greet,
    Idle,
    Leave,
    PollWire,
    Post,
    Reply,
    Resume,
    Say,
    Settings,
    Step,
)
from tests.legacy.requests09 import Request

PLACES = {"${T}": "1395000000000", "${HOST}": "localhost:80", "${HOST_ENC}": "localhost%3A80", "${PAGEHOST}": "page:80"}
DEFAULTS = {"heartbeat interval": 25, "heartbeat timeout": 60, "close timeout": 60, "polling duration": 20}
TRANSPORTS = ["websocket", "htmlfile", "xhr-polling", "jsonp-polling"]
KNOWN = {"/", "/chat", "/news", "/hello", "/ok"}
DENIED = {"/deny", "/err"}
UNHANDLED = {"noargs", "nosuchevent"}
LITERAL = re.compile(r'^(?:io\.j\[\d+\]|<script>_)\((".*")\);(?:</script>)?$', re.DOTALL)


def filled(text: str) -> str:
    """``text`` with its placeholders put in."""
    for place, value in PLACES.items():
        text = text.replace(place, value)
    return re.sub(r"\$\{SID(\d+)\}", r"sid\1", text)


def settings_of(scenario: dict[str, Any]) -> Settings:
    values = {**DEFAULTS, **scenario["settings"]}
    return Settings(
        transports={"0.9": tuple(values.get("transports", TRANSPORTS))},
        heartbeat_interval={"0.9": values["heartbeat interval"]},
        heartbeat_timeout={"0.9": values["heartbeat timeout"]},
        close_timeout={"0.9": values["close timeout"]},
        poll_duration={"0.9": values["polling duration"]},
    )


class Peer:
    """One session, the request it holds, and what happened to it."""

    transport_name = ""

    def __init__(self, session: Session09) -> None:
        self.session = session
        self.held: Held | None = None
        self.said: list[str] = []
        self.seen: list[Any] = []
        self.gone = False

    def take(self, happenings: list[Any], now: float) -> None:
        for happening in happenings:
            self.take_one(happening, now)

    def take_one(self, happening: Any, now: float) -> None:
        if isinstance(happening, Control):
            self.said += happening.units
        elif isinstance(happening, Connect):
            self.decide(happening.namespace, now)
        elif isinstance(happening, Event):
            self.handle(happening, now)
        elif isinstance(happening, Ack):
            self.seen.append(("acked", happening.namespace, happening.args))
        elif isinstance(happening, Idle):
            self.said.append("8::")
            self.release(now)
        elif isinstance(happening, Ended):
            self.said += ["0::"] if happening.goodbye else []
            self.gone = True
        else:
            assert isinstance(happening, Leave) or happening.rule

    def decide(self, namespace: str, now: float) -> None:
        """Answer as the reference application of the recordings does."""
        session = self.session
        if namespace in KNOWN:
            self.seen.append(("connection", namespace))
            self.take(session.accepted(namespace, session.id), now)
        else:
            self.take(session.refused(namespace, "no") if namespace in DENIED else session.unknown(namespace), now)

    def handle(self, event: Event, now: float) -> None:
        if event.name not in UNHANDLED:
            self.seen.append(("event", event.namespace, event.name, event.args, event.ack_id is not None))
        if event.name == "bye":
            self.take(self.session.dismiss(event.namespace), now)

    def hold(self, held: "Held", now: float) -> None:
        former, self.held = self.held, held
        self.take(self.session.attached(held.wire, now), now)
        if former is not None:
            self.take(self.session.detached(former.wire, now), now)

    def release(self, now: float) -> None:
        held, self.held = self.held, None
        if held is not None:
            self.take(self.session.detached(held.wire, now), now)


class Held:
    """A poll or stream that is open."""

    def __init__(self, wire: Any, request: Request, peer: Peer | None) -> None:
        self.wire = wire
        self.request = request
        self.peer = peer


class Replay:
    """
    One scenario.

    :ivar pairs: (step number, our answer, the recorded ``match``), in order.
    :ivar units: the packets that the old server sent, in order.
    :ivar told_unknown: numbers of the steps whose request we answer with ``7:::1+0``.
    """

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.settings = settings_of(scenario)
        self.steps = scenario["steps"]
        resource = scenario["settings"].get("resource")
        self.mount = f"{resource if isinstance(resource, str) else '/socket.io'}/"
        self.authorizes = "~auth" in scenario["settings"]
        self.peers: dict[str, Peer] = {}
        self.pairs: list[tuple[int, Answer, dict[str, Any]]] = []
        self.units: list[str] = []
        self.told_unknown: set[int] = set()
        self.open: dict[str, Held | Answer] = {}
        self.now = 0.0

    def run(self) -> "Replay":
        for step in self.steps:
            self.sleep_until(step["ms"] / 1000)
            if step["type"] == "http-request":
                self.request(step)
            elif step["type"] in ("http-response", "http-response-head", "http-chunk"):
                self.response(step)
            elif step["type"] in ("fin", "http-response-end"):
                self.end(step)
        return self

    def sleep_until(self, now: float) -> None:
        """Let every timer run out that is due by ``now``; recorded times are rounded to 10 ms."""
        self.now = now
        for peer in list(self.peers.values()):
            while peer.session.deadline <= now + 0.02 and not peer.gone:
                at = peer.session.deadline
                peer.take(peer.session.wake(at), at)
                assert peer.session.deadline > at

    def find(self, id: str) -> Peer | None:
        peer = self.peers.get(id)
        return None if peer is None or peer.gone else peer

    def request(self, step: dict[str, Any]) -> None:
        request = Request.parse(filled(step["raw"]).encode())
        if not request.path.startswith(self.mount):
            self.open.pop(step["conn"], None)
            return
        segments = request.path.removeprefix(self.mount).split("/")
        asked = door(request, segments, self.settings, self.find)
        refused = self.refused(request) if isinstance(asked, Greet) else None
        self.open[step["conn"]] = Reply(refused).answer if refused else self.outcome(asked, request, step)

    def refused(self, request: Request) -> Answer | None:
        if "good.example" not in str(self.steps) and not self.authorizes:
            return None
        origin = request.header("origin") or request.header("referer")
        if self.authorizes:
            kind = "unauthorized" if "deny" in request.query else "error" if "err" in request.query else ""
        else:
            kind = "" if "good.example" in origin or "other.example" in origin else "origin"
        return refusal(request, kind) if kind else None

    def outcome(self, asked: Step, request: Request, step: dict[str, Any]) -> "Held | Answer":
        if isinstance(asked, Reply | Finish):
            if isinstance(asked, Finish) and asked.client is not None:
                asked.client.take(asked.client.session.receive("0::", self.now), self.now)
            return asked.answer
        if isinstance(asked, Greet):
            return asked.greeting(self.greeted(request, step))
        if isinstance(asked, Say):
            self.told_unknown.add(step["n"])
            return Held(asked.wire, request, None)
        if isinstance(asked, Post):
            self.posted(asked, request)
            return asked.wire.posted(request)
        assert isinstance(asked, Resume)
        held = Held(asked.wire, request, asked.client)
        asked.client.hold(held, self.now)
        return held

    def greeted(self, request: Request, step: dict[str, Any]) -> str:
        """Make a session under the name that it has in the recording."""
        after = (s for s in self.steps if s["n"] > step["n"] and s.get("conn") == step["conn"] and s.get("dir") == "s>c")
        name = re.search(r"\$\{SID(\d+)\}", next(after)["raw"])
        session = open_session(f"sid{name[1]}" if name else "nobody", self.settings, self.now, request)
        peer = self.peers[session.id] = Peer(session)
        peer.take(session.open(self.now), self.now)
        return session.id

    def posted(self, asked: Post, request: Request) -> None:
        try:
            units = asked.wire.read(request, 1_000_000)
        except ProtocolError:
            return
        for unit in units:
            if not asked.client.gone:
                asked.client.take(asked.client.session.receive(unit, self.now), self.now)

    def response(self, step: dict[str, Any]) -> None:
        ours = self.open.get(step["conn"])
        if ours is None or step.get("after_client_closed"):
            return
        match = json.loads(filled(json.dumps(step["match"])))
        if isinstance(ours, Answer):
            self.pairs.append((step["n"], ours, match))
        else:
            self.pairs.append((step["n"], self.rewritten(ours, match), match))

    def rewritten(self, held: Held, match: dict[str, Any]) -> Answer:
        """The recorded answer's packets, written by our wire."""
        if not isinstance(held.wire, PollWire):
            return self.piece(held, match)
        units = units_of(match["body"])
        self.units += units
        if held.peer is not None and held.peer.held is held:
            held.peer.release(self.now)
        return held.wire.answer(units, held.request)

    def piece(self, held: Held, match: dict[str, Any]) -> Answer:
        if "text" not in match or not LITERAL.match(match["text"]):
            head: Answer = held.wire.head(held.request)
            return head
        units = units_of(match["text"])
        self.units += units
        return Answer(200, held.wire.pack(units))

    def end(self, step: dict[str, Any]) -> None:
        held = self.open.pop(step["conn"], None)
        if not isinstance(held, Held) or held.peer is None or held.peer.held is not held:
            return
        held.peer.gone = held.peer.gone or not isinstance(held.wire, PollWire)
        held.peer.release(self.now)

    def all_said(self) -> Iterator[str]:
        for peer in self.peers.values():
            yield from peer.said

    def all_seen(self) -> Iterator[Any]:
        for peer in self.peers.values():
            yield from peer.seen


def units_of(text: str) -> list[str]:
    """The packets in a recorded answer of any transport."""
    call = LITERAL.match(text)
    return [str(unit) for unit in v09_payload.split(json.loads(call[1]) if call else text)]
