"""Every published advisory about WebSocket libraries: its input, and that nothing comes of it."""

import os
import time
import zlib

import pytest
import pytest_twisted

from gateway.plain import WebSocketListener
from tests.conformance.raw import dial, fetch, get, upgrade
from tests.safety.wire import MB, SOCKETS, close_code, frame, grown, memory, message, opened, read_frames, refusal, reset_peak

pytestmark = pytest.mark.usefixtures("unharmed")
await_it = pytest_twisted.ensureDeferred

EIO4 = SOCKETS["eio4"]


def opening(*lines, target=EIO4):
    """The head of an opening with more headers."""
    return upgrade(target)[:-2] + "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


# CVE-2016-10518, GHSA-2mhh-w6q8-5hxw; CVE-2026-45736, GHSA-58qx-3vcg-4xpx: memory that was never written


@pytest.mark.parametrize("size", [0, 1, 5, 124, 125])
@await_it
async def test_cve_2016_10518_ghsa_2mhh_w6q8_5hxw_cve_2026_45736_ghsa_58qx_3vcg_4xpx_a_pong_holds_what_the_ping_held(url, size):
    line, payload = await opened(url, "/ws"), os.urandom(size)
    line.write(frame(payload, 0x89))
    while not read_frames(line.data)[0]:
        await grown(line)
    assert read_frames(line.data) == ([(10, payload)], b"")
    await line.hang_up()


@pytest.mark.parametrize("reason", [b"", b"x" * 123, "ä".encode() * 61])
@await_it
async def test_cve_2026_45736_ghsa_58qx_3vcg_4xpx_a_close_says_back_the_code_and_nothing_else(url, reason):
    line = await opened(url, "/ws")
    line.write(frame(b"\x03\xe8" + reason, 0x88))
    await line.end()
    assert read_frames(line.data) == ([(8, b"\x03\xe8")], b"")


# CVE-2016-10542, GHSA-6663-c963-2gqg: no limit


@pytest.mark.parametrize("era", ["eio4", "eio3", "old"])
@pytest.mark.parametrize("size", [1_000_001, 1 << 40, (1 << 63) - 1])
@await_it
async def test_cve_2016_10542_ghsa_6663_c963_2gqg_an_oversized_frame_is_1009_at_its_head(service, era, size):
    pid = service.process.transport.pid
    reset_peak(pid)
    before = memory(pid)
    line = await opened(service.url, SOCKETS[era])
    line.write(b"\x81\xff" + size.to_bytes(8, "big") + bytes(4))
    assert await close_code(line) == 1009
    assert memory(pid, "VmHWM") - before < 30 * MB


@await_it
async def test_cve_2016_10542_the_limit_holds_for_the_sum_of_fragments(url):
    line = await opened(url, EIO4)
    piece = b"4" * (1_000_000 // 16)
    line.write(frame(piece, 0x01) + frame(piece, 0x00) * 18)
    assert await close_code(line) == 1009


# GHSA-5v72-xg48-5rpm; faye-websocket 0.7.0; CVE-2020-7662, CVE-2020-7663: extension headers

EXTENSIONS = [
    "constructor", "__proto__", "permessage-deflate; constructor", 'permessage-deflate; server_max_window_bits="', ";;;,,,",
    "permessage-deflate; " * 500,
    'a; b="' + '\\"' * 5000, ", ".join(["permessage-deflate; client_max_window_bits=8"] * 300),
    "permessage-deflate; server_max_window_bits=99",
    "permessage-deflate; server_max_window_bits=08", "\xff\xfe\xe9",
]  # fmt: skip


@pytest.mark.parametrize("offer", EXTENSIONS, ids=lambda text: repr(text[:24]))
@pytest.mark.parametrize("target", [EIO4, "/ws"])
@await_it
async def test_cve_2020_7662_cve_2020_7663_ghsa_5v72_xg48_5rpm_a_hostile_extension_header_is_refused_or_passed_over(
    url, target, offer
):
    began = time.monotonic()
    line = await dial(url)
    line.write(opening(f"Sec-WebSocket-Extensions: {offer}", target=target))
    assert (await line.until(b"\r\n")).split()[1] in (b"101", b"400", b"431")
    assert time.monotonic() - began < 1
    await line.hang_up()


# CVE-2021-32640, GHSA-6fc8-4gx4-v693; Granian: subprotocol headers

PROTOCOLS = [" " * 14_000, "a" + " " * 14_000 + "b", "," * 10_000, "\xff\xfe\xe9", "constructor", 'a"b', "a," * 5000]


@pytest.mark.parametrize("value", PROTOCOLS, ids=lambda text: repr(text[:12]))
@pytest.mark.parametrize("target", [EIO4, "/ws", SOCKETS["old"]])
@await_it
async def test_cve_2021_32640_ghsa_6fc8_4gx4_v693_a_hostile_subprotocol_header_takes_no_time(url, target, value):
    began = time.monotonic()
    line = await dial(url)
    line.write(opening(f"Sec-WebSocket-Protocol: {value}", target=target))
    head = await line.until(b"\r\n\r\n")
    assert head.split()[1] in (b"101", b"400", b"431")
    assert b"constructor" not in head
    assert time.monotonic() - began < 1
    await line.hang_up()


# CVE-2024-37890, GHSA-3h5v-q93c-6h6q; CVE-2023-43669: many, and large, headers of an opening


@pytest.mark.parametrize("lines", [501, 2001])
@await_it
async def test_cve_2024_37890_ghsa_3h5v_q93c_6h6q_an_upgrade_with_many_headers_is_refused(url, lines):
    status, _ = await refusal(url, opening(*(f"X{at}: 1" for at in range(lines))))
    assert status == 431


@await_it
async def test_cve_2023_43669_an_upgrade_with_an_endless_header_is_refused(url):
    status, _ = await refusal(url, upgrade(EIO4)[:-2] + b"X: " + b"x" * 100_000)
    assert status == 431


# CVE-2026-48779, GHSA-96hv-2xvq-fx4p: memory for each tiny fragment


@await_it
async def test_cve_2026_48779_ghsa_96hv_2xvq_fx4p_200_000_fragments_of_a_byte_are_joined_as_they_come(service):
    pid = service.process.transport.pid
    line = await opened(service.url, "/ws")
    reset_peak(pid)
    before = memory(pid)
    line.write(frame(b"x", 0x01) + frame(b"x", 0x00) * 199_998 + frame(b"x", 0x80))
    assert await message(line) == "x" * 200_000
    assert memory(pid, "VmHWM") - before < 40 * MB
    await line.hang_up()


# CVE-2018-1000518: a decompression bomb


@await_it
async def test_cve_2018_1000518_a_decompression_bomb_stops_at_the_limit(service):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packer.compress(bytes(MB)) for _ in range(200)) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 250_000
    pid = service.process.transport.pid
    line = await dial(service.url)
    line.write(opening("Sec-WebSocket-Extensions: permessage-deflate", target="/ws"))
    assert b"permessage-deflate" in await line.until(b"\r\n\r\n")
    reset_peak(pid)
    before = memory(pid)
    line.write(frame(bomb[:-4], 0xC2))
    assert await close_code(line) == 1009
    assert memory(pid, "VmHWM") - before < 40 * MB


# CVE-2021-33880: credentials compared in variable time


def test_cve_2021_33880_the_gateway_compares_no_credentials():
    from pathlib import Path

    words = ("password", "secret_key", "hmac")
    sources = {path.name: path.read_text("utf-8") for path in (Path(__file__).parents[2] / "gateway").glob("*.py")}
    assert [name for name, text in sources.items() if any(word in text.lower() for word in words)] == []


# CVE-2020-35678: CR LF in a redirect


@pytest.mark.parametrize("path", ["/ws?redirect=http://evil%0d%0aX-Bad:%201&after=1", "/?redirect=//evil", "/ws/%0d%0aX-Bad:1"])
@await_it
async def test_cve_2020_35678_a_plain_request_to_a_websocket_is_not_redirected(url, path):
    status, answer = await refusal(url, get(path, "Connection: close"))
    assert status in (404, 426)
    assert b"X-Bad" not in answer and b"evil" not in answer and b"Location" not in answer


# CVE-2020-7693: an upgrade of what can't be upgraded


@pytest.mark.parametrize("target", ["/", "/nothing", "/socket.io/1/", "/socket.io/socket.io.js", "/socket.io/xhr-polling//1"])
@await_it
async def test_cve_2020_7693_an_upgrade_on_a_plain_path_is_answered(url, target):
    line = await dial(url)
    line.write(upgrade(target))
    assert int((await line.until(b"\r\n")).split()[1]) in (200, 400, 404)
    await line.hang_up()


@await_it
async def test_cve_2020_7693_an_upgrade_to_polling_is_closed_at_once(url):
    line = await dial(url)
    line.write(upgrade("/engine.io/?EIO=4&transport=polling"))
    assert (await line.until(b"\r\n")).split()[1] == b"101"
    await line.until(b"\r\n\r\n")
    await close_code(line)
    assert [opcode for opcode, _ in read_frames(line.data)[0]] == [8]


@pytest.mark.parametrize(
    "change",
    [
        (b"websocket", b"h2c"),
        (b"Upgrade: websocket", b"Upgrade: websocket, h2c"),
        (b"13", b"99"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"x"),
        (b"GET", b"POST"),
    ],
)
@await_it
async def test_cve_2020_7693_a_bad_upgrade_is_refused(url, change):
    for target in (EIO4, "/ws"):
        line = await dial(url)
        line.write(upgrade(target).replace(*change))
        assert int((await line.until(b"\r\n")).split()[1]) in (400, 404, 426)
        await line.hang_up()


def test_cve_2018_1000518_a_plain_listener_has_a_limit_unless_told_otherwise():
    assert WebSocketListener("/ws", lambda *_: None).max_payload == 1_000_000


@await_it
async def test_cve_2016_10542_a_neighbour_is_served_while_a_large_frame_dribbles(url):
    line = await opened(url, "/ws")
    line.write(frame(bytes(MB), 0x82)[: MB // 2])
    assert (await fetch(url, "GET", "/nothing")).status == 404
    await line.hang_up()
