"""
What the bodies of every era have in common: the limits of what is taken apart in one go, and the encoding of forms.

    data=%7Em%7E5%7Em%7Ehello+you      ->      ~m~5~m~hello you
"""

import re
from binascii import unhexlify
from urllib.parse import unquote_to_bytes

MAX_PACKETS = 20_000
"""Most packets of one body that is framed by lengths: to find each takes a step of Python, and a body may hold nothing else."""

LONG = 65_536
"""Bytes of a field from which on the standard library takes too long, most of all where nothing is encoded rightly."""

_DIGITS = [b"%c" % digit for digit in b"0123456789ABCDEFabcdef"]
_ENCODED = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_SINGLE = {b"%%%b%b" % (high, low): unhexlify(high + low) for high in _DIGITS for low in _DIGITS}


def unquoted(value: bytes) -> bytes:
    """Decode the value of a field; what is encoded wrongly stands as it is."""
    value = value.replace(b"+", b" ")
    if len(value) < LONG:
        return unquote_to_bytes(value)
    return _ENCODED.sub(_decoded, value)


def _decoded(run: re.Match[bytes]) -> bytes:
    text = run[0]
    return _SINGLE.get(text) or unhexlify(text.replace(b"%", b""))
