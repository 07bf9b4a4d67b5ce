"""What a client is to be told, while no transport can take it."""

from typing import TYPE_CHECKING

from protocols.model import Encode, Sendable, Unit

if TYPE_CHECKING:
    from gateway.transports import Transport

EACH = 200
"""Bytes that a message costs beside its text while it waits: else a flood of tiny ones would pass for nothing."""


class Outbox:
    """
    Messages in the order they were sent; not their bytes, since an upgrade in between may change the form.

    :ivar size: bytes that they hold.
    """

    __slots__ = ("_waiting", "size")

    def __init__(self) -> None:
        self._waiting: list[tuple[Sendable, int]] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: Sendable, size: int) -> None:
        """Keep ``message``, ``size`` bytes long."""
        size += EACH
        self.size += size
        self._waiting.append((message, size))

    def take(self) -> Sendable:
        """Give out the message that waits longest."""
        message, size = self._waiting.pop(0)
        self.size -= size
        return message

    def send(self, transport: "Transport") -> None:
        """Send as much as ``transport`` takes."""
        sent = 0
        waiting = self._waiting
        while sent < len(waiting) and transport.ready:
            message, size = waiting[sent]
            sent += 1
            self.size -= size
            transport.write(message)
        del waiting[:sent]

    def units(self, encode: Encode) -> list[Unit]:
        """All of it, in the words of ``encode``."""
        return [unit for message, _ in self._waiting for unit in message.to(encode)]
