"""
The inline Flash policy: a connection that begins with ``<``.

    <policy-file-request/> <NUL>        -> the policy, then the connection closes

Flash Player sends it to the port it wants a socket to when nobody answered on port 843.
"""

from typing import TYPE_CHECKING

from gateway.heads import BadRequest

if TYPE_CHECKING:
    from gateway.connection import Connection

REQUEST = b"<policy-file-request/>\0"


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
