"""
Sessions of Engine.IO 4 with Socket.IO 5: clients 3.x and 4.x.

    we:   0{"sid":...}            we:   2       (every ping_interval)
    peer: 40{"token":"a"}         peer: 3
    we:   40{"sid":"..."}         we:   44/admin,{"message":"no"}

The server pings; nothing is joined by itself; each namespace gives an id of its own.
"""

from collections.abc import Callable
from math import inf
from typing import Any, ClassVar

from protocols.engineio import JOINED, LEFT, EngineSession, Take
from protocols.jsontext import dumps
from protocols.model import Connect, Control, Happening, Settings
from protocols.payload import unbase64
from protocols.socketio import BadPacket, packet, read_connect

PING = Control("2")


class Session4(EngineSession):
    """
    Engine.IO 4: clients 3.x and 4.x.

    The server pings. It does so ``ping_interval`` after the open packet and after each pong, and gives up
    ``ping_timeout`` after a ping; another packet meanwhile restarts that wait once (engine.io 6.6.11).
    """

    era = "eio4"
    recovers = True
    __slots__ = ("_join_until", "_patient", "_pinged_at", "_ponged_at")

    def __init__(self, id: str, settings: Settings, now: float, revision: int = 4, *args: Any, **options: Any) -> None:
        super().__init__(id, settings, now, revision, *args, **options)
        self._join_until = inf
        self._pinged_at = 0.0
        self._ponged_at: float | None = now
        self._patient = True

    def open(self, now: float) -> list[Happening]:
        self._ponged_at = now
        if not self._bare:
            self._join_until = now + self._settings.connect_timeout
        self.deadline = min(now + self._settings.ping_interval, self._join_until)
        return super().open(now)

    def wake(self, now: float) -> list[Happening]:
        """Ping, give up waiting for a pong, or give up waiting for a first namespace."""
        if now >= self._join_until:
            return [self._end("forced server close", "no namespace was joined in time")]
        settings = self._settings
        if self._ponged_at is not None:
            due = self._ponged_at + settings.ping_interval
            if now >= due:
                return self._ping(now)
        else:
            due = self._pinged_at + settings.ping_timeout
            if now >= due and self._patient and self._heard_at > self._pinged_at:
                self._patient = False
                self._pinged_at = self._heard_at
                due = self._heard_at + settings.ping_timeout
            if now >= due:
                return [self._end("ping timeout")]
        self.deadline = min(due, self._join_until)
        return []

    def _ping(self, now: float) -> list[Happening]:
        settings = self._settings
        self._pinged_at = now
        self._ponged_at = None
        self._patient = True
        # Never later than the next ping may be due: whoever wakes us sees deadlines only move away.
        self.deadline = min(now + settings.ping_timeout, now + settings.ping_interval, self._join_until)
        return [PING]

    def _take_ping(self, unit: str) -> list[Happening]:
        return [self._end("transport error", "ping from a client of Engine.IO 4")]

    def _take_pong(self, unit: str) -> list[Happening]:
        """The next interval starts here, whether a ping was outstanding or not; nothing else is made of it."""
        self._ponged_at = self._heard_at
        return []

    def _take_base64(self, unit: str) -> list[Happening]:
        return self._take_binary(unbase64(unit[1:]))

    def _read_connect(self, unit: str) -> Connect:
        namespace, auth = read_connect(unit)
        return Connect(namespace, auth=auth)

    def _take_stray(self, namespace: str) -> list[Happening]:
        if self._namespaces.get(namespace) is LEFT:
            return []  # sent before it knew
        raise BadPacket("packet for a namespace that was not joined", namespace)

    def socket_id(self, namespace: str, generate: Callable[[], str]) -> str:
        """A new one for each namespace: applications publish it, and the session id is a secret (spec Engine.IO §3.3)."""
        return generate()

    def accepted(self, namespace: str, socket_id: str, pid: str | None = None) -> list[Happening]:
        self._join_until = inf
        self._mark(namespace, JOINED)
        answer = {"sid": socket_id} if pid is None else {"sid": socket_id, "pid": pid}
        return [self._packet("0", namespace, answer)]

    def refused(self, namespace: str, message: str, data: Any = None) -> list[Happening]:
        self._mark(namespace, None)
        answer = {"message": message} if data is None else {"message": message, "data": data}
        return [self._packet("4", namespace, answer)]

    def _packet(self, kind: str, namespace: str, value: Any = None) -> Control:
        return packet(kind, namespace, "" if value is None else dumps(value))

    _plain: ClassVar[dict[str, Take]] = {
        **EngineSession.PLAIN_TAKES,
        "2": _take_ping,
        "3": _take_pong,
        "b": _take_base64,
    }
    _open: ClassVar[dict[str, Take]] = {**_plain, **EngineSession.SOCKETIO_TAKES}
