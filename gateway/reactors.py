"""Where the reactor comes from when the application names none, and the clock it gets."""

from time import monotonic, time
from typing import Any


def default_reactor() -> Any:
    """The installed reactor, made :func:`steady`; imported on first use, so that ``twistd --reactor`` can still choose it."""
    from twisted.internet import reactor

    steady(reactor)
    return reactor


def steady(reactor: Any) -> None:
    """
    Let ``reactor`` measure time by the monotonic clock.

    The stock ones use the wall clock: if that is set back a day, no timer that was set before goes off for a day. Timers that
    are waiting keep the seconds they have left. A reactor whose clock is no wall clock stays as it is.
    """
    seconds = getattr(reactor, "seconds", None)
    if seconds is monotonic or seconds is None or not hasattr(reactor, "getDelayedCalls") or abs(seconds() - time()) > 1.0:
        return
    shift = monotonic() - seconds()
    for call in reactor.getDelayedCalls():
        call.time += shift  # the same for all, so their order stays
        call.seconds = monotonic
    reactor.seconds = monotonic
