"""The clock that tests turn."""

from typing import Any

from twisted.internet import task


class Clock(task.Clock):
    """Twisted's turned clock; time passes in small steps, so that what follows from a timer happens in its time."""

    def turn(self, seconds: float, step: float = 0.1) -> None:
        """Let time pass."""
        ends = self.seconds() + seconds
        while self.seconds() + step < ends:
            self.advance(step)
        self.advance(max(0.0, ends - self.seconds()))

    def settle(self) -> None:
        """Let happen what is due now."""
        self.advance(0)


def clock_of(mount: Any) -> Any:
    """
    The clock of a Listener, EngineListener or WebSocketListener: one made with ``reactor=Clock()``, or that has no reactor yet.

    :raises RuntimeError: it runs on a real reactor.
    """
    mount.run_on(mount.reactor_given or Clock())
    clock = mount.clock
    if not isinstance(clock, task.Clock):
        raise RuntimeError("a listener for tests has a turned clock: Listener(reactor=Clock()), or no reactor at all")
    return clock
