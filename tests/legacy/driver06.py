"""
A server of Socket.IO 0.3 to 0.6 without sockets: door, wires and sessions, a clock that is turned, and the
application that the recordings in ``gateway/conformance/wire/socketio-0.6`` were made with.

Connections take the bytes of the recordings. WebSockets are those of drafts 75 and 76,
of which only the frames are understood here (``00 text ff``).
"""

import json
import re
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any

from legacy.v06 import Session06, open_session
from legacy.v06_auto import GreetingMemory
from legacy.v06_door import door
from legacy.v06_frames import decode_frames
from protocols.model import (
    MESSAGE,
    Answer,
    Connect,
    Control,
    Drop,
    Ended,
    Event,
    Idle,
    Outgoing,
    PollWire,
    Post,
    Reply,
    Resume,
    Settings,
    SocketWire,
    Start,
    StreamWire,
    Unit,
)

SETTINGS = Settings(old_payload="frames")


class Request:
    """What a door may read, made by hand."""

    def __init__(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.method = method
        self.target = target
        self.path, _, self.raw_query = target.partition("?")
        self.query: dict[str, Any] = {}
        self.body = body
        self.headers = headers or {}
        self.upgrade = "upgrade" in self.headers

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    @property
    def segments(self) -> list[str]:
        return self.path.removeprefix("/socket.io").removeprefix("/").split("/")


def parse_payload(text: str) -> list[Any]:
    """Messages of one payload, of either generation."""
    return json.loads(text)["messages"] if text.startswith("{") else decode_frames(text)


def parse_answer(answer: Answer) -> list[Any]:
    body = answer.body.decode()
    if answer.content_type.startswith("text/javascript"):
        body = json.loads(re.fullmatch(r"io\.JSONP\[\d+\]\._\((.*)\);", body)[1])
    return parse_payload(body)


def parse_piece(name: str, piece: Unit) -> list[Any]:
    """Messages of one script element, part, event or WebSocket message; what only keeps alive has none."""
    if isinstance(piece, str):
        return parse_payload(piece) if piece != '{"heartbeat":"1"}' else []
    text = piece.decode()
    if name == "htmlfile":
        found = re.fullmatch(r"<script>parent\.s\._\((.*), document\);</script>", text)
        value = json.loads(found[1]) if found else ""
        return value["messages"] if isinstance(value, dict) else decode_frames(value)
    if name == "xhr-multipart":
        found = re.fullmatch(r"Content-Type: text/plain(?:; charset=us-ascii)?\n\n(.*)\n--socketio\n", text, re.DOTALL)
        return [] if found[1] == "\x06" else parse_payload(found[1])
    return parse_payload("\n".join(line.removeprefix("data: ") for line in text.removesuffix("\n\n").split("\n")))


class Connection:
    """
    One TCP connection: what the server wrote, cut into answers and pieces.

    :ivar pieces: what a stream or a WebSocket carried, as it went out.
    """

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.buffer = b""
        self.answers: deque[Answer] = deque()
        self.pieces: deque[Any] = deque()
        self.peer: Peer | None = None
        self.socket: SocketWire | None = None
        self.closed = False

    def receive(self, data: bytes) -> None:
        self.buffer += data
        while self.buffer and not self.closed and (self._frame() if self.socket else self._request()):
            pass

    def _request(self) -> bool:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        size = 8 if "sec-websocket-key1" in headers else int(headers.get("content-length", 0))
        if not found or len(rest) < size:
            return False
        method, target, _ = lines[0].split(" ")
        self.buffer = rest[size:]
        self.server.request(self, Request(method, target, headers, rest[:size]))
        return True

    def _frame(self) -> bool:
        frame, found, rest = self.buffer.partition(b"\xff")
        if not found:
            return False
        self.buffer = rest
        self.peer.take(self.socket.uncarry(frame[1:].decode()))
        return True

    def close(self) -> None:
        """The client closes."""
        self.closed = True
        if self.peer:
            self.peer.lost(self)


class Peer:
    """One client, as a gateway keeps it: a session, what it is attached to, what waits."""

    def __init__(self, server: "Server", session: Session06, name: str) -> None:
        self.server, self.session, self.transport_name = server, session, name
        self.connection: Connection | None = None
        self.wire: Any = None
        self.poll: Request | None = None
        self.waiting: list[Any] = []
        self.joined = False
        self.dropped: list[str] = []

    def attach(self, connection: Connection, wire: Any, request: Request) -> None:
        old, old_poll = self.connection, self.poll
        connection.peer = self
        self.connection, self.wire, self.poll = connection, wire, None
        self.happen(self.session.attached(wire, self.server.now))
        if old is not None:
            if old_poll is not None:
                old.answers.append(wire.answer(list(wire.idle), old_poll))
            self.happen(self.session.detached(wire, self.server.now))
        if isinstance(wire, PollWire):
            self.poll = request
        elif isinstance(wire, StreamWire):
            connection.answers.append(wire.head(request))
        else:
            connection.socket = wire
        self.flush()

    def send(self, message: Any) -> None:
        self.waiting.append(message)
        self.flush()

    def flush(self) -> None:
        if self.connection is None or not self.waiting:
            return
        units = [unit for message in self.waiting for unit in message.to(self.wire.encode)]
        self.waiting = []
        if isinstance(self.wire, PollWire):
            self.answer(units)
        elif isinstance(self.wire, StreamWire):
            self.connection.pieces.append(self.wire.pack(units))
        else:
            self.connection.pieces.extend(self.wire.carry(units))

    def answer(self, units: list[Any]) -> None:
        connection, self.connection, poll, self.poll = self.connection, None, self.poll, None
        connection.answers.append(self.wire.answer(units, poll))
        self.happen(self.session.detached(self.wire, self.server.now))

    def lost(self, connection: Connection) -> None:
        if connection is self.connection:
            self.connection = self.poll = None
            self.happen(self.session.detached(self.wire, self.server.now))

    def take(self, units: list[Any]) -> None:
        for unit in units:
            self.happen(self.session.receive(unit, self.server.now))

    def happen(self, happenings: list[Any]) -> None:
        for happening in happenings:
            if isinstance(happening, Event):
                for value in happening.args:
                    self.server.message(self, value)
            elif isinstance(happening, Control):
                self.send(happening)
            elif isinstance(happening, Connect):
                self.joined = True
                self.happen(self.session.accepted("/", self.session.id))
                self.server.log("connection", self)
            elif isinstance(happening, Idle):
                self.answer(list(self.wire.idle))
            elif isinstance(happening, Ended):
                self.server.end(self, happening)
            else:
                self.dropped.append(happening.rule)


class Server:
    """The listener and the fixture application of the recordings."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self.memory = GreetingMemory()
        self.now = 0.0
        self.peers: dict[str, Peer] = {}
        self.events: list[dict[str, Any]] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.ended: list[Ended] = []
        self.sids = (f"0{number}2Ab_-xyz" for number in count(140025866266093))

    def request(self, connection: Connection, request: Request) -> None:
        step = door(request, request.segments, self.settings, self.peers.get)
        if isinstance(step, Reply):
            connection.answers.append(step.answer)
        elif isinstance(step, Drop):
            connection.closed = True
        elif isinstance(step, Start):
            self.start(connection, request, step.wire)
        elif isinstance(step, Resume):
            step.client.attach(connection, step.wire, request)
        else:
            assert isinstance(step, Post)
            units = step.wire.read(request, self.settings.max_payload)
            step.client.take(units)
            connection.answers.append(step.wire.posted(request))

    def start(self, connection: Connection, request: Request, wire: Any) -> None:
        session = open_session(next(self.sids), self.settings, self.now, request, self.memory, "127.0.0.1")
        peer = self.peers[session.id] = Peer(self, session, wire.name)
        peer.attach(connection, wire, request)
        peer.happen(session.open(self.now))

    def log(self, event: str, peer: Peer, **more: Any) -> None:
        self.events.append({"event": event, "sid": peer.session.id, **more})

    def end(self, peer: Peer, ended: Ended) -> None:
        del self.peers[peer.session.id]
        self.ended.append(ended)
        self.log("disconnect", peer)
        if peer.connection is not None:
            peer.connection.closed = True

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while (moment := self.next_moment()) <= end:
            self.turn(moment)
        self.now = end

    def next_moment(self) -> float:
        deadlines = [peer.session.deadline for peer in self.peers.values()]
        return min([*deadlines, *(at for at, _ in self.later)], default=float("inf"))

    def turn(self, moment: float) -> None:
        """Let happen what is due at ``moment``."""
        self.now = max(self.now, moment)
        due = [(at, call) for at, call in self.later if at <= self.now]
        self.later = [item for item in self.later if item not in due]
        for _, call in due:
            call()
        for peer in list(self.peers.values()):
            if peer.session.deadline <= self.now:
                peer.happen(peer.session.wake(self.now))

    def message(self, peer: Peer, value: Any) -> None:
        self.log("message", peer, data=value)
        if isinstance(value, dict):
            peer.send(message({"echo": value}))
            return
        word, _, rest = value.partition(":")
        if word == "echo":
            peer.send(message(rest))
        elif word == "twice":
            peer.send(message(rest + "1"))
            peer.send(message(rest + "2"))
        elif word == "array":
            peer.send(message(*rest.split(",")))
        elif word == "json":
            peer.send(message({"hello": "wörld", "n": 1}))
        elif word == "broadcast":
            for other in self.peers.values():
                if other is not peer:
                    other.send(message(rest))
        elif word == "later":
            delay, text = rest.split(":")
            self.later.append((self.now + int(delay) / 1000, lambda: peer.send(message(text))))


def message(*values: Any) -> Outgoing:
    return Outgoing("/", MESSAGE, "message", values)
