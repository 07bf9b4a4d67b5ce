"""
The connection to Redis: kept up, and never a reason to wait for long.

    up ──lost──> patient ──half of timeout──> out ──connected──> up
    calls go     calls wait                   calls fail

Importing this module imports txredisapi, and that installs a reactor.
"""

from contextlib import suppress
from functools import partial
from random import uniform
from typing import Any

import txredisapi
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from zope.interface import implementer

from gateway.errors import StoreUnavailable
from gateway.logs import ScopeLogger
from gateway.stores.silence import Silence

log = ScopeLogger("stores")

Words = tuple[bytes | str | int, ...]
"""A command of Redis."""

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
"""Seconds between two attempts to connect."""

QUIET = 60.0
"""Seconds between two warnings."""


def backoff(attempts: int) -> float:
    """How long to wait after so many attempts in a row that failed: any time up to the double of the last limit."""
    return uniform(FIRST_DELAY, min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts, 10)))


class Link(txredisapi.RedisFactory):  # type: ignore[misc]
    """
    One connection to Redis, made anew whenever it is lost.

    :param name: of the server, for log and errors.
    :param endpoint: where it is.
    :param greeting: commands that each connection begins with.
    :param timeout: seconds in which a call fails when Redis is away: half for a connection, half for an answer.
    :param clock: a reactor.
    """

    def __init__(self, name: str, endpoint: Any, greeting: list[Words], timeout: float, clock: Any) -> None:
        super().__init__(name, None, 1, isLazy=True, charset=None, convertNumbers=False)
        self.name = name
        self._greeting = greeting
        self._patience = timeout / 2
        self._clock = clock
        self._attempts = 0
        self._connection: Any = None  # None until it was greeted
        self._silence: Silence | None = None
        self._waiting: list[tuple[Deferred[Any], Words]] = []
        self._trouble = "no connection"
        self._warned = False
        self._quiet_until = 0.0
        self._giving_up: IDelayedCall = clock.callLater(self._patience, self._give_up)
        self.startConnecting(Persistent(self, endpoint, clock))

    # For the store

    def call(self, *words: bytes | str | int) -> Deferred[Any]:
        """
        What Redis answers to a command; numbers as int, text as bytes.

        Fails with StoreUnavailable when there is no connection, no answer in time, or an error for an answer.
        """
        if self._connection is not None:
            return self._send(self._connection, words)
        if not self._giving_up.active():
            return fail(self._unavailable())
        answer: Deferred[Any] = Deferred()
        self._waiting.append((answer, words))
        return answer

    async def close(self) -> None:
        """Let Redis carry out what was sent, then close the connection."""
        if self._connection is not None:
            with suppress(StoreUnavailable):  # then it will carry out nothing more
                await self.call("PING")
        self._trouble = "the store is closed"
        await self.disconnect()
        if self._giving_up.active():
            self._giving_up.cancel()
        self._fail_waiting()

    def _send(self, connection: Any, words: Words) -> Deferred[Any]:
        assert self._silence is not None
        try:
            answer: Deferred[Any] = connection.execute_command(*words)
        except txredisapi.ConnectionError:
            return fail(self._unavailable())
        self._silence.asked()
        return answer.addBoth(self._silence.answered).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        failure.trap(txredisapi.RedisError)
        lost = failure.check(txredisapi.ConnectionError) is not None
        raise self._unavailable("" if lost else failure.getErrorMessage()) from failure.value

    def _unavailable(self, trouble: str = "") -> StoreUnavailable:
        return StoreUnavailable(f"{self.name}: {trouble or self._trouble}")

    # Up and down

    def addConnection(self, connection: Any) -> None:
        """There is a connection (called by txredisapi)."""
        super().addConnection(connection)
        if connection.connected and not self.disconnectCalled:
            self._silence = Silence(self._clock, self._patience, partial(self._abandon, connection))
            greeted = Deferred.fromCoroutine(self._greet(connection))
            greeted.addErrback(lambda failure: log.failure("greeting Redis failed", failure))

    def delConnection(self, connection: Any) -> None:
        """It is lost (called by txredisapi)."""
        self._down(connection)
        if self._silence is not None:
            self._silence.stop()
        self.connectionQueue.remove(connection)  # which txredisapi leaves there
        super().delConnection(connection)

    def retryDelay(self, attempt: int) -> float:
        """The endpoint does all the waiting."""
        return 0.0

    async def _greet(self, connection: Any) -> None:
        try:
            for words in self._greeting:
                await self._send(connection, words)
        except StoreUnavailable as error:  # a wrong password, or Redis is still loading its file
            self.missed(str(error.__cause__) if connection.connected else self._trouble)
            connection.transport.loseConnection()
        else:
            self._up(connection)

    def _up(self, connection: Any) -> None:
        self._attempts = 1
        self._connection = connection
        if self._giving_up.active():
            self._giving_up.cancel()
        if self._warned:
            self._warned = False
            log.info("{name} answers again", name=self.name)
        waiting, self._waiting = self._waiting, []
        for answer, words in waiting:
            if not answer.called:  # whoever asked may have given up
                self.call(*words).chainDeferred(answer)

    def _down(self, connection: Any) -> None:
        if connection is self._connection:
            self._connection = None
            if not self.disconnectCalled:
                self._trouble = "the connection was lost"
                self._giving_up = self._clock.callLater(self._patience, self._give_up)

    def _abandon(self, connection: Any) -> None:
        """Redis owes answers on ``connection`` and says nothing."""
        self._down(connection)
        self.missed("no answer in time")
        connection.transport.abortConnection()

    def _give_up(self) -> None:
        self._warn()
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for answer, _ in waiting:
            if not answer.called:
                answer.errback(self._unavailable())

    # For the endpoint

    def delay(self) -> float:
        """Seconds to wait before the next attempt."""
        attempts, self._attempts = self._attempts, self._attempts + 1
        return backoff(attempts) if attempts else 0.0

    def missed(self, trouble: str) -> None:
        """An attempt has failed."""
        self._trouble = trouble
        self._warn()

    def _warn(self) -> None:
        now = self._clock.seconds()
        if now >= self._quiet_until:
            self._warned = True
            self._quiet_until = now + QUIET
            text = "{name} is out of reach, and the values of clients with it: {trouble}"
            log.warn(text, name=self.name, trouble=self._trouble)


@implementer(IStreamClientEndpoint)
class Persistent:
    """
    An endpoint that tries again until it is connected, or cancelled.

    So the service above sees no failed attempts, each of which it would log.
    """

    def __init__(self, link: Link, endpoint: Any, clock: Any) -> None:
        self._link = link
        self._endpoint = endpoint
        self._clock = clock

    def __repr__(self) -> str:
        return self._link.name

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """Connect, however long it takes."""
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: Any) -> Any:
        while True:
            await deferLater(self._clock, self._link.delay())
            try:
                return await self._endpoint.connect(factory)
            except (ConnectError, DNSLookupError, OSError) as error:
                self._link.missed(str(error))
