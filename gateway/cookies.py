"""
The cookie of the polling handshake, by which proxies keep a client on one server. It is never read here.

    Set-Cookie: io=<sid>; Path=/; HttpOnly; SameSite=Lax
    Set-Cookie: sess=<sid>; Max-Age=60; Path=/x; SameSite=Strict
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

Fields = Mapping[str, Any]

WANTED = "None, True, a name, or {name, path, http_only, same_site, max_age, expires, domain, secure}"

_DEFAULTS: dict[str, Any] = {"name": "io", "path": "/", "http_only": True, "same_site": "lax"}
_NEW_NAMES = {"httpOnly": "http_only", "sameSite": "same_site", "maxAge": "max_age"}

# What would end a value or begin another attribute is refused (CVE-2024-47764).
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH = re.compile(r"[\x20-\x3a\x3c-\x7e]+")
_DOMAIN = re.compile(r"\.?[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?(?:\.[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?)*")


def _whole(pattern: re.Pattern[str]) -> Any:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


_TESTS: dict[str, Any] = {
    "name": _whole(_NAME),
    "path": lambda value: value is None or _whole(_PATH)(value),
    "http_only": _flag,
    "same_site": lambda value: str(value).lower() in ("lax", "strict", "none", "true", "false"),
    "max_age": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "expires": lambda value: isinstance(value, datetime),
    "domain": _whole(_DOMAIN),
    "secure": _flag,
}


def acceptable(option: Any) -> bool:
    """Whether the value of the option ``cookie`` says what cookie to set."""
    fields = _fields(option)
    return fields is None or all(name in _TESTS and _TESTS[name](value) for name, value in fields.items())


def cookie_header(option: Any, sid: str) -> str:
    """The value of ``Set-Cookie`` for the session ``sid``; "" when no cookie is wanted."""
    fields = _fields(option)
    if fields is None:
        return ""
    parts = [f"{fields['name']}={quote(sid, safe='')}"]
    parts += [f"{label}={show(fields[name])}" for name, label, show in _VALUES if fields.get(name) is not None]
    parts += [label for name, label in (("http_only", "HttpOnly"), ("secure", "Secure")) if fields.get(name)]
    site = str(fields["same_site"]).lower()
    if site != "false":
        parts.append(f"SameSite={_SITES[site]}")
    return "; ".join(parts)


_SITES = {"lax": "Lax", "strict": "Strict", "true": "Strict", "none": "None"}


def _date(expires: datetime) -> str:
    return format_datetime(expires.astimezone(UTC), usegmt=True)


#: In the order that cookies of Socket.IO 4.8 have.
_VALUES: tuple[tuple[str, str, Any], ...] = (
    ("max_age", "Max-Age", str),
    ("domain", "Domain", str),
    ("path", "Path", str),
    ("expires", "Expires", _date),
)


def _fields(option: Any) -> Fields | None:
    """All fields of the cookie; those of Socket.IO 4.x may be spelled as there."""
    if option is None or option is False:
        return None
    if option is True:
        return _DEFAULTS
    if isinstance(option, str):
        return _DEFAULTS | {"name": option}
    if not isinstance(option, Mapping):
        return {"": option}
    given = {str(_NEW_NAMES.get(name, name)): value for name, value in option.items()}
    return _DEFAULTS | given
