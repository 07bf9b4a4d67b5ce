"""The addresses of client files that servers of 0.7 to 0.9 had: versions, chosen transports, and the headers of the time."""

import gzip
from email.utils import parsedate_to_datetime

import pytest

from gateway.bundles import MOST
from gateway.clientparts import tag_of, take_apart

OWN = b"/**\n * socket.io\n * Copyright(c) 2011\n */\n"
"""How each file of its own begins."""


def own(text, line=b"\n"):
    """A file of Socket.IO's own."""
    return line + OWN + text + b"\n"


def push(name):
    return own(b"  io.transports.push('%b');" % name.encode(), line=b"" if name == "htmlfile" else b"\n")


IO, SOCKET, XHR = own(b"io"), own(b"socket", b""), own(b"exports.XHR = XHR;")
SWF, GLUE = b"/*\tSWFObject v2.2 */\n", b"// Copyright: Hiroshi Ichikawa\n"
WEBSOCKET, HTMLFILE, POLLING, JSONP = (push(name) for name in ("websocket", "htmlfile", "xhr-polling", "jsonp-polling"))
FLASH = push("flashsocket") + SWF + GLUE
OPENS, CLOSES = b"\nvar io = {};\n(function() {\n", b'\nif (typeof define === "function" && define.amd) {}\n})();'


def published(version, opens=b"", closes=b""):
    """A small build with the same seams as the real ones."""
    banner = b"/*! Socket.IO.js build:%b, development. */\n" % version.encode()
    files = (IO, SOCKET, WEBSOCKET, FLASH, XHR, HTMLFILE, POLLING, JSONP)
    return b"".join([banner, opens, *files, closes])


NINE, EIGHT, SEVEN = published("0.9.17", OPENS, CLOSES), published("0.8.7"), published("0.7.11")
BASE = NINE[: NINE.index(WEBSOCKET)]
PLAIN = BASE + WEBSOCKET + XHR + HTMLFILE + POLLING + JSONP + CLOSES
"""With the transports that 0.9 enables of itself."""

FOUR = b"/*!\n * Socket.IO v4.8.4\n"
TRANSPORTS = ["websocket", "htmlfile", "xhr-polling", "jsonp-polling"]
FOR_TEN_YEARS = 'private, x-gzip-ok="", max-age=315360000'


@pytest.fixture
def folder(tmp_path):
    """A node_modules with clients of four releases."""
    for line, build in (("0.9", NINE), ("0.8", EIGHT), ("0.7", SEVEN), ("4.8", FOUR)):
        dist = tmp_path / f"socket.io-client-{line}/dist"
        dist.mkdir(parents=True)
        (dist / "socket.io.js").write_bytes(build)
    return tmp_path


@pytest.fixture
def gate(make_gate, folder):
    """A listener with the client 0.9 as the plain one."""
    return make_gate(serve_client={"folder": str(folder), "version": "0.9"}, transports={"0.9": TRANSPORTS})


@pytest.mark.parametrize("build", [NINE, EIGHT])
def test_a_build_put_together_with_all_transports_is_the_published_one(build):
    everything = ("websocket", "flashsocket", "htmlfile", "xhr-polling", "jsonp-polling")
    assert take_apart(build).with_transports(everything) == build


@pytest.mark.parametrize("text", [b"", FOUR, NINE.replace(HTMLFILE, b""), OWN * 3])
def test_what_is_no_such_build_is_not_taken_apart(text):
    assert take_apart(text) is None


SERVED = [
    ("socket.io.js", PLAIN),
    ("socket.io.js?x=1", PLAIN),
    ("socket.io+xhr-polling.js", BASE + XHR + POLLING + CLOSES),
    ("socket.io+jsonp-polling.js", BASE + XHR + POLLING + JSONP + CLOSES),
    ("socket.io+xhr-polling+websocket.js", BASE + XHR + POLLING + WEBSOCKET + CLOSES),
    ("socket.io+websocket+nosuch+flashsocket.js", BASE + WEBSOCKET + CLOSES),
    ("socket.io+websocket.v0.9.17.js", BASE + WEBSOCKET + CLOSES),
    ("socket.io.v0.9.17.js", PLAIN),
    ("socket.io.v0.9.js", PLAIN),
    ("socket.io.v1.2.3.js", PLAIN),
    ("socket.io.vlatest.js", PLAIN),
    ("socket.io.v0.8.7.js", EIGHT.replace(FLASH, b"")),
    ("socket.io.v0.8.3.js", EIGHT.replace(FLASH, b"")),
    ("socket.io.v0.7.11.js", SEVEN),
    ("client/0.9/socket.io.js", NINE),
    ("client/4.8/socket.io.js", FOUR),
]


@pytest.mark.parametrize("path, build", SERVED)
def test_each_address_has_its_build(gate, path, build):
    request = gate.get(f"/socket.io/{path}")
    assert request.answer == (200, build)
    assert request.answer_headers["Content-Type"].startswith("application/javascript")


def test_flashsocket_is_in_the_build_where_it_is_enabled(make_gate, folder):
    gate = make_gate(serve_client={"folder": str(folder), "version": "0.9"}, transports={"0.9": ["flashsocket", "websocket"]})
    assert gate.get("/socket.io/socket.io.js").answer == (200, BASE + WEBSOCKET + FLASH + CLOSES)


def test_a_build_without_any_transport_is_refused_and_names_nothing_of_the_request(gate):
    request = gate.get("/socket.io/socket.io+nosuch.js")
    assert request.answer == (500, b"Error serving static")


@pytest.mark.parametrize("path", [
    "socket.io+XHR.js", "socket.io.v0/9.js", "socket.io.v../x.js", "socket.io+websocket", "socket.io.v0.9.17",
    "socket.io+a%2B.js", "x/socket.io.v0.9.17.js",
])  # fmt: skip
def test_other_names_are_nobodys(gate, path):
    assert gate.get(f"/socket.io/{path}").passed_on


def test_without_a_client_of_this_era_its_names_are_nobodys(make_gate, folder):
    gate = make_gate(serve_client=str(folder / "socket.io-client-4.8"))
    assert gate.get("/socket.io/socket.io.js").answer == (200, FOUR)
    assert gate.get("/socket.io/socket.io+websocket.js").passed_on


def test_a_newer_client_may_have_the_plain_name_beside(make_gate, folder):
    gate = make_gate(serve_client=str(folder), transports={"0.9": TRANSPORTS})
    assert gate.get("/socket.io/socket.io.js").answer == (200, FOUR)
    assert gate.get("/socket.io/socket.io+websocket.js").answer == (200, BASE + WEBSOCKET + CLOSES)
    assert gate.get("/socket.io/socket.io.v0.9.17.js").answer == (200, PLAIN)


@pytest.mark.parametrize("path", ["socket.io.v0.9.17.js", "socket.io+websocket.v0.9.17.js", "socket.io.v0.7.11.js"])
def test_an_address_with_the_full_version_may_be_kept_for_ten_years(gate, path):
    headers = gate.get(f"/socket.io/{path}").answer_headers
    assert headers["Cache-Control"] == FOR_TEN_YEARS
    assert 2030 < parsedate_to_datetime(headers["Expires"]).year < 2200


@pytest.mark.parametrize("path", ["socket.io.js", "socket.io+websocket.js", "socket.io.v0.9.16.js", "socket.io.v1.2.3.js"])
def test_what_another_release_may_answer_tomorrow_may_not_be_kept(gate, path):
    headers = gate.get(f"/socket.io/{path}").answer_headers
    assert headers["Cache-Control"] == "public, max-age=0"
    assert "Expires" not in headers


def test_the_tag_is_made_of_version_and_transports():
    """As recorded: static/etag."""
    assert tag_of("0.9.16", TRANSPORTS) == "0.9.16:91851971646982581044521885036510252188503"


def test_who_has_the_build_is_told_so(gate):
    tag = gate.get("/socket.io/socket.io.js").answer_headers["ETag"]
    assert tag == tag_of("0.9.17", TRANSPORTS)
    assert gate.get("/socket.io/socket.io.js", headers={"if-none-match": tag}).answer == (304, b"")
    assert gate.get("/socket.io/socket.io+websocket.js", headers={"if-none-match": tag}).answer[0] == 200


def test_a_build_is_compressed_for_those_who_take_it(gate):
    request = gate.get("/socket.io/socket.io+websocket.js", headers={"accept-encoding": "gzip, deflate"})
    assert gzip.decompress(request.answer[1]) == BASE + WEBSOCKET + CLOSES
    assert request.answer_headers["Content-Encoding"] == "gzip"
    assert request.answer_headers["Vary"] == "Accept-Encoding"


def test_head_gives_the_headers_and_other_methods_are_no_request_for_a_file(gate):
    assert gate.request("HEAD", "/socket.io/socket.io.v0.9.17.js").answer[0] == 200
    assert gate.request("POST", "/socket.io/socket.io.v0.9.17.js").passed_on


def test_however_names_are_combined_few_builds_are_remembered(gate):
    names = ["websocket", "htmlfile", "xhr-polling", "jsonp-polling"]
    for first in names:
        for second in names:
            for third in names:
                assert gate.get(f"/socket.io/socket.io+{first}+{second}+{third}.js").answer[0] == 200
    assert len(gate.io.client_files._made) == MOST


def test_settings_change_what_is_served_and_where(gate):
    gate.io.set("transports", ["websocket"])
    assert gate.get("/socket.io/socket.io.js").answer == (200, BASE + WEBSOCKET + CLOSES)
    gate.io.set("resource", "/io")
    assert gate.get("/io/socket.io.js").answer == (200, BASE + WEBSOCKET + CLOSES)
