"""
A client of Socket.IO 0.9: handshake, packets, namespaces, acknowledgements.

    GET /socket.io/1/?t=1395000000001               <session id>:60:60:websocket,htmlfile,xhr-polling,jsonp-polling
    GET /socket.io/1/xhr-polling/<session id>?t=2   1::
    to us    5:1+::{"name":"question","args":[1]}       we    6:::1+[1]
    to us    2::                                        we    2::

Two packets or more in one body are framed: U+FFFD, length, U+FFFD, packet.
"""

import re
from itertools import count
from typing import Any

from twisted.python.failure import Failure

from gateway.conformance.clients import jsonp
from gateway.conformance.clients.carriers import Polls, Sockets, Streams
from gateway.conformance.clients.drafts import Draft
from gateway.conformance.clients.link import Answer, CutError, Headers, Link, RefusedError, Unit
from gateway.conformance.clients.peers import ACK, CONNECTED, CONTROL, EVENT, LEFT, REFUSED, Peer, Report
from gateway.conformance.clients.texts import framed, length, parse, stringify, utf8

REPLACEMENT = "\ufffd"
PLAIN: Headers = (("Content-Type", "text/plain;charset=UTF-8"),)

_PACKET = re.compile(r"([^:]+):([0-9]+)?(\+)?:([^:]+)?:?(.*)", re.DOTALL)
_SCRIPT = re.compile(r"<script>_\((.*?)\);</script>", re.DOTALL)
_REASONS = {"0": "transport not supported", "1": "client not handshaken", "2": "unauthorized"}


def payload(packets: list[Unit]) -> str:
    """Packets as one body."""
    texts = [packet for packet in packets if isinstance(packet, str)]
    if len(texts) == 1:
        return texts[0]
    return "".join(f"{REPLACEMENT}{length(text)}{REPLACEMENT}{text}" for text in texts)


_HEAD = re.compile("\ufffd([0-9]+)\ufffd")


def packets_of(text: str) -> list[Unit]:
    """
    The packets of a body.

    :raises RefusedError: the frames are wrong.
    """
    if not text.startswith(REPLACEMENT):
        return [text] if text else []
    pieces, end = framed(text, _HEAD)
    if end < len(text):
        raise RefusedError(200, f"no frame: {text[end : end + 40]!r}")
    return [packet for packet, _ in pieces]


class NineSpeech:
    """How 0.9 speaks over its HTTP transports and WebSockets."""

    def __init__(self, peer: "NinePeer", transport: str, early: bool = False) -> None:
        self.peer = peer
        self.transport = transport
        self.early = early
        self._stamps = count(1395000000001)
        self._text = ""
        self._begun = False

    def target(self, piece: str, more: str = "") -> str:
        """A target below the protocol number."""
        stamp = f"t={next(self._stamps)}"
        return f"{self.peer.mount}/1/{piece}?{'&'.join(filter(None, (self.peer.query, stamp, more)))}"

    def poll(self) -> str:
        return self.target(f"{self.transport}/{self.peer.sid}", "i=0" if self.transport == "jsonp-polling" else "")

    def post(self, units: list[Unit]) -> tuple[str, bytes, Headers]:
        text = payload(units)
        if self.transport != "jsonp-polling":
            return self.poll(), utf8(text), PLAIN
        return self.poll(), jsonp.form("d", text if self.early else stringify(text)), jsonp.FORM

    def posted(self, answer: Answer) -> None:
        if answer.status != 200 or answer.body != b"1":
            raise RefusedError(answer.status, answer.body[:40].decode("latin-1"))

    def read(self, answer: Answer) -> list[Unit]:
        text = answer.text
        return packets_of(jsonp.argument(text, "io.j[0]") if self.transport == "jsonp-polling" else text)

    def piece(self, data: bytes) -> list[Unit]:
        self._text += data.decode()
        if not self._begun:
            if len(self._text) < 256:
                return []
            if not self._text.startswith("<html><body><script>"):
                raise RefusedError(200, f"page begins with {self._text[:30]!r}")
            self._begun, self._text = True, self._text[256:].lstrip(" ")
        found: list[Unit] = []
        while (match := _SCRIPT.match(self._text)) is not None:
            self._text = self._text[match.end() :]
            text = jsonp.argument(f"_({match[1]});", "_")
            found += packets_of(text.replace("\\/", "/"))  # as clients since 0.9.15 do
        return found

    def wrap(self, units: list[Unit]) -> list[Unit]:
        return units

    def unwrap(self, message: Unit) -> list[Unit]:
        if not isinstance(message, str):
            raise RefusedError(101, "a binary message")
        return [message]


class NinePeer(Peer):
    """
    A client of 0.9.

    :param transport: its name in URLs.
    :param draft: of WebSocket, where that is the transport.
    :param early: post forms as clients before 0.8.6 do.
    :ivar greeting: the answer to the handshake, cut at its colons.
    """

    era = "0.9"

    def __init__(
        self,
        link: Link,
        transport: str,
        draft: Draft | None = None,
        mount: str = "/socket.io",
        query: str = "",
        early: bool = False,
    ) -> None:
        super().__init__(link, mount, query)
        self.greeting: list[str] = []
        speech = self.speech = NineSpeech(self, transport, early)
        if draft is not None:
            self.carrier = Sockets(link, speech, self, draft)
        elif transport == "htmlfile":
            self.carrier = Streams(link, speech, self)
        else:
            self.carrier = Polls(link, speech, self)

    def open(self) -> None:
        jsonp_index = "jsonp=0" if self.speech.transport == "jsonp-polling" else ""
        asked = self.link.fetch("GET", self.speech.target("", jsonp_index))
        asked.addCallback(self._greeted).addErrback(self._turned_away)

    def _greeted(self, answer: Answer) -> None:
        if answer.status != 200:
            raise RefusedError(answer.status, answer.text)
        text = answer.text
        if self.speech.transport == "jsonp-polling":
            text = jsonp.argument(text, "io.j[0]")
        self.greeting = text.split(":")
        if len(self.greeting) < 4:
            raise RefusedError(200, f"the handshake is {text[:60]!r}")
        self.sid = self.greeting[0]
        if not self.ended:
            self.carrier.start()

    def _turned_away(self, failure: Failure) -> None:
        failure.trap(RefusedError, CutError)
        self.lost(f"handshake: {failure.getErrorMessage()}")

    def join(self, namespace: str, query: str = "", auth: Any = None) -> None:
        self.carrier.send([f"1::{namespace}:?{query}" if query else f"1::{namespace}"])

    def leave(self, namespace: str) -> None:
        self.carrier.send([f"0::{_endpoint(namespace)}"])

    def send(self, value: Any, namespace: str = "/") -> None:
        kind, data = ("3", value) if isinstance(value, str) else ("4", stringify(value))
        self.carrier.send([f"{kind}::{_endpoint(namespace)}:{data}"])

    def emit(self, name: str, *args: Any, namespace: str = "/", ack: int | None = None) -> None:
        event = {"name": name, "args": list(args)} if args else {"name": name}
        number = "" if ack is None else f"{ack}+"
        self.carrier.send([f"5:{number}:{_endpoint(namespace)}:{stringify(event)}"])

    def answer(self, report: Report, *args: Any) -> None:
        data = f"+{stringify(list(args))}" if args else ""
        self.carrier.send([f"6::{_endpoint(report.namespace)}:{report.ack}{data}"])

    def close(self) -> None:
        if not self.ended:
            self.carrier.send(["0::"])
        super().close()

    def unit(self, unit: Unit) -> None:
        assert isinstance(unit, str)
        match = _PACKET.match(unit)
        if match is None:
            raise RefusedError(200, f"unreadable packet {unit[:40]!r}")
        kind, number, plus, endpoint, data = match.groups()
        namespace = endpoint or "/"
        if kind == "2":
            self.carrier.send(["2::"])
        report = _TAKE[kind](namespace, data)
        if kind == "5" and plus:
            report.ack = int(number)
        self.report(report)
        if kind == "0" and namespace == "/":
            self.over("booted")
        elif kind == "7" and namespace == "/":
            self.over(f"refused: {report.args}")

    def over(self, why: str) -> None:
        super().over(why)
        self.carrier.over = True


def _endpoint(namespace: str) -> str:
    return "" if namespace == "/" else namespace


def _event(namespace: str, data: str) -> Report:
    event = parse(data)
    return Report(EVENT, namespace, event["name"], event.get("args", []))


def _ack(namespace: str, data: str) -> Report:
    number, _, args = data.partition("+")
    return Report(ACK, namespace, args=parse(args) if args else [], ack=int(number))


def _error(namespace: str, data: str) -> Report:
    reason, _, advice = data.partition("+")
    return Report(REFUSED, namespace, args=[_REASONS.get(reason, reason), advice])


_TAKE: dict[str, Any] = {
    "0": lambda namespace, _: Report(LEFT, namespace),
    "1": lambda namespace, _: Report(CONNECTED, namespace),
    "2": lambda namespace, _: Report(CONTROL, name="2::"),
    "3": lambda namespace, data: Report(EVENT, namespace, "message", [data]),
    "4": lambda namespace, data: Report(EVENT, namespace, "message", [parse(data)]),
    "5": _event,
    "6": _ack,
    "7": _error,
    "8": lambda namespace, _: Report(CONTROL, name="8::"),
}
