"""Leases: what is due is renewed piece by piece, and what has ended is not."""

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from gateway import StoreUnavailable
from gateway.stores.leases import AT_ONCE, Leases


class Renewals:
    """Records what is to be renewed; a tick with nothing to renew is done at once."""

    def __init__(self):
        self.asked = []
        self.answer = None

    def __call__(self, clients):
        self.asked.append(clients)
        self.answer = Deferred()
        return self.answer if clients else succeed(None)

    def go_on(self):
        self.answer.callback(None)

    def fail(self):
        self.answer.errback(StoreUnavailable("away"))


def test_a_client_that_ends_while_leases_are_renewed_is_left_alone():
    clock, renewals = Clock(), Renewals()
    leases = Leases(clock, 60, renewals)
    for number in range(AT_ONCE + 2):
        leases.keep(f"c{number}")
    clock.pump([10, 10])
    assert [len(clients) for clients in renewals.asked] == [0, AT_ONCE]
    leases.drop(f"c{AT_ONCE}")
    renewals.go_on()
    assert renewals.asked[2:] == [[f"c{AT_ONCE + 1}"]]
    leases.stop()
    renewals.go_on()
    assert len(renewals.asked) == 3
    assert clock.getDelayedCalls() == []


def test_leases_that_could_not_be_renewed_are_tried_again_at_the_next_tick():
    clock, renewals = Clock(), Renewals()
    leases = Leases(clock, 60, renewals)
    leases.keep("c1")
    clock.pump([10, 10])
    renewals.fail()
    assert renewals.asked == [[], ["c1"]]
    clock.advance(10)
    assert renewals.asked == [[], ["c1"], ["c1"]]
    leases.stop()
