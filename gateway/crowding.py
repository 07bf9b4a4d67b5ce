"""
How many sessions of one address were begun and never used: a client that can't read our greeting begins another at once.

    more than 20 in 10 seconds      its next polling handshakes wait a second each, they are not refused

Clients of 0.3 to 0.6 take any error for a reason to ask again immediately: thousands of requests a second (spec 0.6 §5.1).
"""

MOST = 20
"""Unused sessions of one address; the handshakes behind them wait."""

WINDOW = 10.0
"""Seconds after which one no longer counts."""


class Crowd:
    """
    The polling sessions that have sent no second request yet, by address.

    :ivar begun: session id -> address and time, the oldest first.
    """

    __slots__ = ("_counts", "begun")

    def __init__(self) -> None:
        self.begun: dict[str, tuple[str, float]] = {}
        self._counts: dict[str, int] = {}

    def began(self, sid: str, address: str, now: float) -> None:
        """A session was made by a polling handshake."""
        self._expire(now)
        self.begun[sid] = (address, now)
        self._counts[address] = self._counts.get(address, 0) + 1

    def used(self, sid: str) -> None:
        """The session has sent a second request."""
        begun = self.begun.pop(sid, None)
        if begun is not None:
            self._forget(begun[0])

    def delays(self, address: str, now: float) -> bool:
        """Whether a further handshake of ``address`` shall wait."""
        if self._counts.get(address, 0) < MOST:
            return False
        self._expire(now)
        return self._counts.get(address, 0) >= MOST

    def _expire(self, now: float) -> None:
        """The oldest come first, so this costs what there is to forget."""
        while self.begun:
            sid, (address, at) = next(iter(self.begun.items()))
            if now - at < WINDOW:
                return
            del self.begun[sid]
            self._forget(address)

    def _forget(self, address: str) -> None:
        left = self._counts[address] - 1
        if left:
            self._counts[address] = left
        else:
            del self._counts[address]
