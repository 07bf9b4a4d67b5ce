"""
The head of one HTTP/1.1 request: what was asked, and the rules llhttp leaves to us.

    GET /socket.io/?EIO=4&transport=polling HTTP/1.1 <CRLF>
    Host: example.org <CRLF>
    Connection: keep-alive <CRLF>
    <CRLF>

The parser has checked the syntax before (no bare CR or LF, no folding, no blank before a colon, no second
Content-Length), so that fields can be cut out of the raw bytes. They are kept as bytes and read on demand:
a dict of all headers costs more memory than everything else a connection holds. As a client sends the same
headers again and again, what was read of the last few hundred different ones is kept (:class:`Fields`), and is not
checked by the parser again either.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from protocols.errors import ProtocolError

_RULES = re.compile(rb"\r\n(host|con(?:nection|tent-length)|transfer-encoding|upgrade|expect):([^\r]*)")
"""The fields that decide how the connection goes on, in a head turned to lower case."""


_PAGE = re.compile(rb"\r\n(?:origin|sec-websocket-origin|referer):")
"""Headers that name the page a request comes from, in a head turned to lower case."""

KEPT = 2048
"""Bytes of headers at most of which is kept what was read of them."""

KNOWN = 512
"""Most different headers of which something is kept."""

ASKED = 16
"""Most headers whose values are kept with the rest."""

_PLAIN_LINE = re.compile(rb"(?:GET|POST) /[A-Za-z0-9/?&=._~%+:;,@!$'()*-]* HTTP/1\.1\r\n")
"""Request lines that no parser refuses."""


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
    :ivar anonymous: no header names the page that it comes from.
    :ivar keep_alive: the peer allows another request on the connection.
    :ivar upgrade: a GET that asks for WebSocket, of any draft.
    :ivar expects: the peer waits for ``100 Continue`` before it sends the body.
    :ivar fields: what its headers say.
    :ivar raw_head: all bytes of the head, request line and last CR LF included.
    :raises BadRequest: a rule of RFC 9112 is broken that the parser does not check.
    """

    __slots__ = (
        "_query",
        "anonymous",
        "chunked",
        "expects",
        "fields",
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

    def __init__(self, raw: bytes, fields: "Fields | None" = None) -> None:
        self.raw_head = raw
        self._query: Mapping[str, Any] | None = None
        if fields is None:
            fields = self._judge(raw)
        else:  # the request line was judged with them
            self.method, self.target, _ = raw[: raw.find(b"\r\n")].decode("latin-1").split(" ")
            self.version = "1.1"
        target = self.target
        self.path, _, self.raw_query = (target if target[0] == "/" else _origin_form(target)).partition("?")
        self.fields = fields
        self.length = fields.length
        self.chunked = fields.chunked
        self.keep_alive = fields.keep_alive
        self.expects = fields.expects
        self.anonymous = fields.anonymous
        self.upgrade = fields.upgrade and self.method == "GET"

    def _judge(self, raw: bytes) -> "Fields":
        """Read the request line, and what the headers say."""
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
        return Fields(raw[end:], protocol == "HTTP/1.1")

    def header(self, name: str) -> str:
        """Value of header ``name`` (given in lower case), Latin-1, repeated ones joined by ", "; "" when absent."""
        fields = self.fields
        value = fields.asked.get(name)
        if value is None:
            value = "" if fields.complete else self._header(name)
        return value

    def _header(self, name: str) -> str:
        fields = self.fields
        table = _headers(self.raw_head[self.raw_head.find(b"\r\n") :])
        value = table.get(name, "")
        if len(table) <= ASKED:
            fields.asked, fields.complete = table, True
        elif len(fields.asked) < ASKED:
            fields.asked[name] = value
        return value

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
        self._query = None


class Fields:
    """
    What the headers of a request say, as far as it was asked for; requests that bring the same bytes share it.

    :param raw: the headers, from the end of the request line on.
    :param modern: of HTTP/1.1, else 1.0.
    :ivar anonymous: see :class:`Head`, as ``length``, ``chunked``, ``keep_alive`` and ``expects``.
    :ivar upgrade: they ask for WebSocket, if the method fits.
    :ivar asked: values of those that were asked for; "" when absent. Of all that are there, if ``complete``.
    :raises BadRequest: a rule of RFC 9112 is broken that the parser does not check.
    """

    __slots__ = ("anonymous", "asked", "chunked", "complete", "expects", "keep_alive", "length", "upgrade")

    def __init__(self, raw: bytes, modern: bool) -> None:
        lowered = raw.lower()
        self.length, self.chunked, self.keep_alive, self.upgrade, self.expects = _rules(lowered, modern)
        self.anonymous = _PAGE.search(lowered) is None
        self.asked: dict[str, str] = {}
        self.complete = False

    @property
    def plain(self) -> bool:
        """Whatever request brings them, the connection goes on as usual behind it."""
        return self.keep_alive and not (self.chunked or self.upgrade or self.expects)


_known: dict[bytes, Fields] = {}


def known_fields(data: bytes, at: int, end: int) -> Fields | None:
    """
    The fields of the head ``data[at:end]`` if the parser is known to let it pass, else None.

    Its request line must be of the usual kind, and its headers have passed before, see :func:`remember`.
    """
    line = _PLAIN_LINE.match(data, at, end)
    return None if line is None else _known.get(data[line.end() - 2 : end])


def remember(data: bytes, at: int, end: int) -> Fields | None:
    """
    The parser has let the head ``data[at:end]`` pass: need it not check these headers again, return them.

    :raises BadRequest: see :class:`Fields`.
    """
    line = _PLAIN_LINE.match(data, at, end)
    if line is None or end - line.end() >= KEPT:
        return None
    raw = data[line.end() - 2 : end]
    fields = Fields(raw, True)
    if fields.plain:
        _known[raw] = fields
        if len(_known) > KNOWN:
            del _known[next(iter(_known))]
    return fields


Rules = tuple[int, bool, bool, bool, bool]
"""length, chunked, keep_alive, upgrade (if the method fits), expects"""


def _rules(fields: bytes, modern: bool) -> Rules:
    """What the headers (in lower case) of an HTTP/1.1 (``modern``) or 1.0 request say about the connection."""
    length = hosts = 0
    chunked = expects = False
    connection = upgrade = b""
    for name, value in _RULES.findall(fields):
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
