"""
A client of Socket.IO 1.x to 4.x: packets, namespaces, attachments.

    40                       joined (1.x, 2.x: by itself)       40/chat,{"token":"a"}     join (3.x, 4.x)
    42["news",1]             event                              420["news",1]             event that wants answer 0
    430["ok"]                answer 0                           41/chat,                  left
    44/chat,{"message":"no"} not let in
    451-["file",{"_placeholder":true,"num":0}]                  event; one binary message follows
"""

import re
from typing import Any

from twisted.internet.defer import Deferred

from gateway.conformance.clients.layer import EngineLayer
from gateway.conformance.clients.link import Link, RefusedError, Unit
from gateway.conformance.clients.peers import ACK, CONNECTED, CONTROL, EVENT, LEFT, REFUSED, Peer, Report
from gateway.conformance.clients.texts import parse, stringify

CONNECT, DISCONNECT, IS_EVENT, IS_ACK, ERROR, BINARY_EVENT, BINARY_ACK = "0123456"

_PACKET = re.compile(r"([0-6])(?:([0-9]+)-)?(?:(/[^,]*)(?:,|\Z))?([0-9]+)?(.*)", re.DOTALL)


class ModernPeer(Peer):
    """
    A client of 1.x to 4.x.

    :param revision: of Engine.IO: 2 or 3 for 1.x and 2.x, 4 for 3.x and 4.x.
    :param way: "polling", "xhr2", "jsonp" or "websocket".
    :param auth: what it joins ``/`` with (3.x, 4.x); None to join nothing.
    :param options: of :class:`EngineLayer`.
    """

    def __init__(
        self,
        link: Link,
        revision: int,
        way: str,
        mount: str = "/socket.io",
        query: str = "",
        auth: Any = None,
        joins: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(link, mount, query)
        self.revision = revision
        self.layer = EngineLayer(link, self, mount, query, revision, way, **options)
        self._auth = auth
        self._joins = joins
        self._header: tuple[str, int] | None = None
        self._attachments: list[bytes] = []

    @property
    def era(self) -> str:  # type: ignore[override]
        """It depends on the revision."""
        return "eio4" if self.revision == 4 else "eio3"

    @property
    def carrier(self) -> Any:  # type: ignore[override]
        """The present one."""
        return self.layer.carrier

    @property
    def upgraded(self) -> "Deferred[None]":
        """Fires when the WebSocket has taken over."""
        return self.layer.upgraded

    def open(self) -> None:
        self.layer.open()

    def join(self, namespace: str, query: str = "", auth: Any = None) -> None:
        name = f"{namespace}?{query}" if query and self.revision < 4 else namespace
        data = "" if auth is None or self.revision < 4 else stringify(auth)
        self.layer.send([f"{CONNECT}{_place(name)}{data}"])

    def leave(self, namespace: str) -> None:
        self.layer.send([f"{DISCONNECT}{_place(namespace)}"])

    def send(self, value: Any, namespace: str = "/") -> None:
        self.emit("message", value, namespace=namespace)

    def emit(self, name: str, *args: Any, namespace: str = "/", ack: int | None = None) -> None:
        self._say((IS_EVENT, BINARY_EVENT), namespace, ack, [name, *args])

    def answer(self, report: Report, *args: Any) -> None:
        self._say((IS_ACK, BINARY_ACK), report.namespace, report.ack, list(args))

    def _say(self, kinds: tuple[str, str], namespace: str, number: int | None, values: list[Any]) -> None:
        attachments: list[bytes] = []
        text = stringify(_taken_out(values, attachments))
        kind = f"{kinds[1]}{len(attachments)}-" if attachments else kinds[0]
        self.layer.send([f"{kind}{_place(namespace)}{'' if number is None else number}{text}", *attachments])

    def close(self) -> None:
        super().over("closed")
        self.layer.close()

    def cut(self) -> None:
        super().over("cut")
        self.layer.cut()

    # What the layer below says

    def opened(self, handshake: dict[str, Any]) -> None:
        """The session is there; 3.x and 4.x join what they want to be in."""
        self.sid = handshake["sid"]
        if self._joins and self.revision == 4:
            self.join("/", auth=self._auth)

    def control(self, packet: str) -> None:
        """A packet of Engine.IO itself came."""
        self.report(Report(CONTROL, name=packet))

    def lost(self, why: str) -> None:
        """The session is over."""
        self.layer.cut()
        super().lost(why)

    def message(self, message: Unit) -> None:
        """A packet, or an attachment."""
        self.units([message])

    def unit(self, unit: Unit) -> None:
        if isinstance(unit, str):
            if self._header is not None:
                raise RefusedError(200, "text while attachments are due")
            self._packet(unit)
            return
        if self._header is None:
            raise RefusedError(200, "an attachment without header")
        self._attachments.append(unit)
        text, wanted = self._header
        if len(self._attachments) == wanted:
            self._header = None
            attachments, self._attachments = self._attachments, []
            self._whole(text, attachments)

    def _packet(self, text: str) -> None:
        match = _PACKET.fullmatch(text)
        if match is None:
            raise RefusedError(200, f"no packet of Socket.IO: {text[:40]!r}")
        if match[2] is not None and match[1] in (BINARY_EVENT, BINARY_ACK):
            self._header = (text, int(match[2]))
        else:
            self._whole(text, [])

    def _whole(self, text: str, attachments: list[bytes]) -> None:
        kind, _, namespace, number, data = _PACKET.fullmatch(text).groups()  # type: ignore[union-attr]  # it matched before
        name = namespace or "/"
        value: Any = _put_back(parse(data), attachments) if data else None
        if kind in (IS_EVENT, BINARY_EVENT):
            self.report(Report(EVENT, name, value[0], value[1:], None if number is None else int(number)))
        elif kind in (IS_ACK, BINARY_ACK):
            self.report(Report(ACK, name, args=value, ack=int(number)))
        else:
            args = [] if value is None else [value]
            self.report(Report({CONNECT: CONNECTED, DISCONNECT: LEFT, ERROR: REFUSED}[kind], name, args=args))


class BarePeer:
    """
    A client of Engine.IO without Socket.IO.

    :ivar messages: everything that came.
    :ivar ready: fires when the session is there; only then may something be sent.
    """

    def __init__(self, link: Link, revision: int, way: str, mount: str, **options: Any) -> None:
        self.layer = EngineLayer(link, self, mount, "", revision, way, **options)
        self.messages: list[Unit] = []
        self.ready: Deferred[None] = Deferred()
        self.ended = ""
        self._waiting: list[tuple[int, Deferred[None]]] = []

    def open(self) -> None:
        """Connect."""
        self.layer.open()

    def until(self, number: int) -> "Deferred[None]":
        """Fires when that many messages have come."""
        done: Deferred[None] = Deferred(lambda _: None)
        self._waiting.append((number, done))
        self._look()
        return done

    def opened(self, handshake: dict[str, Any]) -> None:
        """The session is there."""
        self.ready.callback(None)

    def control(self, packet: str) -> None:
        """A packet of Engine.IO itself."""

    def message(self, message: Unit) -> None:
        """A message came."""
        self.messages.append(message)
        self._look()

    def lost(self, why: str) -> None:
        """The session is over."""
        self.ended = why
        self._look()

    def close(self) -> None:
        """Leave."""
        self.layer.close()

    def _look(self) -> None:
        for number, done in self._waiting:
            if (len(self.messages) >= number or self.ended) and not done.called:
                done.callback(None)


def _place(namespace: str) -> str:
    return "" if namespace == "/" else f"{namespace},"


def _taken_out(value: Any, attachments: list[bytes]) -> Any:
    if isinstance(value, bytes):
        attachments.append(value)
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, list | tuple):
        return [_taken_out(one, attachments) for one in value]
    return {key: _taken_out(one, attachments) for key, one in value.items()} if isinstance(value, dict) else value


def _put_back(value: Any, attachments: list[bytes]) -> Any:
    if isinstance(value, list):
        return [_put_back(one, attachments) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is True and attachments:
        return attachments[value["num"]]
    return {key: _put_back(one, attachments) for key, one in value.items()}
