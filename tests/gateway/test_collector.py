"""The collector of garbage is as a service wants it while it runs, and as it was afterwards."""

import gc

from gateway.collector import ALLOCATIONS, Relaxed


def test_what_was_there_is_set_aside_for_as_long_as_the_service_runs():
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    relaxed = Relaxed()
    relaxed.begin()
    try:
        relaxed.begin()
        assert gc.get_threshold() == (ALLOCATIONS, *before[1:])
        assert gc.get_freeze_count() > frozen
        circle: list = []
        circle.append(circle)
        del circle
        assert gc.collect() >= 1
    finally:
        relaxed.end()
    relaxed.end()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
