"""What every store does, and what MemoryStore does besides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_twisted import blockon, ensureDeferred
from twisted.internet.defer import gatherResults, maybeDeferred
from twisted.internet.task import Clock

from gateway import Listener, MemoryStore, RedisStore, SQLiteStore, StoreUnavailable
from gateway.stores import copy_value, sharing
from gateway.stores.values import decode, encode
from tests.gateway.redis_server import MISSING, PROGRAM, RedisServer


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory):
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


class Memory:
    """MemoryStore and its clock."""

    def __init__(self):
        self.clock = Clock()
        self.store = MemoryStore(self.clock)

    async def turn(self, seconds):
        self.clock.advance(seconds)


class SQLite:
    """SQLiteStore and its time of day."""

    def __init__(self, path):
        self.now = 1_700_000_000.0
        self.store = SQLiteStore(path, now=lambda: self.now)

    async def turn(self, seconds):
        self.now += seconds


class Redis:
    """RedisStore with an empty database; its time passes by taking it off what is left of each key."""

    def __init__(self, server):
        self.store = RedisStore(server.url)
        blockon(self.command("FLUSHALL"))

    def command(self, *words):
        return self.store._call(*words)

    async def turn(self, seconds):
        for key in await self.command("KEYS", "*"):
            left = await self.command("PTTL", key)
            await self.command("PEXPIRE", key, left - round(seconds * 1000))


@pytest.fixture(params=["memory", "sqlite", "redis"])
def setting(request, tmp_path):
    """A store and a way to let time pass for it."""
    if request.param == "memory":
        made = Memory()
    elif request.param == "sqlite":
        made = SQLite(tmp_path / "values.db")
    else:
        made = Redis(request.getfixturevalue("redis_server"))
    yield made
    blockon(maybeDeferred(made.store.close))


@pytest.fixture
def store(setting):
    return setting.store


KEYS = ["nickname", "", "__proto__", "constructor", "__init__", "é€😀", "a:b", "$bytes", "\x00", "\ud800", "\ud83d\ude00"]


@pytest.mark.parametrize("key", KEYS, ids=ascii)
@ensureDeferred
async def test_keys_are_only_data(store, key):
    assert await store.has("c1", key) is False
    assert await store.get("c1", key, "none") == "none"
    assert await store.delete("c1", key) is False
    assert await store.set("c1", key, None) is None
    assert await store.has("c1", key) is True
    assert await store.get("c1", key, "none") is None
    assert await store.all("c1") == {key: None}
    assert await store.delete("c1", key) is True
    assert await store.has("c1", key) is False


VALUES = [
    None, True, False, 0, -1, 2**53 + 1, 10**400, -(10**4000), 1.5, -0.0, 1e308, float("inf"), float("-inf"),
    "", "x", "5", "é€😀\x00", "\ud800", "\ud83d" + "\ude00", "</script>",
    b"", b"\x00\xff", b"5", [], {}, [1, [2, [b"3"]]], {"a": {"b": [b"c", None]}},
    {"": 0}, {"__proto__": {"x": 1}}, {"\ud83d" + "\ude00": 1, "😀": 2}, {"\ud800": "\udfff"},
    {"$bytes": "AA=="}, {"$$bytes": 1}, {"$text:": 1, "$": 2}, [{"$int": "x"}, {"$float": b"1"}],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:40])
@ensureDeferred
async def test_values_come_back_as_they_went_in(store, value):
    await store.set("c1", "k", value)
    for found in (await store.get("c1", "k"), (await store.all("c1"))["k"]):
        assert found == value
        assert repr(found) == repr(value)  # 0 is no -0.0, and 1 is not True


@ensureDeferred
async def test_an_integer_that_python_would_not_read_comes_back(store):
    await store.set("c1", "k", 10**5000)
    assert await store.get("c1", "k") == 10**5000


@ensureDeferred
async def test_values_as_deep_as_events_may_be_come_back(store):
    value = deep(500)
    await store.set("c1", "k", value)
    assert await store.get("c1", "k") == value


def deep(levels):
    value = b"x"
    for level in range(levels):
        value = [value] if level % 2 else {"k": value}
    return value


def endless():
    value = []
    value.append(value)
    return value


REFUSED = [
    (object(), TypeError), ({1: "a"}, TypeError), ([set()], TypeError), ({"a": 1j}, TypeError), (bytearray(b"x"), TypeError),
    (deep(501), ValueError), (endless(), ValueError),
]  # fmt: skip


@pytest.mark.parametrize(("value", "error"), REFUSED, ids=["object", "key", "set", "complex", "bytearray", "deep", "endless"])
@ensureDeferred
async def test_other_values_are_refused_at_the_call(store, value, error):
    with pytest.raises(error):
        store.set("c1", "k", value)
    assert await store.all("c1") == {}


@pytest.mark.parametrize("key", [None, 1, b"k"])
def test_keys_that_are_no_text_are_refused_at_the_call(store, key):
    for call in (lambda: store.set("c1", key, 1), lambda: store.get("c1", key), lambda: store.has("c1", key)):
        with pytest.raises(TypeError, match="keys are text"):
            call()
    with pytest.raises(TypeError, match="keys are text"):
        store.delete("c1", key)


@ensureDeferred
async def test_a_later_change_of_the_object_is_not_seen(store):
    value = {"list": [1]}
    done = store.set("c1", "k", value)
    value["list"].append(2)
    await done
    found = await store.get("c1", "k")
    assert found == {"list": [1]}
    found["list"].append(3)
    assert await store.get("c1", "k") == {"list": [1]}


@ensureDeferred
async def test_tuples_become_lists(store):
    await store.set("c1", "k", (1, ("a",)))
    assert await store.get("c1", "k") == [1, ["a"]]


@ensureDeferred
async def test_two_clients_never_see_each_others_values(store):
    await store.set("c1", "k", 1)
    await store.set("c1:", "k", 2)
    assert await store.get("c2", "k") is None
    assert await store.all("c2") == {}
    await store.clear("c2")
    await store.end("c1:", 0)
    assert await store.all("c1") == {"k": 1}


@ensureDeferred
async def test_calls_take_effect_in_their_order_though_nobody_waits(store):
    answers = []
    for number in range(50):
        store.set("c1", "k", number)
        answers.append(store.get("c1", "k"))
    assert await gatherResults(answers) == list(range(50))


@ensureDeferred
async def test_a_closed_store_fails_every_call_and_lets_its_clients_end(store):
    await store.set("c1", "k", 1)
    await maybeDeferred(store.close)
    await maybeDeferred(store.close)
    calls = [
        store.set("c1", "k", 2), store.get("c1", "k"), store.has("c1", "k"), store.delete("c1", "k"), store.all("c1"),
        store.clear("c1"), store.set("c2", "k", b"3"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(StoreUnavailable, match="the store is closed"):
            await call
    assert await store.end("c1", 0) is None
    assert await store.end("c1", 5) is None


@ensureDeferred
async def test_clear_and_all(store):
    await store.set("c1", "a", 1)
    await store.set("c1", "b", [2])
    await store.set("c1", "a", b"3")
    assert await store.all("c1") == {"a": b"3", "b": [2]}
    assert await store.clear("c1") is None
    assert await store.all("c1") == {}


@ensureDeferred
async def test_values_end_with_their_client(store):
    await store.set("c1", "k", 1)
    await store.end("c1", 0)
    assert await store.has("c1", "k") is False


@ensureDeferred
async def test_values_outlive_their_client_as_long_as_asked(setting):
    store = setting.store
    await store.set("c1", "k", 1)
    assert await store.end("c1", 100) is None
    await setting.turn(90)
    assert await store.get("c1", "k") == 1
    await setting.turn(20)
    assert await store.has("c1", "k") is False
    assert await store.get("c1", "k", "none") == "none"
    assert await store.delete("c1", "k") is False
    assert await store.all("c1") == {}


@ensureDeferred
async def test_the_last_word_about_an_end_counts(setting):
    store = setting.store
    await store.set("c1", "k", 1)
    await store.end("c1", 10)
    await store.end("c1", 100)
    await setting.turn(90)
    assert await store.has("c1", "k") is True
    await store.end("c1", 0)
    assert await store.has("c1", "k") is False


@ensureDeferred
async def test_a_client_that_sets_again_after_its_end_keeps_what_is_left(setting):
    store = setting.store
    await store.set("c1", "old", 1)
    await store.end("c1", 10)
    await store.set("c1", "new", 2)
    await setting.turn(60)
    assert await store.all("c1") == {"old": 1, "new": 2}


@ensureDeferred
async def test_what_has_expired_does_not_come_back(setting):
    store = setting.store
    await store.set("c1", "old", 1)
    await store.end("c1", 10)
    await setting.turn(11)
    await store.set("c1", "new", 2)
    await store.end("c1", 10)
    assert await store.all("c1") == {"new": 2}


# Values, written down


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT | st.sampled_from(KEYS), inner),
)


@given(ANY_VALUE)
@settings(max_examples=300, deadline=None)
def test_every_value_is_read_as_it_was_written(value):
    written = encode(value)
    assert written.isascii()
    assert repr(decode(written)) == repr(copy_value(value)) == repr(value)


def test_not_a_number_is_kept_too():
    assert repr(decode(encode([float("nan")]))) == "[nan]"


FOREIGN = [
    "",
    "{",
    "\x80\x04K\x01.",
    '{"$bytes":1}',
    '{"$bytes":"*"}',
    '{"$int":"0xz"}',
    '{"$new":1}',
    '{"$text:*":1}',
    "[" * 99999,
]


@pytest.mark.parametrize("written", FOREIGN, ids=lambda text: ascii(text[:12]))
def test_what_somebody_else_wrote_is_an_error_and_nothing_worse(written):
    with pytest.raises(ValueError, match="not a value that was set"):
        decode(written)
    with pytest.raises(ValueError, match="not a value that was set"):
        decode(written.encode())


# MemoryStore


def test_a_memory_store_leaves_no_timer_behind():
    clock = Clock()
    store = MemoryStore(clock)
    for client in ("c1", "c2", "c3"):
        store.set(client, "k", 1)
        store.end(client, 10)
    store.end("c1", 20)
    store.clear("c2")
    clock.advance(21)
    assert clock.getDelayedCalls() == []
    store.set("c1", "k", 1)
    store.end("c1", 10)
    store.close()
    store.set("c1", "k", 1).addErrback(lambda failure: failure.trap(StoreUnavailable))
    store.end("c1", 10)
    assert clock.getDelayedCalls() == []


# Listeners and their stores


class Closing(MemoryStore):
    """Counts how often it is closed."""

    closed = 0

    def close(self):
        self.closed += 1
        super().close()


@ensureDeferred
async def test_the_last_listener_of_a_store_closes_it_once():
    store = Closing(Clock())
    first, second = Listener(reactor=Clock(), store=store), Listener(reactor=Clock(), store=store)
    await first.close()
    assert store.closed == 0
    await second.close()
    await second.close()
    assert store.closed == 1


@ensureDeferred
async def test_a_store_that_can_not_be_closed_is_left_alone():
    holder = Listener(reactor=Clock())
    sharing.hold(holder, object())
    await holder.close()


@ensureDeferred
async def test_a_listener_closes_the_store_it_made_itself():
    clock = Clock()
    io = Listener(reactor=clock, store_expiration=10)
    io.store.set("c1", "k", 1)
    io.store.end("c1", 10)
    await io.close()
    assert clock.getDelayedCalls() == []
