"""
Events whose handlers are not done yet: what they hold in memory counts, as what waits for a client that does not read does.

    a handler that awaits, a serial one behind others, event middleware that needs time

Nothing is counted for a handler whose result is there at once.
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from gateway.handlers import Handlers, ignore, start
from protocols.errors import ProtocolError

if TYPE_CHECKING:
    from gateway.dispatch import Receiver
    from gateway.engine import EngineSocket

EVENT = 1000
"""Bytes that an event costs beside what it holds: a coroutine, its Deferred."""

VALUE = 60
"""Bytes that a value inside a list or an object costs beside its text."""


def weight(args: list[Any]) -> int:
    """About how many bytes ``args`` take; a loop, so that no depth is too deep."""
    total = 0
    todo: list[Any] = [args]
    while todo:
        holder = todo.pop()
        total += VALUE * len(holder)
        for value in holder.values() if type(holder) is dict else holder:
            if type(value) is str or type(value) is bytes:
                total += len(value)
            elif type(value) is list or type(value) is dict:
                todo.append(value)
    return total


class AtWork:
    """
    How many handlers of a listener are not done.

    :ivar number: of them.
    """

    __slots__ = ("_awaited", "number")

    def __init__(self) -> None:
        self.number = 0
        self._awaited: Deferred[None] | None = None

    def change(self, by: int) -> None:
        """One more, or one less."""
        self.number += by
        if not self.number:
            self._tell()

    async def done(self, clock: Any, seconds: float) -> None:
        """Wait until none is left and what they said has been sent, but not much longer than ``seconds``."""
        if not self.number or not seconds:
            return
        awaited = self._awaited = Deferred()
        late = clock.callLater(seconds, self._tell)
        await awaited
        if late.active():
            late.cancel()
        await deferLater(clock, 0)  # the answer of the last one is sent behind its end

    def _tell(self) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is not None:
            awaited.callback(None)


def fire(handlers: Handlers, event: str, args: tuple[Any, ...], receiver: "Receiver | EngineSocket", data: Any) -> None:
    """Run the handlers of ``event``, which brings what ``receiver`` was sent; results do not matter."""
    for handler in handlers._handlers(event):
        handlers._used(event, handler)
        result = start(event, handler.fn, args)
        hold(receiver, result, [data])
        ignore(event, result)


def hold(receiver: "Receiver | EngineSocket", result: Any, args: list[Any]) -> None:
    """A handler called with ``args`` has given ``result``: if that takes time, count them until it is there."""
    if not isinstance(result, Deferred) or (result.called and not result.paused):
        return
    size = EVENT + weight(args)
    at_work = receiver.client.listener.at_work
    at_work.change(1)
    result.addBoth(_let_go, receiver, size, at_work)
    count(receiver, size)


def count(receiver: "Receiver | EngineSocket", size: int) -> None:
    """``size`` bytes more are held, or less; past ``max_buffer`` the connection ends."""
    receiver.unfinished += size
    client = receiver.client
    if receiver.unfinished > client.listener.options.max_buffer and not client.over:
        client.listener.complain(client, ProtocolError("events come faster than their handlers are done"))
        client.end("transport error", "slow handlers")


def _let_go(result: Any, receiver: "Receiver | EngineSocket", size: int, at_work: AtWork) -> Any:
    receiver.unfinished -= size
    at_work.change(-1)
    return result
