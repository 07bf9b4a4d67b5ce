"""Answers: those that are waited for, and the one a client waits for."""

import pytest
from twisted.internet.task import Clock

from gateway import AckTimeout
from gateway.acks import Collected, Reply, Timed, one_or_tuple
from gateway.handlers import FAILED
from tests.gateway.era_peers import taken


@pytest.mark.parametrize(("args", "value"), [([], None), ([None], None), ([1], 1), ([[1, 2]], [1, 2]), ([1, 2], (1, 2))])
def test_the_arguments_of_an_answer_as_one_value(args, value):
    assert one_or_tuple(args) == value


def test_a_timed_answer_comes_once():
    clock, got = Clock(), []
    timed = Timed(clock, 2, lambda error, args: got.append((error, args)), lambda: got.append("expired"))
    timed.answer(None, [1])
    timed.answer(None, [2])
    clock.advance(3)
    assert got == [(None, [1])]


def test_a_timed_answer_that_does_not_come():
    clock, got = Clock(), []
    timed = Timed(clock, 2, lambda error, args: got.append((type(error), args)), lambda: got.append("expired"))
    clock.advance(2)
    timed.answer(None, [1])
    assert got == ["expired", (AckTimeout, [])]


def test_collected_answers_ignore_those_that_come_late_or_never():
    clock, got = Clock(), []
    collected = Collected(clock, 3, 5, lambda: got.append("expired"))
    collected.done.addErrback(lambda failure: got.append((failure.type, failure.value.answers)))
    collected.answer(None, ["a", "b"])
    collected.answer(RuntimeError("gone"), [])
    clock.advance(5)
    collected.answer(None, ["late"])
    assert got == ["expired", (AckTimeout, ["a"])]


class Asked:
    """As much of a socket as an answer needs."""

    def __init__(self, connected=True):
        self.connected = connected
        self.client = self.namespace = self
        self.name = "/"
        self.sent = []

    def check(self, args):
        if any(type(arg) is object for arg in args):
            raise TypeError("can't be sent")
        return False

    def reply(self, message):
        self.sent.append((message.ack_id, message.args))


REPLIES = [
    ([None], [(7, ())]),
    ([None, None], [(7, ())]),
    ([1, 2], [(7, (1,))]),
    ([None, 2], [(7, (2,))]),
    ([FAILED], []),
    ([FAILED, FAILED], []),
    ([FAILED, None], [(7, ())]),
    ([None, FAILED], [(7, ())]),
    ([FAILED, "x"], [(7, ("x",))]),
    ([object(), None], [(7, ())]),
    ([object()], []),
    ([None, (1, 2)], [(7, (1, 2))]),
]


@pytest.mark.parametrize(("results", "sent"), REPLIES)
def test_the_first_result_that_is_not_none_is_the_answer(logged_failures, results, sent):
    asked = Asked()
    reply = Reply(asked, 7, len(results))
    for result in results:
        reply.take(result)
    assert asked.sent == sent
    assert len(taken(logged_failures)) == sum(type(result) is object and result is not FAILED for result in results)


def test_nothing_is_answered_before_the_last_is_done():
    asked = Asked()
    reply = Reply(asked, 7, 2)
    reply.take(None)
    assert asked.sent == []


def test_nobody_is_answered_who_is_gone():
    asked = Asked(connected=False)
    Reply(asked, 7, 1).take("x")
    assert asked.sent == []
