"""Socket: one client in one namespace; what handlers receive."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.acks import Timed, Waiting, one_or_tuple
from gateway.broadcast import Broadcast, names_of, outgoing
from gateway.dispatch import Receiver
from gateway.errors import AckTimeout, LimitExceeded, SocketClosed
from gateway.handlers import ignore, start
from gateway.handshake import Handshake
from gateway.heads import read_query
from protocols.model import EVENT, MESSAGE, Outgoing

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.namespace import Namespace

_NOTHING: tuple[Outgoing, ...] = ()


class Socket(Receiver):
    """
    One client in one namespace.

    :ivar id: its id, public to the application; in eras "old", "0.9" and "eio3" it is the session id in ``/``.
    :ivar client: the peer, with its era, its transport and its sockets in all namespaces.
    :ivar namespace: the namespace it is in.
    :ivar query: parameters of the namespace's own query (``/chat?a=b``).
    :ivar data: a plain dict for values that need no store.
    :ivar connected: whether it is there: false in middleware, which decides about that, and after its end.
    :ivar recovered: whether its state was restored after an outage.
    """

    __slots__ = (
        "_auth", "_data", "_early", "_query", "_rooms",
        "client", "connected", "id", "namespace", "recovered", "ticket",
    )  # fmt: skip

    def __init__(self, id: str, namespace: "Namespace", client: "Client", query: str = "", auth: Any = None) -> None:
        super().__init__()
        self.id = id
        self.namespace = namespace
        self.client = client
        self.connected = False
        self.recovered = False
        self.ticket: tuple[str, int] | None = None  # for the gateway's Recovery
        self._query = query
        self._auth = auth
        self._rooms: dict[str, None] | None = None
        self._data: dict[str, Any] | None = None
        self._early: tuple[Outgoing, ...] | None = _NOTHING  # what middleware sent; None once that is decided

    def __repr__(self) -> str:
        return f"<Socket {self.id[:6]}… in {self.namespace.name}>"

    # What it is

    @property
    def session_id(self) -> str:
        """The session id (0.6's name for it); whoever learns it can act as this client."""
        return self.client.session.id

    @property
    def conn(self) -> "Client":
        """The peer (the name that 1.x to 4.x have for the layer below)."""
        return self.client

    @property
    def handshake(self) -> Handshake:
        """What was fixed when the client connected, with the ``auth`` of this namespace."""
        handshake = self.client.handshake
        return handshake if self._auth is None else handshake.with_auth(self._auth)

    @property
    def query(self) -> dict[str, Any]:
        """Parameters of the namespace's own query."""
        return read_query(self._query)

    @property
    def data(self) -> dict[str, Any]:
        """Values of the application that need no store."""
        if self._data is None:
            self._data = {}
        return self._data

    @property
    def connections(self) -> int:
        """1 while a transport can carry, else 0 (0.6's name)."""
        return 1 if self.client.attached else 0

    @property
    def disconnected(self) -> bool:
        """The contrary of ``connected``."""
        return not self.connected

    # Sending

    def emit(self, name: str, *args: Any, ack: Callable[..., Any] | None = None) -> None:
        """
        Send the event ``name`` to this client; nothing happens when it is gone.

        :param ack: called with the arguments of the client's answer.
        :raises TypeError: a value that is neither JSON nor bytes.
        """
        if ack is None and self.connected and self.ticket is None and self._for_any_outgoing is None:
            self.client.deliver(outgoing(self.namespace, EVENT, name, args))
        else:
            self._emit(EVENT, name, args, ack)

    def send(self, *args: Any, ack: Callable[..., Any] | None = None) -> None:
        """Send a message: the event ``message``, or what the older eras have for it."""
        self._emit(MESSAGE, "message", args, ack)

    write = send

    def call(self, name: str, *args: Any, timeout: float | None = None) -> Deferred[Any]:
        """
        Send the event ``name`` and wait for the answer: one value, a tuple of several, None for none.

        :param timeout: seconds, after which the Deferred fails with AckTimeout; it fails with SocketClosed when the client goes.
        """
        asked: list[int] = []
        done: Deferred[Any] = Deferred(lambda _: self.forget_ack(*asked))

        def finish(error: Exception | None, args: list[Any]) -> None:
            if error is None:
                done.callback(one_or_tuple(args))
            else:
                done.errback(Failure(error))

        asked.append(self._emit_for(EVENT, name, args, finish, timeout))
        return done

    @property
    def broadcast(self) -> Broadcast:
        """Everybody in the namespace but this socket."""
        return Broadcast(self.namespace, except_=(self.id,))

    def to(self, *rooms: str | Iterable[str]) -> Broadcast:
        """Members of the room or rooms but this socket."""
        return self.broadcast.to(*rooms)

    in_ = to

    def except_(self, *rooms: str | Iterable[str]) -> Broadcast:
        """Everybody but this socket and the members of the room or rooms."""
        return self.broadcast.except_(*rooms)

    @property
    def volatile(self) -> Broadcast:
        """This socket, if it can take the message at once."""
        return Broadcast(self.namespace, only=self, volatile=True)

    @property
    def json(self) -> Broadcast:
        """Socket.IO 0.9's flag: ``send`` gives a JSON message even for a text."""
        return Broadcast(self.namespace, only=self, json=True)

    @property
    def local(self) -> Broadcast:
        """Everybody but this socket, in this process."""
        return self.broadcast.local

    def compress(self, on: bool) -> Broadcast:
        """This socket; whether the message may be compressed."""
        return Broadcast(self.namespace, only=self, compress=on)

    def binary(self, on: bool) -> Broadcast:
        """This socket; kept for code of 2.x, bytes are found without it."""
        return Broadcast(self.namespace, only=self)

    def timeout(self, seconds: float) -> Broadcast:
        """This socket; acknowledgements are waited for that long, and ``ack`` gets the error or None first."""
        return Broadcast(self.namespace, only=self, timeout=seconds)

    # Rooms

    @property
    def rooms(self) -> set[str]:
        """Rooms it is in, the one of its own id among them."""
        return set() if self._gone else {self.id, *(self._rooms or ())}

    def join(self, *rooms: str | Iterable[str]) -> None:
        """
        Enter the room or rooms; from middleware, as soon as the client is admitted.

        :raises LimitExceeded: the listener's ``max_rooms`` is reached.
        """
        for room in names_of(rooms):
            if self._gone or room == self.id:
                continue
            if self._rooms is None:
                self._rooms = {}
            if room not in self._rooms:
                if len(self._rooms) >= self.namespace.listener.options.max_rooms:
                    raise LimitExceeded(f"max_rooms: {len(self._rooms)} rooms are joined already")
                self._rooms[room] = None
                if self.connected:
                    self.namespace.adapter.add(self, room)

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave the room or rooms; nothing happens when one was not joined."""
        for room in names_of(rooms):
            if self._rooms is not None and room in self._rooms:
                del self._rooms[room]
                self.namespace.adapter.remove(self, room)

    def leave_all(self) -> None:
        """Leave every room but that of its own id."""
        self.leave(list(self._rooms or ()))

    # Storage

    def set(self, key: str, value: Any) -> Deferred[None]:
        """Keep ``value`` for this client under ``key``; all its sockets share it."""
        done = self.namespace.listener.store.set(self.client.key, key, value)
        if self.client.over:  # a handler of its end took its time
            done.addCallback(lambda _: self.client.end_values())
        return done

    def get(self, key: str, default: Any = None) -> Deferred[Any]:
        """The value under ``key``, else ``default``."""
        return self.namespace.listener.store.get(self.client.key, key, default)

    def has(self, key: str) -> Deferred[bool]:
        """Whether there is a value under ``key``."""
        return self.namespace.listener.store.has(self.client.key, key)

    def delete(self, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""
        return self.namespace.listener.store.delete(self.client.key, key)

    def all(self) -> Deferred[dict[str, Any]]:
        """Every key and value of this client."""
        return self.namespace.listener.store.all(self.client.key)

    def clear(self) -> Deferred[None]:
        """Forget every value of this client."""
        return self.namespace.listener.store.clear(self.client.key)

    # Leaving

    def disconnect(self, close: bool = False) -> "Socket":
        """Put the client out of this namespace, or with ``close`` end its whole connection."""
        if self.connected or (close and not self._gone):
            self.client.dismiss(None if close else self.namespace.name)
        return self

    # For the gateway

    @property
    def _gone(self) -> bool:
        """Whether it was refused or has left; in middleware that is still open."""
        return not self.connected and self._early is None

    def restore(self, rooms: Iterable[str], data: dict[str, Any]) -> None:
        """It takes up where another socket was cut off."""
        self.recovered = True
        self._rooms = dict.fromkeys(rooms)
        self._data = data

    def enter(self) -> None:
        """The client has been told that it is admitted: enter the rooms and send what middleware wanted."""
        self.connected = True
        for room in self._rooms or ():
            self.namespace.adapter.add(self, room)
        early, self._early = self._early, None
        for message in early or ():
            self._deliver(message)

    def abandon(self) -> None:
        """The client is not admitted, or went away meanwhile."""
        self._early = None
        self._fail_acks("it was not admitted")

    def close(self, reason: str) -> None:
        """It is over, for whatever ``reason``: lifecycle events, rooms, answers still awaited."""
        if not self.connected:
            return
        listener = self.namespace.listener
        listener.about_to_leave(self, reason)
        if listener.recovery is not None:
            listener.recovery.left(self, reason, self._rooms or ())
        self.leave_all()
        self.connected = False
        self.namespace.forget(self)
        self._fail_acks(reason)
        listener.has_left(self, reason)

    def told(self, name: str, args: tuple[Any, ...]) -> None:
        """Let the handlers of what is sent know."""
        for fn in self._for_any_outgoing or ():
            ignore(name, start(name, fn, (name, *args)))

    def await_ack(self, ack_id: int, then: Waiting) -> None:
        """Call ``then`` with the client's answer to our event ``ack_id``."""
        if self._acks is None:
            self._acks = {}
        elif len(self._acks) >= self.namespace.listener.options.max_acks:
            oldest = next(iter(self._acks))
            self._acks.pop(oldest)(AckTimeout("max_acks: too many acknowledgements are awaited"), [])
        self._acks[ack_id] = then

    def _emit(
        self, kind: int, name: str, args: tuple[Any, ...], ack: Any = None, volatile: bool = False,
        timeout: float | None = None, make: Callable[..., Outgoing] = outgoing,
    ) -> None:  # fmt: skip
        if ack is not None:
            self._emit_for(kind, name, args, _callback(ack, timeout is not None), timeout, volatile, make)
            return
        message = make(self.namespace, kind, name, args)
        if self._for_any_outgoing is not None:
            self.told(name, args)
        if volatile:
            self._deliver_volatile(message)
        else:
            self._deliver(message)

    def _deliver(self, message: Outgoing) -> None:
        if self._early is not None:
            self.client.fix(message)
            self._early = (*self._early, message)
            return
        recovery = self.namespace.listener.recovery
        if recovery is not None and message.ack_id is None:
            message = recovery.kept_for(self, message)
        if self.connected:
            self.client.deliver(message)

    def _deliver_volatile(self, message: Outgoing) -> None:
        if self.connected:
            self.client.deliver_volatile(message)

    def _emit_for(
        self, kind: int, name: str, args: tuple[Any, ...], then: Waiting, timeout: float | None,
        volatile: bool = False, make: Callable[..., Outgoing] = outgoing,
    ) -> int:  # fmt: skip
        ack_id = self.namespace.next_ack_id()
        message = make(self.namespace, kind, name, args, ack_id)
        if self._gone:
            then(SocketClosed(f"{name!r} was not sent: the socket is disconnected"), [])
            return ack_id
        if timeout is not None:
            then = Timed(self.namespace.listener.clock, timeout, then, lambda: self.forget_ack(ack_id)).answer
        self.await_ack(ack_id, then)
        if self._for_any_outgoing is not None:
            self.told(name, args)
        if volatile:
            self._deliver_volatile(message)
        else:
            self._deliver(message)
        return ack_id

    def forget_ack(self, *ack_ids: int) -> None:
        """Nobody waits for these answers any more."""
        if self._acks is not None:
            for ack_id in ack_ids:
                self._acks.pop(ack_id, None)

    def _fail_acks(self, why: str) -> None:
        waiting, self._acks = self._acks, None
        for answer in (waiting or {}).values():
            answer(SocketClosed(f"the socket is disconnected: {why}"), [])


def _callback(ack: Callable[..., Any], with_error: bool) -> Waiting:
    """``ack`` as the application wrote it: ``ack(*args)``, or ``ack(error, *args)`` after ``timeout``."""

    def answer(error: Exception | None, args: list[Any]) -> None:
        if with_error:
            ignore("ack", start("ack", ack, (error, *args)))
        elif error is None:
            ignore("ack", start("ack", ack, tuple(args)))

    return answer
