"""Both directions on one connection: a WebSocket of any draft."""

from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from gateway.drafts import TOO_BIG, Control, Draft, socket_form
from protocols.errors import ProtocolError
from protocols.model import Sendable, SocketWire, Unit

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.host import Host

CLOSE_WAIT = 5.0
"""Seconds that the peer has to close its side after our closing handshake."""


GOING_AWAY = 1001
"""Close code of a server that stops (RFC 6455 §7.4.1)."""

OPENING_WAIT = 10.0
"""Seconds that the rest of an opening may take."""


class Nonce:
    """
    Reads what belongs to the opening behind the request's head (8 bytes in draft 76, which proxies may hold back).

    :param socket: has the connection, once the proof was sent.
    :param seat: called with what follows then.
    """

    __slots__ = ("_draft", "_held", "_listener", "_request", "_seat", "_socket", "deadline", "slotted")

    def __init__(
        self, listener: "Host", request: Any, draft: Draft, socket: "WebSocketConnection", seat: Callable[[bytes], None]
    ) -> None:
        self._listener = listener
        self._request = request
        self._draft = draft
        self._socket = socket
        self._seat = seat
        self._held = b""
        self.slotted = 0
        self.deadline = inf

    def dataReceived(self, data: bytes) -> None:
        """Bytes came from the peer."""
        self._held += data
        size = self._draft.nonce
        if len(self._held) < size:
            if self.deadline == inf:  # however they dribble in
                self.deadline = self._listener.wheel.now() + OPENING_WAIT
                self._listener.wheel.add(self)
            return
        self.deadline = inf
        if self._draft.proof is not None:
            self._request.connection.send(self._draft.proof(self._request, self._held[:size]))
        self._request.connection.take_over(self._socket)
        self._seat(self._held[size:])

    def connectionLost(self, reason: Any) -> None:
        """The connection is gone before the opening was complete."""
        self.deadline = inf

    def wake(self, now: float) -> None:
        """It took too long."""
        self.deadline = inf
        self._request.connection.abort()


class WebSocketConnection:
    """
    A TCP connection that has left HTTP: frames in, frames out; the protocol of its transport from now on.

    :ivar receiver: takes each message, the peer's close and the loss of the connection; None once we have closed.
    :ivar full: the peer does not read. Of its pings only the latest is answered then (RFC 6455 §5.5.3), once it reads again.
    """

    __slots__ = (
        "_pong", "_reader", "connection", "deadline", "draft", "flusher", "full", "listener", "open", "receiver", "slotted",
    )  # fmt: skip

    def __init__(self, listener: "Host", connection: Any, draft: Draft, receiver: Any) -> None:
        self.listener = listener
        self.connection = connection
        self.flusher = listener.flusher
        self.draft = draft
        self.receiver = receiver
        self.open = True
        self.full = False
        self.slotted = 0
        self.deadline = inf
        self._pong = b""
        self._reader = draft.reader(listener.max_body)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came from the peer."""
        flusher = self.flusher
        outermost = not flusher.reading
        flusher.reading = True
        try:
            items = self._reader.feed(data)
            now = self.listener.wheel.now()
            for item in items:
                if (type(item) is str or type(item) is bytes) and self.receiver is not None:
                    self.receiver.message(item, now)
                else:
                    self._control(item)
        finally:
            if outermost:
                flusher.reading = False
                if flusher.dirty:
                    flusher.flush()

    def connectionLost(self, reason: Any) -> None:
        """The connection is gone."""
        self.open = False
        self.deadline = inf
        receiver, self.receiver = self.receiver, None
        if receiver is not None:
            receiver.gone()

    def seated(self) -> None:
        """The connection is ours: hear whether the peer reads."""
        self.connection.register(self)

    def pause(self) -> None:
        """The peer does not read."""
        self.full = True
        if self.receiver is not None:
            self.receiver.pause()

    def resume(self) -> None:
        """The peer has read all."""
        self.full = False
        pong, self._pong = self._pong, b""
        if pong and self.open:
            self.connection.send(pong)
        if self.receiver is not None:
            self.receiver.resume()

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Begin the closing handshake; the connection is cut when the peer does not answer."""
        if self.open:
            self.open = False
            self.receiver = None
            self.connection.send(self.draft.close(code, reason))
            self.deadline = self.listener.wheel.now() + CLOSE_WAIT
            self.listener.wheel.add(self)

    def wake(self, now: float) -> None:
        """The peer did not close in time."""
        self.deadline = inf
        self.connection.abort()

    def _control(self, item: Any) -> None:
        control = self.draft.control(item)
        if control.answer and self.open:
            if self.full:
                self._pong = control.answer
            else:
                self.connection.send(control.answer)
        if control.ends:
            self._end(control)

    def _end(self, control: Control) -> None:
        """The peer closes, or can't be understood any more."""
        receiver, self.receiver = self.receiver, None
        if self.open:
            self.open = False
            self.connection.send(self.draft.close(control.code, ""))
        self.deadline = inf
        self.connection.close(linger=bool(control.rule))
        if receiver is not None and control.rule:
            receiver.broken(control.code, control.rule)
        elif receiver is not None:
            receiver.gone()


class SocketTransport:
    """The transport of a client over a WebSocket."""

    __slots__ = ("_connection", "_form", "client", "ready", "socket", "wire")

    def __init__(self, client: "Client", wire: SocketWire, socket: WebSocketConnection) -> None:
        self.client = client
        self.wire = wire
        self.socket = socket
        self._connection = socket.connection
        self._form = socket_form(wire, socket.draft)
        self.ready = False

    @property
    def idle(self) -> bool:
        """Nothing written earlier still waits for the network."""
        return self.ready and self._connection.writable

    def open(self, now: float) -> None:
        """Carry from now on, unless the client was put out before that."""
        if self.client.over:
            return
        self.ready = not self.socket.full
        self.client.attach(self, now)

    def write(self, message: Sendable) -> None:
        """Send ``message``."""
        form = self._form
        self._connection.send(message.last_value if message.last_form is form else message.to(form))

    def write_alone(self, message: Sendable) -> None:
        """Send ``message``, which goes to nobody else."""
        self._connection.send(self._form(message))

    def message(self, item: str | bytes, now: float) -> None:
        """A message came."""
        uncarry = self.wire.uncarry
        if uncarry is None:
            self.client.receive(item, now)
        else:
            self._receive(uncarry, item, now)

    def _receive(self, uncarry: Callable[[Unit], Sequence[Unit]], item: str | bytes, now: float) -> None:
        client = self.client
        try:
            units = uncarry(item)
        except ProtocolError as error:
            client.fail(error)
            return
        if self.wire.settled is not None:
            settled = self.wire.settled()
            if settled is not None:
                self.settle(settled)
        for unit in units:
            if not client.over:
                client.receive(unit, now)

    def settle(self, wire: SocketWire) -> None:
        """Go on with a wire that others share, now that the peer has shown what it speaks."""
        self.wire = wire
        self._form = socket_form(wire, self.socket.draft)

    def broken(self, code: int | None, rule: str) -> None:
        """The peer broke the framing."""
        self.ready = False
        self.client.listener.complain(self.client, ProtocolError(rule))
        self.client.lost(self, "transport error" if code == TOO_BIG else "parse error", rule)

    def gone(self) -> None:
        """The connection is gone, or the peer closed it."""
        self.ready = False
        self.client.gone(self)

    def pause(self) -> None:
        """The peer does not read: messages queue in the client from now on."""
        self.ready = False

    def resume(self) -> None:
        """The peer reads again."""
        if self.socket.open and self.client.transport is self:
            self.ready = True
            self.client.flush()

    def answer_idle(self) -> None:
        """Sockets have no idle end."""

    def replaced(self) -> None:
        """Another transport carries from now on."""
        self.ready = False
        self.socket.close()

    def finish(self, goodbye: bool, away: bool = False) -> bool:
        """The session is over."""
        self.ready = False
        if goodbye and self.socket.open:
            units = [*self.client.last_units(self.wire.encode), *(() if away else self.wire.goodbye)]
            if units:
                self.socket.connection.send(self.socket.draft.frames(self.wire.carry(units)))
        self.socket.close(GOING_AWAY if away else None)
        return False
