"""
The opening of a WebSocket of RFC 6455, and of the drafts since hybi-07.

    GET /x HTTP/1.1 ... Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
    HTTP/1.1 101 Switching Protocols ... Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable

from protocols.errors import ProtocolError

VERSIONS = frozenset(("13",))
"""Values of ``Sec-WebSocket-Version`` that :func:`check_opening` takes."""

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
_UNSAFE = re.compile(r"[^ -~\xa0-\xff]")


class UnknownVersionError(ProtocolError):
    """The client speaks a version of WebSocket that is not served here (RFC 6455 §4.4)."""

    status = 426


def check_opening(header: Callable[[str], str]) -> None:
    """Judge the request that opens a connection (RFC 6455 §4.2.1); its method is the caller's to check.

    :param header: lower-case name -> value, "" when absent.
    :raises ProtocolError: no opening of version 13; its ``status`` is the answer.
    """
    check_upgrade(header)
    if header("sec-websocket-version") not in VERSIONS:
        raise UnknownVersionError("version of WebSocket", header("sec-websocket-version"))


def check_upgrade(header: Callable[[str], str]) -> None:
    """Judge what every version since hybi-07 asks of an opening: the upgrade and the key.

    :raises ProtocolError: ``Upgrade``, ``Connection`` or ``Sec-WebSocket-Key`` is not as it must be.
    """
    for name, token in (("upgrade", "websocket"), ("connection", "upgrade")):
        value = header(name).lower()
        if value != token and token not in [part.strip() for part in value.split(",")]:
            raise ProtocolError(f"header {name} without {token}", header(name))
    key = header("sec-websocket-key")
    try:
        nonce = b64decode(key, validate=True)
    except ValueError:
        nonce = b""
    if len(nonce) != 16:
        raise ProtocolError("key is not base64 of 16 bytes", key)


def origin(header: Callable[[str], str]) -> str:
    """The page that opens the connection, "" outside a browser."""
    return header("origin")


def accept_key(key: str) -> str:
    """Prove that ``key`` was read (RFC 6455 §4.2.2)."""
    return b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()


def opening_answer(key: str, extra_headers: Collection[tuple[str, str]] = ()) -> bytes:
    """Give the whole 101 head.

    :raises ProtocolError: see :func:`head`.
    """
    more = head("", extra_headers)[2:] if extra_headers else b"\r\n"
    return b"%bSec-WebSocket-Accept: %b\r\n%b" % (_SWITCHING, accept_key(key).encode(), more)


def head(status: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Write the head of an answer, in which values that a peer sent may stand.

    :raises ProtocolError: a control character, or one outside Latin-1.
    """
    lines = [status, *(f"{name}: {value}" for name, value in headers)]
    for line in lines:
        if _UNSAFE.search(line):
            raise ProtocolError("character that no header may hold", line)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
