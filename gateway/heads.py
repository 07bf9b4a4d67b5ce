"""
The head of one HTTP/1.1 request: what was asked, and the rules llhttp leaves to us.

    GET /socket.io/?EIO=4&transport=polling HTTP/1.1 <CRLF>
    Host: example.org <CRLF>
    Connection: keep-alive <CRLF>
    <CRLF>

The parser has checked the syntax before (no bare CR or LF, no folding, no blank before a colon, no second
Content-Length), so that fields can be cut out of the raw bytes. They are kept as bytes and read on demand:
a dict of all headers costs more memory than everything else a connection holds. As a client sends the same
headers again and again, what was read of the last few hundred different ones is kept.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from protocols.errors import ProtocolError

_RULES = re.compile(rb"\r\n(host|con(?:nection|tent-length)|transfer-encoding|upgrade|expect):([^\r]*)")
"""The fields that decide how the connection goes on, in a head turned to lower case."""


KEPT = 2048
"""Bytes of headers at most of which is kept what was read of them."""


class BadRequest(ProtocolError):
    """The bytes are no HTTP/1.x request, or one that two readers could take differently."""


class HeadTooLarge(BadRequest):
    """The head has more bytes or lines than the front allows."""

    status = 431


class TooSlow(BadRequest):
    """The request was not complete in time."""

    status = 408


class Head:
    """
    One request without its body.

    :ivar target: the request target as sent; ``path`` and ``raw_query`` are its halves, still encoded.
    :ivar version: "1.0" or "1.1".
    :ivar length: the announced length of the body; 0 when there is none or it is chunked.
    :ivar keep_alive: the peer allows another request on the connection.
    :ivar upgrade: a GET that asks for WebSocket, of any draft.
    :ivar expects: the peer waits for ``100 Continue`` before it sends the body.
    :ivar raw_head: all bytes of the head, request line and last CR LF included.
    :raises BadRequest: a rule of RFC 9112 is broken that the parser does not check.
    """

    __slots__ = (
        "_fields",
        "_query",
        "chunked",
        "expects",
        "keep_alive",
        "length",
        "method",
        "path",
        "raw_head",
        "raw_query",
        "target",
        "upgrade",
        "version",
    )

    def __init__(self, raw: bytes) -> None:
        self.raw_head = raw
        self._query: Mapping[str, Any] | None = None
        end = raw.find(b"\r\n")
        words = raw[:end].decode("latin-1").split(" ")
        if len(words) != 3:
            raise BadRequest("malformed request line", raw)
        method, target, protocol = words
        if protocol != "HTTP/1.1" and protocol != "HTTP/1.0":
            raise BadRequest("unsupported HTTP version", raw)
        if method == "CONNECT":
            raise BadRequest("CONNECT is not offered", raw)
        self.method = method
        self.target = target
        self.version = protocol[5:]
        self.path, _, self.raw_query = (target if target[0] == "/" else _origin_form(target)).partition("?")
        fields = raw[end:]
        self._fields: bytes | None = fields
        rules = _kept_rules if len(fields) <= KEPT else _rules
        self.length, self.chunked, self.keep_alive, upgrade, self.expects = rules(fields, protocol == "HTTP/1.1")
        self.upgrade = upgrade and method == "GET"

    def header(self, name: str) -> str:
        """Value of header ``name`` (given in lower case), Latin-1, repeated ones joined by ", "; "" when absent."""
        if self._fields is None:
            self._fields = self.raw_head[self.raw_head.find(b"\r\n") :]
        headers = _kept_headers if len(self._fields) <= KEPT else _headers
        return headers(self._fields).get(name, "")

    @property
    def headers(self) -> dict[str, str]:
        """All headers, names in lower case; a new dict at each call."""
        return read_headers(self.raw_head)

    @property
    def query(self) -> Mapping[str, Any]:
        """The query, percent-decoded; a repeated key holds a list. Bytes that are not UTF-8 become U+FFFD."""
        if self._query is None:
            self._query = read_query(self.raw_query)
        return self._query

    def shrink(self) -> None:
        """Free what can be computed again: the answer will take a while."""
        self._fields = None


Rules = tuple[int, bool, bool, bool, bool]
"""length, chunked, keep_alive, upgrade (if the method fits), expects"""


def _rules(fields: bytes, modern: bool) -> Rules:
    """What the headers of an HTTP/1.1 (``modern``) or 1.0 request say about the connection."""
    length = hosts = 0
    chunked = expects = False
    connection = upgrade = b""
    for name, value in _RULES.findall(fields.lower()):
        if name == b"host":
            hosts += 1
        elif name == b"connection":
            connection += b"," + value
        elif name == b"content-length":
            length = int(value)
        elif name == b"upgrade":
            upgrade += value
        elif name == b"expect":
            expects = modern and value.strip() == b"100-continue"
        elif chunked or not modern or value.strip() != b"chunked":
            raise BadRequest("unsupported Transfer-Encoding", value)
        else:
            chunked = True
    if hosts != 1 and (hosts or modern):
        raise BadRequest("not exactly one Host", fields)
    options = connection.replace(b" ", b"").replace(b"\t", b"").split(b",")
    keep_alive = b"close" not in options and (modern or b"keep-alive" in options)
    upgrades = modern and upgrade.strip() == b"websocket" and b"upgrade" in options and not length and not chunked
    return length, chunked, keep_alive, upgrades, expects


def _headers(fields: bytes) -> dict[str, str]:
    """Headers of a checked head, from the end of its request line on; not to be changed."""
    headers: dict[str, str] = {}
    for line in fields.decode("latin-1").split("\r\n")[1:-2]:
        name, _, value = line.partition(":")
        name = name.lower()
        value = value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


_kept_rules = lru_cache(maxsize=512)(_rules)
_kept_headers = lru_cache(maxsize=512)(_headers)


def read_headers(raw_head: bytes) -> dict[str, str]:
    """Headers of a checked head: names in lower case, Latin-1 values, repeated ones joined by ", "; a new dict."""
    return dict(_headers(raw_head[raw_head.find(b"\r\n") :]))


def read_query(raw_query: str) -> dict[str, Any]:
    """Decode ``a=1&b=%20+&a=2`` to ``{"a": ["1", "2"], "b": "  "}``; never raises."""
    query: dict[str, Any] = {}
    for field in raw_query.split("&"):
        if not field:
            continue
        key, _, value = field.partition("=")
        if "%" in field or "+" in field:
            key = unquote_plus(key)
            value = unquote_plus(value)
        if key not in query:
            query[key] = value
        elif type(query[key]) is list:
            query[key].append(value)
        else:
            query[key] = [query[key], value]
    return query


def _origin_form(target: str) -> str:
    """``http://host/path?query`` as proxies send it, cut to ``/path?query`` (RFC 9112 §3.2.2)."""
    scheme, mark, rest = target.partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        return target
    starts = [at for at in (rest.find("/"), rest.find("?")) if at >= 0]
    origin = rest[min(starts) :] if starts else ""
    return origin if origin.startswith("/") else "/" + origin
