"""The handover of an Engine.IO session from polling to a WebSocket that was opened beside it."""

from math import inf
from typing import TYPE_CHECKING, Any

from gateway.transports.polling import PollingTransport
from gateway.transports.websocket import SocketTransport, WebSocketConnection
from protocols.errors import ProtocolError
from protocols.model import SocketWire

if TYPE_CHECKING:
    from gateway.client import Client


class Handover:
    """
    One attempt; a failed one leaves the session on polling, where it was.

    The client's transport stays the polling one until the machine of the era says that it is done.
    """

    __slots__ = ("_machine", "client", "deadline", "slotted", "socket", "wire")

    def __init__(self, client: "Client", wire: SocketWire, machine: Any, socket: WebSocketConnection) -> None:
        self.client = client
        self.wire = wire
        self.socket: WebSocketConnection | None = socket
        self._machine = machine
        self.slotted = 0
        self.deadline = client.listener.wheel.now() + client.listener.options.upgrade_timeout
        client.listener.wheel.add(self)

    def message(self, item: str | bytes, now: float) -> None:
        """The new connection says something."""
        socket = self.socket
        if socket is None:
            return
        try:
            answer = self._machine.receive(item)
        except ProtocolError:
            self._abandon()
            return
        if answer is not None:
            socket.connection.send(socket.draft.frames([answer]))
            if isinstance(self.client.transport, PollingTransport):
                self.client.transport.probed()
        if self._machine.done:
            self._done(socket)

    def broken(self, code: int | None, rule: str) -> None:
        """The framing of the new connection is broken."""
        self._forget()

    def gone(self) -> None:
        """The new connection is gone."""
        self._forget()

    def pause(self) -> None:
        """The new connection does not read: what waits is for the old one still."""

    def resume(self) -> None:
        """The new connection reads again."""

    def wake(self, now: float) -> None:
        """It took too long."""
        self._abandon()

    def _done(self, socket: WebSocketConnection) -> None:
        self.deadline = inf
        self.client.listener.wheel.drop(self)
        self.socket = None
        if self.client.over:
            self._say_last(socket)
        if self.client.over or not isinstance(self.client.transport, PollingTransport):
            socket.close()
            return
        transport = SocketTransport(self.client, self.wire, socket)
        socket.receiver = transport
        transport.open(self.client.listener.wheel.now())

    def _say_last(self, socket: WebSocketConnection) -> None:
        """The server has ended the session while the peer changed over: what waited for a poll comes here."""
        units = self.client.last_units(self.wire.encode)
        if units:
            socket.connection.send(socket.draft.frames(self.wire.carry(units)))
        self.client.wake(self.client.listener.wheel.now())

    def _abandon(self) -> None:
        socket = self.socket
        self._forget()
        if socket is not None:
            socket.close()

    def _forget(self) -> None:
        self.socket = None
        self.deadline = inf
        self.client.listener.wheel.drop(self)
        if isinstance(self.client.transport, PollingTransport):
            self.client.transport.keep()
