"""Rooms, and the fan-out of a broadcast to their members."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from protocols.model import Outgoing

if TYPE_CHECKING:
    from gateway.sockets import Socket


class IAdapter(Protocol):
    """What a Namespace asks of its adapter; one adapter per namespace."""

    def add(self, socket: "Socket", room: str) -> None:
        """Put ``socket`` into ``room``."""

    def remove(self, socket: "Socket", room: str) -> None:
        """Take ``socket`` out of ``room``."""

    def members(self, rooms: Iterable[str], except_: Iterable[str]) -> Iterator["Socket"]:
        """Sockets of this process in any of ``rooms`` (none given: all) and in none of ``except_``; each once."""

    def broadcast(self, message: Outgoing, rooms: Iterable[str], except_: Iterable[str], volatile: bool, local: bool) -> None:
        """Send ``message`` to those members, and unless ``local`` to those of the other processes."""

    async def elsewhere(self, action: str, rooms: Iterable[str], except_: Iterable[str], args: tuple[Any, ...]) -> list[Any]:
        """
        Have the namespace of the same name in each other process do ``action``; gives what they answered.

        There ``await namespace.on_behalf(action, rooms, except_, args)`` does it: "fetch_sockets" (), "sockets_join" and
        "sockets_leave" (*rooms), "disconnect_sockets" (close), "server_side_emit" and "server_side_call" (event, *args).
        """


METHODS = ("add", "remove", "members", "broadcast", "elsewhere")
"""What an adapter must have."""


class MemoryAdapter:
    """
    Rooms of one namespace in this process.

    :param sockets: the namespace's sockets by id; a socket's id is a room of which it is the only member.
    """

    __slots__ = ("_rooms", "_sockets")

    def __init__(self, sockets: dict[str, "Socket"]) -> None:
        self._sockets = sockets
        self._rooms: dict[str, dict[Socket, None]] = {}

    @property
    def rooms(self) -> list[str]:
        """Names of the rooms that have members."""
        return list(self._rooms)

    def add(self, socket: "Socket", room: str) -> None:
        """Put ``socket`` into ``room``."""
        self._rooms.setdefault(room, {})[socket] = None

    def remove(self, socket: "Socket", room: str) -> None:
        """Take ``socket`` out of ``room``; an empty room is forgotten."""
        members = self._rooms.get(room)
        if members is not None:
            members.pop(socket, None)
            if not members:
                del self._rooms[room]

    def members(self, rooms: Iterable[str], except_: Iterable[str]) -> Iterator["Socket"]:
        """Sockets in any of ``rooms`` (none given: all) and in none of ``except_``; each once, in order of joining."""
        chosen = self._union(rooms) if rooms else self._sockets.values()
        if not except_:
            return iter(list(chosen))
        without = self._union(except_)
        return iter([socket for socket in chosen if socket not in without])

    def broadcast(self, message: Outgoing, rooms: Iterable[str], except_: Iterable[str], volatile: bool, local: bool) -> None:
        """Send ``message`` to the members; it is encoded once per wire form."""
        if volatile:
            for socket in self.members(rooms, except_):
                socket.client.deliver_volatile(message)
        else:
            for socket in self.members(rooms, except_):
                socket.client.deliver(message)

    async def elsewhere(self, action: str, rooms: Iterable[str], except_: Iterable[str], args: tuple[Any, ...]) -> list[Any]:
        """There are no other processes."""
        return []

    def _union(self, rooms: Iterable[str]) -> dict["Socket", None]:
        union: dict[Socket, None] = {}
        for room in rooms:
            union.update(self._rooms.get(room, ()))
            alone = self._sockets.get(room)
            if alone is not None:
                union[alone] = None
        return union
