"""One line in the log for a peer that broke a rule, but never so many that peers can fill the disk."""

from collections.abc import Callable

from twisted.logger import Logger

MOST = 10
"""Lines in one second, unless another number is given."""


class Complaints:
    """
    Writes lines such as ``192.0.2.7: Invalid header token: b'GET / HTTP/1.1\\\\r\\\\nA : b'``.

    :param log: where to.
    :param now: a monotonic clock, in seconds.
    :param most: lines in one second; the rest are counted.
    :param called: what they are, in the line that says how many were not logged.
    """

    __slots__ = ("_called", "_log", "_most", "_now", "_second", "_told", "_untold")

    def __init__(self, log: Logger, now: Callable[[], float], most: int = MOST, called: str = "refusals") -> None:
        self._log = log
        self._now = now
        self._most = most
        self._called = called
        self._second = 0
        self._told = self._untold = 0

    def about(self, who: str, offence: object) -> None:
        """Log that ``who``, such as the peer of an address, did ``offence``, in which control characters are escaped."""
        second = int(self._now())
        if second != self._second:
            self._next(second)
        if self._told < self._most:
            self._told += 1
            self._log.warn("{who}: {offence}", who=who, offence=str(offence))
        else:
            self._untold += 1

    def _next(self, second: int) -> None:
        if self._untold:
            self._log.warn("{count} more {called} were not logged", count=self._untold, called=self._called)
        self._second = second
        self._told = self._untold = 0
