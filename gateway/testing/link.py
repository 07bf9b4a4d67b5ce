"""
The way from a client to a listener in the same process: its requests are records, its frames are method calls.

What a client does happens on the clock's next turn, as if it came from a network: so nobody is called while he calls.
"""

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from gateway.conformance.clients.answers import SocketReader
from gateway.conformance.clients.drafts import Draft
from gateway.conformance.clients.link import (
    Answer,
    CutError,
    Headers,
    RefusedError,
    SocketReceiver,
    StreamReceiver,
    Unit,
)
from gateway.testing.requests import FakeConnection, FakeRequest


class MemoryLink:
    """
    A client's way to ``mount``.

    :param headers: of each request, names in lower case.
    """

    host = "gate.example"
    origin = "http://gate.example"

    def __init__(self, mount: Any, clock: Any, headers: Mapping[str, str]) -> None:
        self.mount = mount
        self.clock = clock
        self._headers = headers

    def fetch(self, method: str, target: str, body: bytes = b"", headers: Headers = ()) -> "Deferred[Answer]":
        """Hand over one request."""
        request = HeldRequest(method, target, body, self._merged(headers))
        self.clock.callLater(0, self._hand_over, request)
        return request.done

    def stream(self, target: str, receiver: StreamReceiver, headers: Headers = ()) -> "MemoryStream":
        """Hand over a request whose answer does not end."""
        request = MemoryStream(target, receiver, self._merged(headers), self.clock)
        self.clock.callLater(0, self._hand_over, request)
        return request

    def socket(self, target: str, draft: Draft, receiver: SocketReceiver, headers: Headers = ()) -> "MemorySocket":
        """Hand over the opening of a WebSocket."""
        line = MemorySocket(self, target, draft, receiver, self._merged((*draft.headers(self.origin), *headers)))
        self.clock.callLater(0, self._hand_over, line.request)
        return line

    def _merged(self, headers: Headers) -> dict[str, str]:
        return {**self._headers, **{name.lower(): value for name, value in headers}}

    def _hand_over(self, request: FakeRequest) -> None:
        if not request.finished:
            self.mount.handle(request)


class HeldRequest(FakeRequest):
    """
    A request whose answer somebody awaits.

    :ivar done: fires with the answer.
    """

    def __init__(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(method, target, body, headers)
        self.done: Deferred[Answer] = Deferred(lambda _: self.give_up())

    def respond(self, status: int, body: bytes = b"", content_type: str = "", headers: Any = (), close: bool = False) -> None:
        super().respond(status, body, content_type, headers, close)
        if not self.done.called:
            self.done.callback(Answer(status, {name.lower(): value for name, value in self.answer_headers.items()}, body))

    def pass_on(self) -> None:
        self.respond(404, b"Not Found", "text/plain")

    def drop(self) -> None:
        super().drop()
        self.finished = True
        if not self.done.called:
            self.done.errback(CutError("the connection ended before the answer was complete"))

    def give_up(self) -> None:
        """The client cuts its connection."""
        if not self.finished:
            self.finished = True
            self.cut()


class MemoryStream(HeldRequest):
    """An endless answer, and the client's hold on it."""

    def __init__(self, target: str, receiver: StreamReceiver, headers: dict[str, str], clock: Any) -> None:
        super().__init__("GET", target, b"", headers)
        self._receiver = receiver
        self._clock = clock
        self.done.addCallbacks(self._refused, lambda failure: receiver.gone())

    def _refused(self, answer: Answer) -> None:
        self._receiver.began(answer)
        self._receiver.gone()

    def start(self, status: int, headers: Any = (), chunked: bool = True) -> None:
        super().start(status, headers, chunked)
        table = {name.lower(): value for name, value in self.answer_headers.items()}
        self._receiver.began(Answer(status, table | ({"transfer-encoding": "chunked"} if chunked else {})))

    def write(self, data: bytes) -> None:
        if not self.finished:
            self._receiver.piece(data)

    def finish(self) -> None:
        if not self.finished:
            self.finished = True
            self._receiver.gone()

    def drop(self) -> None:
        FakeRequest.drop(self)
        self.finish()

    # The client's hold

    def send(self, item: Unit) -> None:
        """A stream has one direction."""
        raise TypeError("nothing can be sent on a stream")

    def close(self) -> None:
        """The same as :meth:`cut`, which in the end is the request's; scheduled, as everything a client does."""
        self._clock.callLater(0, self.give_up)

    def cut(self) -> None:
        """The connection goes away."""
        self.finished = True
        super().cut()


class MemoryConnection(FakeConnection):
    """The server's end of a WebSocket's connection."""

    def __init__(self, line: "MemorySocket") -> None:
        super().__init__()
        self._line = line

    def send(self, data: bytes) -> None:
        self._line.reader.feed(data)

    def close(self, linger: bool = False) -> None:
        super().close(linger)
        self._line.hang_up()

    def abort(self) -> None:
        super().abort()
        self._line.hang_up()


class Opening(HeldRequest):
    """The request that opens a WebSocket; an answer to it is a refusal."""

    def __init__(self, target: str, headers: dict[str, str], connection: MemoryConnection, rest: bytes) -> None:
        super().__init__("GET", target, b"", headers)
        self.upgrade = True
        self.connection = connection
        self.rest = rest


class MemorySocket:
    """The client's end of a WebSocket."""

    def __init__(self, link: MemoryLink, target: str, draft: Draft, receiver: SocketReceiver, headers: dict[str, str]) -> None:
        self.connection = MemoryConnection(self)
        self.request = Opening(target, headers, self.connection, draft.nonce)
        self.request.done.addCallbacks(self._refused, lambda failure: self.hang_up())
        self.reader = SocketReader(draft, receiver, (target, link.host, link.origin), self.write, self.hang_up)
        self._clock = link.clock
        self._draft = draft
        self._receiver = receiver
        self._over = False

    def send(self, item: Unit) -> None:
        """Send one message."""
        self.write(self._draft.encode(item))

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._clock.callLater(0, self._written, data)

    def close(self) -> None:
        """Begin the closing handshake."""
        if self.reader.open:
            self.write(self._draft.goodbye())
        self.hang_up()

    def cut(self) -> None:
        """End the connection at once."""
        self._lose()

    def hang_up(self) -> None:
        """End the connection, behind all that was sent."""
        self._clock.callLater(0, self._lose)

    def _refused(self, answer: Answer) -> None:
        self.reader.refusal = RefusedError(answer.status, answer.text)
        self.hang_up()

    def _written(self, data: bytes) -> None:
        if self.connection.reader is not None and not self._over:
            self.connection.reader.dataReceived(data)

    def _lose(self) -> None:
        if not self._over:
            self._over = True
            if self.connection.reader is not None:
                self.connection.reader.connectionLost(Failure(ConnectionDone()))
            self._receiver.gone()
