"""
The head of an HTTP answer.

    HTTP/1.1 200 OK <CRLF> Content-Type: text/plain <CRLF> Connection: keep-alive <CRLF>

Most answers of a gateway differ only in their body, so heads are kept once made.
"""

import re
from functools import lru_cache
from http.client import responses

Headers = tuple[tuple[str, str], ...]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@lru_cache(maxsize=256)
def answer_head(status: int, content_type: str, headers: Headers, keep_alive: bool) -> bytes:
    """
    Status line and headers, without the length and the empty line.

    :raises ValueError: a header name is no token, or a value holds a control character or is not Latin-1.
    """
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}"]
    if content_type:
        lines.append(_line("Content-Type", content_type))
    lines.extend(_line(name, value) for name, value in headers)
    lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
    return "\r\n".join([*lines, ""]).encode("latin-1")


def _line(name: str, value: str) -> str:
    if not _NAME.match(name) or _CONTROL.search(value):
        raise ValueError(f"not a header: {name!r}: {value!r}")
    return f"{name}: {value}"


def has_body(status: int) -> bool:
    """Whether an answer with this status may have a body (RFC 9110 §6.4.1)."""
    return status >= 200 and status != 204 and status != 304
