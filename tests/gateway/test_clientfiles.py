"""The option ``serve_client``: which addresses there are, and what is answered under them."""

import gzip

import pytest

from gateway.clientfiles import ClientFiles, acceptable, find
from gateway.errors import OptionError

FOUR, TWO, NINE, SIX = (
    b"/*!\n * Socket.IO v4.8.4\n",
    b"/*!\n * Socket.IO v2.5.0\n",
    b"/*! Socket.IO.js build:0.9.17 */",
    b"/** Socket.IO 0.6.3 - Built */",
)
MOVIE = b"FWS movie"
UTF8 = "application/javascript; charset=utf-8"
OLD_MOVIE = "support/socket.io-client/lib/vendor/web-socket-js/WebSocketMain.swf"

TREE = {
    "socket.io-client-4.8/dist/socket.io.js": FOUR + b"//" + b"x" * 2000,
    "socket.io-client-4.8/dist/socket.io.min.js": FOUR,
    "socket.io-client-4.8/dist/socket.io.esm.min.js": FOUR,
    "socket.io-client-4.8/dist/socket.io.msgpack.min.js": FOUR,
    "socket.io-client-4.8/dist/socket.io.js.map": b"{}",
    "socket.io-client-4.8/dist/secret.js": b"no",
    "socket.io-client-2.5/dist/socket.io.js": TWO,
    "socket.io-client-1.0/socket.io.js": b"!function(e){}",
    "socket.io-client-1.0/package.json": b'{"version": "1.0.6"}',
    "socket.io-client-0.9/dist/socket.io.js": NINE,
    "socket.io-client-0.9/dist/WebSocketMain.swf": MOVIE,
    "socket.io-client-0.9/dist/WebSocketMainInsecure.swf": MOVIE,
    "socket.io-0.6/support/socket.io-client/socket.io.js": SIX,
    f"socket.io-0.6/{OLD_MOVIE}": b"old movie",
    "unrelated/dist/socket.io.js": FOUR,
}


@pytest.fixture
def folder(tmp_path):
    """A node_modules with clients of five releases."""
    for name, content in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


@pytest.fixture
def gate(make_gate, folder):
    """A listener that serves them."""
    return make_gate(serve_client=str(folder))


def test_the_releases_in_a_folder_are_found_newest_first(folder):
    assert [release.version for release in find(folder)] == ["4.8.4", "2.5.0", "1.0.6", "0.9.17", "0.6.3"]


SERVED = [
    ("socket.io.js", TREE["socket.io-client-4.8/dist/socket.io.js"], UTF8),
    ("socket.io.min.js", FOUR, UTF8),
    ("socket.io.esm.min.js", FOUR, UTF8),
    ("socket.io.msgpack.min.js", FOUR, UTF8),
    ("socket.io.js.map", b"{}", "application/json"),
    ("client/4.8/socket.io.min.js", FOUR, UTF8),
    ("client/2.5/socket.io.js", TWO, "application/javascript"),
    ("client/2.5.0/socket.io.js", TWO, "application/javascript"),
    ("client/1.0/socket.io.js", b"!function(e){}", "application/javascript"),
    ("client/0.9/socket.io.js", NINE, "application/javascript"),
    ("static/flashsocket/WebSocketMain.swf", MOVIE, "application/x-shockwave-flash"),
    ("static/flashsocket/WebSocketMainInsecure.swf", MOVIE, "application/x-shockwave-flash"),
    ("client/0.6/socket.io.js", SIX, "text/javascript"),
    ("lib/vendor/web-socket-js/WebSocketMain.swf", b"old movie", "application/x-shockwave-flash"),
    ("WebSocketMain.swf", b"old movie", "application/x-shockwave-flash"),
    ("socket.io.js?v=1&EIO=4&transport=polling", TREE["socket.io-client-4.8/dist/socket.io.js"], UTF8),
]  # fmt: skip


@pytest.mark.parametrize("path, body, content_type", SERVED)
def test_a_client_file_is_served(gate, path, body, content_type):
    request = gate.get(f"/socket.io/{path}")
    assert request.answer == (200, body)
    assert request.answer_headers["Content-Type"] == content_type


@pytest.mark.parametrize("path", [
    "secret.js", "other.js", "socket.io.slim.js", "client/4.8/secret.js", "client/4.7/socket.io.js", "client/../socket.io.js",
    "client/4.8/../2.5/socket.io.js", "client//socket.io.js", "client/4.8/socket.io.js/", "Socket.io.js", "%73ocket.io.js",
    "../package.json",
])  # fmt: skip
def test_nothing_is_served_that_is_not_in_the_table(gate, path):
    request = gate.get(f"/socket.io/{path}")
    assert request.passed_on
    assert request.answer is None


@pytest.mark.parametrize(
    "version, tag", [("2.5", '"2.5.0"'), ("2.5.0", '"2.5.0"'), ("2", '"2.5.0"'), ("0.9", "0.9.17"), ("0.6", '"0.6.3"')]
)
def test_the_plain_address_has_the_version_that_was_chosen(make_gate, folder, version, tag):
    gate = make_gate(serve_client={"folder": str(folder), "version": version})
    assert gate.get("/socket.io/socket.io.js").answer_headers["ETag"] == tag


@pytest.mark.parametrize("tags", ['"4.8.4"', 'W/"4.8.4"', '"x", "4.8.4"', "4.8.4", "*"])
def test_who_has_the_file_is_told_so(gate, tags):
    request = gate.get("/socket.io/socket.io.js", headers={"if-none-match": tags})
    assert request.answer == (304, b"")
    assert request.answer_headers["ETag"] == '"4.8.4"'


@pytest.mark.parametrize("tags", ['"4.8.3"', "4.8.3", '"4.8"', "", 'w/"4.8.4"'])
def test_who_has_another_file_gets_this_one(gate, tags):
    assert gate.get("/socket.io/socket.io.js", headers={"if-none-match": tags}).answer[0] == 200


@pytest.mark.parametrize(
    "accepted, coded", [("gzip", True), ("br, gzip;q=0.5", True), ("identity", False), ("gzip;q=0", False), ("", False)]
)
def test_files_are_compressed_for_those_who_take_it(gate, accepted, coded):
    request = gate.get("/socket.io/socket.io.js", headers={"accept-encoding": accepted})
    body = request.answer[1]
    assert (gzip.decompress(body) if coded else body) == TREE["socket.io-client-4.8/dist/socket.io.js"]
    assert request.answer_headers.get("Content-Encoding") == ("gzip" if coded else None)
    assert request.answer_headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path, cache", [
    ("socket.io.js", "public, max-age=0"), ("client/4.8/socket.io.js", "public, max-age=0"),
    ("client/4.8.4/socket.io.js", "public, max-age=31536000, immutable"),
])  # fmt: skip
def test_only_addresses_with_a_full_version_may_be_kept(gate, path, cache):
    assert gate.get(f"/socket.io/{path}").answer_headers["Cache-Control"] == cache


def test_a_file_is_read_once(gate, folder):
    gate.get("/socket.io/client/2.5/socket.io.js")
    (folder / "socket.io-client-2.5/dist/socket.io.js").unlink()
    assert gate.get("/socket.io/client/2.5.0/socket.io.js").answer == (200, TWO)


def test_a_file_that_went_away_before_it_was_read_is_not_found(gate, folder):
    (folder / "socket.io-client-2.5/dist/socket.io.js").unlink()
    assert gate.get("/socket.io/client/2.5/socket.io.js").answer[0] == 404


def test_a_head_request_is_answered_and_a_post_is_no_request_for_a_file(gate):
    assert gate.request("HEAD", "/socket.io/socket.io.js").answer[0] == 200
    assert gate.request("POST", "/socket.io/socket.io.js").passed_on


def test_a_folder_may_be_a_single_package_or_hold_the_builds_themselves(folder):
    for place in ("socket.io-client-4.8", "socket.io-client-4.8/dist", "socket.io-client-1.0"):
        assert [release.version for release in find(folder / place)] in (["4.8.4"], ["1.0.6"])


@pytest.mark.parametrize("option, complaint", [
    ({"version": "4.9"}, "no client 4.9 in .*, found: 4.8.4, 2.5.0"),
    ({"version": "4.8.40"}, "no client 4.8.40"),
    ({"folder": "nowhere"}, "no published client in"),
])  # fmt: skip
def test_what_is_not_there_is_said_at_the_start(folder, option, complaint):
    given = {"folder": str(folder)} | option
    given["folder"] = str(folder / "nowhere") if "folder" in option else given["folder"]
    with pytest.raises(OptionError, match=complaint):
        ClientFiles(given, "/socket.io")


@pytest.mark.parametrize("value", [1, True, [], {"version": "4.8"}, {"folder": 1}, {"folder": "x", "other": "y"}])
def test_the_option_is_a_folder_with_or_without_a_version(value):
    assert not acceptable(value)


def test_without_the_option_nothing_is_served(make_gate):
    assert make_gate().get("/socket.io/socket.io.js").passed_on
