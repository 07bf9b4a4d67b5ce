"""
Time that only passes when a replay says so: a recording of 45 seconds is played in one.

    reactor = TurnedReactor(reactor)          its sockets are the real ones, its timers stand still
    pace = Turned(reactor)                    for a server in this process
    pace = Waited(reactor)                    for any other server: it sleeps as long as the recording did
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

STEP = 0.1
"""Seconds that pass at once at most: less than any timer of the recordings."""

TURNS = 6
"""Turns of the reactor in which bytes get from one end of a connection to the other, and the answer back."""

NAP = 0.001
"""Real seconds that the kernel gets beside."""


class TurnedReactor:
    """A reactor whose timers run by a clock that is turned; all else is the real one's."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.clock = Clock()
        self.seconds = self.clock.seconds
        self.callLater = self.clock.callLater

    def __getattr__(self, name: str) -> Any:
        if name == "run":  # what has it is taken for a reactor with a clock of its own
            raise AttributeError(name)
        return getattr(self.real, name)


class Pace(Protocol):
    """
    How time passes for a replay.

    :ivar slack: how many times longer an answer may take than in a process that turns its clock.
    """

    slack: float

    @property
    def now(self) -> float:
        """Seconds since the start."""

    async def settle(self, done: Callable[[], bool]) -> bool:
        """Let bytes that are under way arrive; whether ``done()``."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""


class Turned:
    """For a server in this process, made with :class:`TurnedReactor`."""

    slack = 1.0

    def __init__(self, reactor: TurnedReactor) -> None:
        self._reactor = reactor
        self._began = reactor.seconds()

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return float(self._reactor.seconds()) - self._began

    async def settle(self, done: Callable[[], bool]) -> bool:
        """Let bytes that are under way arrive; whether ``done()``."""
        for turn in range(TURNS):
            self._reactor.clock.advance(0)
            if done():
                return True
            await deferLater(self._reactor.real, NAP if turn == TURNS - 2 else 0)
        self._reactor.clock.advance(0)
        return done()

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        while seconds > 0:
            await self.settle(_never)
            self._reactor.clock.advance(min(STEP, seconds))
            seconds -= STEP
        await self.settle(_never)


class Waited:
    """For a server of which nothing is known but its address."""

    slack = 4.0

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._began = reactor.seconds()

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return float(self._reactor.seconds() - self._began)

    async def settle(self, done: Callable[[], bool]) -> bool:
        """Give the server a moment; whether ``done()``."""
        for _ in range(TURNS):
            if done():
                return True
            await deferLater(self._reactor, 4 * NAP)
        return done()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await deferLater(self._reactor, max(0.0, seconds))


def _never() -> bool:
    return False


async def awaited(pace: Pace, done: Callable[[], bool], seconds: float) -> bool:
    """Whether ``done()``, at the latest when ``seconds`` have passed."""
    ends = pace.now + seconds
    while not await pace.settle(done):
        left = ends - pace.now
        if left <= 0:
            return False
        await pace.sleep(min(STEP, left))
    return True


async def pumped(reactor: TurnedReactor, work: "Deferred[Any]") -> Any:
    """The result of ``work``, which needs time to pass."""
    pace = Turned(reactor)
    finished: list[Any] = []
    work.addBoth(finished.append)
    while not await pace.settle(lambda: bool(finished)):
        await pace.sleep(STEP)
    return finished[0]
