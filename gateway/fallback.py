"""
The Site behind the gateway: requests that belong to no mount.

    GET /page      -> head, then body as it comes -> HTTPChannel -> Site -> answer on the same connection
    GET /ws, 101   -> the connection is handed to whatever the Site made of it

The front's parser has read every byte before the Site sees it, so its limits hold and one request's bytes
are all a channel ever gets before it has answered.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.server import Site

if TYPE_CHECKING:
    from gateway.connection import Connection, Reader
    from gateway.requests import Request


class SiteChannel(HTTPChannel):
    """
    Twisted's side of one connection.

    :param done: called when a request was answered, with whether the connection may go on.
    :param close: ends the connection.
    :ivar switched: the Site has answered 101.
    """

    timeOut = None

    def __init__(self, site: Site, done: Callable[[bool], None], close: Callable[[], None]) -> None:
        super().__init__()
        self.factory = self.site = site
        self.requestFactory = site.requestFactory
        self.callLater = site.reactor.callLater  # type: ignore[method-assign, assignment]
        self.switched = False
        self._done = done
        self._close = close

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Any) -> None:
        """Called by a request that begins its answer."""
        self.switched = code == b"101"
        super().writeHeaders(version, code, reason, headers)

    def loseConnection(self) -> None:
        """Called when the connection must end behind what was written."""
        self._close()

    def requestDone(self, request: Any) -> None:
        """Called by a request whose answer is complete."""
        super().requestDone(request)
        self._done(bool(self.persistent))


class Upgraded:
    """Reads for a channel that the Site took out of HTTP. Twisted replaces its methods, so they are looked up each time."""

    __slots__ = ("_channel",)

    def __init__(self, channel: SiteChannel) -> None:
        self._channel = channel

    def dataReceived(self, data: bytes) -> None:
        """Take what was received."""
        self._channel.dataReceived(data)

    def connectionLost(self, reason: Failure) -> None:
        """The connection has ended."""
        self._channel.connectionLost(reason)


class SiteSide:
    """
    What the Site has to do with one connection: one request at a time.

    :param answered: called when the request was answered, with the request.
    :ivar request: the one it answers now.
    """

    __slots__ = ("_answered", "_channel", "_connection", "request")

    def __init__(self, connection: "Connection", site: Site, answered: Callable[["Request"], None]) -> None:
        self._connection = connection
        self._answered = answered
        self.request: Request | None = None
        self._channel = channel = SiteChannel(site, self._done, connection.close)
        # A channel makes itself the transport's producer. It hears through the connection instead, which stays one.
        transport = connection.transport
        transport.unregisterProducer()
        channel.makeConnection(transport)
        transport.unregisterProducer()
        transport.registerProducer(connection, True)

    def begin(self, request: "Request", data: bytes) -> None:
        """Give the head of ``request``, and more."""
        self.request = request
        self.feed(data)

    def feed(self, data: bytes) -> None:
        """Give more of the request."""
        self._connection.flush()  # its answers do not pass through the connection's own queue
        self._channel.dataReceived(data)

    def pause(self) -> None:
        """The peer does not read."""
        self._channel.pauseProducing()

    def resume(self) -> None:
        """The peer has read everything."""
        self._channel.resumeProducing()

    def lost(self, reason: Failure) -> None:
        """The connection has ended, or the request will never be complete."""
        self.request = None
        self._channel.connectionLost(reason)

    def successor(self) -> "Reader | None":
        """Who reads the connection now, if the Site has upgraded it; the connection stays the transport's protocol."""
        channel = self._channel
        if channel.transport is None:  # taken by the resource, as Autobahn's WebSocketResource does
            return self._reclaim(self._connection.transport)
        if channel.switched or "dataReceived" in vars(channel):
            return Upgraded(channel)
        return None

    def _reclaim(self, transport: Any) -> "Reader | None":
        name = "wrappedProtocol" if hasattr(transport, "wrappedProtocol") else "protocol"
        reader: Reader | None = getattr(transport, name, None)
        if reader is None or reader is self._connection:
            return None
        setattr(transport, name, self._connection)
        return reader

    def _done(self, persistent: bool) -> None:
        request, self.request = self.request, None
        if request is not None:
            request.finished = True
            request.closes = not persistent
            self._answered(request)
