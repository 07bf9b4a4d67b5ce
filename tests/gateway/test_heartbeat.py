"""The wheel: many deadlines, one timer."""

from math import inf

from twisted.internet.task import Clock

from gateway.heartbeat import Wheel


class Item:
    def __init__(self, deadline, then=inf):
        self.deadline = deadline
        self.slotted = 0
        self.then = then
        self.woken = []

    def wake(self, now):
        self.woken.append(now)
        self.deadline = self.then


def turned(clock, seconds, step=0.1):
    for _ in range(round(seconds / step)):
        clock.advance(step)


def test_an_item_is_woken_within_one_tick_of_its_deadline():
    clock, item = Clock(), Item(1.0)
    Wheel(clock, 0.1).add(item)
    turned(clock, 0.9)
    assert item.woken == []
    turned(clock, 0.3)
    assert len(item.woken) == 1
    assert 1.0 <= item.woken[0] <= 1.2


def test_a_deadline_that_moved_on_is_found_without_telling_the_wheel():
    clock, item = Clock(), Item(1.0)
    Wheel(clock, 0.1).add(item)
    turned(clock, 0.5)
    item.deadline = 3.0
    turned(clock, 2.0)
    assert item.woken == []
    turned(clock, 1.0)
    assert len(item.woken) == 1


def test_a_deadline_that_came_nearer_counts_once_the_item_is_added_again():
    clock, item = Clock(), Item(5.0)
    wheel = Wheel(clock, 0.1)
    wheel.add(item)
    item.deadline = 1.0
    wheel.add(item)
    turned(clock, 6.0)
    assert len(item.woken) == 1
    assert item.woken[0] < 1.3


def test_an_item_that_sets_a_new_deadline_is_woken_again():
    clock, item = Clock(), Item(1.0, then=2.0)
    Wheel(clock, 0.1).add(item)
    turned(clock, 1.5)
    item.then = inf
    turned(clock, 1.5)
    assert len(item.woken) == 2


def test_no_timer_runs_while_nobody_waits():
    clock, item = Clock(), Item(1.0)
    wheel = Wheel(clock, 0.1)
    wheel.add(Item(inf))
    assert clock.getDelayedCalls() == []
    wheel.add(item)
    assert len(clock.getDelayedCalls()) == 1
    turned(clock, 2.0)
    assert clock.getDelayedCalls() == []


def test_a_thousand_items_need_one_timer():
    clock = Clock()
    wheel = Wheel(clock, 0.1)
    items = [Item(1.0 + n / 1000) for n in range(1000)]
    for item in items:
        wheel.add(item)
    assert len(clock.getDelayedCalls()) == 1
    turned(clock, 3.0)
    assert all(len(item.woken) == 1 for item in items)


class Turns:
    """A reactor of which each turn is taken by hand."""

    def __init__(self):
        self.now = 0.0
        self.calls = []

    def seconds(self):
        return self.now

    def callLater(self, delay, call):
        self.calls.append((self.now + delay, call))

    def turn(self):
        due = [call for at, call in self.calls if at <= self.now]
        self.calls = [(at, call) for at, call in self.calls if at > self.now]
        for call in due:
            call()


def test_after_a_stall_the_sockets_are_read_before_anybody_is_judged():
    turns, lives, silent = Turns(), Item(1.0), Item(1.0)
    wheel = Wheel(turns, 0.1)
    wheel.add(lives)
    wheel.add(silent)
    turns.now = 30.0
    turns.turn()
    assert lives.woken == silent.woken == []
    lives.deadline = 40.0  # what was read in between shows that this peer lives
    turns.turn()
    assert lives.woken == []
    assert silent.woken == [30.0]


def test_a_stopped_wheel_forgets_everybody():
    clock, item = Clock(), Item(1.0)
    wheel = Wheel(clock, 0.1)
    wheel.add(item)
    wheel.stop()
    assert clock.getDelayedCalls() == []
    turned(clock, 2.0)
    assert item.woken == []


def test_an_item_that_is_dropped_is_let_go_at_once_and_may_come_back():
    clock, item = Clock(), Item(1.0)
    wheel = Wheel(clock, 0.1)
    wheel.add(item)
    wheel.drop(item)
    assert item not in [other for slot in wheel._slots.values() for other in slot]
    turned(clock, 2.0)
    assert item.woken == []
    item.deadline = 3.0
    wheel.add(item)
    turned(clock, 2.0)
    assert len(item.woken) == 1


def test_an_item_that_leaves_its_deadline_where_it_is_does_not_keep_the_reactor():
    clock, item = Clock(), Item(1.0, then=1.0)
    Wheel(clock, 0.1).add(item)
    turned(clock, 2.0)
    assert 5 <= len(item.woken) <= 11
