"""Rooms in one process."""

import pytest

from gateway.adapter import MemoryAdapter
from protocols.model import EVENT, Outgoing


class Member:
    def __init__(self, id):
        self.id = id
        self.client = self
        self.got = []

    def deliver(self, message):
        self.got.append(("sure", message.name))

    def deliver_volatile(self, message):
        self.got.append(("volatile", message.name))


@pytest.fixture
def house():
    members = {name: Member(name) for name in "abcd"}
    adapter = MemoryAdapter(members)
    for name, room in ("ax", "bx", "by", "cy"):
        adapter.add(members[name], room)
    return adapter, members


MEMBERS = [
    ((), (), "abcd"),
    (("x",), (), "ab"),
    (("x", "y"), (), "abc"),
    (("y", "x"), (), "bca"),
    (("d", "x"), (), "dab"),
    (("a", "x"), (), "ab"),
    ((), ("x",), "cd"),
    (("x", "y"), ("y",), "a"),
    (("x",), ("a",), "b"),
    (("none",), (), ""),
    (("x",), ("none",), "ab"),
]


@pytest.mark.parametrize(("rooms", "except_", "names"), MEMBERS)
def test_members_come_once_in_the_order_they_joined(house, rooms, except_, names):
    adapter, _ = house
    assert "".join(member.id for member in adapter.members(rooms, except_)) == names


@pytest.mark.parametrize("volatile", [False, True])
def test_a_broadcast_is_delivered_to_each_member(house, volatile):
    adapter, members = house
    adapter.broadcast(Outgoing("/", EVENT, "e", ()), ("x",), (), volatile, False)
    how = "volatile" if volatile else "sure"
    assert [member.got for member in members.values()] == [[(how, "e")], [(how, "e")], [], []]


def test_empty_rooms_are_forgotten(house):
    adapter, members = house
    adapter.remove(members["a"], "x")
    adapter.remove(members["a"], "x")
    adapter.remove(members["a"], "never")
    assert adapter.rooms == ["x", "y"]
    adapter.remove(members["b"], "x")
    assert adapter.rooms == ["y"]


def test_members_may_leave_while_they_are_walked(house):
    adapter, members = house
    seen = []
    for member in adapter.members(("x",), ()):
        seen.append(member.id)
        adapter.remove(members["b"], "x")
    assert seen == ["a", "b"]
