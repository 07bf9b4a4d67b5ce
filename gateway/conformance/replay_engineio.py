"""
Replays recordings of Engine.IO and Socket.IO 1.x to 4.x: the client's steps are sent, the server's are compared.

    python -m gateway.conformance.replay_engineio tests/wire/engineio/sio-*.json [--fixture-url http://127.0.0.1:8080]

Answers to polls are compared as one stream of packets for each session, everything else byte for byte. What a server
of all eras may do differently stands in ``allowances``, and nothing else is let through.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.error import AlreadyCalled
from twisted.internet.task import deferLater, react

from gateway.conformance import fixtures
from gateway.conformance.allowances import header_differs, same_code, same_status, steps_of
from gateway.conformance.packets import (
    OCTETS,
    Packet,
    UnreadableError,
    frame3,
    held,
    plain,
    read_answer,
    seen,
)
from gateway.conformance.rawclient import Answer, Exchange, Message, Peer, WebSocket
from gateway.conformance.recordings import (
    Recording,
    Step,
    Variables,
    filled,
    has_body,
    load,
    template_body,
)
from gateway.conformance.unpacked import shown

PAUSE = 0.008
"""Seconds between two steps of the client, so that the server sees them in order."""

PATIENCE = 4.0
"""Seconds that an answer may take."""


class MismatchError(AssertionError):
    """The server did not do what the recording says."""


@dataclass(slots=True)
class Session:
    """
    The polls of one session.

    :ivar octets: its client reads the binary framing only.
    :ivar expected: packets that the recorded server had sent by now; ``actual``: what came.
    """

    octets: bool
    expected: list[Packet] = field(default_factory=list)
    actual: list[Packet] = field(default_factory=list)
    matched: int = 0
    poll: Exchange | None = None
    due: bool = False


class Replay:
    """
    One recording against one server.

    :param reactor: a Twisted reactor.
    """

    def __init__(self, recording: Recording, reactor: Any, host: str, port: int) -> None:
        self.recording = recording
        self.variables = Variables(recording.vars)
        self._reactor = reactor
        self._place = (host, port)
        self._exchanges: dict[str, Exchange] = {}
        self._sockets: dict[str, WebSocket] = {}
        self._sessions: dict[str, Session] = {}
        self._peers: list[Peer] = []
        self._step: Step = {}
        self._note = ""

    async def run(self) -> None:
        """
        Walk through the steps.

        :raises MismatchError: at the first difference that is not allowed.
        """
        try:
            for step in steps_of(self.recording):
                self._step = step
                if step["dir"] == "note":
                    self._note = step["note"]
                else:
                    await self._DO[step["dir"], step["kind"]](self, step)
            await self._pause()
            self._nothing_left()
        finally:
            for peer in self._peers:
                peer.abort()

    # The client's steps

    async def _request(self, step: Step) -> None:
        target = self.variables.fill(step["target"])
        session = self._session_of(step["method"], target)
        if session is not None and session.due and session.poll is not None and not session.poll.ended:
            self._exchanges[step["id"]] = session.poll  # an earlier answer brought more than was recorded: this is the next poll
            session.due = False
            return
        headers = {name: self.variables.fill(value) for name, value in step.get("headers", {}).items()}
        exchange = Exchange(step["method"], target, headers, filled(step, self.variables))
        self._exchanges[step["id"]] = exchange
        if session is not None:
            session.poll, session.due = exchange, False
        self._open(exchange)
        await self._pause()

    async def _cut(self, step: Step) -> None:
        self._exchanges[step["id"]].abort()
        await self._pause()

    async def _open_socket(self, step: Step) -> None:
        headers = {name: self.variables.fill(value) for name, value in step.get("headers", {}).items()}
        socket = self._sockets[step["id"]] = WebSocket(self.variables.fill(step["target"]), headers)
        self._open(socket)
        await self._pause()

    async def _send(self, step: Step) -> None:
        self._sockets[step["id"]].send(step["op"], filled(step, self.variables), step.get("code"))
        await self._pause()

    async def _close(self, step: Step) -> None:
        await self._pause()
        self._sockets[step["id"]].close()

    # The server's steps

    async def _answered(self, step: Step) -> None:
        exchange = self._exchanges[step["id"]]
        if step["status"] == 200 and exchange.method == "GET" and "transport=polling" in exchange.target and has_body(step):
            await self._polled(step, exchange)
            return
        answer = await self._answer(exchange)
        self._same_head(step, answer)
        if has_body(step) and step.get("msgpack") is None:
            self._same_body(step, answer)

    async def _answer(self, exchange: Exchange) -> Answer:
        await self._until(exchange, lambda: exchange.ended, "an answer")
        if exchange.answer is None:
            raise self._mismatch("the connection was closed without an answer")
        return exchange.answer

    def _same_head(self, step: Step, answer: Answer, without: tuple[str, ...] = ()) -> None:
        if not same_status(self.recording, step["status"], answer.status):
            raise self._mismatch(f"status {answer.status}, {answer.body[:120]!r}")
        for name, value in step.get("headers", {}).items():
            actual = answer.headers.get(name, "")
            if name not in without and header_differs(self.recording, name, value, actual) and not self._same(value, actual):
                raise self._mismatch(f"header {name}: {actual!r}")

    def _same(self, template: str, text: str) -> bool:
        return self.variables.matches(template, text)

    def _same_body(self, step: Step, answer: Answer) -> None:
        expected, actual = template_body(step), answer.body
        if expected != actual and not self._same(expected.decode("latin-1"), actual.decode("latin-1")):
            raise self._mismatch(f"body {actual[:300]!r}")

    async def _dropped(self, step: Step) -> None:
        exchange = self._exchanges[step["id"]]
        await self._until(exchange, lambda: exchange.ended, "the end of the connection")
        if exchange.answer is not None:
            raise self._mismatch(f"answered with {exchange.answer.status}")

    # Polls

    def _session_of(self, method: str, target: str) -> Session | None:
        query = parse_qs(urlsplit(target).query)
        sid = query.get("sid", [""])[0]
        return self._sessions.get(sid) if method == "GET" and query.get("transport") == ["polling"] else None

    async def _polled(self, step: Step, exchange: Exchange) -> None:
        session = self._session_of("GET", exchange.target)
        expected = self._packets(step["headers"]["content-type"], held(template_body(step)), exchange, step)
        if session is None:
            await self._greeted(step, exchange, expected)
            return
        session.expected += _telling(expected)
        if session.poll is exchange:
            session.due = True
        await self._until(exchange, lambda: exchange.ended or self._covered(session), "packets")
        while exchange.ended:
            self._take(step, exchange, session)
            if self._covered(session):
                break
            exchange = self._poll_again(exchange)
            current = exchange
            await self._until(current, lambda: current.ended, f"packets {session.expected[session.matched :]}")
            session.poll = current

    def _poll_again(self, exchange: Exchange) -> Exchange:
        """The answer brought less than was recorded: the client asks again."""
        again = Exchange("GET", exchange.target, {}, b"")
        self._open(again)
        return again

    async def _greeted(self, step: Step, exchange: Exchange, expected: list[Packet]) -> None:
        """The answer to a handshake: its first packet makes the session known."""
        answer = await self._answer(exchange)
        query = parse_qs(urlsplit(exchange.target).query)
        early = bool(query.get("t")) and query["t"][0][:13].isdigit() and "-" in query["t"][0][13:14]
        session = Session(octets=self.recording.eio == 2 or (self.recording.eio == 3 and early))
        actual = self._checked(step, exchange, session, answer)
        self._same_packet(expected[0], actual[0])
        if self.recording.eio == 4 and len(expected) != len(actual):
            raise self._mismatch(f"packets {actual!r}")
        session.expected += expected[1:]
        session.actual += actual[1:]
        self._covered(session)
        self._sessions[self._sid(actual[0])] = session

    def _sid(self, greeting: Packet) -> str:
        assert isinstance(greeting, str)
        return greeting.partition('"sid":"')[2].partition('"')[0]

    def _take(self, step: Step, exchange: Exchange, session: Session) -> None:
        answer = exchange.answer
        if answer is None:
            raise self._mismatch("the connection was closed without an answer")
        session.actual += _telling(self._checked(step, exchange, session, answer))

    def _checked(self, step: Step, exchange: Exchange, session: Session, answer: Answer) -> list[Packet]:
        """Head and framing of an answer to a poll are right; gives its packets."""
        self._same_head(step, answer, () if self.recording.eio == 4 and "j=" not in exchange.target else ("content-type",))
        content_type = answer.headers.get("content-type", "")
        packets = self._packets(content_type, answer.body, exchange, None)
        if content_type != self._right_type(exchange, session, packets):
            raise self._mismatch(f"content type {content_type!r} for {packets!r}")
        return packets

    def _right_type(self, exchange: Exchange, session: Session, packets: list[Packet]) -> str:
        """How such packets go to that client (spec Engine.IO §1.3, rule 1)."""
        query = parse_qs(urlsplit(exchange.target).query)
        if "j" in query:
            return "text/javascript; charset=UTF-8"
        only_ascii = all(isinstance(packet, str) and packet.isascii() for packet in packets)
        if self.recording.eio == 4 or "b64" in query or (only_ascii and not session.octets):
            return "text/plain; charset=UTF-8"
        return OCTETS

    def _packets(self, content_type: str, body: bytes, exchange: Exchange, step: Step | None) -> list[Packet]:
        jsonp = "&j=" in exchange.target
        text_class = self.recording.text_class
        if step is not None and step.get("msgpack") is not None:
            return [step["msgpack"]]
        try:
            return read_answer(body, content_type, self.recording.eio, jsonp, text_class)
        except UnreadableError as error:
            raise self._mismatch(f"unreadable: {error}") from error

    def _covered(self, session: Session) -> bool:
        """Whether all packets expected so far have come, as they should be."""
        while session.matched < len(session.expected) and session.matched < len(session.actual):
            self._same_packet(session.expected[session.matched], session.actual[session.matched])
            session.matched += 1
        return session.matched == len(session.expected)

    def _same_packet(self, expected: Any, actual: Packet) -> None:
        if not self._is_same_packet(expected, actual):
            raise self._mismatch(f"{actual!r} instead of {expected!r}")

    def _is_same_packet(self, expected: Any, actual: Packet) -> bool:
        if isinstance(expected, dict):
            return isinstance(actual, bytes) and self._same(*shown(expected, actual))
        if not (isinstance(expected, str) and isinstance(actual, str)):
            return bool(expected == actual)
        if self._same(expected, actual):
            return True
        older = self.recording.older
        if self.recording.eio == 4 and not older:
            return False
        return self._same(plain(expected, older), plain(actual, older))

    # WebSockets

    async def _accepted(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: socket.answer is not None or socket.ended, "a 101")
        if socket.answer is None:
            raise self._mismatch("the connection was closed without an answer")
        self._same_head(step, socket.answer)

    async def _rejected(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: socket.ended or socket.accepted, "a refusal")
        if "status" not in step and socket.answer is None:
            return
        if socket.answer is None:
            raise self._mismatch("the connection was closed without an answer")
        self._same_head(step, socket.answer)
        if "text" in step:
            self._same_body(step, socket.answer)

    async def _said(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: bool(socket.messages) or socket.ended, "a message")
        if not socket.messages:
            raise self._mismatch("the connection has ended")
        message = socket.messages.pop(0)
        if step["op"] == "close" and message.op == "close":
            same = same_code(self.recording, step.get("code"), message.code)
        else:
            same = step["op"] == message.op and self._is_same_message(step, message)
        if not same:
            raise self._mismatch(f"{message}")

    def _is_same_message(self, step: Step, message: Message) -> bool:
        if step.get("msgpack") is not None:
            body = message.body[1:] if self.recording.eio < 4 else message.body
            return self._is_same_packet(step["msgpack"], body)
        body = template_body(step)
        if message.op == "binary":
            return body == message.body
        text_class = "A" if self.recording.text_class == "A" else ""
        try:
            return self._is_same_packet(seen(body.decode(), text_class), seen(message.body.decode(), text_class))
        except UnicodeError as error:
            raise self._mismatch(f"{message} is not doubled") from error

    async def _ended(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: socket.ended, "the end of the connection")

    async def _raw(self, step: Step) -> None:
        raise self._mismatch("bytes that are no frames are not replayed")

    def _nothing_left(self) -> None:
        """Nothing came that was not recorded, and nothing is missing."""
        for name, socket in self._sockets.items():
            left = [message for message in socket.messages if not (message.op == "close" and socket.closing)]
            if left:
                raise self._mismatch(f"{name} also got {left}")
        for session in self._sessions.values():
            if session.poll is not None and session.poll.ended and session.matched < len(session.actual):
                raise self._mismatch(f"a poll also got {session.actual[session.matched :]}")

    # Waiting

    def _open(self, peer: Peer) -> None:
        self._peers.append(peer)
        peer.connect(self._reactor, *self._place)

    async def _pause(self) -> None:
        await deferLater(self._reactor, PAUSE)

    async def _until(self, peer: Peer, true: Callable[[], bool], what: str) -> None:
        waited = peer.until(true)
        late = self._reactor.callLater(PATIENCE, waited.cancel)
        try:
            await waited
        except Exception as error:
            raise self._mismatch(f"waited in vain for {what}") from error
        finally:
            if late.active():
                late.cancel()

    def _mismatch(self, what: str) -> MismatchError:
        step = {key: value for key, value in self._step.items() if key != "dir"}
        where = f"{self.recording.name} ({self._note})" if self._note else self.recording.name
        return MismatchError(f"{where}: {what}\n  at step {step}")

    _DO: dict[tuple[str, str], Any] = {
        ("c2s", "http"): _request,
        ("c2s", "http-abort"): _cut,
        ("c2s", "ws-open"): _open_socket,
        ("c2s", "ws"): _send,
        ("c2s", "ws-end"): _close,
        ("s2c", "http"): _answered,
        ("s2c", "http-abort"): _dropped,
        ("s2c", "ws-accept"): _accepted,
        ("s2c", "ws-reject"): _rejected,
        ("s2c", "ws"): _said,
        ("s2c", "ws-end"): _ended,
        ("s2c", "tcp-raw"): _raw,
    }


def _telling(packets: list[Packet]) -> list[Packet]:
    """Without those that tell the client nothing."""
    return [packet for packet in packets if packet != "6"]


async def replay(recording: Recording, reactor: Any, url: str = "") -> None:
    """
    Replay one recording against the server at ``url``, or against a fresh one of ours.

    :raises MismatchError: at the first difference that is not allowed.
    """
    if url:
        parts = urlsplit(url)
        await Replay(recording, reactor, parts.hostname or "127.0.0.1", parts.port or 80).run()
        return
    fixture = await fixtures.serve(reactor, recording)
    try:
        await Replay(recording, reactor, "127.0.0.1", fixture.port).run()
    finally:
        await fixture.close()


def main() -> None:
    """Replay the files named on the command line; the exit status is 1 when one of them differs."""
    parser = argparse.ArgumentParser(description="Replay recorded traffic.")
    parser.add_argument("--fixture-url", default="", help="server to replay against; ours by default")
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()

    async def run(reactor: Any) -> None:
        failed = 0
        for path in arguments.files:
            try:
                await replay(load(path), reactor, arguments.fixture_url)
            except MismatchError as error:
                failed += 1
                print(f"DIFFERS {error}")
            else:
                print(f"same    {path.stem}")
        if failed:
            sys.exit(1)

    react(lambda reactor: Deferred.fromCoroutine(run(reactor)))


if __name__ == "__main__":
    main()
