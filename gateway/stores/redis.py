"""
The store of many processes: one hash for each client, in Redis.

    HGETALL socketio:client:Xk3…        nickname  "Ada"
                                        photo     {"$bytes":"AP8="}
    PTTL    socketio:client:Xk3…        its lease; after the end of the client store_expiration
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import HostnameEndpoint
from twisted.python.failure import Failure

from gateway.errors import OptionError, StoreUnavailable
from gateway.reactors import default_reactor
from gateway.stores.leases import Leases
from gateway.stores.values import decode, encode, from_bytes, named, to_bytes

if TYPE_CHECKING:
    from gateway.stores.link import Link, Words

TEN_MINUTES = 600.0

SET = "redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]) return redis.call('PEXPIRE',KEYS[1],ARGV[3])"
"""Sets a value and begins the lease, or does neither."""

RENEW = "for i=1,#KEYS do redis.call('PEXPIRE',KEYS[i],ARGV[1]) end"


class RedisStore:
    """
    Values kept in Redis.

    A Redis that is out of reach makes every call fail with StoreUnavailable within ``timeout``; it is connected again
    as soon as it answers.

    :param url: ``redis://[user:password@]host[:port][/database]``.
    :param prefix: the hash of a client is ``<prefix>:<client>``.
    :param lease: seconds that values survive a process that was killed, or that lost sight of Redis.
    :param timeout: seconds in which a call fails when Redis is away: half for a connection, half for an answer.
    :param endpoint: connects in place of the URL's host and port: through TLS, or a UNIX socket.
    :param reactor: the installed one by default.
    :raises OptionError: the URL is none, a time is none, or txredisapi is not installed.
    """

    def __init__(
        self,
        url: str,
        prefix: str = "socketio:client",
        *,
        lease: float = TEN_MINUTES,
        timeout: float = 1.8,
        endpoint: Any = None,
        reactor: Any = None,
    ) -> None:
        self._address = Address.of(url)
        if not (0 < lease < float("inf") and 0 < timeout < float("inf")):
            raise OptionError("RedisStore: lease and timeout: a number of seconds above 0 is wanted")
        if find_spec("txredisapi") is None:
            raise OptionError("RedisStore needs txredisapi: pip install 'socketio-gateway[redis]'")
        self._prefix = to_bytes(prefix) + b":"
        self._lease = max(1, round(lease * 1000))
        self._timeout = timeout
        self._endpoint = endpoint
        self._reactor = reactor
        self._parts: tuple[Link, Leases] | None = None
        self._closed = False

    def set(self, client: str, key: str, value: Any) -> Deferred[None]:
        """Keep ``value``, and all that is there of the client."""
        words = (self._key(client), to_bytes(named(key)), encode(value), self._lease)
        done = self._call("EVAL", SET, 1, *words)
        if self._parts is not None:
            self._parts[1].keep(client)
        return done.addCallback(_nothing)

    def get(self, client: str, key: str, default: Any = None) -> Deferred[Any]:
        """The value, else ``default``."""
        found = self._call("HGET", self._key(client), to_bytes(named(key)))
        return found.addCallback(lambda written: default if written is None else decode(written))

    def has(self, client: str, key: str) -> Deferred[bool]:
        """Whether ``key`` was set and not deleted."""
        return self._call("HEXISTS", self._key(client), to_bytes(named(key))).addCallback(bool)

    def delete(self, client: str, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""
        return self._call("HDEL", self._key(client), to_bytes(named(key))).addCallback(bool)

    def all(self, client: str) -> Deferred[dict[str, Any]]:
        """The client's table."""
        return self._call("HGETALL", self._key(client)).addCallback(_table)

    def clear(self, client: str) -> Deferred[None]:
        """Forget the client's table."""
        self._drop(client)
        return self._call("DEL", self._key(client)).addCallback(_nothing)

    def end(self, client: str, after: float) -> Deferred[None]:
        """Forget the client's table, at once or ``after`` seconds; when Redis is out of reach, the lease ends it."""
        self._drop(client)
        if self._closed:
            return succeed(None)
        key = self._key(client)
        done = self._call("PEXPIRE", key, max(1, round(after * 1000))) if after > 0 else self._call("DEL", key)
        return done.addCallbacks(_nothing, _let_go)

    async def close(self) -> None:
        """Let Redis finish what was asked for, and leave it; calls fail from now on."""
        if self._closed:
            return
        self._closed = True
        if self._parts is not None:
            link, leases = self._parts
            leases.stop()
            await link.close()

    def _key(self, client: str) -> bytes:
        return self._prefix + to_bytes(client)

    def _drop(self, client: str) -> None:
        if self._parts is not None:
            self._parts[1].drop(client)

    def _call(self, *words: bytes | str | int) -> Deferred[Any]:
        if self._closed:
            return fail(StoreUnavailable("the store is closed"))
        return self._opened()[0].call(*words)

    def _opened(self) -> "tuple[Link, Leases]":
        if self._parts is None:
            from gateway.stores.link import Link

            reactor = default_reactor() if self._reactor is None else self._reactor
            endpoint = self._endpoint or HostnameEndpoint(reactor, self._address.host, self._address.port, self._timeout)
            link = Link(self._address.name, endpoint, self._address.greeting(), self._timeout, reactor)
            self._parts = (link, Leases(reactor, self._lease / 1000, self._renew))
        return self._parts

    def _renew(self, clients: list[str]) -> Deferred[Any]:
        if not clients:
            return succeed(None)
        return self._call("EVAL", RENEW, len(clients), *map(self._key, clients), self._lease)


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL says."""

    host: str
    port: int
    user: str
    password: str
    database: int

    @classmethod
    def of(cls, url: str) -> "Address":
        """
        Read ``url``.

        :raises OptionError: it is wrong; what it says is not repeated, for it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or 6379
            database = int(parts.path.strip("/") or 0)
        except ValueError:
            parts, port, database = urlsplit(""), 0, 0
        if parts.scheme != "redis" or parts.query or parts.fragment or database < 0:
            raise OptionError("RedisStore: redis://[user:password@]host[:port][/database] is wanted")
        return cls(parts.hostname or "localhost", port, unquote(parts.username or ""), unquote(parts.password or ""), database)

    @property
    def name(self) -> str:
        """For log and errors."""
        return f"Redis at {self.host}:{self.port}"

    def greeting(self) -> "list[Words]":
        """What each connection begins with; PING fails while Redis is loading its file."""
        commands: list[Words] = []
        if self.password:
            commands.append(("AUTH", self.user, self.password) if self.user else ("AUTH", self.password))
        if self.database:
            commands.append(("SELECT", self.database))
        return [*commands, ("PING",)]


def _table(flat: list[bytes]) -> dict[str, Any]:
    return {from_bytes(key): decode(written) for key, written in zip(flat[::2], flat[1::2], strict=True)}


def _nothing(_: object) -> None:
    """In place of an answer that says nothing."""


def _let_go(failure: Failure) -> None:
    failure.trap(StoreUnavailable)
