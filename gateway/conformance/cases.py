"""
What a scenario is given, and the table that scenarios enter themselves into.

    @scenario("5", "echo answers with the same arguments")
    async def echo(case):
        client = await case.client()
        assert await case.call(client, "echo", 1) == [1]
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.task import deferLater

from gateway.conformance.clients.kinds import ERAS, KINDS, Kind
from gateway.conformance.clients.link import Answer, CutError, Headers
from gateway.conformance.clients.network import RawLine, TcpLink
from gateway.conformance.clients.peers import CONNECTED, ENDED, REFUSED, Peer, Report

NAMED = ("0.9", "eio3", "eio4")
"""Eras that know namespaces."""
MODERN = ("eio3", "eio4")
"""Eras that know binary."""
SERVER = Kind("", "server", "", "", Peer)
"""Stands for scenarios that are about the server and no kind of client."""

LIMIT = 10.0
"""Seconds until something counts as not happening; nothing here is slow."""

_tokens = count(1)


class SkippedError(Exception):
    """The scenario can't be observed here; the text says why."""


@dataclass(slots=True)
class Server:
    """
    The server under test.

    :ivar url: without a path.
    :ivar patience: the longest wait, in seconds, that is worth it.
    :ivar interval: its ping interval, ``timeout`` its ping timeout, in seconds, as its handshake says.
    :ivar max_payload: bytes, as its handshake says.
    """

    reactor: Any
    url: str
    patience: float
    interval: float = 25.0
    timeout: float = 20.0
    max_payload: int = 1_000_000

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


@dataclass(slots=True)
class Case:
    """
    One scenario for one kind of client: makes clients, waits with a limit, and cleans up.

    :ivar link: a way to the server, for requests made by hand.
    """

    server: Server
    kind: Kind
    link: TcpLink = field(init=False)
    _links: list[TcpLink] = field(default_factory=list)
    _peers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.link = self.new_link()

    # Clients

    def new_link(self) -> TcpLink:
        """Another way to the server, with connections of its own."""
        link = TcpLink(self.server.reactor, self.server.url)
        self._links.append(link)
        return link

    def begin(self, kind: Kind | None = None, **options: Any) -> Peer:
        """A client that has begun to connect."""
        peer = (kind or self.kind).connect(self.new_link(), **options)
        self._peers.append(peer)
        return peer

    async def client(self, namespace: str = "/", kind: Kind | None = None, **options: Any) -> Peer:
        """A client that has joined ``/`` and ``namespace``, and is on the transport it is meant for."""
        peer = self.begin(kind, **options)
        await self.joined(peer, "/")
        upgraded = getattr(peer, "upgraded", None)
        if upgraded is not None and (kind or self.kind).transport == "upgrade":
            await self.soon(upgraded, "the upgrade")
        if namespace != "/":
            peer.join(namespace)
            await self.joined(peer, namespace)
        return peer

    async def other(self, namespace: str = "/", era: str = "eio4", **options: Any) -> Peer:
        """A client of another kind, over a WebSocket."""
        return await self.client(namespace, KINDS[era, "websocket"], **options)

    async def joined(self, peer: Peer, namespace: str) -> Report:
        """Wait until ``peer`` has joined."""
        report: Report = await self.soon(self._verdict(peer, namespace), f"an answer to joining {namespace}")
        assert report.kind == CONNECTED, f"{namespace}: {report.kind} {report.args}"
        return report

    async def refused(self, peer: Peer, namespace: str) -> Report:
        """Wait until ``peer`` is not let in."""
        report: Report = await self.soon(self._verdict(peer, namespace), f"an answer to joining {namespace}")
        assert report.kind == REFUSED, f"{namespace}: {report.kind} {report.args}"
        return report

    def _verdict(self, peer: Peer, namespace: str) -> "Deferred[Report]":
        def fits(one: Report) -> bool:
            return one.kind == ENDED or (one.kind in (CONNECTED, REFUSED) and one.namespace == namespace)

        return peer.take(fits)

    # Waiting

    async def soon(self, awaited: "Deferred[Any]", what: str, seconds: float = LIMIT) -> Any:
        """``awaited``; AssertionError when it does not come in time."""
        if not awaited.called:
            awaited.addTimeout(seconds, self.server.reactor)
        try:
            return await awaited
        except DeferredTimeout:
            raise AssertionError(f"no sign of {what} after {seconds:g} s") from None
        except CutError as error:
            raise AssertionError(f"{what}: {error}") from None

    async def call(self, peer: Peer, name: str, *args: Any, namespace: str = "/", seconds: float = LIMIT) -> list[Any]:
        """Emit an event; gives the arguments of its answer."""
        answer: list[Any] = await self.soon(peer.call(name, *args, namespace=namespace), f"the answer to {name}", seconds)
        return answer

    async def ask(self, peer: Peer, name: str, *args: Any, namespace: str = "/") -> Any:
        """The one value that ``name`` is answered with."""
        answer = await self.call(peer, name, *args, namespace=namespace)
        assert len(answer) == 1, f"{name} is answered with {answer!r:.200}"
        return answer[0]

    async def event(self, peer: Peer, name: str, *first: Any, namespace: str = "/", seconds: float = LIMIT) -> list[Any]:
        """The arguments of the next event ``name`` that begins with ``first``."""
        wanted = list(first)
        coming = peer.event(name, namespace, lambda args: args[: len(wanted)] == wanted)
        args: list[Any] = await self.soon(coming, f"event {name} {first}", seconds)
        return args

    async def settled(self, peer: Peer, namespace: str = "/") -> None:
        """All that the server had sent to ``peer`` when this was called has come: its order is kept."""
        mark = self.token()
        assert await self.call(peer, "echo", mark, namespace=namespace) == [mark]

    async def ended(self, peer: Peer, seconds: float = LIMIT) -> None:
        """The connection of ``peer`` ends."""
        if not peer.ended:
            await self.soon(peer.take(lambda one: one.kind == ENDED), "the end of the connection", seconds)

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        await deferLater(self.server.reactor, seconds)

    # By hand

    async def fetch(self, method: str, target: str, body: bytes = b"", headers: Headers = ()) -> Answer:
        """One request."""
        answer: Answer = await self.soon(self.link.fetch(method, target, body, headers), f"an answer to {method} {target}")
        return answer

    async def unanswered(self, method: str, target: str, body: bytes = b"") -> None:
        """The connection is closed without an answer."""
        try:
            answer = await self.link.fetch(method, target, body).addTimeout(LIMIT, self.server.reactor)
        except CutError:
            return
        raise AssertionError(f"{method} {target} is answered with {answer.status} {answer.body[:60]!r}")

    def raw(self, data: bytes) -> RawLine:
        """Bytes on a connection of their own."""
        return self.link.raw(data)

    async def answered_raw(self, data: bytes, seconds: float = LIMIT) -> bytes:
        """All that comes for ``data`` until the server closes."""
        received: bytes = await self.soon(self.raw(data).ended, "the end of the connection", seconds)
        return received

    def bare(self, mount: str = "/engine.io", **options: Any) -> Any:
        """A client of Engine.IO without Socket.IO that has begun to connect."""
        assert self.kind.bare is not None
        peer = self.kind.bare(self.new_link(), mount=mount, **options)
        self._peers.append(peer)
        peer.open()
        return peer

    # Else

    def token(self) -> str:
        """A text that is used nowhere else."""
        return f"token {next(_tokens)} {self.kind}"

    def patient(self, seconds: float, what: str) -> None:
        """Skip what takes longer than the user wants to wait."""
        if seconds > self.server.patience:
            raise SkippedError(f"{what} takes {seconds:g} s here (--patience {self.server.patience:g})")

    async def close(self) -> None:
        """Let all clients go."""
        for peer in self._peers:
            peer.close()
        for link in self._links:
            link.close()


Run = Callable[[Case], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    One row of the table.

    :ivar section: of the contract.
    :ivar fits: whether it means something for a kind of client.
    """

    section: str
    name: str
    run: Run
    fits: Callable[[Kind], bool]


SCENARIOS: list[Scenario] = []
"""Every scenario, in the order of the contract's sections."""


def scenario(
    section: str,
    name: str,
    eras: Collection[str] = ERAS,
    only: Callable[[Kind], bool] = lambda kind: True,
) -> Callable[[Run], Run]:
    """Enter a function into the table, for the kinds of these eras that ``only`` admits."""

    def enter(run: Run) -> Run:
        SCENARIOS.append(Scenario(section, name, run, lambda kind: kind.era in eras and only(kind)))
        return run

    return enter


def of_server(section: str, name: str) -> Callable[[Run], Run]:
    """Enter a function that is about the server as such."""
    return scenario(section, name, eras=("",))
