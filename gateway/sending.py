"""How a Socket sends: events, messages and questions to its own client, and flags for the others."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.acks import Timed, Waiting, one_or_tuple
from gateway.arguments import function_for
from gateway.broadcast import Broadcast, outgoing
from gateway.dispatch import Receiver
from gateway.errors import AckTimeout, SocketClosed
from gateway.handlers import ignore, start
from gateway.targets import duration
from protocols.model import EVENT, MESSAGE, Outgoing

if TYPE_CHECKING:
    from gateway.sockets import Socket


class Sender(Receiver):
    """What a Socket does to say something."""

    __slots__ = ("_early", "id", "ticket")

    id: str
    ticket: tuple[str, int] | None
    _early: tuple[Outgoing, ...] | None

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
        limit = None if timeout is None else duration(timeout)
        done: Deferred[Any] = Deferred(lambda _: self.forget_ack(*asked))

        def finish(error: Exception | None, args: list[Any]) -> None:
            if error is None:
                done.callback(one_or_tuple(args))
            else:
                done.errback(Failure(error))

        asked.append(self._emit_for(EVENT, name, args, finish, limit))
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
        return Broadcast(self.namespace, only=self._me, volatile=True)

    @property
    def json(self) -> Broadcast:
        """Socket.IO 0.9's flag: ``send`` gives a JSON message even for a text."""
        return Broadcast(self.namespace, only=self._me, json=True)

    @property
    def local(self) -> Broadcast:
        """Everybody but this socket, in this process."""
        return self.broadcast.local

    def compress(self, on: bool) -> Broadcast:
        """This socket; whether the message may be compressed."""
        return Broadcast(self.namespace, only=self._me, compress=on)

    def binary(self, on: bool) -> Broadcast:
        """This socket; kept for code of 2.x, bytes are found without it."""
        return Broadcast(self.namespace, only=self._me)

    def timeout(self, seconds: float) -> Broadcast:
        """This socket; acknowledgements are waited for that long, and ``ack`` gets the error or None first."""
        return Broadcast(self.namespace, only=self._me, timeout=duration(seconds))

    # For the gateway

    @property
    def _me(self) -> "Socket":
        return cast("Socket", self)

    @property
    def _gone(self) -> bool:
        """Whether it was refused or has left; in middleware that is still open."""
        return not self.connected and self._early is None

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
        self._say(message, name, args, volatile)

    def _say(self, message: Outgoing, name: str, args: tuple[Any, ...], volatile: bool) -> None:
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
            message = recovery.kept_for(self._me, message)
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
        self._say(message, name, args, volatile)
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
    function_for("ack", ack)

    def answer(error: Exception | None, args: list[Any]) -> None:
        if with_error:
            ignore("ack", start("ack", ack, (error, *args)))
        elif error is None:
            ignore("ack", start("ack", ack, tuple(args)))

    return answer
