"""To whom a message goes, and how: an immutable value that ``emit``, ``send`` or ``call`` ends."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from gateway.acks import Collected
from gateway.arguments import function_for
from gateway.handlers import ignore, start
from gateway.targets import Targets, names_of
from protocols.model import EVENT, LIBRARY_NAMES, Outgoing, Uncompressed

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

    async def _elsewhere(self, action: str, *args: Any) -> list[Any]:
        if self._local or self._only is not None:
            return []
        return await self._namespace.adapter.elsewhere(action, self._rooms, self._except, args)

    def _members(self) -> Iterable["Socket"]:
        if self._only is not None:
            return (self._only,)
        return self._namespace.adapter.members(self._rooms, self._except)

    def _emit(self, kind: int, name: str, args: tuple[Any, ...], ack: Callable[..., Any] | None) -> None:
        if self._only is not None:
            self._only._emit(kind, name, args, ack, self._volatile, self._timeout, self._make)
        elif ack is not None:
            function_for("ack", ack)
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


__all__ = ["Broadcast", "Targets", "names_of", "outgoing", "uncompressed"]
