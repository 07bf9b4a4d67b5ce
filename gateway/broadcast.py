"""To whom a message goes, and how: an immutable value that ``emit``, ``send`` or ``call`` ends."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from gateway.acks import Collected
from gateway.errors import LimitExceeded
from gateway.handlers import ignore, start
from protocols.model import EVENT, JSON_MESSAGE, LIBRARY_NAMES, MESSAGE, Outgoing, Uncompressed

if TYPE_CHECKING:
    from gateway.namespace import Namespace
    from gateway.sockets import Socket


def outgoing(namespace: "Namespace", kind: int, name: str, args: tuple[Any, ...], ack_id: int | None = None) -> Outgoing:
    """
    A message of ``namespace``, checked at the call.

    :raises TypeError: a value that can't be sent, or a name that is no text.
    :raises ValueError: a reserved name.
    """
    if type(name) is not str:
        raise TypeError(f"event names are text, not {type(name).__name__}")
    if name in LIBRARY_NAMES:
        raise ValueError(f"{name!r} is a reserved event name")
    return Outgoing(namespace.name, kind, name, args, ack_id, namespace.check(args))


def uncompressed(*args: Any) -> Outgoing:
    """As :func:`outgoing`, for a message that is not to be compressed."""
    made = outgoing(*args)
    return Uncompressed(made.namespace, made.kind, made.name, made.args, made.ack_id, made.binary)


class Targets:
    """The flags and ends that a Listener, a Namespace and a Broadcast have in common."""

    __slots__ = ()

    def _to(self) -> "Broadcast":
        raise TypeError(f"{type(self).__name__} names no recipients")

    def to(self, *rooms: str | Iterable[str]) -> "Broadcast":
        """Only members of the room or rooms; several calls add up."""
        return self._to()._with(rooms=(*self._to()._rooms, *names_of(rooms)))

    in_ = to

    def except_(self, *rooms: str | Iterable[str]) -> "Broadcast":
        """But not members of the room or rooms (a socket's id is a room too)."""
        return self._to()._with(except_=(*self._to()._except, *names_of(rooms)))

    @property
    def volatile(self) -> "Broadcast":
        """Dropped for those who can't take it at once."""
        return self._to()._with(volatile=True)

    @property
    def local(self) -> "Broadcast":
        """Only clients of this process."""
        return self._to()._with(local=True)

    @property
    def json(self) -> "Broadcast":
        """Socket.IO 0.9's flag: ``send`` gives a JSON message even for a text."""
        return self._to()._with(json=True)

    def compress(self, on: bool) -> "Broadcast":
        """Whether the message may be compressed where compression was negotiated."""
        return self._to()._with(compress=on)

    def binary(self, on: bool) -> "Broadcast":
        """Kept for code of 2.x; bytes are found without it."""
        return self._to()

    def timeout(self, seconds: float) -> "Broadcast":
        """How long acknowledgements are waited for."""
        return self._to()._with(timeout=seconds)

    def emit(self, name: str, *args: Any, ack: Callable[..., Any] | None = None) -> None:
        """Send the event ``name``; with :meth:`timeout`, ``ack`` is called with the error or None, and the list of answers."""
        self._to()._emit(EVENT, name, args, ack)

    def send(self, *args: Any, ack: Callable[..., Any] | None = None) -> None:
        """Send a message: the event ``message``, or what the older eras have for it."""
        broadcast = self._to()
        broadcast._emit(JSON_MESSAGE if broadcast._json else MESSAGE, "message", args, ack)

    def write(self, *args: Any) -> None:
        """As :meth:`send` (the name that 1.x to 4.x have beside it)."""
        self.send(*args)

    def call(self, name: str, *args: Any) -> Deferred[Any]:
        """Send the event ``name`` and gather the answers; needs :meth:`timeout`."""
        return self._to()._call(name, args)

    async def fetch_sockets(self) -> list["Socket"]:
        """The sockets it would reach."""
        return list(self._to()._members())

    async def sockets_join(self, *rooms: str | Iterable[str]) -> None:
        """
        Put them all into the room or rooms.

        :raises LimitExceeded: one of them has reached the listener's ``max_rooms``; the others are in.
        """
        refused: LimitExceeded | None = None
        for socket in self._to()._members():
            try:
                socket.join(*rooms)
            except LimitExceeded as error:
                refused = error
        if refused is not None:
            raise refused

    async def sockets_leave(self, *rooms: str | Iterable[str]) -> None:
        """Take them all out of the room or rooms."""
        for socket in self._to()._members():
            socket.leave(*rooms)

    async def disconnect_sockets(self, close: bool = False) -> None:
        """Disconnect them all from the namespace, or with ``close`` altogether."""
        for socket in self._to()._members():
            socket.disconnect(close)


class Broadcast(Targets):
    """
    Some sockets of a namespace and how to send to them. Never changed: each flag gives a new one.

    :param only: the flags of a single socket (``socket.volatile``): it alone is meant.
    """

    __slots__ = ("_compress", "_except", "_json", "_local", "_namespace", "_only", "_rooms", "_timeout", "_volatile")

    def __init__(
        self,
        namespace: "Namespace",
        rooms: tuple[str, ...] = (),
        except_: tuple[str, ...] = (),
        volatile: bool = False,
        local: bool = False,
        json: bool = False,
        compress: bool = True,
        timeout: float | None = None,
        only: "Socket | None" = None,
    ) -> None:
        self._namespace = namespace
        self._rooms = rooms
        self._except = except_
        self._volatile = volatile
        self._local = local
        self._json = json
        self._compress = compress
        self._timeout = timeout
        self._only = only

    def __call__(self, *args: Any) -> None:
        """``socket.broadcast("x")`` sends it as a message, as in Socket.IO 0.6."""
        self.send(*args)

    @property
    def broadcast(self) -> "Broadcast":
        """From a single socket's flags: everybody else."""
        if self._only is None:
            return self
        return self._with(only=None, except_=(*self._except, self._only.id))

    def to(self, *rooms: str | Iterable[str]) -> "Broadcast":
        """Only members of the room or rooms; several calls add up. From a single socket's flags: but not itself."""
        return Targets.to(self.broadcast, *rooms)

    in_ = to

    def except_(self, *rooms: str | Iterable[str]) -> "Broadcast":
        """But not members of the room or rooms. From a single socket's flags: nor itself."""
        return Targets.except_(self.broadcast, *rooms)

    @property
    def local(self) -> "Broadcast":
        """Only clients of this process. From a single socket's flags: but not itself."""
        return self.broadcast._with(local=True)

    def _to(self) -> "Broadcast":
        return self

    def _with(self, **changes: Any) -> "Broadcast":
        values: dict[str, Any] = {
            "rooms": self._rooms, "except_": self._except, "volatile": self._volatile, "local": self._local,
            "json": self._json, "compress": self._compress, "timeout": self._timeout, "only": self._only,
        }  # fmt: skip
        return Broadcast(self._namespace, **(values | changes))

    @property
    def _make(self) -> Callable[..., Outgoing]:
        return outgoing if self._compress else uncompressed

    def _members(self) -> Iterable["Socket"]:
        if self._only is not None:
            return (self._only,)
        return self._namespace.adapter.members(self._rooms, self._except)

    def _emit(self, kind: int, name: str, args: tuple[Any, ...], ack: Callable[..., Any] | None) -> None:
        if self._only is not None:
            self._only._emit(kind, name, args, ack, self._volatile, self._timeout, self._make)
        elif ack is not None:
            self._call(name, args).addCallbacks(partial(_tell, ack, None), lambda f: _tell(ack, f.value, f.value.answers))
        else:
            message = self._make(self._namespace, kind, name, args)
            self._namespace.publish(message, self._rooms, self._except, self._volatile, self._local)

    def _call(self, name: str, args: tuple[Any, ...]) -> Deferred[Any]:
        if self._only is not None:
            return self._only.call(name, *args, timeout=self._timeout)
        if self._timeout is None:
            raise ValueError("a broadcast that waits for answers needs .timeout(seconds)")
        ack_id = self._namespace.next_ack_id()
        message = self._make(self._namespace, EVENT, name, args, ack_id)
        sockets = list(self._members())

        def expired() -> None:
            for socket in sockets:
                socket.forget_ack(ack_id)

        collected = Collected(self._namespace.listener.clock, len(sockets), self._timeout, expired)
        for socket in sockets:
            socket.await_ack(ack_id, collected.answer)
        self._namespace.ask(message, sockets, self._volatile)
        return collected.done


def _tell(ack: Callable[..., Any], error: Exception | None, answers: list[Any]) -> None:
    ignore("ack", start("ack", ack, (error, answers)))


def names_of(rooms: Iterable[str | Iterable[str]]) -> tuple[str, ...]:
    """Room names given one by one or as lists."""
    names: list[str] = []
    for room in rooms:
        names.extend((room,) if isinstance(room, str) else room)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"rooms are text, not {type(name).__name__}")
    return tuple(names)
