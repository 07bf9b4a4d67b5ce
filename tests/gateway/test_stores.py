"""Per-client values."""

import pytest
from twisted.internet.task import Clock

from gateway.stores import MemoryStore, copy_value


def got(deferred):
    results = []
    deferred.addCallback(results.append)
    assert results, "the store did not answer at once"
    return results[0]


KEYS = ["nickname", "", "__proto__", "constructor", "__init__", "é€😀", "a:b"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_only_data(key):
    store = MemoryStore()
    assert got(store.has("c1", key)) is False
    assert got(store.get("c1", key, "none")) == "none"
    assert got(store.delete("c1", key)) is False
    store.set("c1", key, None)
    assert got(store.has("c1", key)) is True
    assert got(store.get("c1", key, "none")) is None
    assert got(store.delete("c1", key)) is True
    assert got(store.has("c1", key)) is False


def test_two_clients_never_see_each_others_values():
    store = MemoryStore()
    store.set("c1", "k", 1)
    assert got(store.get("c2", "k")) is None
    assert got(store.all("c2")) == {}


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "x", b"\x00\xff", [1, [2]], {"a": {"b": [b"c"]}}])
def test_values_come_back_as_they_went_in(value):
    store = MemoryStore()
    store.set("c1", "k", value)
    assert got(store.get("c1", "k")) == value


def test_a_later_change_of_the_object_is_not_seen():
    store, value = MemoryStore(), {"list": [1]}
    store.set("c1", "k", value)
    value["list"].append(2)
    read = got(store.get("c1", "k"))
    assert read == {"list": [1]}
    read["list"].append(3)
    assert got(store.get("c1", "k")) == {"list": [1]}


def test_tuples_become_lists():
    assert copy_value((1, ("a",))) == [1, ["a"]]


@pytest.mark.parametrize("value", [object(), {1: "a"}, [set()], {"a": 1j}])
def test_other_values_are_refused(value):
    with pytest.raises(TypeError):
        MemoryStore().set("c1", "k", value)


def test_values_end_with_their_client():
    store = MemoryStore(Clock())
    store.set("c1", "k", 1)
    store.end("c1", 0)
    assert got(store.has("c1", "k")) is False


def test_values_outlive_their_client_as_long_as_asked():
    clock = Clock()
    store = MemoryStore(clock)
    store.set("c1", "k", 1)
    store.end("c1", 10)
    clock.advance(9)
    assert got(store.has("c1", "k")) is True
    clock.advance(2)
    assert got(store.has("c1", "k")) is False
    assert clock.getDelayedCalls() == []


def test_clear_and_all():
    store = MemoryStore()
    store.set("c1", "a", 1)
    store.set("c1", "b", [2])
    assert got(store.all("c1")) == {"a": 1, "b": [2]}
    store.clear("c1")
    assert got(store.all("c1")) == {}
