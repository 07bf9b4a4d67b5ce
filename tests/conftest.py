"""
What every test may use, and two checks that Twisted's own runner would make.

pytest-twisted lets a test pass that leaves timers or connections behind, or that logged a failure nobody looked at, and
a Deferred that never fires stops the run. So the tests outside ``tests/protocols`` and ``tests/legacy`` (those know
nothing of Twisted) are watched for the first two, and await what might not come through ``timeout``.
"""

import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("gateway", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
settings.load_profile("gateway")

HERE = Path(__file__).parent
SANS_IO = (HERE / "protocols", HERE / "legacy")

GRACE = 1.0
"""Seconds in which connections that are closing may finish."""

Key = tuple[str, int, str]


@pytest.fixture
def timeout() -> Callable[..., Awaitable[Any]]:
    """``await timeout(deferred_or_coroutine)``: TimeoutError after five seconds (``seconds=`` for another limit)."""
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred

    def limited(awaited: Any, seconds: float = 5.0) -> Awaitable[Any]:
        deferred = awaited if isinstance(awaited, Deferred) else Deferred.fromCoroutine(awaited)
        return deferred.addTimeout(seconds, reactor)

    return limited


@pytest.fixture
def logged_failures(_watched: list[Any]) -> list[Any]:
    """Failures logged so far; a test that expects some takes them out: ``logged_failures.clear()``."""
    return _watched


@pytest.fixture(autouse=True)
def _watched(request: pytest.FixtureRequest) -> Iterator[list[Any]]:
    """Fails a test that leaves something in the reactor, or a failure in the log."""
    failures: list[Any] = []
    if any(folder in request.path.parents for folder in SANS_IO):
        yield failures
        return
    observer = _observe(failures)
    before = _held()
    yield failures
    left = _settle(before)
    _stop_observing(observer)
    assert not failures, f"failures in the log: {[str(failure) for failure in failures]}"
    assert not left, f"left behind in the reactor: {sorted(left)}"


def _observe(failures: list[Any]) -> Callable[[Any], None]:
    from twisted.logger import globalLogPublisher

    def observer(event: Any) -> None:
        if "log_failure" in event:
            failures.append(event["log_failure"])

    globalLogPublisher.addObserver(observer)
    return observer


def _stop_observing(observer: Callable[[Any], None]) -> None:
    from twisted.logger import globalLogPublisher

    globalLogPublisher.removeObserver(observer)


def _held() -> set[Key]:
    """
    What the reactor holds: timers, readers and writers.

    A timer counts as the same when it calls the same thing again: servers that serve a whole module keep theirs going.
    """
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is None:
        return set()
    calls = [("timer", call.func) for call in reactor.getDelayedCalls()]
    parts = [("reader", one) for one in reactor.getReaders()] + [("writer", one) for one in reactor.getWriters()]
    internal = getattr(reactor, "_internalReaders", ())
    return {_key(kind, held) for kind, held in calls + parts if held not in internal}


def _key(kind: str, held: Any) -> Key:
    owner = getattr(held, "__self__", held)
    return kind, id(owner), getattr(held, "__qualname__", type(held).__qualname__)


def _settle(before: set[Key]) -> set[Key]:
    """What is held beside ``before``, after a moment for what is still closing."""
    if not (left := _held() - before):
        return left
    import pytest_twisted
    from twisted.internet import reactor
    from twisted.internet.task import deferLater

    ends = reactor.seconds() + GRACE
    while (left := _held() - before) and reactor.seconds() < ends:
        pytest_twisted.blockon(deferLater(reactor, 0.01))
    return left
