"""
The option ``poll_framing``: the application knows which framing of polls a client of 1.x or 2.x reads.

    6:4hello          text      read by every client since 1.4, and by those that ask for it (b64=1)
    00 06 FF 34 ...   binary    read by every browser
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
