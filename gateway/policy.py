"""
The inline Flash policy: a connection that begins with ``<``.

    <policy-file-request/> <NUL>        -> the policy, then the connection closes

Flash Player sends it to the port it wants a socket to when nobody answered on port 843.
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

from gateway.heads import BadRequest

if TYPE_CHECKING:
    from gateway.connection import Connection
    from gateway.front import Front

REQUEST = b"<policy-file-request/>\0"

PATIENCE = 2.0
"""Seconds in which the peer may close behind the policy."""


class PolicyReader:
    """Answers exactly one policy request; anything else is closed without an answer."""

    __slots__ = ("_connection", "_received")

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._received = b""

    def dataReceived(self, data: bytes) -> None:
        """Take what was received, in pieces of any size."""
        connection = self._connection
        received = self._received + data
        policy = connection.front.policy
        if received == REQUEST and policy is not None:
            connection.send(policy())
        elif REQUEST.startswith(received) and received != REQUEST:
            self._received = received
            return
        else:
            connection.front.complain(connection, BadRequest("not a policy request", received))
        connection.close()


class PolicyPort(Protocol):
    """One connection to a port of the policy's own: it is answered at once, whatever it says, and closed."""

    factory: "PolicyFactory"

    def connectionMade(self) -> None:
        """Give the policy, and wait a moment for the peer to close, so that no reset overtakes the answer."""
        transport: Any = self.transport
        policy = self.factory.front.policy
        if policy is not None:
            transport.write(policy())
        transport.loseWriteConnection()
        self._late = self.factory.front.reactor.callLater(PATIENCE, transport.abortConnection)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The peer has closed."""
        if self._late.active():
            self._late.cancel()


class PolicyFactory(Factory):
    """
    Flash Player asks on port 843 first (Socket.IO 0.3 to 0.8.2), or on the one the page names (10843 since 0.8.3).

    :param front: whose policy it is.
    """

    protocol: Any = PolicyPort
    noisy = False

    def __init__(self, front: "Front") -> None:
        self.front = front
