"""
The store of one machine: a file that survives a restart.

    client_values:  client     key          value                    expires
                    b"Xk3…"    b"nickname"  "Ada"                    1767225600.0
                    b"Xk3…"    b"photo"     {"$bytes":"AP8="}        1767225600.0
"""

import os.path
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from gateway.errors import OptionError, StoreUnavailable
from gateway.reactors import default_reactor
from gateway.stores.leases import Leases
from gateway.stores.values import decode, encode, from_bytes, named, to_bytes

Work = Callable[..., Any]
"""Runs in the thread of the database: ``work(cursor, *arguments)``."""

DAY = 86_400.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS client_values (
    client BLOB NOT NULL, key BLOB NOT NULL, value TEXT NOT NULL, expires REAL NOT NULL, PRIMARY KEY (client, key)
);
CREATE INDEX IF NOT EXISTS client_values_expires ON client_values (expires);
"""


class SQLiteStore:
    """
    Values kept in a file; several processes of one machine may share it.

    All work is done in one thread, in the order it was asked for.

    :param path: of the file; it is made on first use, its folder must exist.
    :param lease: seconds that the values of clients survive a process that was killed.
    :param reactor: the installed one by default.
    :param now: the time of day in seconds, which stands in the file.
    :raises OptionError: the folder does not exist, or the lease is no time.
    """

    def __init__(
        self,
        path: "str | os.PathLike[str]",
        *,
        lease: float = DAY,
        reactor: Any = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = os.fspath(path)
        folder = os.path.dirname(self._path) or "."
        if not os.path.isdir(folder):
            raise OptionError(f"SQLiteStore: there is no folder {folder}")
        if not 0 < lease < float("inf"):
            raise OptionError("SQLiteStore: lease: a number of seconds above 0 is wanted")
        self._lease = lease
        self._reactor = reactor
        self._now = now
        self._pool: Any = None
        self._leases: Leases | None = None
        self._closed = False

    def set(self, client: str, key: str, value: Any) -> Deferred[None]:
        """Keep ``value``, and all that is there of the client."""
        now, written = self._now(), encode(value)
        row = (to_bytes(client), to_bytes(named(key)), written, now + self._lease)
        done = self._run(_set, row, now, self._lease)
        if self._leases is not None:
            self._leases.keep(client)
        return done

    def get(self, client: str, key: str, default: Any = None) -> Deferred[Any]:
        """The value, else ``default``."""
        return self._run(_find, self._place(client, key)).addCallback(lambda row: decode(row[0]) if row else default)

    def has(self, client: str, key: str) -> Deferred[bool]:
        """Whether ``key`` was set and not deleted."""
        return self._run(_find, self._place(client, key)).addCallback(lambda row: row is not None)

    def delete(self, client: str, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""
        return self._run(_delete, self._place(client, key))

    def all(self, client: str) -> Deferred[dict[str, Any]]:
        """The client's table."""
        return self._run(_all, (to_bytes(client), self._now())).addCallback(
            lambda rows: {from_bytes(key): decode(written) for key, written in rows}
        )

    def clear(self, client: str) -> Deferred[None]:
        """Forget the client's table."""
        self._drop(client)
        return self._run(_clear, to_bytes(client))

    def end(self, client: str, after: float) -> Deferred[None]:
        """Forget the client's table, at once or ``after`` seconds; when the file can't be written, the lease ends it."""
        self._drop(client)
        if self._closed:
            return succeed(None)
        now = self._now()
        done = self._run(_renew, [(now + after, to_bytes(client), now)]) if after > 0 else self._run(_clear, to_bytes(client))
        return done.addErrback(_let_go)

    async def close(self) -> None:
        """Finish what was asked for, and close the file; calls fail from now on."""
        if self._closed:
            return
        self._closed = True
        if self._leases is not None:
            self._leases.stop()
        if self._usable():
            if self._pool.running:
                await self._pool.runInteraction(_nothing).addErrback(self._failed).addErrback(_let_go)
            self._pool.close()

    def _place(self, client: str, key: str) -> tuple[bytes, bytes, float]:
        return to_bytes(client), to_bytes(named(key)), self._now()

    def _drop(self, client: str) -> None:
        if self._leases is not None:
            self._leases.drop(client)

    def _run(self, work: Work, *arguments: Any) -> Deferred[Any]:
        if self._pool is None and not self._closed:
            self._open()
        if self._closed or not self._usable():
            return fail(StoreUnavailable("the store is closed"))
        done: Deferred[Any] = self._pool.runInteraction(work, *arguments)
        return done.addErrback(self._failed)

    def _usable(self) -> bool:
        """Whether the thread takes work: it ends when the reactor stops, and what comes later would wait for ever."""
        return self._pool is not None and bool(self._pool.running or self._pool.startID)

    def _failed(self, failure: Failure) -> None:
        failure.trap(sqlite3.Error)
        raise StoreUnavailable(f"SQLite at {self._path}: {failure.value}") from failure.value

    def _open(self) -> None:
        from twisted.enterprise.adbapi import ConnectionPool

        reactor = default_reactor() if self._reactor is None else self._reactor
        # With a second thread a `get` could overtake the `set` before it.
        self._pool = ConnectionPool(
            "sqlite3", self._path, check_same_thread=False,
            cp_min=1, cp_max=1, cp_openfun=_prepare, cp_reactor=reactor,
        )  # fmt: skip
        self._leases = Leases(reactor, self._lease, self._renew)

    def _renew(self, clients: list[str]) -> Deferred[Any]:
        now = self._now()
        if not clients:
            return self._run(_purge, now)
        return self._run(_renew, [(now + self._lease, to_bytes(client), now) for client in clients])


def _let_go(failure: Failure) -> None:
    failure.trap(StoreUnavailable)


# In the thread of the database ------------------------------------------------------


def _prepare(connection: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(SCHEMA)


def _set(cursor: Any, row: tuple[bytes, bytes, str, float], now: float, lease: float) -> None:
    client, _, _, expires = row
    # The client's other values stay as long, but are not written again each time.
    cursor.execute(
        "UPDATE client_values SET expires = ? WHERE client = ? AND expires > ? AND expires < ?",
        (expires, client, now, now + lease * 2 / 3),
    )
    cursor.execute("INSERT OR REPLACE INTO client_values VALUES (?, ?, ?, ?)", row)


def _find(cursor: Any, place: tuple[bytes, bytes, float]) -> Any:
    cursor.execute("SELECT value FROM client_values WHERE client = ? AND key = ? AND expires > ?", place)
    return cursor.fetchone()


def _delete(cursor: Any, place: tuple[bytes, bytes, float]) -> bool:
    cursor.execute("DELETE FROM client_values WHERE client = ? AND key = ? AND expires > ?", place)
    return bool(cursor.rowcount)


def _all(cursor: Any, place: tuple[bytes, float]) -> Any:
    cursor.execute("SELECT key, value FROM client_values WHERE client = ? AND expires > ?", place)
    return cursor.fetchall()


def _clear(cursor: Any, client: bytes) -> None:
    cursor.execute("DELETE FROM client_values WHERE client = ?", (client,))


def _renew(cursor: Any, leases: list[tuple[float, bytes, float]]) -> None:
    cursor.executemany("UPDATE client_values SET expires = ? WHERE client = ? AND expires > ?", leases)


def _nothing(cursor: Any) -> None:
    """Done when all that came before is."""


def _purge(cursor: Any, now: float) -> None:
    cursor.execute("DELETE FROM client_values WHERE expires <= ?", (now,))
