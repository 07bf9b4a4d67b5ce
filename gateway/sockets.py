"""Socket: one client in one namespace; what handlers receive."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, DeferredLock, maybeDeferred
from twisted.python.failure import Failure

from gateway.acks import Reply, Timed, Waiting, one_or_tuple
from gateway.broadcast import Broadcast, _names, outgoing
from gateway.errors import LimitExceeded, SocketClosed
from gateway.handlers import AnyHandler, Handler, Handlers, ignore, log_failure, start, start_serial
from gateway.handshake import Handshake, parse_query
from protocols.model import EVENT, MESSAGE, Ack, Event

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.namespace import Namespace

RESERVED = frozenset((
    "connect", "connect_error", "connection", "disconnect", "disconnecting", "error",
    "newListener", "removeListener", "clientConnect", "clientMessage", "clientDisconnect",
))  # fmt: skip
"""Names of lifecycle events: a client can never trigger them."""


class Socket(Handlers):
    """
    One client in one namespace.

    :ivar id: its id, public to the application; in eras "old", "0.9" and "eio3" it is the session id in ``/``.
    :ivar client: the peer, with its era, its transport and its sockets in all namespaces.
    :ivar namespace: the namespace it is in.
    :ivar query: parameters of the namespace's own query (``/chat?a=b``).
    :ivar data: a plain dict for values that need no store.
    :ivar connected: whether it is still there.
    :ivar recovered: whether its state was restored after an outage.
    """

    __slots__ = (
        "_acks", "_auth", "_data", "_locks", "_query", "_rooms", "_uses",
        "client", "connected", "id", "namespace", "recovered",
    )  # fmt: skip

    def __init__(self, id: str, namespace: "Namespace", client: "Client", query: str = "", auth: Any = None) -> None:
        self.id = id
        self.namespace = namespace
        self.client = client
        self.connected = True
        self.recovered = False
        self._query = query
        self._auth = auth
        super().__init__()
        self._acks: dict[int, Waiting] | None = None
        self._rooms: dict[str, None] | None = None
        self._uses: list[AnyHandler] | None = None
        self._locks: dict[Handler, DeferredLock] | None = None
        self._data: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Socket {self.id[:6]}… in {self.namespace.name}>"

    # What it is

    @property
    def session_id(self) -> str:
        """The session id (0.6's name for it); whoever learns it can act as this client."""
        return self.client.session.id

    @property
    def handshake(self) -> Handshake:
        """What was fixed when the client connected, with the ``auth`` of this namespace."""
        handshake = self.client.handshake
        return handshake if self._auth is None else handshake.with_auth(self._auth)

    @property
    def query(self) -> dict[str, Any]:
        """Parameters of the namespace's own query."""
        return parse_query(self._query)

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
        self._emit(EVENT, name, args, ack)

    def send(self, *args: Any, ack: Callable[..., Any] | None = None) -> None:
        """Send a message: the event ``message``, or what the older eras have for it."""
        self._emit(MESSAGE, "message", args, ack)

    write = send

    def call(self, name: str, *args: Any, timeout: float | None = None) -> Deferred[Any]:
        """
        Send the event ``name`` and wait for the answer: one value, a tuple of several, None for none.

        :param timeout: seconds; the Deferred fails with TimeoutError after them, with SocketClosed when the client goes.
        """
        done: Deferred[Any] = Deferred()

        def finish(error: Exception | None, args: list[Any]) -> None:
            if error is None:
                done.callback(one_or_tuple(args))
            else:
                done.errback(Failure(error))

        if not self.connected:
            finish(SocketClosed(f"{name!r} was not sent: the socket is disconnected"), [])
        else:
            self._emit_for(EVENT, name, args, finish, timeout)
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
        return {self.id, *(self._rooms or ())} if self.connected else set()

    def join(self, *rooms: str | Iterable[str]) -> None:
        """
        Enter the room or rooms.

        :raises LimitExceeded: the listener's ``max_rooms`` is reached.
        """
        for room in _names(rooms):
            if not self.connected or room == self.id:
                continue
            if self._rooms is None:
                self._rooms = {}
            if room not in self._rooms:
                if len(self._rooms) >= self.namespace.listener.options.max_rooms:
                    raise LimitExceeded(f"max_rooms: {len(self._rooms)} rooms are joined already")
                self._rooms[room] = None
                self.namespace.adapter.add(self, room)

    def leave(self, room: str) -> None:
        """Leave ``room``; nothing happens when it was not joined."""
        if self._rooms is not None and room in self._rooms:
            del self._rooms[room]
            self.namespace.adapter.remove(self, room)

    def leave_all(self) -> None:
        """Leave every room but that of its own id."""
        for room in list(self._rooms or ()):
            self.leave(room)

    # Storage

    def set(self, key: str, value: Any) -> Deferred[None]:
        """Keep ``value`` for this client under ``key``; all its sockets share it."""
        return self.namespace.listener.store.set(self.client.key, key, value)

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
        if self.connected:
            self.client.dismiss(None if close else self.namespace.name)
        return self

    def use(self, fn: AnyHandler) -> AnyHandler:
        """
        Run ``fn(event, args)`` before the handlers of each event; raising stops the event and raises ``error`` here.
        """
        self._uses = [*(self._uses or ()), fn]
        return fn

    # For the gateway

    def receive(self, event: Event) -> None:
        """The client sent ``event``."""
        if event.name in RESERVED:
            return
        if self._uses is None:
            self._dispatch(event)
        else:
            self._run_middleware(event, list(self._uses))

    def take_ack(self, ack: Ack) -> None:
        """The client answers one of our events; an answer nobody waits for is ignored."""
        waiting = self._acks.pop(ack.id, None) if self._acks else None
        if waiting is not None:
            waiting(None, ack.args)

    def close(self, reason: str, description: str = "") -> None:
        """It is over, for whatever ``reason``: lifecycle events, rooms, answers still awaited."""
        if not self.connected:
            return
        listener = self.namespace.listener
        listener.about_to_leave(self, reason, description)
        self.leave_all()
        self.connected = False
        self.namespace.forget(self)
        waiting, self._acks = self._acks, None
        for answer in (waiting or {}).values():
            answer(SocketClosed(f"the socket is disconnected: {reason}"), [])
        listener.has_left(self, reason, description)

    def _emit(
        self, kind: int, name: str, args: tuple[Any, ...], ack: Any = None, volatile: bool = False, timeout: float | None = None
    ) -> None:
        if ack is not None:
            self._emit_for(kind, name, args, _callback(ack, timeout is not None), timeout)
            return
        message = outgoing(self.namespace, kind, name, args)
        if not self.connected:
            return
        if volatile:
            self.client.deliver_volatile(message)
        else:
            self.client.deliver(message)

    def _emit_for(self, kind: int, name: str, args: tuple[Any, ...], then: Waiting, timeout: float | None) -> None:
        ack_id = self.namespace.next_ack_id()
        message = outgoing(self.namespace, kind, name, args, ack_id)
        if not self.connected:
            return
        if timeout is not None:
            then = Timed(self.namespace.listener.clock, timeout, then, lambda: self._forget_ack(ack_id)).answer
        self._await_ack(ack_id, then)
        self.client.deliver(message)

    def _await_ack(self, ack_id: int, then: Waiting) -> None:
        if self._acks is None:
            self._acks = {}
        elif len(self._acks) >= self.namespace.listener.options.max_acks:
            oldest = next(iter(self._acks))
            self._acks.pop(oldest)(TimeoutError("max_acks: too many acknowledgements are awaited"), [])
        self._acks[ack_id] = then

    def _forget_ack(self, ack_id: int) -> None:
        if self._acks is not None:
            self._acks.pop(ack_id, None)

    def _run_middleware(self, event: Event, left: list[AnyHandler]) -> None:
        if not left or not self.connected:
            self._dispatch(event)
            return
        done = maybeDeferred(left.pop(0), event.name, event.args)
        done.addCallbacks(lambda _: self._run_middleware(event, left), self._refuse_event)
        done.addErrback(log_failure, event.name)

    def _refuse_event(self, failure: Failure) -> None:
        if self._handlers("error"):
            self._fire("error", failure.value)
        else:
            log_failure(failure, "error")

    def _dispatch(self, event: Event) -> None:
        if not self.connected:
            return
        namespace = self.namespace
        if namespace._for_any is not None or self._for_any is not None:
            self._tell_any(event)
        name, args = event.name, event.args
        ours, theirs = self._handlers(name), namespace._handlers(name)
        if not ours and not theirs:
            ours, theirs = self._handlers("*"), namespace._handlers("*")
            args = [name, *args]
        count = len(ours) + len(theirs)
        reply = Reply(self, event.ack_id, count) if event.ack_id is not None and count else None
        for handler in theirs:
            self._call_handler(name, handler, (self, *args), reply)
        for handler in ours:
            self._call_handler(name, handler, tuple(args), reply)
        if name == "message":
            namespace.has_message(self, event.args)

    def _call_handler(self, name: str, handler: Handler, args: tuple[Any, ...], reply: Reply | None) -> None:
        if handler.once:
            self._used(name, handler)
            self.namespace._used(name, handler)
        if handler.ack:
            ack = None if reply is None else reply.send
            ignore(name, start(name, partial(handler.fn, ack=ack), args))
            return
        result = self._start_serial(name, handler, args) if handler.serial else start(name, handler.fn, args)
        if isinstance(result, Deferred):
            result.addErrback(log_failure, name)
            if reply is not None:
                result.addCallback(reply.take)
                result.addErrback(log_failure, name)
        elif reply is not None:
            try:
                reply.take(result)
            except TypeError:
                log_failure(Failure(), name)

    def _start_serial(self, name: str, handler: Handler, args: tuple[Any, ...]) -> Deferred[Any]:
        if self._locks is None:
            self._locks = {}
        return start_serial(name, self._locks.setdefault(handler, DeferredLock()), handler.fn, args)

    def _tell_any(self, event: Event) -> None:
        for fn in self.namespace._for_any or ():
            ignore(event.name, start(event.name, fn, (self, event.name, *event.args)))
        for fn in self._for_any or ():
            ignore(event.name, start(event.name, fn, (event.name, *event.args)))


def _callback(ack: Callable[..., Any], with_error: bool) -> Waiting:
    """``ack`` as the application wrote it: ``ack(*args)``, or ``ack(error, *args)`` after ``timeout``."""

    def answer(error: Exception | None, args: list[Any]) -> None:
        if with_error:
            ignore("ack", start("ack", ack, (error, *args)))
        elif error is None:
            ignore("ack", start("ack", ack, tuple(args)))

    return answer
