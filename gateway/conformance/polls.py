"""
Polls of a replay: the answers to the polls of one session are one stream of packets, however they are grouped.

    recorded   40 | 42["a"]        actual   40, 42["a"] in one answer: the next recorded poll is not made, it would be a second
    recorded   40, 42["a"]         actual   40: the client polls again
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.conformance.packets import OCTETS, Packet, UnreadableError, held, read_answer
from gateway.conformance.rawclient import Answer, Exchange, inflated
from gateway.conformance.recordings import Recording, Step, template_body
from gateway.conformance.walking import Walk


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


class Polls(Walk):
    """The sessions of a replay that poll."""

    def __init__(self, recording: Recording, reactor: Any, host: str, port: int) -> None:
        super().__init__(recording, reactor, host, port)
        self._sessions: dict[str, Session] = {}

    def _session_of(self, method: str, target: str) -> Session | None:
        query = parse_qs(urlsplit(target).query)
        sid = query.get("sid", [""])[0]
        return self._sessions.get(sid) if method == "GET" and query.get("transport") == ["polling"] else None

    async def _polled(self, step: Step, exchange: Exchange) -> None:
        session = self._session_of("GET", exchange.target)
        recorded = inflated(template_body(step), step["headers"].get("content-encoding", ""))
        expected = self._packets(step["headers"]["content-type"], held(recorded), exchange, step)
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
            exchange = session.poll = await self._poll_again(exchange, session)

    async def _poll_again(self, exchange: Exchange, session: Session) -> Exchange:
        """The answer brought less than was recorded: the client asks again."""
        again = Exchange("GET", exchange.target, {}, b"")
        await self._open(again)
        await self._until(again, lambda: again.ended, f"packets {session.expected[session.matched :]}")
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
        self._same_head(step, answer, without=("content-type",))
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

    async def _answer(self, exchange: Exchange) -> Answer:
        await self._until(exchange, lambda: exchange.ended, "an answer")
        if exchange.answer is None:
            raise self._mismatch("the connection was closed without an answer")
        return exchange.answer


def _telling(packets: list[Packet]) -> list[Packet]:
    """Without those that tell the client nothing."""
    return [packet for packet in packets if packet != "6"]
