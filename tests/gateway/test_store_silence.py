"""Silence: a peer that owes answers and says nothing for too long is told from one that is slow."""

import pytest
from twisted.internet.task import Clock

from gateway.stores.silence import Silence


class Watched:
    """A watch of one second, and how often it said that it is too long."""

    def __init__(self):
        self.clock = Clock()
        self.times = 0
        self.silence = Silence(self.clock, 1.0, self.too_long)

    def too_long(self):
        self.times += 1

    def turn(self, seconds):
        self.clock.pump([0.125] * round(seconds * 8))


@pytest.fixture
def watched():
    return Watched()


def test_an_answer_that_does_not_come_is_too_long_after_its_time(watched):
    watched.silence.asked()
    watched.turn(0.875)
    assert watched.times == 0
    watched.turn(0.25)
    assert watched.times == 1
    watched.turn(5)
    assert watched.times == 1


def test_a_long_queue_is_no_silence_while_answers_come(watched):
    for _ in range(100):
        watched.silence.asked()
    for _ in range(99):
        watched.turn(0.5)
        assert watched.silence.answered("it") == "it"
    assert watched.times == 0
    watched.turn(1.25)
    assert watched.times == 1


def test_a_peer_that_owes_nothing_may_be_silent(watched):
    watched.silence.asked()
    watched.silence.answered(None)
    watched.turn(10)
    assert watched.times == 0
    assert watched.clock.getDelayedCalls() == []


def test_the_time_counts_from_the_question_not_from_the_answer_before(watched):
    watched.silence.asked()
    watched.silence.answered(None)
    watched.turn(0.75)
    watched.silence.asked()
    watched.turn(0.875)
    assert watched.times == 0
    watched.turn(0.25)
    assert watched.times == 1


def test_after_a_stall_of_this_process_what_has_arrived_is_read_first(watched):
    watched.silence.asked()
    watched.clock.advance(30)
    watched.silence.answered(None)
    watched.silence.asked()
    watched.turn(0.875)
    assert watched.times == 0
    watched.turn(0.25)
    assert watched.times == 1


def test_a_connection_that_is_gone_is_not_watched(watched):
    watched.silence.asked()
    watched.silence.stop()
    assert watched.clock.getDelayedCalls() == []
    watched.turn(5)
    assert watched.times == 0
