"""
The session of Socket.IO 0.3 to 0.6: session id, messages, heartbeats, close timeout.

    to the client      VdV1pK0iUtxqHnRYyVzb        the session id, before anything else
                       ~h~1                        a heartbeat, on streams and sockets
    from the client    hello                       a message
                       ~j~{"event":"news"}         an event
                       ~h~1                        the echo

A unit is one message as it stands between two ``~m~`` frame heads; the wires bring the
envelope of 0.3 and 0.4 into the same form. There is one namespace, ``/``.
"""

from collections.abc import Callable, Mapping
from math import inf
from typing import ClassVar

from legacy.v06_auto import ENVELOPE, FRAMES, GreetingMemory, Peer, Tongue, tongue_of
from legacy.v06_events import read_packet
from legacy.v06_frames import BEAT_MARK, JSON_MARK, encode
from protocols.errors import ProtocolError
from protocols.jsontext import loads
from protocols.model import (
    DEFAULT_NAMESPACE,
    AnyWire,
    Connect,
    Control,
    Dropped,
    Encode,
    Ended,
    Event,
    Happening,
    Idle,
    PollWire,
    RequestView,
    Session,
    Settings,
    Unit,
)

HEARTBEAT_INTERVAL, HEARTBEAT_TIMEOUT = 10.0, 8.0
CLOSE_TIMEOUT, POLL_DURATION = 8.0, 20.0
"""Seconds, as Socket.IO 0.6.18 had them; what the settings say comes first."""

AWAY, HELD, RESTING, ASKING, OVER = "away", "held", "resting", "asking", "over"
"""Nothing attached; a poll is held; no heartbeat is due; one is unanswered; ended."""


class Session06(Session):
    """
    One client of 0.3 to 0.6.

    A new poll, stream or socket is to be attached *before* the one it replaces is
    detached, or the end of the old one would count as the end of the client.

    :ivar wire: what the session was last attached to; None before.
    :ivar origin: of the first request that named one; other sites have no business with the session.
    """

    era: ClassVar[str] = "old"
    encode: ClassVar[Encode] = staticmethod(encode)
    outlives: ClassVar[bool] = True
    __slots__ = (
        "_attached",
        "_beats",
        "_guessed",
        "_memory",
        "_open",
        "_peer",
        "_settings",
        "_silent_at",
        "_state",
        "_tongue",
        "origin",
        "wire",
    )

    def __init__(self, id: str, settings: Settings, now: float, memory: GreetingMemory | None = None, peer: Peer = ()) -> None:
        self.id = id
        self.deadline = now + settings.close_timeout.get(self.era, CLOSE_TIMEOUT)
        self.wire: AnyWire | None = None
        self.origin = ""
        self._settings = settings
        self._memory = memory
        self._peer = peer
        self._tongue: Tongue | None = None
        self._attached = 0
        self._beats = 0
        self._guessed = False
        self._open = False
        self._silent_at = inf
        self._state = AWAY

    @property
    def generation(self) -> str | None:
        """Say what the peer speaks: "frames", "envelope", or None while that is not known."""
        return self._tongue.generation if self._tongue else None

    # Joining and leaving --------------------------------------------------------------

    def open(self, now: float) -> list[Happening]:
        return [Connect(DEFAULT_NAMESPACE)]

    def accepted(self, namespace: str, socket_id: str, pid: str | None = None) -> list[Happening]:
        self._open = True
        return [Control(self.id)]

    def refused(self, namespace: str, message: str, data: object = None) -> list[Happening]:
        return self._end("forced server close", message)

    def dismiss(self, namespace: str) -> list[Happening]:
        return self._end("server namespace disconnect")

    def _end(self, reason: str, description: str = "") -> list[Happening]:
        if self._state is OVER:
            return []
        self._state = OVER
        self._open = False
        self.deadline = inf
        return [Ended(reason, description)]

    # Messages --------------------------------------------------------------------------

    def receive(self, unit: Unit, now: float) -> list[Happening]:
        """Take one message; bytes are never one (a payload without frames, a binary WebSocket message)."""
        if not self._open:
            return [] if self._state is OVER else [Dropped("a message before the session id was told", unit[:48])]
        if not isinstance(unit, str):
            return [Dropped("not a payload of Socket.IO 0.3 to 0.6", unit[:48])]
        if unit[:1] == "~":
            if unit.startswith(JSON_MARK):
                return self._json(unit)
            if unit.startswith(BEAT_MARK):
                return self._echo(unit[len(BEAT_MARK) :], now)
        return [Event(DEFAULT_NAMESPACE, "message", [unit])]

    def _json(self, unit: str) -> list[Happening]:
        try:
            value = loads(unit[len(JSON_MARK) :])
        except ProtocolError as error:
            return [Dropped(error.rule, unit[:48])]
        if type(value) is dict and self._settings.old_events:
            packet = read_packet(value, unit)
            if packet is not None:
                return [packet]
        return [Event(DEFAULT_NAMESPACE, "message", [value])]

    def _echo(self, number: str, now: float) -> list[Happening]:
        # Only the answer to an open question counts: 0.6.18 let "~h~0" start a second chain of timers.
        if self._state is ASKING and number == str(self._beats):
            self._rest(now)
        return []

    # Transports ------------------------------------------------------------------------

    def attached(self, wire: AnyWire, now: float) -> list[Happening]:
        if self._state is OVER:
            return []
        self.wire = wire
        self._tongue = tongue_of(wire)
        self._attached += 1
        if isinstance(wire, PollWire):
            self._choose_greeting(self._tongue, now)
            self._state = HELD
            self.deadline = now + self._seconds(self._settings.poll_duration, POLL_DURATION)
        else:
            self._rest(now)
        return []

    def _choose_greeting(self, tongue: Tongue, now: float) -> None:
        """Guess on the first poll; the second one shows that the session id was found."""
        if tongue.generation is None:
            tongue.generation = self._memory.choose(self._peer, now) if self._memory else FRAMES
            self._guessed = self._memory is not None
        elif self._guessed and self._memory is not None:
            self._memory.confirm(self._peer, tongue.generation, now)
            self._guessed = False

    def detached(self, wire: AnyWire, now: float) -> list[Happening]:
        self._attached -= 1
        if self._attached > 0 or self._state is OVER:
            return []
        default = self._settings.close_timeout.get(self.era, CLOSE_TIMEOUT) if isinstance(wire, PollWire) else 0.0
        timeout = self._settings.close_timeout.get(f"{self.era}:{wire.name}", default)
        if timeout <= 0:
            return self._end("transport close")
        self._state = AWAY
        self.deadline = now + timeout
        return []

    def _seconds(self, table: Mapping[str, float], default: float) -> float:
        """Look up a time: ``old:xhr-polling`` (one transport) comes before ``old`` (all of them)."""
        name = self.wire.name if self.wire else ""
        return table.get(f"{self.era}:{name}", table.get(self.era, default))

    # Timers ----------------------------------------------------------------------------

    def wake(self, now: float) -> list[Happening]:
        return _ON_TIME[self._state](self, now) if now >= self.deadline else []

    def _rest(self, now: float) -> None:
        self._state = RESTING
        self.deadline = now + self._seconds(self._settings.heartbeat_interval, HEARTBEAT_INTERVAL)

    def _gone(self, now: float) -> list[Happening]:
        return self._end("transport close")

    def _idle(self, now: float) -> list[Happening]:
        self.deadline = inf
        return [Idle()]

    def _beat(self, now: float) -> list[Happening]:
        self._rest(now)
        if not self._open:
            return []  # whatever came first would be taken for the session id
        self._beats += 1
        if self.generation != ENVELOPE:  # 0.3 and 0.4 never answer
            self._state = ASKING
            # The deadline stays that of the next beat: an echo must not have to pull it nearer.
            self._silent_at = now + self._seconds(self._settings.heartbeat_timeout, HEARTBEAT_TIMEOUT)
            self.deadline = min(self.deadline, self._silent_at)
        return [Control(f"{BEAT_MARK}{self._beats}")]

    def _missed(self, now: float) -> list[Happening]:
        if now < self._silent_at:
            self.deadline = self._silent_at
            return []
        if self._tongue is not None and self._tongue.generation != FRAMES:
            self._tongue.generation = ENVELOPE  # a client of 0.5 or 0.6 would have answered
            self._rest(now)
            return []
        return self._end("ping timeout")


_ON_TIME: dict[str, Callable[[Session06, float], list[Happening]]] = {
    AWAY: Session06._gone,
    HELD: Session06._idle,
    RESTING: Session06._beat,
    ASKING: Session06._missed,
    OVER: lambda _session, _now: [],
}
"""What is due when the deadline comes, by state."""


def open_session(
    id: str,
    settings: Settings,
    now: float,
    request: RequestView,
    memory: GreetingMemory | None = None,
    peer: Peer = (),
) -> Session06:
    """
    Make the session of a client whose first request is ``request``.

    :param memory: the listener's, for ``old_payload="auto"``; without it polls are greeted with frames.
    :param peer: what ``memory`` goes by.
    """
    session = Session06(id, settings, now, memory, peer)
    session.origin = request.header("origin")
    return session
