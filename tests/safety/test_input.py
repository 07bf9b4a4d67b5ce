"""Values that are hard to read: numbers, nesting, broken text, keys that lie, ids of others, and what ends up in the log."""

import json
import re

import pytest
import pytest_twisted
from twisted.logger import globalLogPublisher

from legacy.hixie import answer as proof
from tests.conformance.raw import dial, fetch, get, upgrade
from tests.gateway.era_peers import peer_of
from tests.gateway.front_driver import Peer, make_front
from tests.safety.wire import ENGINE4, SOCKETS, Modern, Nine, close_code, frame, is_over, message, opened, polling

await_it = pytest_twisted.ensureDeferred
black_box = pytest.mark.usefixtures("unharmed")

NO_JSON = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "9" * 6000,
    "[" * 100_000,
    '{"a":' * 100_000,
    '"\x01"',
    "01",
    "[1,]",
    "'x'",
    "nul",
    '"\\x41"',
]


@black_box
@pytest.mark.parametrize("value", NO_JSON, ids=lambda text: text[:12])
@await_it
async def test_numbers_and_deep_json_that_are_none_close_an_eio4_client(url, value):
    client = await Modern.connect(url)
    client.say(f'42["echo",{value}]')
    await close_code(client.line)


@black_box
@pytest.mark.parametrize("value", NO_JSON, ids=lambda text: text[:12])
@await_it
async def test_numbers_and_deep_json_that_are_none_are_dropped_by_09(url, value):
    client = await Nine.connect(url)
    client.line.write(frame(b'5:::{"name":"echo","args":[%b]}' % value.encode()) + frame(b"4:::" + value.encode()))
    assert await client.echo("on") == "on"
    await client.line.hang_up()


@black_box
@pytest.mark.parametrize(
    "value",
    [
        2**53 - 1,
        -(2**53) + 1,
        0.1,
        1e308,
        5e-324,
        "\ud800",
        "\udc00\ud800",
        "\u2028\u2029",
        "</script>",
        "\0",
        "😀",
        {"__proto__": 1},
        [[[[]]]],
    ],
    ids=repr,
)
@await_it
async def test_lone_surrogates_and_other_values_come_back_as_they_went(url, value):
    client, nine = await Modern.connect(url), await Nine.connect(url)
    assert await client.echo(value) == value
    assert await nine.echo(value) == value
    for one in (client, nine):
        await one.line.hang_up()


BAD_UTF8 = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"]


@black_box
@pytest.mark.parametrize("data", BAD_UTF8)
@pytest.mark.parametrize("target", [SOCKETS["eio4"], SOCKETS["eio3"], SOCKETS["old"], "/ws"])
@await_it
async def test_bad_utf8_in_a_websocket_is_1007(url, target, data):
    line = await opened(url, target)
    line.write(frame(b"4x" + data))
    assert await close_code(line) == 1007


@black_box
@pytest.mark.parametrize("data", BAD_UTF8)
@pytest.mark.parametrize("revision", [3, 4])
@await_it
async def test_bad_utf8_in_a_poll_is_400_and_ends_the_session(url, revision, data):
    target = await polling(url, revision)
    body = b'42["x","%b"]' % data
    if revision == 3:
        body = b"%d:%b" % (len(body), body)
    assert (await fetch(url, "POST", target, body)).status in (200, 400)
    assert await is_over(url, target)


@black_box
@pytest.mark.parametrize("data", BAD_UTF8)
@await_it
async def test_bad_utf8_in_a_hixie_frame_closes(url, data):
    line = await dial(url)
    line.write(get("/socket.io/websocket", "Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://t"))
    await line.until(b"\r\n\r\n")
    line.write(b"\0" + data + b"\xff")
    await line.end()


# Hixie keys

KEYS = {
    "no blanks": ("12998", "1 2 9 9 8"),
    "not divisible": ("1 2 3", "1 2"),
    "one empty": ("", "1 2"),
    "no digits": (" a ", " b "),
    "huge": (" " + "9" * 3000, " 9"),
}


@black_box
@pytest.mark.parametrize("name", KEYS)
@await_it
async def test_hixie_keys_that_lie_are_refused(url, name):
    first, second = KEYS[name]
    line = await dial(url)
    line.write(
        get(
            "/socket.io/websocket",
            "Upgrade: WebSocket",
            "Connection: Upgrade",
            "Origin: http://t",
            f"Sec-WebSocket-Key1: {first}",
            f"Sec-WebSocket-Key2: {second}",
        )
        + b"12345678"
    )
    answer = await line.end()
    assert not answer or b" 101 " not in answer.split(b"\r\n")[0] or answer.endswith(b"\r\n\r\n")


@black_box
@await_it
async def test_hixie_frames_without_end_are_cut_at_max_payload(url):
    line = await dial(url)
    line.write(get("/socket.io/websocket", "Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://t"))
    await line.until(b"\r\n\r\n")
    line.write(b"\0" + b"x" * 3_000_000)
    await line.end()


def test_hixie_keys_of_the_published_example_are_proved_rightly():
    assert proof("4 @1  46546xW%0l 1 5", "12998 5 Y3 1  .P00", b"^n:ds[4U") == b"8jKS'y:G*Co,Wxa-"


# Ids of others


@black_box
@await_it
async def test_an_id_of_one_family_is_no_session_in_another(url):
    modern, nine, target = await Modern.connect(url), await Nine.connect(url), await polling(url)
    poller = target.rpartition("=")[2]
    for sid in (modern.sid, poller):
        assert (await fetch(url, "GET", f"/socket.io/1/xhr-polling/{sid}")).body == "7:::1+0"
    for path in (ENGINE4, "/engine.io/?EIO=4&transport=polling", ENGINE4.replace("EIO=4", "EIO=3")):
        assert (await fetch(url, "GET", f"{path}&sid={nine.sid}")).status == 400
    assert (await fetch(url, "GET", f"/engine.io/?EIO=4&transport=polling&sid={poller}")).status == 400
    assert (await fetch(url, "POST", target, b'42["x"]')).status == 200
    for one in (modern, nine):
        await one.line.hang_up()


@black_box
@await_it
async def test_a_chosen_id_is_no_session(url):
    for target in (ENGINE4 + "&sid=AAAAAAAAAAAAAAAAAAAA", "/socket.io/?EIO=3&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA"):
        assert (await fetch(url, "GET", target)).status == 400
        assert (await fetch(url, "GET", target)).status == 400
    assert (await fetch(url, "GET", "/socket.io/1/AAAAAAAAAAAAAAAAAAAA/")).body != "1::"


# The log, and what is told about us


def heard(action):
    lines = []

    def observe(event):
        from twisted.logger import formatEvent

        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    try:
        action()
    finally:
        globalLogPublisher.removeObserver(observe)
    return lines


NASTY = "\r\n2026-01-01 root logged in \x1b[31m"


def test_log_injection_nothing_of_a_peer_ends_a_line(gate, make_gate):
    def offend():
        for target in (f"/socket.io/?EIO={NASTY}&transport=polling", f"/socket.io/1/{NASTY}/x", f"/socket.io/websocket/{NASTY}"):
            gate.get(target)
        gate.get(ENGINE4, headers={"origin": NASTY})
        peer = peer_of(gate, "eio4")
        peer.raw("42[" + NASTY)
        gate.turn(1)
        peer = peer_of(gate, "0.9")
        peer.raw("5:::" + NASTY)
        gate.turn(1)
        peer = peer_of(gate, "old")
        peer.raw("~j~" + NASTY)
        gate.io.on(NASTY, lambda socket: 1 / 0)

    lines = heard(offend)
    assert lines
    assert not [line for line in lines if re.search(r"[\r\n\x1b]", line or "")]


def test_log_injection_of_heads_that_are_no_http():
    front = make_front()
    lines = heard(lambda: Peer(front).send(b"GET / HTTP/1.1\r\nHost: x\r\nA\x1b[31m : b\r\n\r\n"))
    assert len(lines) == 1
    assert not re.search(r"[\r\n\x1b]", lines[0])


@black_box
@pytest.mark.parametrize(
    "target", ["/", "/nothing", "/socket.io/", ENGINE4, "/socket.io/1/", "/socket.io/xhr-polling//1x", "/ws"]
)
@await_it
async def test_an_answer_names_no_version_and_holds_no_traceback(url, target):
    answer = await fetch(url, "GET", target) if "xhr" not in target else None
    if answer is not None:
        assert not re.search(r"\d|[Tt]wisted|[Pp]ython", answer.headers.get("server", ""))
        assert "Traceback" not in answer.body


@black_box
@await_it
async def test_a_session_never_begins_twice_under_one_id(url):
    seen = {json.loads((await fetch(url, "GET", ENGINE4)).body[1:])["sid"] for _ in range(10)}
    assert len(seen) == 10


@black_box
@await_it
async def test_an_opening_with_two_keys_is_refused(url):
    line = await dial(url)
    line.write(upgrade(SOCKETS["eio4"])[:-2] + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    assert (await line.until(b"\r\n")).split()[1] == b"400"
    await line.hang_up()


@black_box
@await_it
async def test_storage_odd_keys_are_only_data(url):
    client = await Modern.connect(url)
    for key in ("__proto__", "constructor", "", "toString", "__init__"):
        assert await client.ask("has", key) == [False]
        assert await client.ask("set", key, key) == [True]
        assert await client.ask("get", key) == [key]
    client.say('42["say","over"]')
    assert await message(client.line) == '42["message","over"]'
    await client.line.hang_up()
