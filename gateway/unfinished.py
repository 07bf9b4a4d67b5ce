"""
Events whose handlers are not done yet: what they hold in memory counts, as what waits for a client that does not read does.

    a handler that awaits, a serial one behind others, event middleware that needs time

Nothing is counted for a handler whose result is there at once.
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from protocols.errors import ProtocolError

if TYPE_CHECKING:
    from gateway.dispatch import Receiver

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


def hold(receiver: "Receiver", result: Any, args: list[Any]) -> None:
    """A handler called with ``args`` has given ``result``: if that takes time, count them until it is there."""
    if not isinstance(result, Deferred) or (result.called and not result.paused):
        return
    size = EVENT + weight(args)
    result.addBoth(_let_go, receiver, size)
    count(receiver, size)


def count(receiver: "Receiver", size: int) -> None:
    """``size`` bytes more are held, or less; past ``max_buffer`` the connection ends."""
    receiver.unfinished += size
    client = receiver.client
    if receiver.unfinished > client.listener.options.max_buffer and not client.over:
        client.listener.complain(client, ProtocolError("events come faster than their handlers are done"))
        client.end("transport error", "slow handlers")


def _let_go(result: Any, receiver: "Receiver", size: int) -> Any:
    receiver.unfinished -= size
    return result
