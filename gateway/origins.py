"""Which origins may connect: one rule for every transport of every era."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from gateway.encoding import vary
from protocols.model import RequestView

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

Rule = Callable[[str, Any], Any]


class Origins:
    """
    :param allowed: None for the same origin only, "*" for all, a list of origins, or a function
        ``(origin, request)`` that returns whether it may (or a Deferred or coroutine of that).
    """

    __slots__ = ("_rule", "listed")

    def __init__(self, allowed: Any = None) -> None:
        self.listed: tuple[str, ...] | None = None
        if isinstance(allowed, str):
            allowed = (allowed,)
        if allowed is None:
            self._rule: Rule = _same_origin
        elif callable(allowed):
            self._rule = allowed
        elif "*" in allowed or "*:*" in allowed:
            self._rule = _anybody
        else:
            self.listed = tuple(allowed)
            self._rule = _listed({_place(origin) for origin in self.listed})

    def allows(self, request: Any) -> Any:
        """Whether the request may connect; a request without origin always may. Perhaps a Deferred or coroutine."""
        origin = origin_of(request)
        return True if not origin else self._rule(origin, request)


def origin_of(request: RequestView) -> str:
    """
    The request's origin, "" for none; drafts 7 and 8 of WebSocket have a header of their own for it.

    A script element names none, but any page can read what it brings: for JSONP the page counts that the browser names.
    """
    named = request.header("origin") or request.header("sec-websocket-origin")
    return named if named or not is_jsonp(request) else request.header("referer")


def is_jsonp(request: RequestView) -> bool:
    """Whether the answer is to be a script."""
    query = request.raw_query
    return "jsonp" in request.target or (bool(query) and (query.startswith("j=") or "&j=" in query))


def cors_headers(request: RequestView) -> tuple[tuple[str, str], ...]:
    """What lets a page of an allowed origin read the answer."""
    origin = request.header("origin")
    if not origin:
        return ()
    return (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"))


def preflight_headers(request: RequestView) -> tuple[tuple[str, str], ...]:
    """The answer to a CORS preflight of an allowed origin."""
    asked = request.header("access-control-request-headers")
    allowed = (("Access-Control-Allow-Headers", asked),) if asked else ()
    cors = vary(cors_headers(request), "Access-Control-Request-Headers") if asked else cors_headers(request)
    return (*cors, ("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE"), *allowed)


def _anybody(origin: str, request: RequestView) -> bool:
    return True


def _same_origin(origin: str, request: RequestView) -> bool:
    # Only host and port count: a TLS proxy in front changes the scheme.
    scheme, host, port = _place(origin)
    if not host:
        return False
    own = urlsplit("//" + request.header("host"))
    try:
        own_port = own.port
    except ValueError:
        return False
    if own_port is None:
        return (own.hostname or "") == host and port in (None, *_DEFAULT_PORTS.values())
    return (own.hostname or "") == host and (port or _DEFAULT_PORTS.get(scheme, 80)) == own_port


def _listed(places: Iterable[tuple[str, str, int | None]]) -> Rule:
    known = frozenset(places)

    def rule(origin: str, request: RequestView) -> bool:
        scheme, host, port = _place(origin)
        return any((s in ("", scheme) or not scheme) and h in ("*", host) and (p is None or p == port) for s, h, p in known)

    return rule


def _place(origin: str) -> tuple[str, str, int | None]:
    """Scheme (ws counts as http), host and port of an origin; ("", "", None) for one that can't be read."""
    text = origin if "://" in origin else f"//{origin}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        if text.endswith(":*"):
            return (*_place(origin[:-2])[:2], None)
        return "", "", None
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return scheme, parts.hostname or "", port if port is not None else _DEFAULT_PORTS.get(scheme)
