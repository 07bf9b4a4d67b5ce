r"""
The ``wire`` snippets of the documentation: what a client sends, and indented what it gets, played against a Listener.

    GET /socket.io/1/                                      a request
        200 {sid}:45:45:websocket,...                      its answer; a name in braces takes what is there, ... is anything
    POST /socket.io/1/xhr-polling/{sid}  3:::hello         a request with a body, behind two blanks
    STREAM /socket.io/1/htmlfile/{sid}                     a request whose answer has no end
        <script>_('1::');</script>                         one piece of it
    SOCKET hixie-76 /socket.io/websocket                   a WebSocket, of RFC 6455 if no draft is named
        ~m~20~m~{sid}                                      a message from the server
    > ~m~5~m~hello                                         one to the server
    wait 25                                                seconds pass
    LISTENER old_payload=frames                            options, on a first line

Control characters stand as in Python (``\n``, ``\x1e``), bytes as ``hex 04 01``. The application acknowledges ``echo`` with
its arguments, or else emits it back; ``/chat`` does the same, ``/closed`` lets nobody in, ``ask`` makes the server ask,
``blob`` makes it send two bytes, ``bye`` disconnects.
"""

import re
from collections import deque
from typing import Any

from gateway import ConnectionRefused, Listener
from gateway.conformance.clients.drafts import Hixie75, Hixie76, Rfc6455
from gateway.testing import Clock
from gateway.testing.link import MemoryLink

DRAFTS = {"hixie-75": Hixie75, "hixie-76": Hixie76, "hybi-08": lambda: Rfc6455(8), "": Rfc6455}
EVENTS = 5
"""Turns of the clock in which an answer is there."""


def application(**options: Any) -> Listener:
    """Who answers."""
    io = Listener(reactor=Clock(), origins="*", handshake_delay=0, **options)
    for nsp in (io.of("/"), io.of("/chat")):
        nsp.on("echo", _echo, ack=True)
        nsp.on("message", lambda socket, value: socket.send(value) and None)
        nsp.on("ask", lambda socket: socket.emit("question", 1, ack=lambda *answer: socket.emit("answer", *answer)) and None)
        nsp.on("bye", lambda socket: socket.disconnect() and None)
        nsp.on("blob", lambda socket: socket.emit("blob", b"\x01\x02") and None)

    @io.of("/closed").use
    def refuse(socket: Any) -> None:
        raise ConnectionRefused("not authorized", {"code": 419})

    return io


def _echo(socket: Any, *args: Any, ack: Any = None) -> None:
    if ack is not None:
        ack(*args)
    else:
        socket.emit("echo", *args)


class Heard:
    """
    What came on a stream or WebSocket.

    :ivar items: messages or pieces.
    """

    def __init__(self) -> None:
        self.items: deque[str] = deque()

    def began(self, answer: Any) -> None:
        self.items.append(f"{answer.status} {answer.headers.get('content-type', '')}".strip())

    def opened(self, answer: Any) -> None:
        """A WebSocket is open."""

    def piece(self, data: bytes) -> None:
        self.items.append(shown(data))

    def message(self, item: str | bytes) -> None:
        self.items.append(shown(item))

    def closed(self, code: int | None) -> None:
        self.items.append(f"close {code or ''}".strip())

    def gone(self) -> None:
        self.items.append("end")


def shown(data: str | bytes) -> str:
    """As a page has it."""
    if isinstance(data, bytes):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return "hex " + data.hex(" ")
        if re.search(r"[\x00-\x08]", text):
            return "hex " + data.hex(" ")
        data = text
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda found: repr(found[0])[1:-1], data)


def meant(text: str) -> bytes:
    """What a page shows, as bytes."""
    if text.startswith("hex "):
        return bytes.fromhex(text[4:])
    return re.sub(r"\\(?:x[0-9a-f]{2}|[nrt])", lambda found: found[0].encode().decode("unicode_escape"), text).encode()


class Transcript:
    """One snippet, line by line."""

    def __init__(self) -> None:
        self._begin()
        self.names: dict[str, str] = {}
        self.heard: deque[str] = deque()
        self.line: Any = None
        self.unanswered: deque[deque[str]] = deque()

    def _begin(self, **options: str) -> None:
        self.io = application(**options)
        self.clock: Any = self.io.clock
        self.link = MemoryLink(self.io, self.clock, {})

    def said(self, line: str) -> None:
        """The client's turn."""
        line = re.sub(r"\{(\w+)\}", lambda found: self.names.get(found[1], found[0]), line)
        word, _, rest = line.partition(" ")
        if word == "LISTENER":
            self._begin(**dict(option.split("=") for option in rest.split()))
        elif word in ("GET", "POST"):
            target, _, body = rest.partition("  ")
            self._fetch(word, target, meant(body.strip()))
        elif word == "STREAM":
            receiver = Heard()
            self.line, self.heard = self.link.stream(rest, receiver), receiver.items
        elif word == "SOCKET":
            draft, _, target = rest.rpartition(" ")
            receiver = Heard()
            self.line, self.heard = self.link.socket(target, DRAFTS[draft](), receiver), receiver.items
        elif word == ">":
            self.line.send(bytes.fromhex(rest[4:]) if rest.startswith("hex ") else meant(rest).decode())
        elif word == "wait":
            self.turn(float(rest))
        else:
            raise AssertionError(f"not understood: {line}")
        self.turn(0)

    def _fetch(self, method: str, target: str, body: bytes) -> None:
        answers: deque[str] = deque()
        self.unanswered.append(answers)
        done = self.link.fetch(method, target, body)
        done.addCallbacks(
            lambda answer: answers.append(f"{answer.status} {shown(answer.body)}".strip()), lambda why: answers.append("closed")
        )
        self.line = None

    def turn(self, seconds: float) -> None:
        """Time passes."""
        for _ in range(max(EVENTS, int(seconds * 10))):
            self.clock.advance(seconds / max(EVENTS, int(seconds * 10)))

    def got(self, line: str) -> None:
        """The server's turn: the next thing that came is this."""
        came = self._next()
        assert came is not None, f"nothing came instead of {line}"
        pattern = re.sub(r"\\\{(\w+)\\\}", self._pattern, re.escape(line)).replace(r"\.\.\.", ".*")
        found = re.fullmatch(pattern, came)
        assert found, f"{came!r} instead of {line!r}"
        self.names |= found.groupdict()

    def _next(self) -> str | None:
        if self.line is not None:
            return self.heard.popleft() if self.heard else None
        for answers in self.unanswered:
            if answers:
                self.unanswered.remove(answers)
                return answers.popleft()
        return None

    def _pattern(self, found: re.Match[str]) -> str:
        known = self.names.get(found[1])
        return re.escape(known) if known else f"(?P<{found[1]}>[A-Za-z0-9_-]+)"


def play(code: str) -> None:
    """
    Play a snippet.

    :raises AssertionError: the server says something else.
    """
    transcript = Transcript()
    for line in code.splitlines():
        text, indented = line.strip(), line[:1].isspace()
        if not text or text.startswith("#"):
            continue
        text = text.partition("    # ")[0].rstrip()
        (transcript.got if indented else transcript.said)(text)
