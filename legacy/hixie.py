"""
WebSocket drafts 75 and 76, before RFC 6455: Chrome 4 to 13, Safari 5, iOS 4, every flashsocket.

    00 h e l l o ff        a text message, both ways
    ff 00                  close (draft 76), both ways

Draft 76 sends two keys in its request and 8 bytes behind it, the nonce. The 101 head must leave
before the nonce is there (HAProxy holds it back until then); the 16 bytes of :func:`answer` follow.
"""

import hashlib
from collections.abc import Callable, Iterable

from protocols.errors import BadText, PayloadTooLarge, ProtocolError
from protocols.opening import head
from protocols.websocket import Close, Failure, utf8

CLOSE = b"\xff\x00"
"""Closes, and answers the peer's close: a browser that waits for it fires ``onclose`` minutes late without."""

NONCE_SIZE = 8
"""Bytes of the nonce; what follows them are frames."""


def check_opening(header: Callable[[str], str]) -> None:
    """Judge the request that opens a connection of either draft; its method is the caller's to check.

    :param header: lower-case name -> value, "" when absent. Blanks inside a value count.
    :raises ProtocolError: not ``Upgrade: WebSocket`` in exactly this case, no Host, or a key that cannot be answered.
    """
    connection = [part.strip() for part in header("connection").lower().split(",")]
    if header("upgrade") != "WebSocket" or "upgrade" not in connection:
        raise ProtocolError("no upgrade to WebSocket", header("upgrade"))
    if not header("host"):
        raise ProtocolError("no Host")
    if is_draft76(header):
        _part(header("sec-websocket-key1"))
        _part(header("sec-websocket-key2"))


def is_draft76(header: Callable[[str], str]) -> bool:
    """Whether the opening brings keys, and so a nonce will follow (Socket.IO 0.6.18 and 0.9.19 decide by this)."""
    return header("sec-websocket-key1") != "" or header("sec-websocket-key2") != ""


def origin(header: Callable[[str], str]) -> str:
    """The page that opens the connection."""
    return header("origin")


def opening75(origin: str, host: str, target: str, secure: bool) -> bytes:
    """Give the 101 head of draft 75, whose first 85 bytes browsers compare literally.

    :param target: the request target, unchanged.
    :param secure: the page's address is ``wss:``, as seen by the browser.
    :raises ProtocolError: a control character, or one outside Latin-1.
    """
    return _opening("Web Socket", "", origin, host, target, secure)


def opening76(origin: str, host: str, target: str, secure: bool, protocol: str = "") -> bytes:
    """Give the 101 head of draft 76, to be sent before the nonce has come; parameters as in :func:`opening75`.

    :param protocol: the requested subprotocol, which is agreed to.
    :raises ProtocolError: a control character, or one outside Latin-1.
    """
    extra = [("Sec-WebSocket-Protocol", protocol)] if protocol else []
    return _opening("WebSocket", "Sec-", origin, host, target, secure, extra)


def _opening(
    name: str, prefix: str, origin: str, host: str, target: str, secure: bool, extra: Iterable[tuple[str, str]] = ()
) -> bytes:
    # Without Origin 0.6.18 and 0.9.19 write the word; clients that send none do not compare it.
    headers = [
        ("Upgrade", "WebSocket"),
        ("Connection", "Upgrade"),
        (f"{prefix}WebSocket-Origin", origin or "undefined"),
        (f"{prefix}WebSocket-Location", f"{'wss' if secure else 'ws'}://{host}{target}"),
    ]
    return head(f"HTTP/1.1 101 {name} Protocol Handshake", [*headers, *extra])


def answer(key1: str, key2: str, nonce: bytes) -> bytes:
    """Prove to a client of draft 76 that its opening was read: the 16 bytes that follow the head.

    :param nonce: exactly the 8 bytes behind the request's head.
    :raises ProtocolError: a key that no client makes, or a nonce of another size.
    """
    if len(nonce) != NONCE_SIZE:
        raise ProtocolError("nonce is not 8 bytes", nonce)
    return hashlib.md5(_part(key1) + _part(key2) + nonce, usedforsecurity=False).digest()


def _part(key: str) -> bytes:
    """The 32 bits that a key hides: the number its digits make, divided by the number of its spaces."""
    digits = "".join(char for char in key if "0" <= char <= "9")
    spaces = key.count(" ")
    if not digits or not spaces or len(digits) > 20:
        raise ProtocolError("key without spaces or digits, or with too many", key)
    part, remainder = divmod(int(digits), spaces)
    if remainder or part >> 32:
        raise ProtocolError("key is not a multiple of its spaces, or over 32 bits", key)
    return part.to_bytes(4, "big")


def frame(text: str) -> bytes:
    """Frame one text message; a surrogate without its other half becomes U+FFFD."""
    return b"\x00%b\xff" % utf8(text)


def frames(units: Iterable[str | bytes]) -> bytes:
    """Frame each unit as a message of its own.

    :raises TypeError: bytes, which these drafts cannot carry.
    """
    parts = []
    for unit in units:
        if not isinstance(unit, str):
            raise TypeError("drafts 75 and 76 carry text only")
        parts.append(frame(unit))
    return b"".join(parts)


class HixieReader:
    """
    Turns the bytes of one connection, from behind the opening, into what the peer said.

    Works on bytes, not on decoded text as the old servers did: U+FFFD in a message is
    data. Costs are linear in the bytes; what waits for its end never exceeds ``max_payload``.

    :param max_payload: most bytes between 00 and FF.
    """

    __slots__ = ("_body", "_max_payload", "_over")

    def __init__(self, max_payload: int) -> None:
        self._max_payload = max_payload
        self._body: bytearray | None = None  # of a frame whose end has not come
        self._over = False

    def feed(self, data: bytes) -> list[str | Close | Failure]:
        """Take a segment and return what it completes; after a Close or a Failure, which come last, nothing."""
        received: list[str | Close | Failure] = []
        at = 0
        try:
            while at < len(data) and not self._over:
                if self._body is not None:
                    at = self._text(self._body, data, at, received)
                elif data[at]:
                    received.append(self._end(data[at]))
                    break
                else:
                    at = self._frame(data, at + 1, received)
        except ProtocolError as error:
            received.append(self._fail(error))
        return received

    def _frame(self, data: bytes, at: int, received: list[str | Close | Failure]) -> int:
        """Take the frame whose text begins at ``at``, all of it if it is there."""
        end = data.find(0xFF, at)
        if end < 0 or end - at > self._max_payload:
            self._body = bytearray()
            return self._text(self._body, data, at, received)
        received.append(_decode(data[at:end]))
        return end + 1

    def _text(self, body: bytearray, data: bytes, at: int, received: list[str | Close | Failure]) -> int:
        """Take from ``at`` what belongs to the open frame; deliver it if that ends it."""
        end = data.find(0xFF, at)
        stop = len(data) if end < 0 else end
        if len(body) + stop - at > self._max_payload:
            raise PayloadTooLarge(f"frame over {self._max_payload} bytes")
        body += data[at:stop]
        if end >= 0:
            self._body = None
            received.append(_decode(body))
        return stop + 1

    def _end(self, first: int) -> Close | Failure:
        """What a first byte other than 00 means: no client sends the length-prefixed frames of the drafts."""
        if first != CLOSE[0]:
            return self._fail(ProtocolError("frame that does not begin with 00"))
        self._over = True
        return Close(None, "")

    def _fail(self, error: ProtocolError) -> Failure:
        self._over = True
        self._body = None
        return Failure(error.close_code, error.rule)


def _decode(body: bytes | bytearray) -> str:
    """Read UTF-8, and CESU-8: a character above U+FFFF as two surrogates of three bytes each, as Flash may write it.

    :raises BadText: anything else, a single surrogate too.
    """
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise BadText("text that is not UTF-8", bytes(body)) from None
