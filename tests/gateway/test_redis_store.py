"""RedisStore against a real Redis: keys and leases, passwords, and a Redis that goes away and comes back."""

import sys
from time import monotonic

import pytest
from pytest_twisted import blockon, ensureDeferred
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.task import deferLater
from twisted.logger import LogLevel

from gateway import Listener, OptionError, RedisStore, StoreUnavailable
from gateway.stores.leases import AT_ONCE
from gateway.testing import Clock, connect
from tests.gateway.redis_server import MISSING, PROGRAM, RedisServer, store_log

LIMIT = 2.0
"""Seconds in which a call must be answered or fail."""


@pytest.fixture
def start_server(tmp_path):
    """``start_server(*arguments)`` gives a server of this test alone."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    servers = []

    def start(*arguments):
        servers.append(RedisServer(tmp_path, *arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def make_store():
    """``make_store(url, ...)``; closed at the end."""
    stores = []

    def make(*args, **options):
        stores.append(RedisStore(*args, **options))
        return stores[-1]

    yield make
    for store in stores:
        blockon(Deferred.fromCoroutine(store.close()))


@pytest.fixture
def log():
    """What the stores log, as level and text."""
    with store_log() as lines:
        yield lines


async def fails(call):
    """Seconds until ``call()`` fails as it should."""
    began = monotonic()
    with pytest.raises(StoreUnavailable):
        await call()
    return monotonic() - began


def in_time(work):
    """The result of a coroutine, or TimeoutError."""
    return Deferred.fromCoroutine(work).addTimeout(60, reactor)


async def until_it_answers(store, seconds=6.0):
    """Ask until the store answers."""
    ends = monotonic() + seconds
    while True:
        try:
            return await store.get("c1", "k")
        except StoreUnavailable:
            assert monotonic() < ends, "the store is not back"
            await deferLater(reactor, 0.02)


# Keys and leases


@ensureDeferred
async def test_a_client_is_one_hash_under_the_prefix_with_a_lease(server, make_store):
    store = make_store(server.url, prefix="chat:values", lease=100)
    await store.set("c1", "k", 5)
    assert await store._call("KEYS", "*") == [b"chat:values:c1"]
    assert await store._call("HGETALL", "chat:values:c1") == [b"k", b"5"]
    assert 90_000 < await store._call("PTTL", "chat:values:c1") <= 100_000
    await store.end("c1", 7)
    assert 6_000 < await store._call("PTTL", "chat:values:c1") <= 7_000
    await store.end("c1", 0)
    assert await store._call("KEYS", "*") == []


@ensureDeferred
async def test_the_prefix_is_socketio_client_by_default(server, make_store):
    store = make_store(server.url)
    await store.set("c1", "k", 5)
    assert await store._call("KEYS", "*") == [b"socketio:client:c1"]


@ensureDeferred
async def test_two_processes_see_the_same_values(server, make_store):
    one, other = make_store(server.url), make_store(server.url)
    await one.set("c1", "k", b"\xff")
    assert await other.get("c1", "k") == b"\xff"


@ensureDeferred
async def test_leases_are_renewed_while_the_client_is_there(server, make_store):
    store = make_store(server.url, lease=0.6)
    await gatherResults([store.set("stays", "k", 1), store.set("ends", "k", 1)])
    await store.end("ends", 60)
    other = make_store(server.url, lease=0.6)
    await other.set("left", "k", 1)
    other._parts[1].stop()  # as when its process is killed
    ends = monotonic() + 5
    while await store.has("left", "k"):
        assert monotonic() < ends, "the lease never ran out"
        await deferLater(reactor, 0.02)
    assert await store.has("stays", "k") is True
    assert await store._call("PTTL", "socketio:client:ends") > 10_000


@ensureDeferred
async def test_many_leases_are_renewed_by_few_commands(server, make_store):
    store = make_store(server.url, lease=100, timeout=30)
    await gatherResults([store.set(f"c{number}", "k", 1) for number in range(AT_ONCE)])
    await store._call("PEXPIRE", "socketio:client:c7", 1000)
    await store._renew([f"c{number}" for number in range(AT_ONCE)])
    assert await store._call("PTTL", "socketio:client:c7") > 90_000


@ensureDeferred
async def test_a_foreign_value_is_an_error_of_that_call_alone(server, make_store):
    store = make_store(server.url)
    await store.set("c1", "good", 1)
    await store._call("HSET", "socketio:client:c1", "bad", b"\x80\x04K\x01.")
    await store._call("SET", "socketio:client:c2", "text")
    with pytest.raises(ValueError, match="not a value that was set"):
        await store.get("c1", "bad")
    with pytest.raises(StoreUnavailable, match="WRONGTYPE"):
        await store.get("c2", "k")
    assert await store.get("c1", "good") == 1


@ensureDeferred
async def test_a_large_value_comes_back(server, make_store):
    store = make_store(server.url)
    await store.set("c1", "k", b"\xff" * 1_000_000)
    assert await store.get("c1", "k") == b"\xff" * 1_000_000


# How it is reached


@ensureDeferred
async def test_password_and_database_stand_in_the_url(start_server, make_store):
    server = start_server("--requirepass", "s e/c")
    store = make_store(f"redis://:s%20e%2Fc@127.0.0.1:{server.port}/3")
    await store.set("c1", "k", 1)
    assert b"db3:keys=1" in await store._call("INFO", "keyspace")


@ensureDeferred
async def test_a_user_of_redis_6_can_log_in(start_server, make_store):
    server = start_server("--user", "gate", "on", ">secret", "~*", "+@all", "--user", "default", "off")
    store = make_store(f"redis://gate:secret@127.0.0.1:{server.port}")
    await store.set("c1", "k", 1)
    assert await store.get("c1", "k") == 1


@ensureDeferred
async def test_a_wrong_password_fails_in_time_and_is_told_without_it(start_server, make_store, log):
    server = start_server("--requirepass", "right")
    store = make_store(f"redis://:wrong-one@127.0.0.1:{server.port}/0")
    assert await fails(lambda: store.get("c1", "k")) < LIMIT
    assert [level for level, _ in log] == [LogLevel.warn]
    assert "WRONGPASS" in log[0][1]
    assert "wrong-one" not in log[0][1]
    admin = make_store(f"redis://:right@127.0.0.1:{server.port}/0")
    await admin._call("CONFIG", "SET", "requirepass", "wrong-one")
    assert await until_it_answers(store) is None


@ensureDeferred
async def test_an_endpoint_reaches_it_in_place_of_host_and_port(start_server, make_store, tmp_path):
    path = tmp_path / "socket"
    start_server("--unixsocket", str(path))
    store = make_store("redis://", endpoint=UNIXClientEndpoint(reactor, str(path)))
    await store.set("c1", "k", 1)
    assert await store.get("c1", "k") == 1


WRONG = ["http://h", "redis:h", "redis://h:x", "redis://h/name", "redis://h/-1", "redis://h/0?a=1", "h:6379", "rediss://:pw@h"]


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_refused_at_once_and_not_repeated(url):
    with pytest.raises(OptionError, match="is wanted") as caught:
        RedisStore(url)
    assert "pw" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("options", [{"lease": 0}, {"lease": float("inf")}, {"timeout": 0}])
def test_times_are_above_zero(options):
    with pytest.raises(OptionError, match="seconds above 0"):
        RedisStore("redis://h", **options)


def test_without_txredisapi_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "txredisapi", None)
    with pytest.raises(OptionError, match=r"pip install 'socketio-gateway\[redis\]'"):
        RedisStore("redis://h")


# Redis goes away and comes back


@ensureDeferred
async def test_a_redis_that_was_killed_fails_in_time_and_is_used_again_when_it_is_back(server, make_store, log):
    store = make_store(server.url)
    await store.set("c1", "k", 1)
    server.kill()
    seconds = await gatherResults([Deferred.fromCoroutine(fails(call)) for call in calls(store)])
    assert max(seconds) < LIMIT
    assert await fails(lambda: store.get("c1", "k")) < LIMIT
    assert await fails(lambda: store.get("c1", "k")) < 0.1  # nobody waits for what is known
    assert await store.end("c2", 0) is None
    assert await store.end("c2", 5) is None
    server.start()
    assert await until_it_answers(store) is None
    await store.set("c1", "k", 2)
    assert await store.get("c1", "k") == 2
    assert [level for level, _ in log] == [LogLevel.warn, LogLevel.info]
    assert f"127.0.0.1:{server.port}" in log[0][1]


KINDS = [("old", "xhr-multipart"), ("0.9", "websocket"), ("eio3", "polling"), ("eio4", "websocket")]


@pytest.mark.parametrize(("era", "transport"), KINDS)
@ensureDeferred
async def test_handlers_go_on_while_redis_is_away_and_have_it_again_when_it_is_back(server, make_store, log, era, transport):
    io = Listener(reactor=Clock(), store=make_store(server.url))

    @io.on("set")
    async def set_(socket, value):
        await socket.set("k", value)
        return "kept"

    @io.on("get")
    async def get(socket):
        try:
            return await socket.get("k")
        except StoreUnavailable:
            return "away"

    client, neighbour = connect(io, era=era, transport=transport), connect(io)
    assert await answered(client, "set", 1) == ["kept"]
    server.kill()
    assert await answered(client, "get") == ["away"]
    assert await answered(neighbour, "get") == ["away"]
    io.on("echo", lambda socket, value: value)
    assert client.call("echo", 1) == [1]
    server.start()
    await until_it_answers(io.store)
    assert await answered(client, "set", 2) == ["kept"]
    assert await answered(client, "get") == [2]
    client.disconnect()


async def answered(client, event, *args):
    """The acknowledgement of an event, though it takes some time."""
    number, ends = client.emit(event, *args, ack=True), monotonic() + 20
    while number not in client.acks:
        assert monotonic() < ends, f"{event} was not answered"
        await deferLater(reactor, 0.01)
    return client.acks[number]


def calls(store):
    return [
        lambda: store.set("c1", "k", 1),
        lambda: store.get("c1", "k"),
        lambda: store.has("c1", "k"),
        lambda: store.delete("c1", "k"),
        lambda: store.all("c1"),
        lambda: store.clear("c1"),
    ]


@ensureDeferred
async def test_a_redis_that_stalls_fails_in_time_and_is_used_again_when_it_goes_on(server, make_store, log):
    store = make_store(server.url)
    await store.set("c1", "k", 1)
    server.stall()
    try:
        for _ in range(3):
            seconds = await gatherResults([Deferred.fromCoroutine(fails(call)) for call in calls(store)])
            assert max(seconds) < LIMIT
    finally:
        server.go_on()
    await until_it_answers(store)
    await store.set("c1", "k", 3)
    assert await store.get("c1", "k") == 3
    assert [level for level, _ in log] == [LogLevel.warn, LogLevel.info]


@ensureDeferred
async def test_a_redis_that_is_not_there_yet_is_waited_for(server, make_store):
    server.kill()
    store = make_store(server.url)
    setting = store.set("c1", "k", 1)
    asking = store.get("c1", "k")
    server.start()
    await setting
    assert await asking == 1


@ensureDeferred
async def test_a_redis_that_never_was_there_fails_in_time(server, make_store):
    server.kill()
    store = make_store(server.url)
    assert await fails(lambda: store.get("c1", "k")) < LIMIT


@ensureDeferred
async def test_whoever_gives_up_waiting_disturbs_nobody(server, make_store):
    server.kill()
    store = make_store(server.url)
    given_up, kept = store.get("c1", "k"), store.get("c1", "k", "none")
    given_up.addErrback(lambda failure: failure.type.__name__)
    given_up.cancel()
    server.start()
    assert await kept == "none"
    assert await given_up == "CancelledError"


@ensureDeferred
async def test_a_closed_store_fails_and_has_said_everything_before(server, make_store):
    store, other = make_store(server.url), make_store(server.url)
    await store.set("c1", "k", 1)
    ended = store.end("c1", 0)
    await store.close()
    await ended
    assert await other.has("c1", "k") is False
    assert await fails(lambda: store.get("c1", "k")) < 0.1
    assert await store.end("c1", 0) is None


@ensureDeferred
async def test_a_store_closes_while_redis_is_away(server, make_store):
    store = make_store(server.url)
    await store.set("c1", "k", 1)
    server.kill()
    waiting = store.get("c1", "k")
    waiting.addErrback(lambda failure: failure.type)
    await in_time(store.close())
    assert await waiting is StoreUnavailable


@ensureDeferred
async def test_a_store_closes_while_redis_stalls(server, make_store):
    store = make_store(server.url)
    await store.set("c1", "k", 1)
    server.stall()
    try:
        await in_time(store.close())
    finally:
        server.go_on()
