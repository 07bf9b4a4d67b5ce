"""The flags that say to whom a message goes, and the calls that end them: what a Listener, a Namespace and a Broadcast share."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from gateway.errors import LimitExceeded
from gateway.optionkinds import is_number, positive
from protocols.model import EVENT, JSON_MESSAGE, MESSAGE

if TYPE_CHECKING:
    from gateway.broadcast import Broadcast
    from gateway.sockets import Socket


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
        """
        How long acknowledgements are waited for.

        :raises TypeError: ``seconds`` is no number; so for ValueError: it is not above 0, or endless.
        """
        return self._to()._with(timeout=duration(seconds))

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
        """The sockets it would reach; those of other processes are what the adapter makes of them."""
        to = self._to()
        return [*to._members(), *await to._elsewhere("fetch_sockets")]

    async def sockets_join(self, *rooms: str | Iterable[str]) -> None:
        """
        Put them all into the room or rooms.

        :raises LimitExceeded: one of them has reached the listener's ``max_rooms``; the others are in.
        """
        names, to = names_of(rooms), self._to()
        refused: LimitExceeded | None = None
        for socket in to._members():
            try:
                socket.join(*names)
            except LimitExceeded as error:
                refused = error
        await to._elsewhere("sockets_join", *names)
        if refused is not None:
            raise refused

    async def sockets_leave(self, *rooms: str | Iterable[str]) -> None:
        """Take them all out of the room or rooms."""
        names, to = names_of(rooms), self._to()
        for socket in to._members():
            socket.leave(*names)
        await to._elsewhere("sockets_leave", *names)

    async def disconnect_sockets(self, close: bool = False) -> None:
        """Disconnect them all from the namespace, or with ``close`` altogether."""
        to = self._to()
        for socket in to._members():
            socket.disconnect(close)
        await to._elsewhere("disconnect_sockets", close)

    async def server_side_emit(self, event: str, *args: Any) -> None:
        """
        Tell the other processes: their ``namespace.server_side.on(event, fn)`` are called with ``args``.

        The own process is not told, as in Socket.IO 4.8; with the memory adapter there is nobody else.

        :raises TypeError: a value that can't be sent.
        :raises ValueError: a reserved name.
        """
        to = self._to()
        to._namespace.check_server_side(event, args)
        await to._elsewhere("server_side_emit", event, *args)

    async def server_side_call(self, event: str, *args: Any) -> list[Any]:
        """
        As :meth:`server_side_emit`; gives what the handlers of the other processes returned, one value for each process.

        :raises TypeError: a value that can't be sent.
        :raises ValueError: a reserved name.
        """
        to = self._to()
        to._namespace.check_server_side(event, args)
        return await to._elsewhere("server_side_call", event, *args)


def names_of(rooms: Iterable[str | Iterable[str]]) -> tuple[str, ...]:
    """Room names given one by one or as lists."""
    names: list[str] = []
    for room in rooms:
        if not isinstance(room, Iterable):
            raise TypeError(f"rooms are text, or lists of it, not {type(room).__name__}")
        names.extend((room,) if isinstance(room, str) else room)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"rooms are text, not {type(name).__name__}")
    return tuple(names)


def duration(seconds: Any) -> float:
    """
    ``seconds``, if one can wait that long.

    :raises TypeError: it is no number; so for ValueError: it is not above 0, or endless.
    """
    if not is_number(seconds):
        raise TypeError(f"timeout: a number of seconds is wanted, not {type(seconds).__name__}")
    if not positive(seconds):
        raise ValueError(f"timeout: a number of seconds above 0 is wanted, not {seconds!r}")
    return float(seconds)
