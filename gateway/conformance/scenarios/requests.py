"""HTTP as such: framing of requests, limits, order, CORS."""

from gateway.conformance.cases import Case, of_server, scenario
from gateway.conformance.clients.kinds import POLL, Kind

TARGET = "/socket.io/?EIO=4&transport=polling"
ORIGIN = "http://page.example"

AMBIGUOUS = (
    "Content-Length: 2\r\nContent-Length: 2",
    "Content-Length: 2\r\nContent-Length: 3",
    "Content-Length: 2\r\nTransfer-Encoding: chunked",
    "Content-Length: +2",
    "Content-Length: -2",
    "Content-Length: 0x2",
    "Content-Length: 2,2",
    "Content-Length:",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Content-Length : 2",
    "Transfer-Encoding : chunked",
    " Content-Length: 2",
)
"""Lines from which two readers could tell different ends of a request."""

BAD_CHUNKS = (b"2\r\nab0\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n", b"x\r\n", b"-1\r\n", b"2 \r\nab\r\n0\r\n\r\n", b"2\nab\n0\n\n")


def head(case: Case, method: str, target: str, *lines: str, version: str = "1.1") -> bytes:
    """A request head."""
    return "\r\n".join([f"{method} {target} HTTP/{version}", f"Host: {case.link.host}", *lines, "", ""]).encode()


@of_server("8", "ambiguous framing is 400, and no second request is read")
async def ambiguous(case: Case) -> None:
    for lines in AMBIGUOUS:
        second = head(case, "GET", TARGET)
        received = await case.answered_raw(head(case, "POST", TARGET, lines) + b"0\r\n\r\n" + second)
        assert received.startswith(b"HTTP/1.1 400"), f"{lines!r}: {received[:40]!r}"
        assert received.count(b"HTTP/1.1 ") == 1, f"{lines!r}: a second request was read"


@of_server("8", "a chunk without its CR LF is 400")
async def bad_chunks(case: Case) -> None:
    for body in BAD_CHUNKS:
        received = await case.answered_raw(
            head(case, "POST", TARGET, "Transfer-Encoding: chunked") + body + head(case, "GET", TARGET)
        )
        assert received.startswith(b"HTTP/1.1 400"), f"{body!r}: {received[:40]!r}"
        assert received.count(b"HTTP/1.1 ") == 1, f"{body!r}: a second request was read"


@of_server("8", "what is no HTTP is 400 or closed")
async def no_http(case: Case) -> None:
    lines = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"<nonsense>\0",
    )
    for data in lines:
        received = await case.answered_raw(data)
        assert not received or received.startswith(b"HTTP/1.1 400"), f"{data!r}: {received[:40]!r}"


@of_server("8", "a head over 16 KiB or 500 lines is refused")
async def large_heads(case: Case) -> None:
    fits = ("X: " + "x" * 14000,)
    for lines, refused in ((fits, False), (("X: " + "x" * 17000,), True), (("X: y",) * 520, True)):
        line = case.raw(head(case, "GET", TARGET, *lines))
        received = await case.soon(line.until(lambda data: b"\r\n\r\n" in data), "an answer")
        assert received.startswith((b"HTTP/1.1 4",) if refused else (b"HTTP/1.1 200",)), received[:40]
        line.cut()


@of_server("8", "requests on one connection are answered in their order")
async def pipelined(case: Case) -> None:
    targets = [TARGET, "/nothing", "/socket.io/?EIO=4&transport=polling&sid=nobody", "/socket.io/1/?t=1", TARGET]
    line = case.raw(b"".join(head(case, "GET", target) for target in targets))
    received = await case.soon(line.until(lambda data: data.count(b"HTTP/1.1 ") == len(targets)), "the answers")
    statuses = [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 400, 200, 200]
    line.cut()


@of_server("8", "a body comes in chunks or in dribbles")
async def dribble(case: Case) -> None:
    data = head(case, "GET", TARGET)
    line = case.raw(data[:1])
    for start in range(1, len(data), 7):
        line.write(data[start : start + 7])
        await case.pause(0)
    assert (await case.soon(line.until(lambda data: b"\r\n\r\n" in data), "an answer")).startswith(b"HTTP/1.1 200")
    line.cut()


@of_server("8", "errors hold no traceback, and Server names no version")
async def discreet(case: Case) -> None:
    for target in ("/nothing", "/socket.io/?EIO=9", "/socket.io/", "/socket.io/?EIO=4&transport=%00", "/socket.io/2/", "/ws"):
        answer = await case.fetch("GET", target)
        assert b"Traceback" not in answer.body
        assert not any(one.isdigit() for one in answer.headers.get("server", "")), answer.headers["server"]


@of_server("8", "nothing of a request is written into an answer unescaped")
async def unescaped(case: Case) -> None:
    for target in (
        "/%3Cscript%3E",
        "/socket.io/?EIO=4&transport=<script>",
        "/socket.io/?EIO=<script>",
        "/<script>",
        "/socket.io/<script>",
    ):
        received = await case.soon(case.raw(head(case, "GET", target, "Connection: close")).ended, "an answer")
        assert b"<script>" not in received, target


def _first_requests(kind: Kind) -> str:
    return {
        "old": f"/socket.io/{kind.name}//1303000000001{'/0' if kind.name == 'jsonp-polling' else ''}",
        "0.9": "/socket.io/1/?t=1",
        "eio3": "/socket.io/?EIO=3&transport=polling",
        "eio4": "/socket.io/?EIO=4&transport=polling",
    }[kind.era]


def _readable(kind: Kind) -> bool:
    return kind.way == POLL and "jsonp" not in kind.transport


@scenario("8", "an allowed origin may read answers: never * with credentials, Vary with an echo", only=_readable)
async def cors(case: Case) -> None:
    for origin in (ORIGIN, "null"):
        answer = await case.fetch("GET", _first_requests(case.kind), headers=(("Origin", origin), ("Cookie", "a=b")))
        allowed = answer.headers.get("access-control-allow-origin")
        if answer.status == 403:
            assert allowed is None
            return
        assert allowed in ("*", origin), allowed
        if allowed == "*":
            assert "access-control-allow-credentials" not in answer.headers
        else:
            assert "origin" in answer.headers.get("vary", "").lower()


@scenario("8", "a preflight of an allowed origin is answered", only=_readable)
async def preflight(case: Case) -> None:
    asked = (("Origin", ORIGIN), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"))
    answer = await case.fetch("OPTIONS", _first_requests(case.kind), headers=asked)
    assert answer.status in (200, 204, 403)
    if answer.status != 403:
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
