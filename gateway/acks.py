"""Acknowledgements: those the server waits for, and the one a client waits for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from gateway.errors import AckTimeout
from gateway.handlers import FAILED, Handlers
from protocols.model import ACK, Outgoing

if TYPE_CHECKING:
    from gateway.dispatch import Receiver

Waiting = Callable[[Exception | None, list[Any]], None]
"""Called once: with the arguments of the answer, or with the error that came instead."""


def one_or_tuple(args: list[Any]) -> Any:
    """The arguments of an answer as one value: None for none, the value, or a tuple of several."""
    if not args:
        return None
    return args[0] if len(args) == 1 else tuple(args)


class Timed:
    """An answer that is waited for at most ``seconds``."""

    __slots__ = ("_call", "_then")

    def __init__(self, clock: IReactorTime, seconds: float, then: Waiting, expired: Callable[[], None]) -> None:
        self._then = then
        self._call = clock.callLater(seconds, self._expire, expired)

    def answer(self, error: Exception | None, args: list[Any]) -> None:
        """The answer came, or the socket closed."""
        if self._call.active():
            self._call.cancel()
            self._then(error, args)

    def _expire(self, expired: Callable[[], None]) -> None:
        expired()
        self._then(AckTimeout("no acknowledgement in time"), [])


class Collected:
    """
    The answers of many sockets to one broadcast.

    :ivar done: fires with the list of first arguments when all have answered; fails with AckTimeout, whose
        ``answers`` are those that came.
    :param expired: called before it fails.
    """

    __slots__ = ("_answers", "_call", "_expired", "_missing", "done")

    def __init__(self, clock: IReactorTime, count: int, seconds: float, expired: Callable[[], None]) -> None:
        self._answers: list[Any] = []
        self._expired = expired
        self._missing = count
        self.done: Deferred[list[Any]] = Deferred()
        self._call = clock.callLater(seconds, self._expire)
        if count == 0:
            self._finish()

    def answer(self, error: Exception | None, args: list[Any]) -> None:
        """One socket has answered; one that closed will not."""
        if error is not None or not self._call.active():
            return
        self._answers.append(args[0] if args else None)
        self._missing -= 1
        if self._missing == 0:
            self._finish()

    def _finish(self) -> None:
        self._call.cancel()
        self.done.callback(self._answers)

    def _expire(self) -> None:
        self._expired()
        text = f"{self._missing} of the clients did not acknowledge in time"
        self.done.errback(AckTimeout(text, self._answers))


class Reply:
    """
    The acknowledgement of one event: the first result that is not None, else an empty one when all
    handlers are done; none at all when every handler failed. A result that can't be sent is a failure.
    """

    __slots__ = ("_id", "_pending", "_socket", "_succeeded")

    def __init__(self, socket: "Receiver", ack_id: int, handlers: int) -> None:
        self._socket: Receiver | None = socket
        self._id = ack_id
        self._pending = handlers
        self._succeeded = False

    def take(self, result: Any) -> None:
        """One handler is done."""
        self._pending -= 1
        if self._socket is None:
            return
        if result is None:
            self._succeeded = True
        elif result is not FAILED:
            try:
                self.send(*result) if type(result) is tuple else self.send(result)
                return
            except (TypeError, ValueError):
                Handlers._log.failure("what a handler returned can't be sent")
        if self._pending == 0 and self._succeeded:
            self.send()

    def send(self, *args: Any) -> None:
        """
        Answer now; later answers are ignored.

        :raises TypeError: a value that can't be sent; then nothing is answered yet.
        """
        socket = self._socket
        if socket is not None:
            answer(socket, self._id, args)
            self._socket = None


def answer(socket: "Receiver", ack_id: int, args: tuple[Any, ...]) -> None:
    """
    Answer the client's event ``ack_id``, if it is still there.

    :raises TypeError: a value that can't be sent.
    """
    if socket.connected:
        namespace = socket.namespace
        socket.client.reply(Outgoing(namespace.name, ACK, "", args, ack_id, namespace.check(args)))


def acknowledge(socket: "Receiver", ack_id: int, result: Any) -> None:
    """Answer with what the only handler returned; a value that can't be sent is its failure."""
    args = result if type(result) is tuple else () if result is None else (result,)
    try:
        answer(socket, ack_id, args)
    except (TypeError, ValueError):
        Handlers._log.failure("what a handler returned can't be sent")
