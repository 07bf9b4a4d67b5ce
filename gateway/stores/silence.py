"""
Silence: a peer that owes answers and says nothing for too long.

    asked   answered        asked                 too long
    |-------|               |---------- seconds ----------|

A long queue of questions is no silence as long as answers come.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall

SECOND_LOOK = 0.05
"""Seconds in which a process that was busy reads what has arrived meanwhile."""


class Silence:
    """
    Watches one connection with one timer.

    :param clock: a reactor.
    :param seconds: how long the peer may say nothing while it owes an answer.
    :param too_long: called once when it did.
    """

    def __init__(self, clock: Any, seconds: float, too_long: Callable[[], None]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._too_long = too_long
        self._owed = 0
        self._since = 0.0
        self._doubted = False
        self._call: IDelayedCall | None = None

    def asked(self) -> None:
        """One more answer is owed."""
        if not self._owed:
            self._since = self._clock.seconds()
        self._owed += 1
        if self._call is None:
            self._look_in(self._seconds)

    def answered(self, answer: Any) -> Any:
        """One came; gives it back, so that it can stand in a chain of callbacks."""
        self._owed -= 1
        self._since = self._clock.seconds()
        return answer

    def stop(self) -> None:
        """The connection is gone."""
        self._owed = 0
        if self._call is not None and self._call.active():
            self._call.cancel()

    def _look_in(self, seconds: float) -> None:
        self._call = self._clock.callLater(seconds, self._look)

    def _look(self) -> None:
        self._call = None
        left = self._since + self._seconds - self._clock.seconds()
        if not self._owed or left > 0:
            self._doubted = False
            if self._owed:
                self._look_in(left)
        elif not self._doubted:
            self._doubted = True
            self._look_in(SECOND_LOOK)
        else:
            self._too_long()
