"""
A client of Engine.IO 2 to 4: open packet, pings either way, messages, and the change from polling to a WebSocket.

    0{"sid":"...","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}
    2     ping: of the server (4) or of the client (2, 3)      3     pong
    new WebSocket:   we 2probe   it 3probe   then, when no poll is left,   we 5
"""

from collections.abc import Iterable
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from gateway.conformance.clients.carriers import Carrier, Polls, Sockets
from gateway.conformance.clients.drafts import Rfc6455
from gateway.conformance.clients.engine import EngineSpeech
from gateway.conformance.clients.link import Link, RefusedError, Unit
from gateway.conformance.clients.texts import parse


class MessageOwner(Protocol):
    """Whose messages are carried."""

    def opened(self, handshake: dict[str, Any]) -> None:
        """The session is there."""

    def message(self, message: Unit) -> None:
        """A message came."""

    def control(self, packet: str) -> None:
        """A packet of Engine.IO itself came."""

    def lost(self, why: str) -> None:
        """The session is over."""


class EngineLayer:
    """
    One session.

    :param way: see :class:`EngineSpeech`.
    :param upgrade: change over to a WebSocket as soon as the session is there.
    :param deflate: offer permessage-deflate.
    :param beats: answer pings (4), or send them (2, 3); without it the client seems to be gone.
    :ivar handshake: what the open packet says.
    :ivar upgraded: fires when the change has been made; fails when the server does not take part in it.
    """

    def __init__(
        self,
        link: Link,
        owner: MessageOwner,
        mount: str,
        query: str,
        revision: int,
        way: str,
        upgrade: bool = False,
        doubled: bool = False,
        deflate: bool = False,
        beats: bool = True,
    ) -> None:
        self.link = link
        self.owner = owner
        self.speech = EngineSpeech(mount, query, revision, way, doubled)
        self.handshake: dict[str, Any] = {}
        self.upgraded: Deferred[None] = Deferred()
        self.over = False
        self.beats = beats
        self._upgrade = upgrade
        self._deflate = deflate
        self._timer: Any = None
        self._probe: _Probe | None = None
        self._held_back: list[Unit] | None = None
        if way == "websocket":
            self.carrier: Carrier = Sockets(link, self.speech, self, Rfc6455(deflate=deflate))
        else:
            self.carrier = Polls(link, self.speech, self)

    def open(self) -> None:
        """Connect."""
        self.carrier.start()

    def send(self, messages: Iterable[Unit]) -> None:
        """Send messages."""
        self.packets(["4" + one if isinstance(one, str) else one for one in messages])

    def packets(self, units: list[Unit]) -> None:
        """Send packets."""
        if self._held_back is not None:
            self._held_back += units
        else:
            self.carrier.send(units)

    def close(self) -> None:
        """Leave: a close packet over polling, the closing handshake of a WebSocket."""
        self._stop()
        if isinstance(self.carrier, Polls):
            self.carrier.send(["1"])
        self.carrier.close()

    def cut(self) -> None:
        """Let the network fail."""
        self._stop()
        self.carrier.cut()

    # For the carrier

    def units(self, units: Iterable[Unit]) -> None:
        """Packets came."""
        for unit in units:
            if self.over:
                return
            try:
                self._take(unit)
            except (RefusedError, ValueError, LookupError, TypeError) as error:
                self.lost(f"packet {unit[:60]!r} can't be read: {error!r}")

    def _take(self, unit: Unit) -> None:
        if isinstance(unit, bytes):
            self.owner.message(unit)
        elif unit[:1] == "4":
            self.owner.message(unit[1:])
        else:
            self._take_own(unit)

    def _take_own(self, unit: str) -> None:
        kind = unit[:1]
        if kind == "0":
            self._opened(parse(unit[1:]))
        elif kind == "2" and self.beats:
            self.packets(["3" + unit[1:]])
        elif kind not in "12356":
            raise RefusedError(200, f"no packet of Engine.IO: {unit[:40]!r}")
        self.owner.control(unit)
        if kind == "1":
            self.lost("closed by the server")

    def _opened(self, handshake: dict[str, Any]) -> None:
        self.handshake = handshake
        self.speech.sid = handshake["sid"]
        if self.speech.revision < 4:
            self._ping_later()
        self.owner.opened(handshake)
        if self._upgrade:
            if "websocket" not in handshake["upgrades"]:
                raise RefusedError(200, "the handshake offers no upgrade")
            self._probe = _Probe(self, self._deflate)

    def _ping_later(self) -> None:
        self._timer = self.link.clock.callLater(self.handshake["pingInterval"] / 1000, self._ping)

    def _ping(self) -> None:
        self._timer = None
        if self.beats:
            self.packets(["2"])
        self._ping_later()

    def lost(self, why: str) -> None:
        """The carrier can't go on."""
        if not self.over:
            self._stop()
            self.carrier.cut()
            self.owner.lost(why)

    def _stop(self) -> None:
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._probe is not None:
            self._probe.cut()

    # For the upgrade

    def hold_back(self) -> "Deferred[None] | None":
        """Let the polls come to their end; nothing is sent meanwhile."""
        self._held_back = []
        return self.carrier.pause() if isinstance(self.carrier, Polls) else None

    def change_over(self, carrier: Sockets) -> None:
        """Go on with a WebSocket."""
        polls, self.carrier = self.carrier, carrier
        waiting = polls.unsent() if isinstance(polls, Polls) else []
        held, self._held_back = self._held_back, None
        carrier.owner = self
        self._probe = None
        self.carrier.send(["5"])
        if waiting or held:
            self.carrier.send([*waiting, *(held or ())])
        self.upgraded.callback(None)

    def not_upgraded(self, why: str) -> None:
        """The new connection came to nothing: stay where we are."""
        self._probe = None
        self.upgraded.errback(RefusedError(0, why))
        self.upgraded.addErrback(lambda failure: None)


class _Probe:
    """A WebSocket that is being tried beside the polls."""

    def __init__(self, layer: EngineLayer, deflate: bool) -> None:
        self._layer = layer
        old = layer.speech
        self._speech = EngineSpeech(old.mount, old.query, old.revision, "websocket", old.doubled)
        self._speech.sid = old.sid
        self._socket = Sockets(layer.link, self._speech, self, Rfc6455(deflate=deflate))
        self._socket.start()
        self._socket.send(["2probe"])

    def cut(self) -> None:
        """Give up."""
        self._socket.cut()

    def units(self, units: Iterable[Unit]) -> None:
        """The server answers the probe."""
        if list(units) != ["3probe"]:
            self._socket.cut()
            self.lost(f"the probe is answered with {units!r:.60}")
            return
        settled = self._layer.hold_back()
        if settled is not None:
            settled.addCallback(lambda _: self._layer.change_over(self._socket))

    def lost(self, why: str) -> None:
        """The new connection has ended."""
        self._layer.not_upgraded(why)
