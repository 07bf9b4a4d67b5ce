"""
Negotiation of permessage-deflate in the opening of a WebSocket (RFC 7692 §5 and §7.1).

    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame
    Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover

The header is cut here, in time linear in its length; Autobahn judges the parameters of each offer. What can't be
read, or asks for what we don't do, is passed over: the connection goes on without compression.
"""

import re

from autobahn.websocket.compress_deflate import PerMessageDeflateOffer

EXTENSION = "permessage-deflate"

Params = dict[str, list[str | bool]]
"""Parameters of one offer: each value in order, True for a parameter without one."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_PART = re.compile(rf'[ \t]*+({_TOKEN})[ \t]*+(?:=[ \t]*+({_TOKEN}|"(?:[^"\\]|\\.)*+")[ \t]*+)?(;|,|\Z)', re.DOTALL)
_GAP = re.compile(r"[ \t,]*+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BITS = re.compile(r"[89]|1[0-5]")


def negotiate(header: str) -> int | None:
    """
    Choose among the offers of a client.

    :param header: its ``Sec-WebSocket-Extensions``, "" for none.
    :returns: bits of the window it wants us to compress with, 0 when it does not care; None to go on uncompressed.
    """
    for name, params in parse_offers(header):
        window = _window(params) if name == EXTENSION else None
        if window is not None:
            return window
    return None


def parse_offers(header: str) -> list[tuple[str, Params]]:
    """The extensions that ``header`` offers, in order; none at all when it breaks the grammar (RFC 6455 §9.1)."""
    offers: list[tuple[str, Params]] = []
    at, mark = 0, ","
    while mark:
        if mark == ",":
            at = _GAP.match(header, at).end()  # type: ignore[union-attr]  # it matches everywhere
            if at == len(header):
                break
        part = _PART.match(header, at)
        if part is None:
            return []
        name, value = part[1], part[2]
        if mark == ";":
            offers[-1][1].setdefault(name, []).append(True if value is None else _unquoted(value))
        elif value is None:
            offers.append((name, {}))
        else:
            return []
        at, mark = part.end(), part[3]
    return offers


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _window(params: Params) -> int | None:
    """The window one offer of permessage-deflate asks for; None when the offer can't be taken."""
    if not all(value is True or _BITS.fullmatch(str(value)) for values in params.values() for value in values):
        return None
    try:
        offer = PerMessageDeflateOffer.parse(params)
    except Exception:  # noqa: BLE001 - Autobahn raises nothing narrower
        return None
    window: int = offer.request_max_window_bits
    return window


def answer(window: int) -> str:
    """The value of our ``Sec-WebSocket-Extensions`` after :func:`negotiate` gave ``window``."""
    bits = f"; server_max_window_bits={window}" if window else ""
    return f"{EXTENSION}; server_no_context_takeover; client_no_context_takeover{bits}"
