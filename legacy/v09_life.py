"""
Whether a client of Socket.IO 0.7 to 0.9 is still there.

    handshake      its transport opens within 30 s
    WebSocket      2:: every interval; the client answers 2::, and any packet of it is a sign of life
    poll           8:: when it has waited long enough
    no transport   the next one opens within the close timeout

Times are seconds of the clock that the owner passes in.
"""

from math import ceil, inf

from protocols import model
from protocols.model import AnyWire, Control, Ended, Happening, Idle, Settings

HANDSHAKE_LIFE = 30.0
"""Seconds after which a handshake is forgotten whose transport never opened (spec 0.9 §3.3)."""

HALF = 0.45
"""Clients drop a poll that is silent for as long as they were told; it is answered before half of that."""

_HEARTBEAT = Control("2::")


def announced(settings: Settings) -> tuple[int, int]:
    """
    Give heartbeat and close timeout as the handshake says them, in seconds.

    Whole, and never 0: clients since 0.9.1 take an empty field for "at once" (Q3).
    """
    return _whole(settings.heartbeat_timeout["0.9"]), _whole(settings.close_timeout["0.9"])


HELD_UP = 1.0
"""Seconds that a heartbeat of ours may be late; when it is later, the process was held up and the peer is not to blame."""


def _whole(seconds: float) -> int:
    return max(1, ceil(seconds))


class Life(model.Session):
    """The timers of a session, by the transport it is on."""

    __slots__ = ("_beat_at", "_close_timeout", "_heard_at", "_interval", "_open", "_poll_wait", "_settings", "_silence", "_wire")

    def __init__(self, id: str, settings: Settings, now: float) -> None:
        self.id = id
        self.deadline = inf
        self._wire: AnyWire | None = None
        self._open = 0
        self._heard_at = self._beat_at = now
        self._settings = settings
        self._take_times("0.9")

    def _take_times(self, key: str) -> None:
        """Those of one transport (``0.9:xhr-polling``) come before those of all."""
        settings, general = self._settings, "0.9"
        self._close_timeout = settings.close_timeout.get(key, settings.close_timeout[general])
        self._interval = settings.heartbeat_interval.get(key, settings.heartbeat_interval[general])
        # The timeout counts from the last sign of life where it is longer than the interval, else from our question.
        timeout = settings.heartbeat_timeout.get(key, settings.heartbeat_timeout[general])
        self._silence = timeout if timeout > self._interval else self._interval + timeout
        self._poll_wait = min(settings.poll_duration.get(key, settings.poll_duration[general]), HALF * min(announced(settings)))

    @property
    def linger(self) -> float:  # type: ignore[override]
        """The close timeout: as long as that a client may take to come back for ``0::`` (Q7)."""
        return self._close_timeout

    def open(self, now: float) -> list[Happening]:
        self.deadline = now + HANDSHAKE_LIFE
        return []

    def attached(self, wire: AnyWire, now: float) -> list[Happening]:
        """Count from here, whatever was open before; a newer request of the same kind may overlap with the older."""
        self._open = self._open + 1 if wire is self._wire else 1
        if wire is not self._wire:
            self._wire = wire
            self._take_times(f"0.9:{wire.name}")
        if wire.heartbeats:
            self._heard_at = now
            self._beat_at = now + self._interval
            self.deadline = min(self._beat_at, now + self._silence)
        else:
            self.deadline = now + self._poll_wait
        return []

    def detached(self, wire: AnyWire, now: float) -> list[Happening]:
        """Wait for the next transport; the end of one that another kind has replaced changes nothing."""
        if wire is self._wire and self._open:
            self._open -= 1
            if not self._open:
                self.deadline = now + self._close_timeout
        return []

    def wake(self, now: float) -> list[Happening]:
        if self._wire is None:
            return self._end("forced server close", "no transport was opened")
        if not self._open:
            return self._end("ping timeout")
        if self._wire.heartbeats:
            return self._heartbeat(now)
        self.deadline = inf
        return [Idle()]

    def _heartbeat(self, now: float) -> list[Happening]:
        silent_at = self._heard_at + self._silence
        if now >= silent_at:
            if now - self._beat_at < HELD_UP:
                return self._end("ping timeout")
            self._heard_at = now - self._interval  # it could not answer what we were too late to ask
            silent_at = self._heard_at + self._silence
        due = now >= self._beat_at
        if due:
            self._beat_at = now + self._interval
        self.deadline = min(self._beat_at, silent_at)
        return [_HEARTBEAT] if due else []

    def _end(self, reason: str, description: str = "", goodbye: bool = False) -> list[Happening]:
        """
        The session is over.

        :param goodbye: say ``0::``, after which a client does not come back; of the other ends it finds out, and connects anew.
        """
        self.deadline = inf
        return [Ended(reason, description, goodbye)]
