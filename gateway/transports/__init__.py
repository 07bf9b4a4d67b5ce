"""The three ways of carrying: one answer per held request, many pieces in one open answer, both directions."""

from typing import Any, Protocol

from protocols.model import AnyWire, Sendable


class Transport(Protocol):
    """What a Client asks of its transport.

    :ivar wire: how the client's era speaks over it.
    :ivar ready: it can take a message now.
    :ivar idle: nothing written earlier still waits for the network.
    """

    @property
    def wire(self) -> AnyWire: ...

    @property
    def ready(self) -> bool: ...

    @property
    def idle(self) -> bool: ...

    def write(self, message: Sendable) -> None:
        """Send ``message``; only while ``ready``."""

    def write_alone(self, message: Sendable) -> None:
        """Send ``message``, which goes to nobody else; only while ``ready``."""

    def settle(self, wire: Any) -> None:
        """Go on with another wire of the same era and kind: the peer has shown what it speaks."""

    def replaced(self) -> None:
        """Another transport carries from now on."""

    def answer_idle(self) -> None:
        """End the held poll, if there is one, without a message."""

    def finish(self, goodbye: bool, away: bool = False) -> bool:
        """
        The session is over; whether the client must be kept until its next poll has been told so.

        :param goodbye: tell the peer.
        :param away: the server stops: let the peer go so that it comes back elsewhere.
        """
