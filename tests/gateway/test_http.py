"""The reader of requests: heads and bodies cut out of a stream, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.heads import BadRequest, Head, HeadTooLarge
from gateway.http import RAW_SLACK, RequestReader
from protocols.errors import PayloadTooLarge, ProtocolError

LIMIT = 1000
MAX_HEAD = 600
MAX_LINES = 20

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(body: bytes) -> bytes:
    return b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def read(pieces: list[bytes]) -> list[tuple[bytes, bytes]]:
    """All (head, body) that a reader makes of ``pieces``."""
    reader = RequestReader(MAX_HEAD, MAX_LINES)
    found: list[tuple[bytes, bytes]] = []
    waiting: bytes | None = None
    for piece in pieces:
        reader.feed(piece)
        while True:
            if waiting is None:
                raw = reader.head()
                if raw is None:
                    break
                head = Head(raw)
                if not head.length and not head.chunked:
                    found.append((raw, b""))
                    continue
                reader.expect(head.length, head.chunked, LIMIT)
                waiting = raw
            body = reader.body()
            if body is None:
                break
            found.append((waiting, body))
            waiting = None
    return found


def single(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


REQUESTS = {
    "no body": (GET, b""),
    "length": (post(b"hello"), b"hello"),
    "length 0": (post(b""), b""),
    "blanks around the length": (post(b"abc").replace(b": 3", b": \t3  "), b"abc"),
    "empty lines in a body of known length": (post(b"a\r\n\r\nb\r\n\r\n"), b"a\r\n\r\nb\r\n\r\n"),
    "chunks": (CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
    "no chunk": (CHUNKED + b"0\r\n\r\n", b""),
    "hexadecimal chunk": (CHUNKED + b"0A\r\n0123456789\r\n00\r\n\r\n", b"0123456789"),
    "chunk with empty lines": (CHUNKED + b"d\r\na\r\n\r\n0\r\n\r\nbcd\r\n0\r\n\r\n", b"a\r\n\r\n0\r\n\r\nbcd"),
    "chunk extension": (CHUNKED + b'1;a="b"\r\nx\r\n0;c\r\n\r\n', b"x"),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", b"x"),
    "upgrade with a body": (post(b"hi").replace(b"Host: x", b"Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade"), b"hi"),
    "chunked upgrade": (CHUNKED.replace(b"Host: x", b"Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade") + b"0\r\n\r\n", b""),
}


@pytest.mark.parametrize("data, body", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_read_whole_byte_by_byte_and_with_a_neighbour_behind(data: bytes, body: bytes) -> None:
    head = data[: data.index(b"\r\n\r\n") + 4]
    assert read([data]) == [(head, body)]
    assert read(single(data)) == [(head, body)]
    assert read([data + GET + data]) == [(head, body), (GET, b""), (head, body)]
    assert read(single(data + GET)) == [(head, body), (GET, b"")]
    assert read([data[: len(data) // 2], data[len(data) // 2 :] + GET]) == [(head, body), (GET, b"")]


@pytest.mark.parametrize("blank", [b"\r\n", b"\r\n\r\n", b"\r\n" * 5])
def test_empty_lines_before_a_request_are_skipped(blank: bytes) -> None:
    for data in (blank + GET, GET + blank + GET):
        expected = [(GET, b"")] * data.count(b"GET")
        assert read([data]) == expected
        assert read(single(data)) == expected


LF = b"\n"
REFUSED = {
    "two equal lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
    "list of lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\nhi",
    "length and chunked": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked and length": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
    "signed length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nhi",
    "negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\nhi",
    "hexadecimal length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n\r\nhi",
    "empty length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\nhi",
    "length over 64 bits": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "underscore in length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\n0123456789",
    "chunked, chunked": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "identity": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
    "identity, chunked": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    "chunked, identity": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "vertical tab chunked": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "empty coding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: x\n\n",
    "bare LF in a header": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "bare CR in a header": b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "bare LF first": LF + GET,
    "bare CR first": b"\r" + GET,
    "LF after an empty line": b"\r\n\n" + GET,
    "blank before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "folding": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "folding at the first header": b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00\r\n\r\n",
    "ESC in a value": b"GET / HTTP/1.1\r\nHost: x\r\nA: \x1b[0m\r\n\r\n",
    "byte over 7F in a name": b"GET / HTTP/1.1\r\nHost: x\r\n\xe9: b\r\n\r\n",
    "byte over 7F in the target": b"GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n",
    "empty name": b"GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
    "blank first": b" " + GET,
    "unknown method": GET.replace(b"GET", b"FETCH"),
    "method in lower case": GET.replace(b"GET", b"get"),
    "TLS on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 1.2": GET.replace(b"1.1", b"1.2"),
    "version 01.1": GET.replace(b"1.1", b"01.1"),
    "chunk size with a sign": CHUNKED + b"+1\r\nx\r\n0\r\n\r\n",
    "chunk size with 0x": CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n",
    "chunk size with a blank": CHUNKED + b" 1\r\nx\r\n0\r\n\r\n",
    "chunk size with a blank behind": CHUNKED + b"1 \r\nx\r\n0\r\n\r\n",
    "chunk size with an underscore": CHUNKED + b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    "empty chunk size": CHUNKED + b"\r\nx\r\n0\r\n\r\n",
    "chunk size over 64 bits": CHUNKED + b"fffffffffffffffff1\r\nx\r\n0\r\n\r\n",
    "chunk without its end": CHUNKED + b"1\r\nxy\r\n0\r\n\r\n",
    "chunk end LF": CHUNKED + b"1\r\nx\n0\r\n\r\n",
    "chunk size end LF": CHUNKED + b"1\nx\r\n0\r\n\r\n",
    "LF in a chunk extension": CHUNKED + b"1;a\nb\r\nx\r\n0\r\n\r\n",
    "control in a chunk extension": CHUNKED + b"1;\x00\r\nx\r\n0\r\n\r\n",
    "forbidden trailer": CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n",
    "forbidden trailer coding": CHUNKED + b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "bad trailer": CHUNKED + b"0\r\nA : b\r\n\r\n",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_could_smuggle_a_request_is_refused_however_it_arrives(data: bytes) -> None:
    for pieces in ([data], single(data), [data + GET]):
        with pytest.raises(ProtocolError) as caught:
            read(pieces)
        assert caught.value.status == 400


def test_garbage_is_refused_before_the_head_is_complete() -> None:
    with pytest.raises(BadRequest):
        read([b"GET / HTTP/1.1\r\nHost : x"])


TOO_LARGE = {
    "long target": b"GET /" + b"a" * MAX_HEAD,
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * MAX_HEAD + b"\r\n\r\n",
    "many lines": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * MAX_LINES + b"\r\n",
    "many lines without an end": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * MAX_LINES,
    "many empty lines": b"\r\n" * (MAX_LINES + 1),
    "empty lines and header lines": b"\r\n" * (MAX_LINES - 3) + b"GET / HTTP/1.1\r\nHost: x\r\na: b\r\nc: d\r\n\r\n",
}


@pytest.mark.parametrize("data", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_head_over_the_limits_is_refused(data: bytes) -> None:
    for pieces in ([data], single(data), [GET + data]):
        with pytest.raises(HeadTooLarge):
            read(pieces)


def test_a_head_at_the_limits_is_read() -> None:
    lines = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * (MAX_LINES - 3) + b"\r\n"
    size = b"GET / HTTP/1.1\r\nHost: x\r\nA: "
    size += b"a" * (MAX_HEAD - len(size) - 4) + b"\r\n\r\n"
    assert read([lines]) == read(single(lines)) == [(lines, b"")]
    assert read([size]) == read(single(size)) == [(size, b"")]


TOO_MUCH = {
    "announced": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n",
    "announced, 10 GB": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n",
    "one chunk": CHUNKED + b"3e9\r\n" + b"a" * 1001,
    "many chunks": CHUNKED + b"1\r\na\r\n" * 1001,
    "extensions": CHUNKED + (b"1;" + b"a" * 400 + b"\r\nx\r\n") * 200,
}


@pytest.mark.parametrize("data", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_body_over_the_limit_is_413_before_it_has_come(data: bytes) -> None:
    for pieces in ([data], [data[at : at + 50] for at in range(0, len(data), 50)]):
        with pytest.raises(PayloadTooLarge):
            read(pieces)


def test_the_raw_bytes_of_a_chunked_body_are_limited_as_well() -> None:
    reader = RequestReader(MAX_HEAD, MAX_LINES)
    reader.expect(0, True, LIMIT)
    reader.feed(b"1;" + b"a" * (2 * LIMIT + RAW_SLACK - 2))
    assert reader.body() is None
    reader.feed(b"a")
    with pytest.raises(PayloadTooLarge):
        reader.body()


def test_a_body_is_relayed_as_it_comes_and_cut_at_its_end() -> None:
    raw = b"3\r\nabc\r\n0\r\n\r\n"
    reader = RequestReader(MAX_HEAD, MAX_LINES)
    reader.expect(0, True, LIMIT, keep=False)
    reader.feed(raw[:6])
    assert reader.piece() == (raw[:6], False)
    reader.feed(raw[6:] + GET)
    assert reader.piece() == (raw[6:], True)
    assert reader.head() == GET


def test_headers_that_passed_once_are_not_read_again() -> None:
    reader = RequestReader(MAX_HEAD, MAX_LINES)
    seen = []
    for path in (b"/a?t=1", b"/b?t=2"):
        reader.feed(b"GET %b HTTP/1.1\r\nHost: known\r\n\r\n" % path)
        raw = reader.head()
        assert raw is not None
        head = Head(raw, reader.fields)
        assert (head.method, head.target, head.version, head.header("host")) == ("GET", path.decode(), "1.1", "known")
        seen.append(head.fields)
    assert seen[0] is seen[1]


BAD_LINES = (b"GET /a b HTTP/1.1", b"GET /a HTTP/1.2", b"GOT /a HTTP/1.1", b"GET /\x01 HTTP/1.1", b"GET a HTTP/1.1", b"GET /a")


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_request_line_is_refused_before_known_headers_too(line: bytes) -> None:
    fields = b"\r\nHost: known too\r\n\r\n"
    assert read([b"GET /a HTTP/1.1" + fields])
    with pytest.raises(BadRequest):
        read([line + fields])


@pytest.mark.parametrize(
    "fields", [b"Host: a\r\nTransfer-Encoding: gzip", b"Host: a\r\nHost: b", b"X: y", b"Host: a\r\nContent-Length: 1, 1"]
)
def test_headers_that_were_refused_once_are_refused_again(fields: bytes) -> None:
    for _ in range(2):
        with pytest.raises(BadRequest):
            read([b"POST /a HTTP/1.1\r\n%b\r\n\r\n" % fields])


@given(st.lists(st.binary(max_size=40)))
@settings(max_examples=300)
def test_garbage_raises_nothing_but_a_protocol_error(pieces: list[bytes]) -> None:
    try:
        read(pieces)
    except ProtocolError:
        return


TOKENS = [
    b"GET",
    b"POST",
    b" ",
    b"/",
    b"HTTP/1.1",
    b"\r\n",
    b"\r",
    b"\n",
    b"Host: x",
    b"Content-Length: 3",
    b":",
    b"0",
    b"3",
    b"abc",
]
TOKENS += [b"Transfer-Encoding: chunked", b"Upgrade: websocket", b"Connection: Upgrade", b"\xff", b"\x00", b";", b"?a=%"]


@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.booleans())
@settings(max_examples=500)
def test_shuffled_words_of_http_raise_nothing_but_a_protocol_error(words: list[bytes], whole: bool) -> None:
    data = b"".join(words)
    try:
        read([data] if whole else single(data))
    except ProtocolError:
        return
