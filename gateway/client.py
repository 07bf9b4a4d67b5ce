"""Client: one peer. Feeds its session, hands events to its sockets, delivers or queues messages, changes transports."""

from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING, Any

from gateway.handshake import Handshake
from gateway.outbox import Outbox
from protocols.errors import ProtocolError
from protocols.model import (
    DEFAULT_NAMESPACE,
    Ack,
    Connect,
    Control,
    Data,
    Dropped,
    Encode,
    Ended,
    Event,
    Happening,
    Idle,
    Leave,
    Outgoing,
    Respelled,
    Sendable,
    Session,
    Unit,
)

if TYPE_CHECKING:
    from gateway.hosting import SessionHost
    from gateway.recovery import Absence
    from gateway.sockets import Socket
    from gateway.transports import Transport


class Client:
    """
    One peer, across namespaces and transports.

    :ivar listener: whose it is.
    :ivar session: what its bytes mean.
    :ivar transport: its current transport; None before the first.
    :ivar handshake: what was fixed when it connected.
    :ivar over: its session has ended.
    :ivar ended: why: the reason and a description; None before.
    :ivar joining: how many namespaces it waits for.
    :ivar absence: what waits for its return, see :class:`gateway.recovery.Recovery`.
    """

    __slots__ = (
        "_carried", "_lingers_until", "_others", "_outbox", "_root",
        "absence", "ended", "handshake", "joining", "listener", "over", "session", "slotted", "transport", "values_key",
    )  # fmt: skip

    def __init__(self, listener: "SessionHost", session: Session, handshake: Handshake) -> None:
        self.listener = listener
        self.session = session
        self.handshake = handshake
        self.transport: Transport | None = None
        self._root: Socket | None = None
        self._others: dict[str, Socket] | None = None
        self.over = False
        self.ended: tuple[str, str] | None = None
        self.joining = 0
        self.absence: Absence | None = None
        self.slotted = 0
        self.values_key: str | None = None
        self._outbox: Outbox | None = None
        self._carried = False
        self._lingers_until = 0.0

    def __repr__(self) -> str:
        return f"<Client {self.session.id[:6]}… {self.era} over {self.transport_name or 'nothing yet'}>"

    # What it is

    @property
    def id(self) -> str:
        """The session id; whoever learns it can act as this client."""
        return self.session.id

    @property
    def conn(self) -> "Client":
        """Itself: what 1.x to 4.x keep apart as the layer below is one object here."""
        return self

    @property
    def request(self) -> Handshake:
        """What was fixed when it connected (the name that 1.x to 4.x have for it)."""
        return self.handshake

    @property
    def era(self) -> str:
        """ "old", "0.9", "eio3" or "eio4"."""
        return self.session.era

    @property
    def transport_name(self) -> str:
        """The protocol's name of the transport it is on now, "" before the first."""
        return "" if self.transport is None else self.transport.wire.name

    @property
    def sockets(self) -> "dict[str, Socket]":
        """Its socket in each namespace it is in, by name; a new dict each time."""
        return {**({} if self._root is None else {DEFAULT_NAMESPACE: self._root}), **(self._others or {})}

    @property
    def joined(self) -> int:
        """How many namespaces it is in."""
        return (self._root is not None) + len(self._others or ())

    def socket_in(self, namespace: str) -> "Socket | None":
        """Its socket in ``namespace``, if it is there."""
        if namespace == DEFAULT_NAMESPACE:
            return self._root
        return None if self._others is None else self._others.get(namespace)

    def enter(self, socket: "Socket") -> None:
        """It is in the namespace of ``socket`` from now on."""
        if socket.namespace.name == DEFAULT_NAMESPACE:
            self._root = socket  # nearly all clients are in no other: a dict for each would cost more than all its sockets
        else:
            self._others = {**(self._others or {}), socket.namespace.name: socket}

    def _left(self, namespace: str) -> "Socket | None":
        """It is not in ``namespace`` any more; its socket there, if it was."""
        if namespace == DEFAULT_NAMESPACE:
            socket, self._root = self._root, None
            return socket
        return None if self._others is None else self._others.pop(namespace, None)

    @property
    def attached(self) -> bool:
        """Whether a transport can carry a message at once."""
        return self.transport is not None and self.transport.ready

    @property
    def key(self) -> str:
        """Under which its values are stored: random, never the session id."""
        if self.values_key is None:
            self.values_key = self.listener.generate_key()
        return self.values_key

    @property
    def deadline(self) -> float:
        """When the wheel shall wake it."""
        return self._lingers_until or (inf if self.over else self.session.deadline)

    def wake(self, now: float) -> None:
        """The wheel says that ``deadline`` has come."""
        if self.over:
            self._lingers_until = 0.0
            self.listener.forget(self)
        else:
            self.handle(self.session.wake(now))

    # From the peer

    def receive(self, unit: Unit, now: float) -> None:
        """Take one unit from the transport."""
        try:
            happenings = self.session.receive(unit, now)
        except ProtocolError as error:
            self.fail(error)
            return
        for happening in happenings:
            if type(happening) is Event:
                socket = self._root if happening.namespace == DEFAULT_NAMESPACE else self.socket_in(happening.namespace)
                if socket is not None:
                    socket.receive(happening)
            else:
                _TAKE[type(happening)](self, happening)

    def handle(self, happenings: Iterable[Happening]) -> None:
        """Do what follows from what the session says happened."""
        for happening in happenings:
            _TAKE[type(happening)](self, happening)
        self.listener.wheel.add(self)

    def fail(self, error: ProtocolError) -> None:
        """The peer broke a rule for which its session ends."""
        self.listener.complain(self, error)
        self.end(getattr(error, "reason", "parse error"), error.rule)

    # To the peer

    def deliver(self, message: Sendable) -> None:
        """Send ``message`` now if the transport can take it, else queue it."""
        transport = self.transport
        if transport is not None and transport.ready:
            transport.write(message)
        else:
            self._queue(message)

    def reply(self, message: Sendable) -> None:
        """As :meth:`deliver`, for a message that goes to nobody else: its form need not be kept."""
        transport = self.transport
        if transport is not None and transport.ready:
            transport.write_alone(message)
        else:
            self._queue(message)

    def deliver_volatile(self, message: Sendable) -> None:
        """Send ``message`` now, or never."""
        transport = self.transport
        if transport is not None and transport.ready and transport.idle:
            transport.write(message)

    def flush(self) -> None:
        """Send what was queued, as far as the transport takes it."""
        outbox, transport = self._outbox, self.transport
        if outbox is None or transport is None:
            return
        outbox.send(transport)
        if not outbox:
            self._outbox = None

    def first_units(self, encode: Encode) -> list[Unit]:
        """What waits longest: the first thing that the session said."""
        assert self._outbox is not None  # it has just begun, and begins with words
        units: list[Unit] = self._outbox.take().to(encode)
        return units

    def last_units(self, encode: Encode) -> list[Unit]:
        """What still waited when the session ended."""
        outbox, self._outbox = self._outbox, None
        return [] if outbox is None else outbox.units(encode)

    def fix(self, message: Sendable) -> int:
        """
        Encode ``message`` now, since the application may change its objects before it is sent.

        :returns: its size, in characters and bytes.
        """
        encode: Encode = type(self.session).encode if self.transport is None else self.transport.wire.encode
        return sum(map(len, message.to(encode)))

    def _queue(self, message: Sendable) -> None:
        if self.over:
            return
        outbox = self._outbox
        if outbox is None:
            outbox = self._outbox = Outbox()
        elif outbox.size >= self.listener.options.max_buffer:
            self._overflow()
            return
        outbox.add(message, self.fix(message))

    def _overflow(self) -> None:
        """Too much waits. Handlers hear of it in the next turn: we may be in the midst of a broadcast or of another handler."""
        self.over = True
        self._outbox = None
        self._finish(goodbye=False)
        self.listener.complain(self, ProtocolError("slow client"))
        self.listener.clock.callLater(0, self.close_sockets, "transport error", "slow client")

    # Transports

    def begin(self, transport: "Transport | None", now: float) -> None:
        """The session opens; what it says waits until ``transport`` is attached."""
        self.transport = transport
        self.handle(self.session.open(now))

    def attach(self, transport: "Transport", now: float) -> None:
        """``transport`` carries from now on, in place of the one before."""
        before, self.transport = self.transport, transport
        carried, self._carried = self._carried, True
        if before is not None and before is not transport:
            before.replaced()
        self.flush()
        session = self.session
        due = session.deadline
        happenings = session.attached(transport.wire, now)
        if happenings or session.deadline < due:
            self.handle(happenings)
        if carried and before is not None and before is not transport and not self.over:
            self.handle(self.session.detached(before.wire, now))

    def detached(self, transport: "Transport", now: float) -> None:
        """``transport`` can't carry any more for now: its poll was answered or cut."""
        if self.transport is transport and not self.over:
            self._carried = False
            session = self.session
            due = session.deadline
            happenings = session.detached(transport.wire, now)
            if happenings or session.deadline < due:
                self.handle(happenings)

    def gone(self, transport: "Transport") -> None:
        """The connection of a stream or socket has ended, and the session with it unless it waits for another."""
        if self.session.outlives:
            self.detached(transport, self.listener.wheel.now())
        else:
            self.lost(transport)

    def lost(self, transport: "Transport", reason: str = "transport close", description: str = "") -> None:
        """``transport`` is gone, and the session with it."""
        if self.transport is transport:
            self.end(reason, description)

    # Leaving

    def dismiss(self, namespace: str | None) -> None:
        """The server puts the peer out of ``namespace``, or (None) ends the whole connection."""
        if namespace is None:
            for name in sorted(self.sockets, reverse=True):
                self._dismiss(name)
            self.end("server namespace disconnect")
        else:
            self._dismiss(namespace)

    def _dismiss(self, namespace: str) -> None:
        """What handlers of ``disconnecting`` send still reaches the peer."""
        socket = self._left(namespace)
        if self.over or socket is None:
            return
        happenings = self.session.dismiss(namespace)
        socket.close("server namespace disconnect")
        self.handle(happenings)

    def leave(self) -> None:
        """The peer says by a request of its own that it leaves."""
        self.end("client namespace disconnect")

    def end(self, reason: str, description: str = "", goodbye: bool = True) -> None:
        """
        The session is over.

        :param goodbye: tell the peer, as far as its transport has words for it.
        """
        if self.over:
            return
        self.over = True
        self.close_sockets(reason, description)
        self._finish(goodbye)

    def end_values(self) -> None:
        """Let the store forget its values, unless they wait for its return."""
        if self.values_key is not None and (self.absence is None or not self.absence.keeps(self.values_key)):
            self.listener.store.end(self.values_key, self.listener.options.store_expiration)

    def close_sockets(self, reason: str, description: str) -> None:
        """Tell the application that the client is gone."""
        self.ended = (reason, description)
        sockets, self._root, self._others = self.sockets, None, None
        for socket in sockets.values():
            socket.close(reason)
        self.end_values()

    def _finish(self, goodbye: bool) -> None:
        lingers = self.transport is not None and self.transport.finish(goodbye, self.listener.closing)
        if lingers and self.ended is not None and self.session.lingers_after(self.ended[0]):
            self._lingers_until = self.listener.wheel.now() + self.session.linger
            self.listener.wheel.add(self)
        else:
            self.listener.forget(self)
            self._outbox = None

    # What the session says

    def _take_event(self, event: Event) -> None:
        socket = self.socket_in(event.namespace)
        if socket is not None:
            socket.receive(event)

    def _take_ack(self, ack: Ack) -> None:
        socket = self.socket_in(ack.namespace)
        if socket is not None:
            socket.take_ack(ack)

    def _take_data(self, data: Data) -> None:
        self.listener.take_data(self, data.data)

    def _take_connect(self, connect: Connect) -> None:
        self.listener.join(self, connect)

    def _take_leave(self, leave: Leave) -> None:
        socket = self._left(leave.namespace)
        if socket is not None:
            socket.close("client namespace disconnect")

    def _take_ended(self, ended: Ended) -> None:
        self.end(ended.reason, ended.description, goodbye=ended.goodbye and ended.reason != "transport close")

    def _take_dropped(self, dropped: Dropped) -> None:
        self.listener.complain(self, ProtocolError(dropped.rule, dropped.sample))

    def _take_respelled(self, respelled: Respelled) -> None:
        if self.transport is not None:
            self.transport.settle(respelled.wire(self.transport.wire))

    def _take_idle(self, idle: Idle) -> None:
        if self.transport is not None:
            self.transport.answer_idle()


_TAKE: dict[type, Any] = {
    Event: Client._take_event,
    Ack: Client._take_ack,
    Data: Client._take_data,
    Connect: Client._take_connect,
    Leave: Client._take_leave,
    Ended: Client._take_ended,
    Dropped: Client._take_dropped,
    Idle: Client._take_idle,
    Respelled: Client._take_respelled,
    Control: Client.deliver,
    Outgoing: Client.deliver,
}
