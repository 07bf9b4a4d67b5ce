"""Heads of requests: the rules that llhttp leaves to us, headers, the query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.heads import BadRequest, Head, read_headers, read_query


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([*lines, b"", b""])


def get(*fields: bytes, line: bytes = b"GET /a HTTP/1.1") -> Head:
    return Head(head(line, b"Host: x", *fields))


REFUSED = {
    "HTTP/2.0": head(b"GET / HTTP/2.0", b"Host: x"),
    "HTTP/0.9": head(b"GET /"),
    "two blanks": head(b"GET  / HTTP/1.1", b"Host: x"),
    "CONNECT": head(b"CONNECT x:80 HTTP/1.1", b"Host: x"),
    "no Host in 1.1": head(b"GET / HTTP/1.1", b"Accept: */*"),
    "two Hosts in 1.1": head(b"GET / HTTP/1.1", b"Host: x", b"Host: y"),
    "two equal Hosts, other case": head(b"GET / HTTP/1.1", b"Host: x", b"HOST: x"),
    "two Hosts in 1.0": head(b"GET / HTTP/1.0", b"Host: x", b"Host: y"),
    "Transfer-Encoding in 1.0": head(b"POST / HTTP/1.0", b"Host: x", b"Transfer-Encoding: chunked"),
    "gzip, chunked": head(b"POST / HTTP/1.1", b"Host: x", b"Transfer-Encoding: gzip, chunked"),
    "chunked on two lines": head(b"POST / HTTP/1.1", b"Host: x", b"Transfer-Encoding: chunked", b"transfer-encoding: chunked"),
    "chunked with a parameter": head(b"POST / HTTP/1.1", b"Host: x", b"Transfer-Encoding: chunked;q=1"),
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_a_head_that_two_readers_could_take_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        Head(raw)


KEEP_ALIVE = [
    (b"HTTP/1.1", (), True),
    (b"HTTP/1.1", (b"Connection: keep-alive",), True),
    (b"HTTP/1.1", (b"Connection: close",), False),
    (b"HTTP/1.1", (b"Connection: TE,  Close",), False),
    (b"HTTP/1.1", (b"Connection: keep-alive", b"connection: close"), False),
    (b"HTTP/1.1", (b"Connection: closed",), True),
    (b"HTTP/1.0", (), False),
    (b"HTTP/1.0", (b"Connection: Keep-Alive",), True),
    (b"HTTP/1.0", (b"Connection: TE, keep-alive",), True),
]


@pytest.mark.parametrize("version, fields, expected", KEEP_ALIVE)
def test_the_peer_says_whether_the_connection_lives_on(version: bytes, fields: tuple[bytes, ...], expected: bool) -> None:
    assert get(*fields, line=b"GET /a " + version).keep_alive is expected


UPGRADES = [
    ((b"Upgrade: websocket", b"Connection: Upgrade"), b"GET", True),
    ((b"Upgrade: WebSocket", b"Connection: keep-alive, UPGRADE"), b"GET", True),
    ((b"Upgrade:   websocket  ", b"Connection: upgrade"), b"GET", True),
    ((b"Upgrade: websocket",), b"GET", False),
    ((b"Connection: Upgrade",), b"GET", False),
    ((b"Upgrade: h2c", b"Connection: Upgrade"), b"GET", False),
    ((b"Upgrade: TLS/1.2, websocket", b"Connection: Upgrade"), b"GET", False),
    ((b"Upgrade: websocket", b"Connection: Upgrade"), b"POST", False),
    ((b"Upgrade: websocket", b"Connection: Upgrade", b"Content-Length: 2"), b"GET", False),
]


@pytest.mark.parametrize("fields, method, expected", UPGRADES)
def test_only_a_get_that_asks_for_websocket_is_an_upgrade(fields: tuple[bytes, ...], method: bytes, expected: bool) -> None:
    assert get(*fields, line=method + b" /a HTTP/1.1").upgrade is expected


TARGETS = [
    (b"/a/b?x=1&y", "/a/b", "x=1&y"),
    (b"/", "/", ""),
    (b"/a?b?c", "/a", "b?c"),
    (b"*", "*", ""),
    (b"http://x/a?b=1", "/a", "b=1"),
    (b"HTTPS://x:80?b=/1", "/", "b=/1"),
    (b"http://x", "/", ""),
    (b"ftp://x/a", "ftp://x/a", ""),
]


@pytest.mark.parametrize("target, path, query", TARGETS)
def test_a_target_is_split_but_not_decoded(target: bytes, path: str, query: str) -> None:
    request = get(line=b"GET " + target + b" HTTP/1.1")
    assert (request.target, request.path, request.raw_query) == (target.decode(), path, query)


QUERIES = [
    ("", {}),
    ("a=1&b=2", {"a": "1", "b": "2"}),
    ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
    ("a", {"a": ""}),
    ("&&a=1&", {"a": "1"}),
    ("a=%20+x", {"a": "  x"}),
    ("%61=%e2%82%ac", {"a": "\u20ac"}),
    ("a=%", {"a": "%"}),
    ("a=%zz&b=%ff", {"a": "%zz", "b": "\ufffd"}),
    ("a=b=c", {"a": "b=c"}),
    ("=1", {"": "1"}),
    ("constructor=1&__proto__=2", {"constructor": "1", "__proto__": "2"}),
]


@pytest.mark.parametrize("raw, expected", QUERIES)
def test_a_query_is_decoded(raw: str, expected: dict[str, object]) -> None:
    assert read_query(raw) == expected
    assert get(line=b"GET /?" + raw.encode() + b" HTTP/1.1").query == expected


@given(st.text(st.characters(max_codepoint=126, min_codepoint=33)))
def test_no_query_raises(raw: str) -> None:
    read_query(raw)


def test_header_names_have_no_case_and_values_are_latin1_and_joined() -> None:
    request = get(b"X-Name:\t\xe9t\xe9  ", b"accept: a", b"ACCEPT:b", b"Empty:")
    assert request.header("x-name") == "\xe9t\xe9"
    assert request.header("accept") == "a, b"
    assert request.header("empty") == ""
    assert request.header("absent") == ""
    assert request.header("name") == ""
    assert request.headers == {"host": "x", "x-name": "\xe9t\xe9", "accept": "a, b", "empty": ""}


def test_headers_are_read_again_after_the_head_was_shrunk() -> None:
    request = get(b"Origin: http://A")
    request.shrink()
    assert request.header("origin") == "http://A"
    assert read_headers(request.raw_head)["origin"] == "http://A"


@pytest.mark.parametrize(
    "value, version, expected", [(b"100-Continue", b"1.1", True), (b"100-continue", b"1.0", False), (b"x", b"1.1", False)]
)
def test_an_expectation_is_seen(value: bytes, version: bytes, expected: bool) -> None:
    assert get(b"Expect: " + value, line=b"POST /a HTTP/" + version).expects is expected
