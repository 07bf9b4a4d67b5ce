"""
One wheel for all heartbeats and deadlines.

An item is anything with ``deadline`` (seconds of the wheel's clock), ``slotted`` (0 at first; the wheel's
own mark) and ``wake(now)``. It lies in the slot of the tick in which its deadline falls. When that tick
comes and the deadline has moved on, the item is put into its new slot: so moving a deadline later is a
plain attribute write, whatever the number of items.
"""

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Waking(Protocol):
    """What the wheel wakes.

    :ivar deadline: when it wants to be woken; ``inf`` for never.
    :ivar slotted: the tick of the slot it lies in, 0 for none; the wheel writes it.
    """

    @property
    def deadline(self) -> float: ...

    slotted: int

    def wake(self, now: float) -> None:
        """The deadline has come."""


class Wheel:
    """
    Wakes many items with one timer.

    :param clock: whose ``callLater`` turns the wheel.
    :param resolution: seconds between two ticks; an item is woken at most that much late.
    :param time: the clock that deadlines are measured with; wall-clock jumps must not move it.
    """

    __slots__ = ("_call", "_clock", "_due", "_settled", "_slots", "now", "resolution")

    def __init__(self, clock: IReactorTime, resolution: float = 0.1, time: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self.resolution = resolution
        self.now = time or _time_of(clock)
        self._slots: dict[int, dict[Waking, None]] = {}
        self._call: IDelayedCall | None = None
        self._due = 0
        self._settled = True

    def add(self, item: Waking) -> None:
        """Wake ``item`` at its deadline. Again only when that came from ``inf`` or moved nearer; harmless otherwise."""
        deadline = item.deadline
        if deadline == inf:
            return
        tick = int(deadline / self.resolution) + 1
        if 0 < item.slotted <= tick:
            return
        if item.slotted:
            self.drop(item)
        item.slotted = tick
        slot = self._slots.get(tick)
        if slot is None:
            slot = self._slots[tick] = {}
            if self._call is None or tick < self._due:
                self._arm(tick)
        slot[item] = None

    def drop(self, item: Waking) -> None:
        """``item`` is no more: let it go now, not when its deadline comes."""
        slot = self._slots.get(item.slotted)
        if slot is not None:
            slot.pop(item, None)
            item.slotted = 0

    def stop(self) -> None:
        """Forget everything."""
        self._slots.clear()
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _arm(self, tick: int) -> None:
        delay = max(0.0, tick * self.resolution - self.now())
        self._due = tick
        if self._call is None:
            self._call = self._clock.callLater(delay, self._turn)
        else:
            self._call.reset(delay)

    def _turn(self) -> None:
        self._call = None
        now = self.now()
        late = now - self._due * self.resolution
        if late > 1.0 and self._settled:
            # The process was held up: let the sockets be read before anybody is judged by silence.
            self._settled = False
            self._call = self._clock.callLater(0, self._turn)
            return
        self._settled = True
        reached = int(now / self.resolution)
        for tick in sorted(tick for tick in self._slots if tick <= reached):
            for item in self._slots.pop(tick):
                if item.slotted == tick:
                    self._visit(item, now)
        if self._slots:
            self._arm(max(min(self._slots), reached + 1))  # who did not move its deadline has to wait like all others

    def _visit(self, item: Waking, now: float) -> None:
        item.slotted = 0
        if item.deadline <= now:
            item.wake(now)
        self.add(item)


def _time_of(clock: Any) -> Callable[[], float]:
    """The monotonic clock for a real reactor, the clock's own for a turned one."""
    return monotonic if hasattr(clock, "run") else clock.seconds
