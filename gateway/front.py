"""
The protocol factory of every port: routes requests to its mounts, and the rest to a Site.

    front = Front(listener, EngineListener(path="/engine.io"), fallback=Site(root))
    ports = await front.listen("tcp:8080", "ssl:8443:privateKey=...")
"""

from collections.abc import Iterable
from time import time
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.web.http import datetimeToString
from twisted.web.server import Site

from gateway.arguments import endpoint
from gateway.complaints import Complaints
from gateway.connection import Connection
from gateway.flushing import flusher_of
from gateway.heartbeat import Wheel
from gateway.logs import ScopeLogger
from gateway.mounts import Mount, Policy
from gateway.options import check_options
from gateway.policy import PolicyFactory
from gateway.reactors import default_reactor
from gateway.requests import Request
from protocols.errors import ProtocolError

DRAIN = 3.0
"""Seconds that connections have to end when the front closes."""


class Front(Factory):
    """
    Makes the protocol of each connection.

    :param mounts: asked in turn whether a path is theirs.
    :param fallback: gets all other requests; without it they are 404.
    :param reactor: the installed one by default.
    :param max_head: bytes of a request head; ``max_head_lines``: its lines.
    :param request_timeout: seconds from the first byte of a request to its last, and for the first byte to come.
    :param keepalive: seconds between two requests.
    :param max_connections: more are closed at once; None for no limit.
    :param max_pipelined: answers owed on one connection; then reading pauses.
    :param max_foreign_body: bytes of a body for the fallback.
    :ivar connections: those that are open.
    :ivar ports: those opened by :meth:`listen`; ``policy_ports``: by :meth:`listen_for_policy`.
    :ivar closing: :meth:`close` was called.
    """

    noisy = False
    log = ScopeLogger("front")

    def __init__(
        self,
        *mounts: Mount,
        fallback: Site | None = None,
        reactor: Any = None,
        max_head: int = 16384,
        max_head_lines: int = 500,
        request_timeout: float = 60,
        keepalive: float = 60,
        max_connections: int | None = None,
        max_pipelined: int = 16,
        max_foreign_body: int = 100 << 20,
    ) -> None:
        for mount in mounts:
            if not callable(getattr(mount, "owns", None)) or not callable(getattr(mount, "handle", None)):
                raise TypeError(f"a mount is a Listener or the like, not {type(mount).__name__}")
        check_options({
            "max_head": max_head, "max_head_lines": max_head_lines, "request_timeout": request_timeout, "keepalive": keepalive,
            "max_connections": max_connections, "max_pipelined": max_pipelined,
        })  # fmt: skip
        self.mounts = mounts
        self.fallback = fallback
        self.max_head = max_head
        self.max_head_lines = max_head_lines
        self.request_timeout = request_timeout
        self.keepalive = keepalive
        self.patience = min(request_timeout, keepalive)
        self.max_connections = max_connections
        self.max_pipelined = max_pipelined
        self.max_foreign_body = max_foreign_body
        self.connections: set[Connection] = set()
        self.ports: list[Any] = []
        self.policy_ports: list[Any] = []
        self.closing = False
        self._emptied: Deferred[None] | None = None
        self._last_path = ""
        self._last_mount: Mount | None = None
        self._dated_at = float("-inf")
        self._date = b""
        self._use(default_reactor() if reactor is None else reactor)
        for mount in mounts:
            mounted = getattr(mount, "mounted", None)
            if mounted is not None:
                mounted(self)

    def _use(self, reactor: Any) -> None:
        self.reactor = reactor
        self.flusher = flusher_of(reactor)
        self.wheel = Wheel(reactor, min(1.0, self.patience / 10))
        self.now = self.wheel.now
        self._complaints = Complaints(self.log, self.now)

    # For connections

    def mount_for(self, path: str) -> Mount | None:
        """Whose requests for ``path`` are; None: the fallback's."""
        if path != self._last_path:
            self._last_mount = self._mount_for(path)
            self._last_path = path
        return self._last_mount

    def _mount_for(self, path: str) -> Mount | None:
        for mount in self.mounts:
            if mount.owns(path):
                return mount
        return NOWHERE if self.fallback is None else None

    @property
    def policy(self) -> Policy | None:
        """Makes the Flash policy, if a mount has one."""
        for mount in self.mounts:
            policy: Policy | None = getattr(mount, "policy", None)
            if policy is not None:
                return policy
        return None

    def complain(self, connection: Connection, error: ProtocolError) -> None:
        """One line about a peer that broke a rule of HTTP."""
        self._complaints.about(connection.address, error)

    def date(self) -> bytes:
        """The header ``Date``, which each answer has."""
        now = self.now()
        if now - self._dated_at >= 1.0:
            self._dated_at = now
            self._date = b"Date: %b\r\n" % datetimeToString(time())
        return self._date

    def left(self, connection: Connection) -> None:
        """``connection`` has ended."""
        self.connections.discard(connection)
        self.wheel.drop(connection)
        if self._emptied is not None and not self.connections:
            emptied, self._emptied = self._emptied, None
            emptied.callback(None)

    # Called by Twisted

    def buildProtocol(self, addr: Any) -> Any:
        """A connection was accepted."""
        if self.max_connections is not None and len(self.connections) >= self.max_connections:
            return TurnedAway()
        return Connection(self)

    def startFactory(self) -> None:
        """The first port opens."""
        if self.fallback is not None:
            self.fallback.doStart()

    def stopFactory(self) -> None:
        """The last port is closed."""
        if self.fallback is not None:
            self.fallback.doStop()

    # For applications

    async def listen(self, *endpoints: str) -> list[Any]:
        """
        Listen on endpoint strings such as ``tcp:0:interface=127.0.0.1``; gives the ports.

        :raises TypeError: an endpoint is no text; so for ValueError: it is none.
        :raises CannotListenError: a port can't be had; those opened by this call are closed again.
        """
        opened: list[Any] = []
        try:
            for description in endpoints:
                opened.append(await serverFromString(self.reactor, endpoint(description)).listen(self))
        except BaseException:
            await _stop(opened)
            raise
        self.ports += opened
        return opened

    async def listen_for_policy(self, *endpoints: str) -> list[Any]:
        """
        Give the Flash policy, and nothing else, on endpoint strings such as ``tcp:843``; gives the ports.

        :raises CannotListenError: a port can't be had.
        """
        factory = PolicyFactory(self)
        opened = [await serverFromString(self.reactor, endpoint(description)).listen(factory) for description in endpoints]
        self.policy_ports += opened
        return opened

    async def stop_listening(self) -> None:
        """Accept no more connections on the ports opened by :meth:`listen` and :meth:`listen_for_policy`."""
        ports, self.ports, self.policy_ports = self.ports + self.policy_ports, [], []
        await _stop(ports)

    async def close(self) -> None:
        """Stop listening, close the mounts, and end every connection; what was said before is still sent."""
        await self.stop_listening()
        if not self.closing:
            self.closing = True
            for mount in self.mounts:
                close = getattr(mount, "close", None)
                if close is not None:
                    await close()
        for connection in tuple(self.connections):
            connection.close()
        await self._drained()
        self.wheel.stop()

    async def _drained(self) -> None:
        if self.connections and self._emptied is None:
            emptied: Deferred[None] = Deferred()
            self._emptied = emptied
            giving_up = self.reactor.callLater(DRAIN, self._give_up)
            await emptied
            if giving_up.active():
                giving_up.cancel()

    def _give_up(self) -> None:
        for connection in tuple(self.connections):
            connection.abort()


class TurnedAway(Protocol):
    """One connection too many."""

    def connectionMade(self) -> None:
        """Close it at once."""
        assert self.transport is not None
        self.transport.loseConnection()


class Nowhere:
    """The mount of all paths that are nobody's."""

    max_body = 1 << 20

    def owns(self, path: str) -> bool:
        """Whether it is asked for ``path``."""
        return True

    def handle(self, request: Request) -> None:
        """Answer 404."""
        request.respond(404, b"Not Found", "text/plain")


NOWHERE = Nowhere()


async def _stop(ports: Iterable[Any]) -> None:
    for port in ports:
        await maybeDeferred(port.stopListening)
