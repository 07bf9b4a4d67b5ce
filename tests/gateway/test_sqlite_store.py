"""SQLiteStore: the file, the lease, and the thread that ends before the process does."""

import sqlite3

import pytest
from pytest_twisted import ensureDeferred
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock

from gateway import OptionError, SQLiteStore, StoreUnavailable
from gateway.stores.leases import AT_ONCE


class ReactorWithClock:
    """The real reactor, but time is turned by hand."""

    def __init__(self):
        self.clock = Clock()
        self.callLater, self.seconds = self.clock.callLater, self.clock.seconds

    def __getattr__(self, name):
        return getattr(reactor, name)

    def now(self):
        return 1_700_000_000 + self.clock.seconds()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "values.db"


def rows(path):
    """Client, key and time left of all that stands in the file."""
    with sqlite3.connect(path) as file:
        return file.execute("SELECT client, key, expires - 1700000000 FROM client_values ORDER BY key").fetchall()


@ensureDeferred
async def test_values_survive_a_restart(path):
    store = SQLiteStore(path)
    await store.set("c1", "k", {"photo": b"\xff"})
    await store.close()
    store = SQLiteStore(path)
    assert await store.all("c1") == {"k": {"photo": b"\xff"}}
    await store.close()


@ensureDeferred
async def test_a_store_that_closes_finishes_what_it_was_asked_for(path):
    store = SQLiteStore(path)
    done = [store.set("c1", str(number), number) for number in range(100)]
    await store.close()
    await gatherResults(done)
    assert len(rows(path)) == 100


@ensureDeferred
async def test_the_file_is_in_wal_mode_and_has_one_table(path):
    store = SQLiteStore(path)
    await store.set("c1", "k", 1)
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("client_values",)]
    await store.close()


@ensureDeferred
async def test_two_processes_may_share_a_file(path):
    one, other = SQLiteStore(path), SQLiteStore(path)
    await gatherResults([store.set("c1", str(id(store) + n), n) for n in range(20) for store in (one, other)])
    assert len(await one.all("c1")) == 40
    await one.close()
    await other.close()


@ensureDeferred
async def test_leases_are_renewed_and_run_out_when_nobody_does(path):
    turning = ReactorWithClock()
    store = SQLiteStore(path, lease=300, reactor=turning, now=turning.now)
    await store.set("stays", "a", 1)
    await store.set("ends", "b", 1)
    await store.end("ends", 1000)
    await tick(store, turning, 110)
    assert rows(path) == [(b"stays", b"a", 400), (b"ends", b"b", 1000)]
    await store.close()
    turning.clock.advance(400)
    store = SQLiteStore(path, lease=300, reactor=turning, now=turning.now)
    assert await store.all("stays") == {}
    assert await store.all("ends") == {"b": 1}
    await store.close()


async def tick(store, turning, seconds, step=50):
    """Let time pass; the store looks at its leases every 50 seconds."""
    while seconds > 0:
        turning.clock.advance(min(step, seconds))
        for _ in range(4):
            await store.has("nobody", "")  # so the thread is done with what came before
        seconds -= step


@ensureDeferred
async def test_expired_rows_are_removed_from_the_file(path):
    turning = ReactorWithClock()
    store = SQLiteStore(path, lease=300, reactor=turning, now=turning.now)
    await store.set("c1", "k", 1)
    await store.end("c1", 10)
    assert len(rows(path)) == 1
    await tick(store, turning, 60)
    assert rows(path) == []
    await store.close()


@ensureDeferred
async def test_a_new_value_keeps_the_clients_older_ones_as_long(path):
    turning = ReactorWithClock()
    store = SQLiteStore(path, lease=300, reactor=turning, now=turning.now)
    await store.set("c1", "a", 1)
    turning.clock.advance(40)
    await store.set("c1", "b", 1)
    assert rows(path) == [(b"c1", b"a", 300), (b"c1", b"b", 340)]
    await store.end("c1", 10)
    await store.set("c1", "b", 2)
    assert rows(path) == [(b"c1", b"a", 340), (b"c1", b"b", 340)]
    await store.close()


@ensureDeferred
async def test_many_clients_are_renewed_piece_by_piece(path):
    turning = ReactorWithClock()
    store = SQLiteStore(path, lease=300, reactor=turning, now=turning.now)
    await gatherResults([store.set(f"c{number}", "k", 1) for number in range(2 * AT_ONCE + 1)])
    await tick(store, turning, 110)
    assert {left for _, _, left in rows(path)} == {400}
    await store.close()


@ensureDeferred
async def test_a_closed_store_fails_and_never_hangs(path):
    store = SQLiteStore(path)
    await store.set("c1", "k", 1)
    await store.close()
    await store.close()
    for call in (store.get("c1", "k"), store.set("c1", "k", 1), store.all("c1"), store.clear("c1")):
        with pytest.raises(StoreUnavailable, match="closed"):
            await call
    assert await store.end("c1", 0) is None


@ensureDeferred
async def test_a_store_whose_thread_the_reactor_has_stopped_fails_and_never_hangs(path):
    store = SQLiteStore(path)
    await store.set("c1", "k", 1)
    store._pool.close()  # as at the end of the reactor
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.get("c1", "k").addTimeout(60, reactor)
    assert await store.end("c1", 5).addTimeout(60, reactor) is None
    await Deferred.fromCoroutine(store.close()).addTimeout(60, reactor)


@ensureDeferred
async def test_a_store_that_was_never_used_makes_no_file(path):
    store = SQLiteStore(path)
    await store.close()
    assert not path.exists()


@ensureDeferred
async def test_a_file_that_is_no_database_is_an_error_the_handler_sees(path):
    path.write_bytes(b"something else" * 100)
    store = SQLiteStore(path)
    with pytest.raises(StoreUnavailable, match=r"values\.db: file is not a database"):
        await store.set("c1", "k", 1)
    assert await store.end("c1", 0) is None
    await store.close()


WRONG = [({"path": "/nowhere/at/all.db"}, "no folder /nowhere/at"), ({"path": "x.db", "lease": 0}, "lease")]


@pytest.mark.parametrize(("options", "text"), WRONG, ids=["folder", "lease"])
def test_what_can_not_work_is_refused_at_once(options, text):
    with pytest.raises(OptionError, match=text):
        SQLiteStore(**options)
