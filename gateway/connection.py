"""
One TCP connection, from its first byte to its end.

    "<"       a Flash policy request: answered and closed
    else      HTTP/1.1, until the connection closes or is handed over to a WebSocket
    101       from then on `dataReceived` *is* the reader's: nothing stands between it and the transport

There is no timer here: ``deadline`` tells the wheel when to look, :meth:`Connection.wake` decides.
"""

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet import tcp
from twisted.internet.interfaces import IProtocol, IPushProducer, ISSLTransport, ITCPTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from gateway.conversation import Conversation
from gateway.flushing import FastServer, queued, quicken
from gateway.policy import PolicyReader

if TYPE_CHECKING:
    from gateway.front import Front

CLOSING_TIME = 10.0
"""Seconds a peer has to take what is still queued when we close."""

LINGER = 2.0
"""Seconds in which a refused peer may go on sending, so that no reset overtakes the refusal."""

LARGE = 65536
"""Bytes that are handed to the transport at once."""

JOINED = 64
"""Pieces that wait for the end of the read at most."""


class Reader(Protocol):
    """What a connection can be handed over to."""

    def dataReceived(self, data: bytes) -> None:
        """Take what was received."""

    def connectionLost(self, reason: Failure) -> None:
        """The connection has ended."""


class Writer(Protocol):
    """Whoever writes on a connection and wants to know when the peer does not read."""

    def pause(self) -> None:
        """64 KiB wait in the transport."""

    def resume(self) -> None:
        """All was sent."""


def ignore(data: bytes) -> None:
    """What becomes of bytes that no longer matter."""


@implementer(IProtocol, IPushProducer)
class Connection:
    """
    The protocol of every TCP connection, for its whole life.

    :ivar dataReceived: called by the transport; replaced as the connection changes its nature.
    :ivar connected: until the TCP connection is lost.
    :ivar http: what is said in HTTP, until the connection leaves HTTP.
    :ivar limit: when what is expected of the peer must have happened; ``inf`` once the connection has left HTTP.
    :ivar deadline: when :meth:`wake` wants to be called; ``inf`` for never.
    :ivar out: what waits for the end of the read, or of the reactor's turn: None, one piece, or a list of several.
    """

    __slots__ = (
        "__weakref__",
        "_closing",
        "_left",
        "_reader",
        "_writer",
        "connected",
        "dataReceived",
        "deadline",
        "flusher",
        "front",
        "http",
        "limit",
        "out",
        "slotted",
        "transport",
    )

    def __init__(self, front: "Front") -> None:
        self.front = front
        self.flusher = front.flusher
        self.transport: Any = None
        self.out: bytes | list[bytes] | None = None
        self.connected = self._closing = False
        self.deadline = self.limit = inf
        self.dataReceived: Callable[[bytes], None] = self._first
        self.http: Conversation | None = None
        self._reader: Reader | None = None
        self._writer: Writer | None = None
        self.slotted = self._left = 0

    # Called by Twisted ------------------------------------------------------------------

    def makeConnection(self, transport: Any) -> None:
        """The connection is there."""
        plain = type(transport) is tcp.Server
        if plain:
            quicken(transport)
        if plain or ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)
        self.transport = transport
        self.connected = True
        transport.registerProducer(self, True)
        front = self.front
        front.connections.add(self)
        now = front.now()
        self.limit = now + front.request_timeout
        self.deadline = now + front.patience
        front.wheel.add(self)

    def connectionMade(self) -> None:
        """Nothing is said before the peer has spoken."""

    def connectionLost(self, reason: Failure) -> None:
        """The connection has ended: tell whoever had it."""
        self.connected = False
        self.deadline = inf
        self.dataReceived = ignore
        self.out = self._writer = None
        http, self.http = self.http, None
        reader, self._reader = self._reader, None
        try:
            if reader is not None:
                reader.connectionLost(reason)
            elif http is not None:
                http.lost(reason)
        finally:
            self.front.left(self)

    def pauseProducing(self) -> None:
        """The peer does not read: 64 KiB wait in the transport."""
        if self._writer is not None:
            self._writer.pause()

    def resumeProducing(self) -> None:
        """All that waited was sent."""
        if self._writer is not None:
            self._writer.resume()

    def stopProducing(self) -> None:
        """The connection will be reported as lost at once."""

    def _first(self, data: bytes) -> None:
        if data[0] == 60:  # "<"
            self.dataReceived = PolicyReader(self).dataReceived
        else:
            self._writer = self.http = Conversation(self)
            self.dataReceived = self.http.received
        self.dataReceived(data)

    # Writing ----------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send ``data``, together with all else of this read or turn of the reactor."""
        out = self.out
        if out is None:
            self.out = data
            flusher = self.flusher
            flusher.dirty.append(self)
            if not flusher.reading:
                flusher.schedule()
        elif type(out) is list:
            out.append(data)
            if len(out) == JOINED:
                self.flush()  # what one read can cause is not held back: whether the peer reads must be known meanwhile
        else:
            self.out = [out, data]  # type: ignore[list-item]  # bytes, as it is neither of the others
        if len(data) > LARGE:
            self.flush()

    def flush(self) -> None:
        """Hand what waits to the transport now."""
        out = self.out
        if out is not None:
            self.out = None
            if self.connected and not self._closing:
                self.transport.write(b"".join(out) if type(out) is list else out)

    @property
    def waiting(self) -> list[bytes]:
        """The pieces that wait for the end of the read."""
        out = self.out
        return out if type(out) is list else [] if out is None else [out]  # type: ignore[list-item]

    @property
    def buffered(self) -> int:
        """Bytes that were sent here and that the kernel has not taken yet."""
        held = 0 if self.http is None else self.http.line.held
        return queued(self.transport) + sum(map(len, self.waiting)) + held

    @property
    def writable(self) -> bool:
        """Whether the kernel has taken all that was flushed."""
        return self.connected and not self._closing and queued(self.transport) == 0

    def close(self, linger: bool = False) -> None:
        """
        Send what waits, then end the connection.

        :param linger: the peer may still be sending: let it, for a moment, or it might never read the answer.
        """
        if self._closing or not self.connected:
            return
        self.flush()
        self._closing = True
        self.dataReceived = ignore
        self._writer = None
        if self.http is not None:
            self.http.stop()
        transport = self.transport
        transport.unregisterProducer()
        linger = linger and type(transport) is FastServer
        if linger:
            transport.loseWriteConnection()
        else:
            transport.loseConnection()
        self.limit = self.deadline = self.front.now() + (LINGER if linger else CLOSING_TIME)
        self.front.wheel.add(self)

    def abort(self) -> None:
        """End the connection at once; what waits is lost."""
        if self.connected:
            self._closing = True
            self.dataReceived = ignore
            self.transport.abortConnection()

    # The rest of its life ----------------------------------------------------------------

    def take_over(self, reader: Reader) -> None:
        """Leave HTTP for good: bytes and the end of the connection go to ``reader``."""
        if self.connected and not self._closing:
            self.http = None
            self.dataReceived = reader.dataReceived
            self._reader = reader
            self._writer = None
            self.limit = inf

    def register(self, writer: Writer) -> None:
        """Tell ``writer`` when the peer does not read, and when it does again."""
        self._writer = writer

    def wake(self, now: float) -> None:
        """Look whether the peer is too slow, and say when to look again."""
        if self.limit == inf or not self.connected:
            self.deadline = inf
            return
        if now >= self.limit:
            if not self._closing:
                self._expire()
            elif not self.draining(CLOSING_TIME):
                self.deadline = inf
                self.transport.abortConnection()
                return
        self.deadline = now + self.front.patience
        if now < self.limit < self.deadline:
            self.deadline = self.limit

    def draining(self, wait: float) -> bool:
        """Whether a slow peer has taken something since it was last asked; then it gets ``wait`` more seconds."""
        left = queued(self.transport)
        if not left or left == self._left:
            return False
        self._left = left
        self.limit = self.front.now() + wait
        return True

    def _expire(self) -> None:
        if self.http is not None:
            self.http.expire()
        else:  # not a byte, or half a policy request
            self.close()

    @property
    def address(self) -> str:
        """The peer's host, "" when it has none."""
        return str(getattr(self.transport.getPeer(), "host", "") or "")

    @property
    def port(self) -> int:
        """The peer's port, 0 when it has none."""
        return int(getattr(self.transport.getPeer(), "port", 0) or 0)

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return type(self.transport) is not FastServer and ISSLTransport.providedBy(self.transport)
