"""Every published advisory about the Python peers, HTTP parsers, JSONP, Flash and static files: its input and our answer."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import pytest_twisted

from tests.conformance.raw import dial, fetch, get
from tests.safety.wire import ENGINE4, SOCKETS, Modern, frame, is_over, message, opened, polling, refusal

pytestmark = pytest.mark.usefixtures("unharmed")
await_it = pytest_twisted.ensureDeferred

HEAD = b"POST " + ENGINE4.encode() + b" HTTP/1.1\r\nHost: test\r\n"
SECOND = b"GET /second HTTP/1.1\r\nHost: test\r\n\r\n"


def older(package, *least):
    """Whether ``package`` is older than that."""
    return tuple(map(int, re.findall(r"\d+", version(package))[: len(least)])) < least


def threads(pid):
    """How many threads a process has."""
    return int(re.search(r"Threads:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


# CVE-2026-48802, GHSA-cgwc-pv48-fhj5: a thread for each pong


def test_cve_2026_48802_ghsa_cgwc_pv48_fhj5_ten_thousand_pongs_make_no_timer(gate):
    from tests.gateway.era_peers import peer_of

    peer = peer_of(gate, "eio4")
    before = len(gate.clock.getDelayedCalls())
    for _ in range(10_000):
        peer.raw("3")
    assert len(gate.clock.getDelayedCalls()) == before == 1


@await_it
async def test_cve_2026_48802_unauthenticated_connections_start_no_thread(service):
    lines = [await opened(service.url, SOCKETS["eio4"]) for _ in range(50)]
    assert threads(service.process.transport.pid) < 5
    for line in lines:
        line.write(frame(b"3") * 200)
    for line in lines:
        await line.hang_up()


# python-engineio issue 128 (cross-site hijacking): test_cve_2020_28481_* asks every transport.

# CVE-2020-10108, CVE-2020-10109, CVE-2022-24801, CVE-2025-43859, CVE-2026-2332, llhttp: framing that two readers take differently

AMBIGUOUS = {
    "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "equal lengths": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "length and chunked": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "signed length": b"Content-Length: +5\r\n\r\nabcde",
    "negative length": b"Content-Length: -5\r\n\r\nabcde",
    "hexadecimal length": b"Content-Length: 0x5\r\n\r\nabcde",
    "empty length": b"Content-Length: \r\n\r\n",
    "underscored length": b"Content-Length: 1_0\r\n\r\nabcdefghij",
    "list of lengths": b"Content-Length: 2, 2\r\n\r\nab",
    "identity": b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    "gzip": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in two lines": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "xchunked": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "wide blank": b"Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n",
    "blank before colon": b"Content-Length : 2\r\n\r\nab",
    "folded": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "bare LF": b"Content-Length: 2\nX: y\r\n\r\nab",
    "bare CR": b"X: a\rContent-Length: 2\r\n\r\n",
    "NUL": b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "chunk without its end": b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
    "signed chunk": b"Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
    "hexadecimal chunk": b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "empty chunk size": b"Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n",
    "negative chunk": b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    "endless chunk": b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nabc",
    "LF in an extension": b"Transfer-Encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n",
    "quoted extension": b'Transfer-Encoding: chunked\r\n\r\n3;a="\r\nabc\r\n0\r\n\r\n',
}


@pytest.mark.parametrize("name", AMBIGUOUS)
@await_it
async def test_cve_2020_10108_10109_cve_2022_24801_ghsa_c2jg_hw38_jrqq_cve_2025_43859_cve_2026_2332_framing_is_clear(url, name):
    status, answer = await refusal(url, HEAD + AMBIGUOUS[name] + SECOND)
    assert status == 400
    assert answer.count(b"HTTP/1.1 ") == 1


# CVE-2023-46137, GHSA-cq7q-gv5w-rwx2; CVE-2024-41671, GHSA-c8m8-j448-xjx7: answers out of order


@await_it
async def test_cve_2023_46137_ghsa_cq7q_gv5w_rwx2_cve_2024_41671_ghsa_c8m8_j448_xjx7_answers_keep_the_order_of_requests(url):
    target = await polling(url)
    line = await dial(url)
    line.write(get(target) + get("/nothing") + get("/nothing/else", "Connection: close"))
    assert (await fetch(url, "POST", target, b'42["echo","held"]')).body == "ok"
    answer = await line.end()
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"404", b"404"]
    assert b'42["echo","held"]' in answer


# CVE-2022-39348, GHSA-vg46-2rrj-3647; CVE-2024-41810, GHSA-cf56-g6w6-pqq2: Host and URL in HTML


@pytest.mark.parametrize(
    "path",
    [
        "/<script>x",
        "/socket.io/<script>x",
        "/socket.io/?EIO=<script>&transport=polling",
        "/socket.io/1/htmlfile/<script>x",
        "/socket.io/htmlfile/<script>x/1",
        "/ws/<script>x",
    ],
)
@await_it
async def test_cve_2022_39348_ghsa_vg46_2rrj_3647_cve_2024_41810_ghsa_cf56_g6w6_pqq2_nothing_is_reflected(url, path):
    line = await dial(url)
    line.write(b"GET %b HTTP/1.1\r\nHost: <script>h\r\nX: <script>x\r\nConnection: close\r\n\r\n" % path.encode())
    answer = await line.end()
    assert not [word for word in (b"<script>x", b"<script>h", b"<script>&") if word in answer]


# CVE-2019-9512, CVE-2019-9514, CVE-2019-9515: HTTP/2


@await_it
async def test_cve_2019_9512_cve_2019_9514_cve_2019_9515_http2_is_not_spoken(url):
    status, _ = await refusal(url, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    assert status in (400, 505)


# CVE-2016-1000111: Proxy becomes a variable of the environment


def test_cve_2016_1000111_headers_do_not_reach_the_environment():
    sources = [path.read_text("utf-8") for path in (Path(__file__).parents[2] / "gateway").rglob("*.py")]
    assert not [text for text in sources if re.search(r"os\.environ\[[^]]+\]\s*=|putenv", text)]


# CVE-2022-21716, CVE-2019-12855, CVE-2026-42304, CVE-2019-12387, CVE-2022-23607: what we need is new enough


def test_cve_2026_42304_cve_2022_21716_ghsa_rv6r_3f5q_9rgx_cve_2019_12855_cve_2019_12387_twisted_is_26_4_or_newer():
    assert not older("twisted", 26, 4)
    assert "twisted>=26.4" in (Path(__file__).parents[2] / "setup.cfg").read_text("utf-8")


def test_cve_2022_23607_treq_is_22_1_or_newer():
    assert not older("treq", 22, 1)


# CVE-2014-4671 and the findings in sockjs: a callback that is more than a number

CALLBACKS = ["CWSMIKI0hCD0Up0IZUnnnnnnnnnnnnnnnnnnnUU5", "alert(1)", "0;x", "%3cscript%3e", "0%0a", "-1", "1.5", "", "٣"]
JSONP = [
    "/socket.io/?EIO=3&transport=polling&j={}",
    "/socket.io/?EIO=4&transport=polling&j={}",
    "/socket.io/1/?jsonp={}",
    "/socket.io/jsonp-polling//1/{}",
    "/socket.io/1/jsonp-polling/nobody?i={}",
]


@pytest.mark.parametrize("target", JSONP)
@pytest.mark.parametrize("callback", CALLBACKS)
@await_it
async def test_cve_2014_4671_a_callback_is_a_number_or_the_request_is_refused(url, target, callback):
    from urllib.parse import quote

    answer = await fetch(url, "GET", target.format(quote(callback, safe="%")))
    if "io/1/" in target:  # 0.9.19 passes such a name over, which its recordings show: no call, or the one numbered 0
        assert answer.status == 200 and (answer.body.endswith("jsonp-polling") or answer.body == 'io.j[0]("7:::1+0");')
    else:
        assert answer.status in (400, 404) or (callback == "" and answer.status == 200)
    assert not callback or callback not in answer.body


@pytest.mark.parametrize(
    "target, beginning", [(JSONP[0], "___eio[7]("), (JSONP[2], "io.j[7]("), (JSONP[4], "io.j[7]("), (JSONP[3], "io.JSONP[7]._(")]
)
@await_it
async def test_cve_2014_4671_an_answer_is_a_script_that_begins_with_our_own_words(url, target, beginning):
    answer = await fetch(url, "GET", target.format(7))
    assert answer.status == 200
    assert answer.body.removeprefix("/**/").startswith(beginning)
    assert answer.headers["content-type"].partition(";")[0] in ("text/javascript", "application/javascript")
    assert answer.headers["x-content-type-options"] == "nosniff"


# The master policy of Flash


@pytest.mark.parametrize("request_", [b"<policy-file-request/>\0", b"<policy-file-request/>"])
@await_it
async def test_cve_less_flash_the_policy_names_our_port_and_the_connection_ends(url, request_):
    line = await dial(url)
    line.write(request_)
    if request_.endswith(b"\0"):
        policy = await line.end()
        assert policy.count(b"<cross-domain-policy>") == 1
        assert re.findall(rb'to-ports="([^"]*)"', policy) == [url.rsplit(":", 1)[1].encode()]
    else:
        await line.hang_up()


@pytest.mark.parametrize(
    "request_", [b"<policy-file-request />\0", b"<POLICY-FILE-REQUEST/>\0", b"<policy-file-request/>\r\n", b"<x>", b"<" * 100]
)
@await_it
async def test_cve_less_flash_what_is_no_policy_request_gets_none(url, request_):
    line = await dial(url)
    line.write(request_)
    assert b"cross-domain" not in await line.end()


# Static files

ESCAPES = [
    "../../../etc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cetc",
    "....//etc/passwd",
    "%00",
    "/etc/passwd",
    "socket.io.js%00.png",
    "socket.io.js/../../setup.cfg",
    "__init__.py",
]


@pytest.mark.parametrize("path", ESCAPES)
@await_it
async def test_cve_less_static_paths_do_not_escape(url, path):
    line = await dial(url)
    line.write(b"GET /socket.io/%b HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n" % path.encode())
    answer = await line.end()
    assert answer.split()[1] in (b"400", b"404")
    assert b"root:" not in answer and b"[metadata]" not in answer and b"import" not in answer


@await_it
async def test_cve_2026_48804_a_session_that_was_refused_is_gone(url):
    target = await polling(url)
    await fetch(url, "POST", target, b'4511-["x"]')
    assert await is_over(url, target)


@await_it
async def test_cve_2026_48802_pongs_change_nothing(url):
    client = await Modern.connect(url)
    client.line.write(frame(b"3") * 10_000)
    assert await client.echo("on") == "on"
    client.say('42["message","after"]')
    assert await message(client.line) == '42["message-back","after"]'
    await client.line.hang_up()
