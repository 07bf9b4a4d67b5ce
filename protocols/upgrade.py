"""
The handover of an Engine.IO session from polling to WebSocket.

    peer: 2probe    we: 3probe    (held polls are answered with 6)    peer: 5    from now on all goes here

Engine.IO 2 to 4 alike (spec Engine.IO §2.8).
"""

from enum import Enum

from protocols.errors import ProtocolError
from protocols.model import Unit


class Step(Enum):
    """How far the handover has come."""

    PROBING = "probing"  # the WebSocket is open and has said nothing
    PROBED = "probed"  # it works; the poll must now be released
    DONE = "done"  # the session speaks through the WebSocket


PROBING, PROBED, DONE = Step

#: (step, what the WebSocket says) -> (next step, what we answer on it). A pair that is missing ends the
#: attempt. A handover without a probe is accepted, and a probe may be repeated, as engine.io 6.6.11 has it.
STEPS: dict[tuple[Step, Unit], tuple[Step, str | None]] = {
    (PROBING, "2probe"): (PROBED, "3probe"),
    (PROBING, "5"): (DONE, None),
    (PROBED, "2probe"): (PROBED, "3probe"),
    (PROBED, "5"): (DONE, None),
}


class UnexpectedPacket(ProtocolError):
    """Neither a probe nor the handover: the WebSocket is closed, the polling session lives on."""


class Upgrade:
    """
    One attempt; a failed attempt leaves the session where it was.

    :ivar step: how far it has come.
    """

    __slots__ = ("step",)

    def __init__(self) -> None:
        self.step = PROBING

    @property
    def done(self) -> bool:
        """Whether the session speaks through the WebSocket now."""
        return self.step is DONE

    def receive(self, unit: Unit) -> str | None:
        """
        Take one packet from the WebSocket.

        :returns: what to answer on it, if anything.
        :raises UnexpectedPacket: the attempt has failed.
        """
        try:
            self.step, answer = STEPS[self.step, unit]
        except KeyError:
            raise UnexpectedPacket(f"unexpected packet while {self.step.value}", unit) from None
        return answer
