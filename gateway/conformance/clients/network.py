"""
The way to a server over TCP or TLS: connections that are kept for the next request, endless answers, WebSockets, raw bytes.

    link = TcpLink(reactor, "http://127.0.0.1:8080")
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

from gateway.conformance.clients.answers import AnswerReader, SocketReader
from gateway.conformance.clients.drafts import Draft
from gateway.conformance.clients.link import Answer, CutError, Headers, SocketReceiver, StreamReceiver, Unit

CONNECT_TIMEOUT = 10.0
"""Seconds that a TCP connection may take."""


class TcpLink:
    """
    One client's way to a server. Requests share its idle connections, as those of a browser do.

    :param url: ``http://host:port`` or ``https://host:port``, without a path.
    :ivar mounts: path below which Socket.IO is.
    """

    def __init__(self, reactor: Any, url: str) -> None:
        parts = urlsplit(url)
        self.clock = reactor
        self.secure = parts.scheme == "https"
        self.host = parts.netloc
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.endpoint = _endpoint(reactor, parts.hostname or "", parts.port or (443 if self.secure else 80), self.secure)
        self._idle: list[_Requests] = []
        self._open: set[Protocol] = set()

    def fetch(self, method: str, target: str, body: bytes = b"", headers: Headers = ()) -> "Deferred[Answer]":
        """Send one request on an idle connection, or on a new one."""
        data = self.head(method, target, headers, len(body) if body or method == "POST" else None) + body
        while self._idle:
            connection = self._idle.pop()
            if connection.connected:
                return connection.ask(method, data)
        connection = _Requests(self)
        done = connection.ask(method, data)
        self.connect(connection)
        return done

    def stream(self, target: str, receiver: StreamReceiver, headers: Headers = ()) -> "StreamLine":
        """GET an answer that does not end, on a connection of its own."""
        line = StreamLine(self.head("GET", target, headers), receiver)
        self.connect(line)
        return line

    def socket(self, target: str, draft: Draft, receiver: SocketReceiver, headers: Headers = ()) -> "SocketLine":
        """Open a WebSocket."""
        opening = self.head("GET", target, (*draft.headers(self.origin), *headers)) + draft.nonce
        line = SocketLine(draft, receiver, opening, (target, self.host, self.origin))
        self.connect(line)
        return line

    def raw(self, data: bytes) -> "RawLine":
        """Send bytes on a connection of their own."""
        line = RawLine(data)
        self.connect(line)
        return line

    def close(self) -> None:
        """End every connection."""
        for connection in list(self._open):
            transport: Any = connection.transport
            if transport is not None:
                transport.abortConnection()

    def head(self, method: str, target: str, headers: Headers, length: int | None = None) -> bytes:
        """The head of a request."""
        fields = [("Host", self.host), *headers]
        if length is not None:
            fields.append(("Content-Length", str(length)))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
        return "\r\n".join(lines).encode()

    # For its connections

    def connect(self, protocol: "_Connection") -> None:
        """Open a connection for ``protocol``."""
        protocol.link = self
        opening = self.endpoint.connect(Factory.forProtocol(lambda: protocol))
        opening.addCallbacks(lambda _: None, lambda failure: protocol.connectionLost(failure))

    def idle(self, connection: "_Requests") -> None:
        """``connection`` waits for another request."""
        self._idle.append(connection)

    def opened(self, connection: Protocol) -> None:
        """``connection`` is there."""
        self._open.add(connection)

    def ended(self, connection: Protocol) -> None:
        """``connection`` is no more."""
        self._open.discard(connection)


def _endpoint(reactor: Any, host: str, port: int, secure: bool) -> Any:
    endpoint = HostnameEndpoint(reactor, host, port, timeout=CONNECT_TIMEOUT)
    if not secure:
        return endpoint
    from twisted.internet.ssl import optionsForClientTLS

    return wrapClientTLS(optionsForClientTLS(host), endpoint)


class _Connection(Protocol):
    """What they have in common: bytes that are sent as soon as the connection is there, and an end."""

    link: TcpLink

    def __init__(self, opening: bytes = b"") -> None:
        self.opening = opening
        self.lost = False

    def connectionMade(self) -> None:
        """Send what was prepared."""
        self.link.opened(self)
        if self.lost:  # given up meanwhile
            self.cut()
            return
        transport: Any = self.transport
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        transport.write(self.opening)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The connection has ended, or never came."""
        if self.transport is not None:
            self.link.ended(self)
        if not self.lost:
            self.lost = True
            self.over()

    def over(self) -> None:
        """The end, once."""

    def write(self, data: bytes) -> None:
        """Send bytes, as soon as that is possible."""
        if self.transport is None:
            self.opening += data
        elif not self.lost:
            self.transport.write(data)

    def stop_reading(self) -> None:
        """Take nothing more from the network."""
        transport: Any = self.transport
        transport.pauseProducing()

    def hang_up(self) -> None:
        """End the connection when all was sent."""
        if self.transport is not None:
            self.transport.loseConnection()

    def cut(self) -> None:
        """End the connection at once."""
        transport: Any = self.transport
        if transport is None:
            self.connectionLost()
        else:
            transport.abortConnection()


class _Requests(_Connection):
    """One request after the other."""

    def __init__(self, link: TcpLink) -> None:
        super().__init__()
        self._reader = AnswerReader()
        self._done: Deferred[Answer] | None = None

    def ask(self, method: str, data: bytes) -> "Deferred[Answer]":
        """Send a request."""
        self._reader = AnswerReader(method)
        done = self._done = Deferred(lambda _: self.cut())
        self.write(data)
        return done

    def dataReceived(self, data: bytes) -> None:
        """Bytes of the answer."""
        answer = self._reader.feed(data)
        if answer is None:
            return
        if answer.headers.get("connection", "").lower() == "close":
            self.hang_up()
        else:
            self.link.idle(self)
        self._answered(answer)

    def over(self) -> None:
        """An answer without length is complete now."""
        answer = self._reader.end()
        if answer is not None:
            self._answered(answer)
        elif self._done is not None:
            done, self._done = self._done, None
            if not done.called:
                done.errback(CutError("the connection ended before the answer was complete"))

    def _answered(self, answer: Answer) -> None:
        done, self._done = self._done, None
        if done is not None and not done.called:
            done.callback(answer)


class StreamLine(_Connection):
    """An endless answer."""

    def __init__(self, opening: bytes, receiver: StreamReceiver) -> None:
        super().__init__(opening)
        self._receiver = receiver
        self._reader = AnswerReader("GET", receiver.began, receiver.piece)

    def dataReceived(self, data: bytes) -> None:
        """Bytes of the answer."""
        if self._reader.feed(data) is not None:
            self.cut()

    def over(self) -> None:
        """The answer has ended."""
        self._receiver.gone()

    def send(self, item: Unit) -> None:
        """A stream has one direction."""
        raise TypeError("nothing can be sent on a stream")

    close = _Connection.hang_up


class SocketLine(_Connection):
    """A WebSocket."""

    def __init__(self, draft: Draft, receiver: SocketReceiver, opening: bytes, place: tuple[str, str, str]) -> None:
        super().__init__(opening)
        self.draft = draft
        self.reader = SocketReader(draft, receiver, place, self.write, self.hang_up)
        self._receiver = receiver

    def dataReceived(self, data: bytes) -> None:
        """Bytes of the opening's answer, then frames."""
        self.reader.feed(data)

    def over(self) -> None:
        """The connection is no more."""
        self._receiver.gone()

    def send(self, item: Unit) -> None:
        """Send one message."""
        self.write(self.draft.encode(item))

    def close(self) -> None:
        """Begin the closing handshake; the server ends the connection, or we do."""
        if self.reader.open:
            self.write(self.draft.goodbye())
        self.hang_up()


class RawLine(_Connection):
    """
    A connection of which every byte counts.

    :ivar received: everything that came.
    """

    def __init__(self, opening: bytes) -> None:
        super().__init__(opening)
        self.received = b""
        self._waiting: list[tuple[Callable[[bytes], bool], Deferred[bytes]]] = []

    def until(self, fits: Callable[[bytes], bool]) -> "Deferred[bytes]":
        """Fires with all that came, once it ``fits`` or the connection has ended."""
        done: Deferred[bytes] = Deferred(lambda _: self.cut())
        if self.lost or fits(self.received):
            done.callback(self.received)
        else:
            self._waiting.append((fits, done))
        return done

    @property
    def ended(self) -> "Deferred[bytes]":
        """Fires with all that came, once the connection has ended."""
        return self.until(lambda _: False)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        self.received += data
        self._tell(lambda fits: fits(self.received))

    def over(self) -> None:
        """The connection has ended."""
        self._tell(lambda _: True)

    def _tell(self, ready: Callable[[Callable[[bytes], bool]], bool]) -> None:
        now = [one for one in self._waiting if ready(one[0])]
        self._waiting = [one for one in self._waiting if one not in now]
        for _, done in now:
            if not done.called:
                done.callback(self.received)
