"""
WebSocket drafts hybi-07 to hybi-12 (``Sec-WebSocket-Version`` 7 and 8): Firefox 6 to 10, Chrome 14 and 15.

    Sec-WebSocket-Version: 8
    Sec-WebSocket-Origin: http://example.com

Frames, key and 101 answer are those of RFC 6455: ``protocols.websocket`` and ``protocols.opening`` have them.
What differs is the version, the name of the origin header, and that Socket.IO 0.8 to 0.9
took unmasked frames here.
"""

from collections.abc import Callable

from protocols.opening import UnknownVersionError, check_upgrade

VERSIONS, REQUIRE_MASK = frozenset(("7", "8")), False
"""Values of ``Sec-WebSocket-Version`` that :func:`check_opening` takes; unmasked frames are tolerated (spec 0.9 §14, S14)."""


def check_opening(header: Callable[[str], str]) -> None:
    """Judge the request that opens a connection; its method is the caller's to check.

    :param header: lower-case name -> value, "" when absent.
    :raises ProtocolError: no opening of version 7 or 8; its ``status`` is the answer.
    """
    check_upgrade(header)
    if header("sec-websocket-version") not in VERSIONS:
        raise UnknownVersionError("version of WebSocket", header("sec-websocket-version"))


def origin(header: Callable[[str], str]) -> str:
    """The page that opens the connection; a plain ``Origin`` is not looked at (Socket.IO 0.9.19, spec 0.9 §6.6)."""
    return header("sec-websocket-origin")
