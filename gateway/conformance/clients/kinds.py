"""
Every kind of client there is: one row for each era and transport, and how to make one.

    KINDS["0.9", "xhr-polling"].connect(link)     -> a Peer that has begun to connect
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.conformance.clients.drafts import Hixie75, Hixie76, Rfc6455
from gateway.conformance.clients.link import Link
from gateway.conformance.clients.modern import BarePeer, ModernPeer
from gateway.conformance.clients.nine import NinePeer
from gateway.conformance.clients.old import OldPeer
from gateway.conformance.clients.peers import Peer

SOCKET, STREAM, POLL = "socket", "stream", "poll"


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of client.

    :ivar transport: how the table calls what it is on; several stand for the same name on the wire.
    :ivar name: the protocol's name of the transport.
    :ivar way: "socket", "stream" or "poll".
    :ivar make: (link, mount=, query=, auth=) -> a Peer.
    :ivar bare: (link, mount) -> a client of the same Engine.IO without Socket.IO; None in the eras before it.
    :ivar framing: "rfc6455", "hixie", "" for none.
    """

    era: str
    transport: str
    name: str
    way: str
    make: Callable[..., Peer]
    bare: Callable[..., BarePeer] | None = None
    framing: str = ""

    def connect(self, link: Link, **options: Any) -> Peer:
        """A client that has begun to connect."""
        peer = self.make(link, **options)
        peer.open()
        return peer

    def __str__(self) -> str:
        return f"{self.era} {self.transport}"


def _old(link: Link, transport: str, draft: Any = None, auth: Any = None, **options: Any) -> Peer:
    return OldPeer(link, transport, draft and draft(), **options)


def _nine(link: Link, transport: str, draft: Any = None, auth: Any = None, **options: Any) -> Peer:
    return NinePeer(link, transport, draft and draft(), **options)


def _socket(era: str, make: Any, transport: str, draft: Any, name: str = "websocket") -> Kind:
    framing = "hixie" if draft in (Hixie75, Hixie76) else "rfc6455"
    return Kind(era, transport, name, SOCKET, partial(make, transport=name, draft=draft), framing=framing)


def _http(era: str, make: Any, transport: str, way: str) -> Kind:
    return Kind(era, transport, transport, way, partial(make, transport=transport))


def _modern(era: str, revision: int, transport: str, way: str, **options: Any) -> Kind:
    fixed = {"revision": revision, "way": way, **options}
    name, carries = ("websocket", SOCKET) if way == "websocket" or options.get("upgrade") else ("polling", POLL)
    make, bare = partial(ModernPeer, **fixed), partial(BarePeer, **fixed)
    return Kind(era, transport, name, carries, make, bare, "rfc6455" if carries == SOCKET else "")


_ALL = (
    _socket("old", _old, "websocket", Rfc6455),
    _socket("old", _old, "hixie-76", Hixie76),
    _socket("old", _old, "hixie-75", Hixie75),
    _socket("old", _old, "flashsocket", Hixie76, "flashsocket"),
    _http("old", _old, "htmlfile", STREAM),
    _http("old", _old, "xhr-multipart", STREAM),
    _http("old", _old, "xhr-polling", POLL),
    _http("old", _old, "jsonp-polling", POLL),
    _socket("0.9", _nine, "websocket", Rfc6455),
    _socket("0.9", _nine, "hybi-08", partial(Rfc6455, 8)),
    _socket("0.9", _nine, "hybi-07", partial(Rfc6455, 7)),
    _socket("0.9", _nine, "hixie-76", Hixie76),
    _socket("0.9", _nine, "hixie-75", Hixie75),
    _socket("0.9", _nine, "flashsocket", Hixie76, "flashsocket"),
    _http("0.9", _nine, "htmlfile", STREAM),
    _http("0.9", _nine, "xhr-polling", POLL),
    _http("0.9", _nine, "jsonp-polling", POLL),
    _modern("eio3", 3, "polling", "polling"),
    _modern("eio3", 3, "xhr2", "xhr2"),
    _modern("eio3", 3, "xhr2-1.x", "xhr2", doubled=True),
    _modern("eio3", 3, "jsonp", "jsonp"),
    _modern("eio3", 3, "websocket", "websocket"),
    _modern("eio3", 3, "upgrade", "polling", upgrade=True),
    _modern("eio4", 4, "polling", "polling"),
    _modern("eio4", 4, "jsonp", "jsonp"),
    _modern("eio4", 4, "websocket", "websocket"),
    _modern("eio4", 4, "deflate", "websocket", deflate=True),
    _modern("eio4", 4, "upgrade", "polling", upgrade=True),
)

KINDS: dict[tuple[str, str], Kind] = {(kind.era, kind.transport): kind for kind in _ALL}
"""Every kind by era and transport."""

ERAS = ("old", "0.9", "eio3", "eio4")
