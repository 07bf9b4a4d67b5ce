"""
The write path: what one read produces leaves in one system call per connection.

    dataReceived -> handlers -> connection.send(a), send(b), other.send(c)
                 -> end of the read: connection.write(a + b), other.write(c)

Outside a read everything of one turn of the reactor is joined likewise. A plain TCP transport is made to
send at once when nothing is queued, which saves two ``epoll_ctl`` calls and a turn of the reactor per write.
"""

from typing import Any, Protocol
from weakref import WeakValueDictionary

from twisted.internet import main, tcp
from twisted.internet.interfaces import IReactorTime


class Dirty(Protocol):
    """A connection that holds back bytes until :meth:`flush`."""

    def flush(self) -> None:
        """Hand what is held back to the transport."""


class Flusher:
    """
    Knows which connections hold back bytes, and when to let them go.

    A reader sets ``reading`` while it works, and at its end clears it and calls :meth:`flush` if ``dirty``.

    :ivar reading: bytes that were received are being handled.
    :ivar dirty: connections that hold back bytes, each once.
    """

    __slots__ = ("__weakref__", "_reactor", "_scheduled", "dirty", "reading")

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._scheduled = False
        self.reading = False
        self.dirty: list[Dirty] = []

    def mark(self, connection: Dirty) -> None:
        """``connection`` holds back bytes from now on: flush it at the end of the read or of the reactor's turn."""
        self.dirty.append(connection)
        if not self.reading:
            self.schedule()

    def schedule(self) -> None:
        """Flush on the next turn of the reactor."""
        if not self._scheduled:
            self._scheduled = True
            self._reactor.callLater(0, self._turn)

    def flush(self) -> None:
        """Flush every dirty connection."""
        dirty = self.dirty
        for connection in dirty:
            connection.flush()
        dirty.clear()

    def _turn(self) -> None:
        self._scheduled = False
        self.reading = True  # so that what a flush makes others send is joined as well
        try:
            self.flush()
        finally:
            self.reading = False


_flushers: "WeakValueDictionary[int, Flusher]" = WeakValueDictionary()


def flusher_of(reactor: Any) -> Flusher:
    """The one Flusher of ``reactor``: what a read on one port makes others send is joined as well."""
    flusher = _flushers.get(id(reactor))  # which is not given to another while the Flusher holds the reactor
    if flusher is None:
        flusher = _flushers[id(reactor)] = Flusher(reactor)
    return flusher


class FastServer(tcp.Server):
    """
    A plain TCP transport that sends at once when nothing is queued; anything unusual is left to the stock class.

    Instances are made by giving this class to a ``tcp.Server`` that the reactor made, see :func:`quicken`.
    """

    def logPrefix(self) -> str:
        """How the reactor's own log calls it."""
        return f"{type(self.protocol).__name__},{self.sessionno},{self.hostname}"

    def __repr__(self) -> str:
        return f"<{self.logPrefix()}>"

    def doRead(self) -> Any:
        """Called by the reactor when there is something to read."""
        try:
            data = self.socket.recv(65536)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return main.CONNECTION_LOST
        if not data:
            return main.CONNECTION_DONE
        self.protocol.dataReceived(data)
        return None

    def write(self, data: bytes) -> None:
        """Send ``data``, or queue what the kernel does not take."""
        if self.connected and not (self._tempDataLen or self.dataBuffer or self.disconnecting or self._writeDisconnecting):
            try:
                sent = self.socket.send(data)
            except OSError:
                sent = 0  # would block, or the connection is gone: then the reactor finds out on its own turn
            if sent == len(data):
                return
            data = data[sent:]
        tcp.Server.write(self, data)

    def connectionLost(self, reason: Any) -> None:
        """Let go of what was not sent: it may be much, and transport and protocol hold each other until they are collected."""
        tcp.Server.connectionLost(self, reason)
        self.dataBuffer, self.offset = b"", 0
        self._tempDataBuffer, self._tempDataLen = [], 0


def quicken(transport: tcp.Server) -> None:
    """Make ``transport`` a :class:`FastServer`. It loses the two texts about itself that each stock one keeps: 150 bytes."""
    transport.__class__ = FastServer
    transport.logstr = transport.repstr = ""


def queued(transport: Any) -> int:
    """Bytes that were written to ``transport`` and that the kernel has not taken yet; 0 where that can't be known."""
    if type(transport) is FastServer:
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    total = 0
    while transport is not None:
        total += sum(map(len, getattr(transport, "_appSendBuffer", ())))
        total += len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
        total += getattr(transport, "_tempDataLen", 0)
        transport = getattr(transport, "transport", None)
    return total
