"""
A client for unit tests.

    ann = connect(io, era="0.9", transport="xhr-polling", query={"token": "a"})
    assert ann.call("add", 1, 2) == [3]
    assert ann.received == [("welcome", ["ann"])]
    chat = ann.join("/chat")
    ann.disconnect()
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gateway.conformance.clients.kinds import KINDS
from gateway.conformance.clients.peers import ACK, CONNECTED, EVENT, LEFT, REFUSED, Peer, Report
from gateway.testing.clock import clock_of
from gateway.testing.link import MemoryLink

Query = str | Mapping[str, str]


class NotAnswered(AssertionError):
    """The server has not acknowledged an event (yet)."""


class Client:
    """
    One client in one namespace.

    :ivar peer: what speaks the era's protocol; ``peer.reports`` has all that came, in every namespace.
    :ivar namespace: the one it is in.
    :ivar clock: of the listener; ``clock.turn(seconds)`` lets time pass.
    """

    def __init__(self, peer: Peer, namespace: str, clock: Any) -> None:
        self.peer = peer
        self.namespace = namespace
        self.clock = clock
        self._sent = 0

    def __repr__(self) -> str:
        return f"<test client of {self.peer.era} in {self.namespace}{'' if self.connected else ', not connected'}>"

    # What came

    def _reports(self, *kinds: str) -> list[Report]:
        self.clock.advance(0)  # what the test itself has just made the server say
        return [one for one in self.peer.reports if one.kind in kinds and one.namespace == self.namespace]

    @property
    def received(self) -> list[tuple[str, list[Any]]]:
        """Events that came, in order: name and arguments. Messages have the name ``message``."""
        return [(one.name, one.args) for one in self._reports(EVENT)]

    def arguments(self, name: str) -> list[list[Any]]:
        """Arguments of each event ``name`` that came."""
        return [args for event, args in self.received if event == name]

    @property
    def acks(self) -> dict[int, list[Any]]:
        """Acknowledgements that came: number of the event, as :meth:`emit` gave it, to arguments."""
        return {one.ack: one.args for one in self._reports(ACK) if one.ack is not None}

    @property
    def connected(self) -> bool:
        """It is in its namespace."""
        states = self._reports(CONNECTED, LEFT)
        return bool(states) and states[-1].kind == CONNECTED and not self.peer.ended

    @property
    def refusal(self) -> Any:
        """What the server gave as reason for not letting it in; None when it did not refuse."""
        refused = self._reports(REFUSED)
        return refused[-1].args[0] if refused and refused[-1].args else None

    @property
    def session_id(self) -> str:
        """Its session id."""
        return self.peer.sid

    # What it does

    def emit(self, name: str, *args: Any, ack: bool = False) -> int | None:
        """
        Send an event.

        :param ack: ask for an acknowledgement, which will stand in :attr:`acks` under the number that is returned.
        """
        number = self.peer.new_number() if ack else None
        self.peer.emit(name, *args, namespace=self.namespace, ack=number)
        self.clock.advance(0)
        return number

    def call(self, name: str, *args: Any) -> list[Any]:
        """
        Send an event; gives the arguments of its acknowledgement.

        :raises NotAnswered: there is none. For handlers that take their time: ``emit(..., ack=True)``, ``clock.turn``, ``acks``.
        """
        number = self.emit(name, *args, ack=True)
        answers = self.acks
        if number not in answers:
            raise NotAnswered(f"{name!r} is not acknowledged")
        return answers[number]

    def send(self, value: Any) -> None:
        """Send a message."""
        self.peer.send(value, self.namespace)
        self.clock.advance(0)

    def reply(self, *args: Any) -> None:
        """Acknowledge the oldest event that wants it and was not acknowledged."""
        asked = [one for one in self._reports(EVENT) if one.ack is not None]
        self.peer.answer(asked[self._sent], *args)
        self._sent += 1
        self.clock.advance(0)

    def join(self, namespace: str, query: Query = "", auth: Any = None) -> "Client":
        """The same connection in another namespace: look at ``connected`` and ``refusal`` of what is returned."""
        other = Client(self.peer, namespace, self.clock)
        self.peer.join(namespace, _query(query), auth)
        self.clock.advance(0)
        return other

    def leave(self) -> None:
        """Leave the namespace."""
        self.peer.leave(self.namespace)
        self.peer.report(Report(LEFT, self.namespace))
        self.clock.advance(0)

    def disconnect(self) -> None:
        """End the connection, as the client of the era does (0.3 to 0.6 say nothing over polling)."""
        self.peer.close()
        self.clock.advance(0)

    def cut(self) -> None:
        """The network fails."""
        self.peer.cut()
        self.clock.advance(0)


def connect(
    listener: Any,
    era: str = "eio4",
    transport: str = "websocket",
    namespace: str = "/",
    query: Query = "",
    auth: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Client:
    """
    Connect a client to ``listener``, which has a :class:`Clock` for a reactor (``Listener(reactor=Clock())``) or none yet.

    :param era: "old", "0.9", "eio3" or "eio4".
    :param transport: "websocket", "xhr-polling", "jsonp-polling", "htmlfile", "xhr-multipart", "flashsocket", "hixie-75",
        "hixie-76" ("old", "0.9"), "polling", "jsonp", "upgrade" ("eio3", "eio4").
    :param query: of the handshake.
    :param auth: the connect payload (era "eio4").
    :param headers: of its requests.
    :raises ValueError: there is no such client.
    """
    kind = KINDS.get((era, transport))
    if kind is None:
        names = ", ".join(name for one, name in KINDS if one == era) or "no such era"
        raise ValueError(f"no transport {transport!r} in era {era!r}: {names}")
    clock = clock_of(listener)
    link = MemoryLink(listener, clock, {name.lower(): value for name, value in (headers or {}).items()})
    alone = era == "eio4" and namespace != "/"
    options = {"joins": False} if alone else {"auth": auth}
    peer = kind.connect(link, mount=listener.path, query=_query(query), **options)
    clock.advance(0)
    client = Client(peer, "/", clock)
    return client if namespace == "/" else client.join(namespace, auth=auth)


def _query(query: Query) -> str:
    return query if isinstance(query, str) else urlencode(query)
