"""
Compression of HTTP answers (RFC 9110 §8.4 and §12.5.3).

    Accept-Encoding: gzip;q=0.5, deflate      from the client
    Content-Encoding: gzip                    from us, for bodies of 1024 bytes and more
    Vary: Accept-Encoding
"""

import re
import zlib

from gateway.deflate import THRESHOLD
from protocols.model import RequestView

Headers = tuple[tuple[str, str], ...]

CODINGS = {"gzip": 31, "deflate": 15}
"""What we offer, the better first, and how zlib is told so."""

_REFUSED = re.compile(r";\s*q\s*=\s*0(?:\.0*)?\s*\Z")


def encoded(request: RequestView, body: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """Compress ``body`` if it is worth it and the client takes that; gives body and headers."""
    if len(body) < THRESHOLD:
        return body, headers
    headers = vary(headers, "Accept-Encoding")
    coding = coding_of(request.header("accept-encoding"))
    if not coding:
        return body, headers
    return zlib.compress(body, wbits=CODINGS[coding]), (*headers, ("Content-Encoding", coding))


def coding_of(accept: str) -> str:
    """The first of our codings that ``Accept-Encoding`` allows, "" for none."""
    wanted: dict[str, bool] = {}
    for part in accept.lower().split(","):
        wanted[part.partition(";")[0].strip()] = not _REFUSED.search(part)
    others = wanted.get("*", False)
    return next((coding for coding in CODINGS if wanted.get(coding, others)), "")


def vary(headers: Headers, field: str) -> Headers:
    """Add ``field`` to the header ``Vary``."""
    fields = [value for name, value in headers if name == "Vary"]
    return (*(pair for pair in headers if pair[0] != "Vary"), ("Vary", ", ".join([*fields, field])))
