"""The link to Redis without a Redis: attempts and warnings, by a clock."""

import pytest
from pytest_twisted import blockon
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.task import Clock
from twisted.logger import LogLevel

from tests.gateway.redis_server import store_log


class Unreachable:
    """An endpoint that refuses whoever comes, and counts."""

    def __init__(self):
        self.attempts = 0

    def connect(self, factory):
        self.attempts += 1
        return fail(ConnectTimeout())


@pytest.fixture
def link():
    from gateway.stores.link import Link

    clock, endpoint = Clock(), Unreachable()
    link = Link("Redis at nowhere", endpoint, [("PING",)], 1.8, clock)
    link.clock, link.nowhere = clock, endpoint
    yield link
    blockon(Deferred.fromCoroutine(link.close()))
    assert clock.getDelayedCalls() == []


def test_there_is_one_warning_a_minute(link):
    with store_log() as lines:
        link.clock.pump([0.1] * 590)
        assert len(lines) == 1
        link.clock.pump([0.1] * 1200)
    assert len(lines) == 3
    assert {level for level, _ in lines} == {LogLevel.warn}


def test_attempts_grow_rarer_up_to_five_seconds(link):
    link.clock.pump([0.05] * 40)
    assert link.nowhere.attempts >= 3
    link.clock.pump([0.1] * 600)
    before = link.nowhere.attempts
    link.clock.pump([0.1] * 1000)
    assert 100 / 5.1 <= link.nowhere.attempts - before <= 100


def test_the_delay_is_never_below_a_tenth_nor_above_five_seconds():
    from gateway.stores.link import backoff

    delays = [backoff(attempts) for attempts in range(1, 2000)]
    assert all(0.1 <= delay <= 5 for delay in delays)
    assert max(delays[:3]) < 1
    assert len(set(delays)) > 1000
