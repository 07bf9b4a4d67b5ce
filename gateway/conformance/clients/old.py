"""
A client of Socket.IO 0.6: messages, JSON messages, heartbeats.

    GET  /socket.io/xhr-polling//1303000000001          ~m~20~m~<session id>
    POST /socket.io/xhr-polling/<session id>/send       data=%7Em%7E5%7Em%7Ehello     ok
    to us    ~h~1       we    ~h~1
    to us    ~m~43~m~~j~{"event":"question","args":[1],"id":3}      we    ~m~...~m~~j~{"ack":3,"args":[1]}

Events are JSON messages of the form shown; whatever has another form is a message.
"""

import re
from itertools import count
from typing import Any
from urllib.parse import quote

from gateway.conformance.clients import jsonp
from gateway.conformance.clients.carriers import Polls, Sockets, Streams
from gateway.conformance.clients.drafts import Draft
from gateway.conformance.clients.link import Answer, Headers, Link, RefusedError, Unit
from gateway.conformance.clients.peers import ACK, CONNECTED, CONTROL, EVENT, Peer, Report
from gateway.conformance.clients.texts import framed, length, parse, stringify, utf8

MARK, JSON, BEAT = "~m~", "~j~", "~h~"
FORM: Headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)

_PIECE = re.compile(r"<script>parent\.s\._\((.*?), document\);</script>|<!--.*?-->", re.DOTALL)
_BOUNDARY = "--socketio\n"


def payload(messages: list[Unit]) -> str:
    """Messages as one payload."""
    return "".join(f"{MARK}{length(text)}{MARK}{text}" for text in messages if isinstance(text, str))


_HEAD = re.compile(r"~m~(\d+)~m~")


def messages_of(text: str) -> list[Unit]:
    """
    The messages of a payload; as in 0.6.3, all that is no frame ends it without a word (an envelope for 0.4, say).

    :raises RefusedError: a frame is shorter than it says.
    """
    found: list[Unit] = []
    for message, size in framed(text, _HEAD)[0]:
        if length(message) != size:
            raise RefusedError(200, "a frame is shorter than it says")
        found.append(message)
    return found


class OldSpeech:
    """How 0.6 speaks over its HTTP transports and WebSockets."""

    def __init__(self, peer: "OldPeer", transport: str) -> None:
        self.peer = peer
        self.transport = transport
        self._stamps = count(1303000000001)
        self._text = ""
        self._begun = False

    @property
    def _base(self) -> str:
        return f"{self.peer.mount}/{self.transport}"

    def _query(self) -> str:
        return f"?{self.peer.query}" if self.peer.query else ""

    def poll(self) -> str:
        if self.transport in ("websocket", "flashsocket"):
            return f"{self._base}{self._query()}"
        if self.transport == "xhr-multipart":
            return f"{self._base}/{self._query()}"
        index = "/0" if self.transport == "jsonp-polling" else ""
        return f"{self._base}/{self.peer.sid}/{next(self._stamps)}{index}{self._query()}"

    def post(self, units: list[Unit]) -> tuple[str, bytes, Headers]:
        text = payload(units)
        if self.transport == "jsonp-polling":
            return f"{self._base}/{self.peer.sid}/{next(self._stamps)}/0", jsonp.form("data", text), jsonp.FORM
        body = b"data=" + quote(utf8(text), safe="-_.!~*'()").encode()
        return f"{self._base}/{self.peer.sid}/send", body, FORM

    def posted(self, answer: Answer) -> None:
        if answer.status != 200 or answer.body != b"ok":
            raise RefusedError(answer.status, answer.body[:40].decode("latin-1"))

    def read(self, answer: Answer) -> list[Unit]:
        text = answer.text
        if self.transport == "jsonp-polling":
            text = jsonp.argument(text, "io.JSONP[0]._")
        return messages_of(text)

    def piece(self, data: bytes) -> list[Unit]:
        self._text += data.decode()
        return self._multipart() if self.transport == "xhr-multipart" else self._html()

    def _multipart(self) -> list[Unit]:
        if not self._begun:
            if not self._text.startswith(_BOUNDARY):
                return []
            self._begun, self._text = True, self._text.removeprefix(_BOUNDARY)
        found: list[Unit] = []
        while f"\n{_BOUNDARY}" in self._text:
            part, _, self._text = self._text.partition(f"\n{_BOUNDARY}")
            head, _, body = part.partition("\n\n")
            if not head.startswith("Content-Type: text/plain"):
                raise RefusedError(200, f"part begins with {head[:40]!r}")
            found += messages_of(body)
        return found

    def _html(self) -> list[Unit]:
        if not self._begun:
            if len(self._text) < 256:
                return []
            if not self._text.startswith("<html><body>"):
                raise RefusedError(200, f"page begins with {self._text[:20]!r}")
            self._begun, self._text = True, self._text[256:]
        found: list[Unit] = []
        while (match := _PIECE.match(self._text)) is not None:
            self._text = self._text[match.end() :]
            if match[1] is not None:
                found += messages_of(jsonp.argument(f"_({match[1]});", "_"))
        if self._text and not self._text.startswith(("<script>"[: len(self._text)], "<!--"[: len(self._text)])):
            raise RefusedError(200, f"no script element: {self._text[:40]!r}")
        return found

    def wrap(self, units: list[Unit]) -> list[Unit]:
        return [payload(units)]

    def unwrap(self, message: Unit) -> list[Unit]:
        if not isinstance(message, str):
            raise RefusedError(101, "a binary message")
        return messages_of(message)


class OldPeer(Peer):
    """
    A client of 0.6.

    :param transport: its name in URLs.
    :param draft: of WebSocket, where that is the transport.
    """

    era = "old"

    def __init__(
        self, link: Link, transport: str, draft: Draft | None = None, mount: str = "/socket.io", query: str = ""
    ) -> None:
        super().__init__(link, mount, query)
        self.speech = OldSpeech(self, transport)
        if draft is not None:
            self.carrier = Sockets(link, self.speech, self, draft)
        elif transport in ("htmlfile", "xhr-multipart"):
            self.carrier = Streams(link, self.speech, self)
        else:
            self.carrier = Polls(link, self.speech, self)

    def open(self) -> None:
        self.carrier.start()

    def join(self, namespace: str, query: str = "", auth: Any = None) -> None:
        raise TypeError("there are no namespaces in era old")

    def leave(self, namespace: str) -> None:
        self.close()

    def send(self, value: Any, namespace: str = "/") -> None:
        self.carrier.send([value if isinstance(value, str) else JSON + stringify(value)])

    def emit(self, name: str, *args: Any, namespace: str = "/", ack: int | None = None) -> None:
        event: dict[str, Any] = {"event": name, "args": list(args)}
        self.send(event if ack is None else {**event, "id": ack})

    def answer(self, report: Report, *args: Any) -> None:
        self.send({"ack": report.ack, "args": list(args)})

    def unit(self, unit: Unit) -> None:
        assert isinstance(unit, str)
        if not self.sid:
            self.sid = unit
            self.report(Report(CONNECTED))
        elif unit.startswith(BEAT):
            self.report(Report(CONTROL, name=unit))
            self.carrier.send([unit])
        elif unit.startswith(JSON):
            self.report(_read(parse(unit[3:])))
        else:
            self.report(Report(EVENT, name="message", args=[unit]))


def _read(value: Any) -> Report:
    if isinstance(value, dict) and isinstance(value.get("args", []), list):
        if isinstance(value.get("event"), str) and value.keys() <= {"event", "args", "id"}:
            return Report(EVENT, name=value["event"], args=value.get("args", []), ack=value.get("id"))
        if isinstance(value.get("ack"), int) and value.keys() <= {"ack", "args"}:
            return Report(ACK, args=value.get("args", []), ack=value["ack"])
    return Report(EVENT, name="message", args=[value])
