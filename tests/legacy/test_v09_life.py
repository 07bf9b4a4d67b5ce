"""When a client of 0.7 to 0.9 is asked for a sign of life, and when it is gone."""

from dataclasses import replace
from math import inf

import pytest

from legacy.v09_life import announced
from protocols.model import Ended, Idle
from tests.legacy.sessions09 import JSONP, PAGE, POLL, SOCKET, connected, fresh, settings, told


@pytest.mark.parametrize("wire", [SOCKET, PAGE], ids=lambda wire: wire.name)
def test_heartbeats_are_asked_for_and_any_packet_answers(wire):
    session = connected(wire)
    assert session.deadline == 25.0
    assert told(session.wake(25.0)) == [["2::"]]
    session.receive("2::", 26.0)
    assert told(session.wake(45.0)) == []
    assert session.deadline == 50.0
    assert told(session.wake(50.0)) == [["2::"]]
    session.receive("3:::alive", 60.0)
    assert told(session.wake(session.deadline)) == []
    assert told(session.wake(75.0)) == [["2::"]]


def test_a_silent_client_is_gone_after_interval_and_timeout():
    session = connected()
    assert told(session.wake(25.0)) == [["2::"]]
    assert session.deadline == 45.0
    assert session.wake(45.0) == [Ended("ping timeout", goodbye=False)]
    assert session.deadline == inf


def test_a_timeout_within_the_interval_counts_from_the_question():
    session = connected(beat=2.0, timeout=1.0)
    assert told(session.wake(2.0)) == [["2::"]]
    assert session.deadline == 3.0
    assert session.wake(3.0) == [Ended("ping timeout", goodbye=False)]


def test_heartbeats_go_on_while_an_answer_may_still_come():
    session = connected(beat=10.0, timeout=45.0)
    assert [told(session.wake(at)) for at in (10.0, 20.0, 30.0, 40.0)] == [[["2::"]]] * 4
    assert session.wake(session.deadline) == [Ended("ping timeout", goodbye=False)]
    assert session.deadline == inf


@pytest.mark.parametrize("wire", [POLL, JSONP], ids=lambda wire: wire.name)
def test_a_poll_is_answered_when_it_has_waited_long_enough(wire):
    session = connected(wire)
    assert session.deadline == 20.0
    assert session.wake(20.0) == [Idle()]
    assert session.deadline == inf
    session.detached(wire, 20.0)
    session.attached(wire, 21.0)
    assert session.deadline == 41.0


@pytest.mark.parametrize("times", [{"close": 10.0}, {"timeout": 9.5}])
def test_polls_are_answered_before_half_of_what_the_client_was_told(times):
    assert connected(POLL, **times).deadline == 4.5


def test_a_client_that_does_not_poll_again_is_gone_after_the_close_timeout():
    session = connected(POLL)
    session.detached(POLL, 3.0)
    session.receive("3:::posts are no polls", 40.0)
    assert session.deadline == 48.0
    assert session.wake(48.0) == [Ended("ping timeout", goodbye=False)]


@pytest.mark.parametrize("new_first", [True, False])
def test_a_second_poll_takes_over_the_timers(new_first):
    session = connected(POLL)
    if new_first:
        session.attached(POLL, 5.0)
        session.detached(POLL, 5.0)
    else:
        session.detached(POLL, 5.0)
        session.attached(POLL, 5.0)
    assert session.deadline == 25.0
    assert session.wake(25.0) == [Idle()]
    session.detached(POLL, 25.0)
    assert session.deadline == 70.0


def test_an_end_that_is_told_twice_counts_once():
    session = connected(POLL)
    session.detached(POLL, 1.0)
    session.detached(POLL, 1.0)
    session.attached(POLL, 2.0)
    assert session.wake(session.deadline) == [Idle()]


def test_another_kind_of_transport_takes_over_without_a_second_greeting():
    session = connected(POLL)
    session.detached(POLL, 1.0)
    assert session.attached(SOCKET, 2.0) == []
    assert session.deadline == 27.0
    assert session.attached(POLL, 3.0) == []
    session.detached(SOCKET, 3.0)
    assert session.deadline == 23.0


def test_a_fallback_after_a_transport_that_never_worked_is_greeted_again():
    session = fresh()
    session.attached(SOCKET, 0.0)
    session.accepted("/", "sid")
    assert told(session.attached(POLL, 10.0)) == [["1::"]]
    session.detached(SOCKET, 10.0)
    assert session.deadline == 30.0


@pytest.mark.parametrize("proof", ["packet", "poll"])
def test_a_transport_that_worked_is_replaced_without_greeting(proof):
    session = fresh()
    wire = SOCKET if proof == "packet" else POLL
    session.attached(wire, 0.0)
    session.accepted("/", "sid")
    if proof == "packet":
        session.receive("2::", 1.0)
    else:
        session.detached(wire, 1.0)
    assert session.attached(PAGE, 10.0) == []


def test_a_fallback_before_the_answer_of_the_application_is_greeted_once():
    session = fresh()
    session.attached(SOCKET, 0.0)
    assert session.attached(POLL, 10.0) == []
    assert told(session.accepted("/", "sid")) == [["1::"]]


@pytest.mark.parametrize(
    "timeout, close, fields",
    [(45.0, 45.0, (45, 45)), (60, 60, (60, 60)), (45.2, 0.1, (46, 1)), (0.0, 0.0, (1, 1))],
)
def test_announced_seconds_are_whole_and_never_zero(timeout, close, fields):
    assert announced(replace(settings(), heartbeat_timeout={"0.9": timeout}, close_timeout={"0.9": close})) == fields
