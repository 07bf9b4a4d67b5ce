"""
The options ``poll_framing`` and ``counted_acks``: the application knows what a client of 1.x or 2.x reads.

    6:4hello          text      read by every client since 1.4, and by those that ask for it (b64=1)
    00 06 FF 34 ...   binary    read by every browser
    430-7["x"]        counted   the acknowledgements of 1.0.0 to 1.0.2, which a plain 437["x"] sends into a loop without end
"""

from typing import TYPE_CHECKING, Any

from gateway.handlers import FAILED, start

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.eras import Era
    from gateway.hosting import SessionHost
    from protocols.model import PollWire

FRAMINGS = ("text", "binary")


def reframed(listener: "SessionHost", era: "Era", request: Any, client: "Client", wire: "PollWire") -> "PollWire":
    """The wire for the first poll of ``client``; ``wire`` is the one that the rules have chosen."""
    if era.reframed is None:
        return wire
    framing = start("poll_framing", listener.options.poll_framing, (client.handshake,))
    if framing in FRAMINGS:
        chosen: Any = era.reframed(request, client.session, framing)
        return chosen or wire
    if framing is not None and framing is not FAILED:
        listener.log.error("poll_framing gave {framing!r}, not text, binary or None: the rules decide", framing=framing)
    return wire


def counted(listener: "SessionHost", era: "Era", client: "Client", wire: Any) -> Any:
    """The wire for the first request of ``client``; ``wire`` is the one for all but the first clients of 1.0."""
    if era.counted is None:
        return wire
    said = start("counted_acks", listener.options.counted_acks, (client.handshake,))
    return era.counted(client.session, wire) if said and said is not FAILED else wire
