"""
Connection state recovery: who is cut off comes back to the same rooms, and hears what was said meanwhile.

    first    40{"sid":"abc","pid":"p1"}                     each event carries where it stands: 42["news",1,"kX3f.7"]
    cut      rooms and data are kept under the pid          what is sent is kept as well
    again    40{"pid":"p1","offset":"kX3f.7"}               42["news",2,"kX3f.8"], then 40{"sid":"abc","pid":"p1"}

Socket.IO 4.6 and later; kept in this process. Events that ask for an answer and volatile ones are not kept.
"""

from collections import deque
from collections.abc import Iterable
from heapq import merge
from math import inf
from typing import TYPE_CHECKING, Any

from protocols.model import Encode, Outgoing, Recoverable

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.listener import Listener
    from gateway.namespace import Namespace
    from gateway.sockets import Socket

RECOVERABLE = frozenset((
    "transport error", "transport close", "forced close", "ping timeout", "server shutting down", "forced server close",
))  # fmt: skip
"""Reasons after which a socket may come back (spec Engine.IO §3.8)."""

MOST_ABSENT = 100_000
"""From so many on, those who went first are forgotten first."""

OVERHEAD = 300
"""Bytes that a kept event takes beside its text."""

Place = tuple[str, str | None]
"""A namespace and a room of it; None for everybody."""


class Absence:
    """What the sockets of one client that was cut off have in common: its stored values, which wait with them."""

    __slots__ = ("key", "waiting")

    def __init__(self) -> None:
        self.key: str | None = None
        self.waiting = 0

    def keeps(self, key: str) -> bool:
        """Whether the values under ``key`` are to outlive the client."""
        if self.waiting:
            self.key = key
        return self.waiting > 0


class Absent:
    """
    A socket that was cut off.

    :ivar since: how many events had been kept when it joined: without an offset it has heard none of those after.
    :ivar until: when it is given up.
    """

    __slots__ = ("absence", "data", "namespace", "rooms", "sid", "since", "until")

    def __init__(self, socket: "Socket", rooms: Iterable[str], since: int, until: float, absence: Absence) -> None:
        self.sid = socket.id
        self.namespace = socket.namespace.name
        self.rooms = tuple(rooms)
        self.data = socket.data
        self.since = since
        self.until = until
        self.absence = absence


class Kept:
    """An event, in the order of ``number``."""

    __slots__ = ("except_", "message", "number", "places", "size", "until")

    def __init__(self, number: int, message: Recoverable, places: list[Place], except_: frozenset[str], until: float) -> None:
        self.number = number
        self.message = message
        self.places = places
        self.except_ = except_
        self.until = until
        self.size = OVERHEAD

    def __lt__(self, other: "Kept") -> bool:
        return self.number < other.number


class Recovery:
    """
    Who is away, and what was said.

    :ivar deadline: for the wheel, as ``slotted``.
    """

    def __init__(self, listener: "Listener", seconds: float, most: int) -> None:
        options = listener.options
        self._listener = listener
        self._seconds = seconds
        # What was sent just before we noticed that a client is gone has to be there for as long as the client may be away.
        self._events_last = seconds + options.ping_interval + options.ping_timeout
        self._most = most
        self._size = 0
        self._tag = listener.generate_key()[:6]
        self._last = 0
        self._lost = 0  # up to this number events were dropped for want of room
        self._events: deque[Kept] = deque()
        self._places: dict[Place, deque[Kept]] = {}
        self._present: dict[str, Socket] = {}
        self._absent: dict[str, Absent] = {}
        self._encode: Encode | None = None
        self.slotted = 0

    # Clients

    def ticket(self, socket: "Socket") -> str:
        """``socket`` joins: the pid under which it may come back."""
        if socket.ticket is None:
            socket.ticket = (self._listener.generate_key(), self._last)
        pid = socket.ticket[0]
        self._present[pid] = socket
        transport = socket.client.transport
        if transport is not None:
            self._encode = transport.wire.encode
        return pid

    def left(self, socket: "Socket", reason: str, rooms: Iterable[str]) -> None:
        """``socket`` is gone."""
        if socket.ticket is None:
            return
        pid, since = socket.ticket
        self._present.pop(pid, None)
        if reason not in RECOVERABLE:
            return
        if len(self._absent) >= MOST_ABSENT:
            self._give_up(next(iter(self._absent)))
        client = socket.client
        if client.absence is None:
            client.absence = Absence()
        client.absence.waiting += 1
        until = self._listener.wheel.now() + self._seconds
        self._absent[pid] = Absent(socket, rooms, since, until, client.absence)
        self._listener.wheel.add(self)

    def claim(self, namespace: "Namespace", auth: Any, socket_of: Any) -> "tuple[Socket, list[Recoverable]] | None":
        """
        A client shows a pid, and how far it has heard: the socket it comes back as, and what it missed.

        :param socket_of: makes a socket with a given id.
        """
        pid = auth.get("pid") if auth else None
        if not isinstance(pid, str):
            return None
        present = self._present.get(pid)
        if present is not None and present.namespace is namespace:
            present.client.end("transport close")  # which was not noticed yet
        absent = self._absent.get(pid)
        if absent is None or absent.namespace != namespace.name:
            return None
        start = self._start(absent, auth.get("offset"))
        if start is None:
            return None
        del self._absent[pid]
        socket: Socket = socket_of(absent.sid)
        socket.ticket = (pid, absent.since)
        socket.restore(absent.rooms, absent.data)
        self._bring_values(absent.absence, socket.client)
        return socket, self._missed(absent, start)

    def close(self) -> None:
        """Nobody can come back any more."""
        for pid in list(self._absent):
            self._give_up(pid)
        self._events.clear()
        self._places.clear()
        self._present.clear()

    def _start(self, absent: Absent, offset: Any) -> int | None:
        """The number of the last event it has heard; None when what came after is not known."""
        heard = absent.since
        if offset is not None:
            tag, _, digits = offset.partition(".") if isinstance(offset, str) else ("", "", "")
            if tag != self._tag or not 0 < len(digits) <= 16 or not digits.isascii() or not digits.isdigit():
                return None
            heard = max(heard, int(digits))
        return heard if self._lost <= heard <= self._last else None

    def _missed(self, absent: Absent, start: int) -> list[Recoverable]:
        rooms = {absent.sid, *absent.rooms}
        heard = [self._after((absent.namespace, place), start) for place in (None, *rooms)]
        missed: list[Recoverable] = []
        last = start
        for kept in merge(*heard):
            if kept.number > last and rooms.isdisjoint(kept.except_):
                missed.append(kept.message)
            last = kept.number
        return missed

    def _after(self, place: Place, start: int) -> list[Kept]:
        found: list[Kept] = []
        for kept in reversed(self._places.get(place, ())):
            if kept.number <= start:
                break
            found.append(kept)
        return found[::-1]

    def _bring_values(self, absence: Absence, client: "Client") -> None:
        absence.waiting -= 1
        key, absence.key = absence.key, None
        if key is None:
            return
        if client.values_key is None:
            client.values_key = key
        else:
            self._end_values(key)

    def _give_up(self, pid: str) -> None:
        absence = self._absent.pop(pid).absence
        absence.waiting -= 1
        if not absence.waiting and absence.key is not None:
            self._end_values(absence.key)

    def _end_values(self, key: str) -> None:
        self._listener.store.end(key, self._listener.options.store_expiration)

    # Events

    def kept(self, message: Outgoing, rooms: Iterable[str], except_: Iterable[str]) -> Outgoing:
        """Keep an event for members of ``rooms`` (none: for all); gives it with its offset, which is what has to be sent."""
        if self._encode is None or not (self._present or self._absent):
            return message
        name = message.namespace
        places: list[Place] = [(name, room) for room in dict.fromkeys(rooms)] or [(name, None)]
        self._last += 1
        made = Recoverable(message, f"{self._tag}.{self._last}")
        kept = Kept(self._last, made, places, frozenset(except_), self._listener.wheel.now() + self._events_last)
        kept.size += sum(map(len, made.to(self._encode)))
        self._append(kept)
        return made

    def kept_for(self, socket: "Socket", message: Outgoing) -> Outgoing:
        """As :meth:`kept`, for one socket, which may be away."""
        ticket = socket.ticket
        if ticket is not None and (socket.connected or ticket[0] in self._absent):
            return self.kept(message, (socket.id,), ())
        return message

    def _append(self, kept: Kept) -> None:
        self._events.append(kept)
        for place in kept.places:
            self._places.setdefault(place, deque()).append(kept)
        self._size += kept.size
        while self._size > self._most:
            self._lost = self._drop()
        self._listener.wheel.add(self)

    def _drop(self) -> int:
        """Drop the oldest event; gives its number."""
        kept = self._events.popleft()
        self._size -= kept.size
        for place in kept.places:
            events = self._places[place]
            events.popleft()
            if not events:
                del self._places[place]
        return kept.number

    # For the wheel

    @property
    def deadline(self) -> float:
        """When the first of what is kept is to be dropped."""
        event = self._events[0].until if self._events else inf
        absent = next(iter(self._absent.values())).until if self._absent else inf
        return min(event, absent)

    def wake(self, now: float) -> None:
        """``deadline`` has come."""
        while self._events and self._events[0].until <= now:
            self._drop()
        while self._absent and (pid := next(iter(self._absent))) and self._absent[pid].until <= now:
            self._give_up(pid)
