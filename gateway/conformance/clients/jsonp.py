"""
What scripts and forms carry.

    io.JSONP[3]._("~m~5~m~hello");      io.j[0]("1::");      ___eio[0]("96:0{...}");
    data=%7Em%7E5%7Em%7Ehello           d=%223%3A%3A%3Aa%22
"""

import json
import re
from urllib.parse import quote_plus

from gateway.conformance.clients.link import RefusedError
from gateway.conformance.clients.texts import utf8

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)

_CALL = re.compile(r"([\w.\[\]]+)\((.*)\);?", re.DOTALL)


def argument(script: str, function: str) -> str:
    """
    The text that ``script`` calls ``function`` with.

    :raises RefusedError: it is another script, or one that browsers before 2019 can't read.
    """
    match = _CALL.fullmatch(script)
    if match is None or match[1] != function:
        raise RefusedError(200, f"{script[:60]!r} does not call {function}")
    if "\u2028" in script or "\u2029" in script:
        raise RefusedError(200, "a bare line separator in a script")
    try:
        text = json.loads(match[2])
    except ValueError:
        raise RefusedError(200, f"{match[2][:60]!r} is no string literal") from None
    if not isinstance(text, str):
        raise RefusedError(200, f"{function} is not called with a text")
    return text


def form(field: str, text: str) -> bytes:
    """One field of a form that a page with UTF-8 posts."""
    return f"{field}=".encode() + quote_plus(utf8(text), safe="*-._").encode()
