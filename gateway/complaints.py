"""One line in the log for a peer that broke a rule, but never so many that peers can fill the disk."""

from collections.abc import Callable

from twisted.logger import Logger

MOST = 10
"""Lines in one second; the rest are counted."""


class Complaints:
    """
    Writes lines such as ``192.0.2.7: Invalid header token: b'GET / HTTP/1.1\\\\r\\\\nA : b'``.

    :param log: where to.
    :param now: a monotonic clock, in seconds.
    """

    __slots__ = ("_log", "_now", "_second", "_told", "_untold")

    def __init__(self, log: Logger, now: Callable[[], float]) -> None:
        self._log = log
        self._now = now
        self._second = 0
        self._told = self._untold = 0

    def about(self, address: str, offence: object) -> None:
        """Log that the peer at ``address`` did ``offence``, in which control characters are escaped."""
        second = int(self._now())
        if second != self._second:
            self._next(second)
        if self._told < MOST:
            self._told += 1
            self._log.warn("{address}: {offence}", address=address, offence=str(offence))
        else:
            self._untold += 1

    def _next(self, second: int) -> None:
        if self._untold:
            self._log.warn("{count} more refusals were not logged", count=self._untold)
        self._second = second
        self._told = self._untold = 0
