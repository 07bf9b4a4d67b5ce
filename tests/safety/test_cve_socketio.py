"""Every published advisory about Socket.IO and Engine.IO in JavaScript: its input, and that nothing comes of it."""

import json
import re
import struct
from pathlib import Path

import pytest
import pytest_twisted

from tests.conformance.raw import dial, fetch, get, upgrade
from tests.gateway.era_peers import peer_of
from tests.safety.wire import (
    ENGINE4,
    MB,
    SOCKETS,
    Modern,
    close_code,
    frame,
    is_over,
    memory,
    message,
    opened,
    polling,
    reset_peak,
)

ROOT = Path(__file__).resolve().parents[2]
black_box = pytest.mark.usefixtures("unharmed")
await_it = pytest_twisted.ensureDeferred

UNKNOWN = [
    ("/socket.io/?EIO=4&transport=polling&sid={}", 400, '{"code":1,"message":"Session ID unknown"}'),
    ("/socket.io/?EIO=3&transport=polling&sid={}", 400, '{"code":1,"message":"Session ID unknown"}'),
    ("/socket.io/1/xhr-polling/{}", 200, "7:::1+0"),
]


# CVE-2017-16031, GHSA-qv2v-m59f-v5fw: ids from a weak random source


def test_cve_2017_16031_ghsa_qv2v_m59f_v5fw_a_million_ids_are_long_and_none_comes_twice(gate):
    ids = {gate.io.generate_id() for _ in range(1_000_000)}
    assert len(ids) == 1_000_000
    assert all(re.fullmatch(r"[\w-]{20}", sid) for sid in ids)  # 20 characters of 6 bits: 120 bits
    assert all(len({sid[at] for sid in list(ids)[:10_000]}) == 64 for at in range(20))


@black_box
@pytest.mark.parametrize("target, status, body", UNKNOWN)
@pytest.mark.parametrize("guess", ["1", "A" * 20, "constructor", "..%2f..", "%00", "x" * 4000])
@await_it
async def test_cve_2017_16031_a_guessed_id_is_refused_in_the_words_of_the_era(url, target, status, body, guess):
    answer = await fetch(url, "GET", target.format(guess))
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("era", ["old", "0.9", "eio3", "eio4"])
def test_cve_2017_16031_every_era_gets_such_an_id(gate, era):
    assert re.fullmatch(r"[\w-]{20}", peer_of(gate, era).sid)


# CVE-2020-28481, GHSA-fxwf-4rqh-v8g3: CORS open to everybody, with credentials

DOORS = [
    "/socket.io/?EIO=4&transport=polling",
    "/socket.io/?EIO=3&transport=polling",
    "/socket.io/?EIO=3&transport=polling&j=0",
    "/socket.io/1/",
    "/socket.io/1/xhr-polling/x",
    "/socket.io/xhr-polling//1",
    "/socket.io/htmlfile//1",
    "/socket.io/xhr-multipart//1",
    "/socket.io/jsonp-polling//1/0",
]


@pytest.mark.parametrize("target", DOORS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_cve_2020_28481_ghsa_fxwf_4rqh_v8g3_a_foreign_origin_is_refused_without_a_header(gate, target, method):
    request = gate.request(method, target, headers={"origin": "http://evil.example", "access-control-request-method": "GET"})
    assert request.answer[0] == 403
    assert not [name for name in request.answer_headers if name.lower().startswith("access-control")]
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("target", SOCKETS.values())
def test_cve_2020_28481_a_foreign_origin_opens_no_websocket(gate, target):
    opening = {
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "A" * 22 + "==",
    }
    request = gate.get(target, headers=opening | {"origin": "http://evil.example"}, upgrade=True)
    assert request.answer[0] == 403
    assert request.connection.sent == b""


@pytest.mark.parametrize("allowed", ["*", ["http://good.example"]])
@pytest.mark.parametrize("target", DOORS[:2])
def test_cve_2020_28481_credentials_never_come_with_a_star_and_an_echo_says_vary(make_gate, target, allowed):
    headers = make_gate(origins=allowed).get(target, headers={"origin": "http://good.example"}).answer_headers
    assert headers["Access-Control-Allow-Origin"] == "http://good.example"
    assert "Origin" in headers["Vary"]
    assert "Access-Control-Allow-Origin" not in make_gate(origins=allowed).get(target).answer_headers


# CVE-2024-38355, GHSA-25hc-qcg6-38wj: an event named error


@pytest.mark.parametrize("era", ["old", "0.9", "eio3", "eio4"])
@pytest.mark.parametrize(
    "name", ["error", "connect", "connect_error", "connection", "disconnect", "disconnecting", "newListener"]
)
def test_cve_2024_38355_ghsa_25hc_qcg6_38wj_lifecycle_names_reach_no_handler(gate, era, name):
    seen = []
    gate.io.on("*", lambda socket, *args: seen.append(args))
    peer = peer_of(gate, era)
    gate.io.on(name, lambda socket, *args: seen.append(args) if args == ("mine",) else None)
    peer.emit(name, "mine")
    gate.turn(0.1)
    assert seen == []


@black_box
@await_it
async def test_cve_2024_38355_a_client_event_named_error_harms_nobody(url):
    client = await Modern.connect(url)
    client.say('42["error","x"]')
    assert await client.echo("on") == "on"
    await client.line.hang_up()


# CVE-2020-36048, GHSA-j4f2-536g-r55m: a large body of tiny packets

TINY = [
    pytest.param(4, b"\x1e".join([b"3"] * 500_000), id="eio4 pongs"),
    pytest.param(4, b"\x1e".join([b"6"] * 500_000), id="eio4 noops"),
    pytest.param(4, b"\x1e" * 999_999, id="eio4 nothing"),
    pytest.param(4, b"\x1e".join([b'42["count",0]'] * 71_000), id="eio4 events"),
    pytest.param(4, b"\x1e".join([b"430[]"] * 160_000), id="eio4 stray acknowledgements"),
    pytest.param(4, b"\x1e".join([b"40/a,"] * 160_000), id="eio4 namespaces"),
    pytest.param(3, b"1:2" * 333_333, id="eio3 pings"),
    pytest.param(3, b"1:6" * 333_333, id="eio3 noops"),
    pytest.param(3, b"0:" * 500_000, id="eio3 nothing"),
]


@black_box
@pytest.mark.parametrize("revision, body", TINY)
@await_it
async def test_cve_2020_36048_ghsa_j4f2_536g_r55m_a_million_tiny_packets_cost_a_second_at_most(service, revision, body):
    from twisted.internet import reactor

    target = await polling(service.url, revision)
    pid = service.process.transport.pid
    reset_peak(pid)
    before, began = memory(pid), reactor.seconds()
    other = await Modern.connect(service.url)
    posted = fetch(service.url, "POST", target, body)
    assert await other.echo("meanwhile") == "meanwhile"
    assert (await posted).status in (200, 400)
    assert reactor.seconds() - began < 5
    assert memory(pid, "VmHWM") - before < 100 * MB
    await other.line.hang_up()


@black_box
@await_it
async def test_cve_2020_36048_ten_gigabytes_are_refused_at_the_head(url):
    target = await polling(url)
    line = await dial(url)
    line.write(get(target, "Content-Length: 10000000000").replace(b"GET", b"POST", 1))
    answer = await line.end()
    assert answer.split()[1] == b"413"
    assert b"Connection: close" in answer


# CVE-2022-21676, GHSA-273r-mgr4-v34f: an invalid frame right behind the opening

BROKEN = [
    pytest.param(b"\x81\x05hello", 1002, id="unmasked"),
    pytest.param(frame(b"x", 0x83), 1002, id="reserved opcode"),
    pytest.param(frame(b"x", 0xF1), 1002, id="reserved bits"),
    pytest.param(frame(b"\xff"), 1007, id="no UTF-8"),
    pytest.param(frame(b"\x00", 0x88), 1002, id="close without a code"),
    pytest.param(b"\x81\xff" + b"\x7f" + b"\xff" * 7 + bytes(4), 1009, id="a length without end"),
]


@black_box
@pytest.mark.parametrize("era", SOCKETS)
@pytest.mark.parametrize("data, code", BROKEN)
@await_it
async def test_cve_2022_21676_ghsa_273r_mgr4_v34f_a_broken_frame_in_the_segment_of_the_opening(url, era, data, code):
    target = SOCKETS[era]
    if era == "0.9":
        target += (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0]
    line = await dial(url)
    line.write(upgrade(target) + data)
    await line.until(b"\r\n\r\n")
    assert await close_code(line) == code


# CVE-2022-41940, GHSA-r7qp-cfhv-p84w: a reset during the upgrade


@black_box
@pytest.mark.parametrize(
    "said", [b"", frame(b"2probe"), frame(b"2probe")[:3], frame(b"2probe") + frame(b"5"), frame(b"2pro"), frame(b"x")]
)
@pytest.mark.parametrize("linger", [True, False])
@await_it
async def test_cve_2022_41940_ghsa_r7qp_cfhv_p84w_a_reset_in_the_middle_of_an_upgrade(url, said, linger):
    target = await polling(url)
    line = await dial(url)
    line.write(upgrade(target.replace("polling", "websocket")))
    await line.until(b"\r\n\r\n")
    line.write(said)
    if linger:
        import socket

        line.transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await line.hang_up()
    if b"5" not in said:
        assert (await fetch(url, "POST", target, b'42["still"]')).status == 200


# CVE-2023-31125, GHSA-q9mw-68c2-j6m5: a crafted query

QUERIES = [
    "EIO=4&transport=", "EIO=4", "EIO=4&transport=constructor", "EIO=4&transport=__proto__", "EIO=4&transport=toString",
    "EIO=4&transport=polling&transport=websocket", "EIO=4&transport[]=polling", "EIO=4&transport=polling%00",
    "EIO=4&transport=hasOwnProperty",
    "EIO[]=4&transport=polling", "EIO=4&EIO=3&transport=polling", "EIO=&transport=polling", "EIO=-4&transport=polling",
    "EIO=4.0&transport=polling",
    "EIO=%34%00&transport=polling", "EIO=5&transport=polling", "EIO=1&transport=polling", "transport=polling",
    "EIO=4&transport=polling&sid=a&sid=b", "EIO=4&transport=polling&sid=__proto__",
    "EIO=4&transport=POLLING", "EIO=4&transport=%ff%fe",
]  # fmt: skip


@black_box
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("method", ["GET", "POST"])
@await_it
async def test_cve_2023_31125_ghsa_q9mw_68c2_j6m5_an_odd_query_is_a_bad_request(url, query, method):
    answer = await fetch(url, method, f"/socket.io/?{query}", b"x" if method == "POST" else None)
    assert answer.status == 400
    assert "Traceback" not in answer.body


@black_box
@pytest.mark.parametrize("query", QUERIES)
@await_it
async def test_cve_2023_31125_nor_does_it_open_a_websocket(url, query):
    line = await dial(url)
    line.write(upgrade(f"/socket.io/?{query.replace('polling', 'websocket')}"))
    assert (await line.until(b"\r\n")).split()[1] == b"400"
    await line.hang_up()


@black_box
@pytest.mark.parametrize("sid", ["sid=", "sid[]=a", "sid[a]=b"])
@await_it
async def test_cve_2023_31125_what_is_no_session_parameter_chooses_no_session(url, sid):
    answer = await fetch(url, "GET", f"{ENGINE4}&{sid}")
    assert answer.status == 200
    assert len(json.loads(answer.body[1:])["sid"]) == 20


# CVE-2026-59725, GHSA-r635-g3xr-vw7x: a binary POST that is never answered


@black_box
@pytest.mark.parametrize("body", [b"", b"\x04abc", bytes(1000), b'42["echo"]'])
@await_it
async def test_cve_2026_59725_ghsa_r635_g3xr_vw7x_octets_to_an_eio4_session_are_answered(url, body):
    target = await polling(url)
    answer = await fetch(url, "POST", target, body, Content_Type="application/octet-stream")
    assert answer.status == 400


# GHSA-gr94-w7qr-f4j3: WebTransport with a bad session


@black_box
@pytest.mark.parametrize("method", ["GET", "POST", "CONNECT", "PUT"])
@await_it
async def test_ghsa_gr94_w7qr_f4j3_webtransport_is_no_transport(url, method):
    line = await dial(url)
    line.write(get("/socket.io/?EIO=4&transport=webtransport&sid=x", "Connection: close").replace(b"GET", method.encode(), 1))
    assert (await line.until(b"\r\n")).split()[1] == b"400"
    await line.hang_up()


# CVE-2020-36049, GHSA-xfhh-g9f5-x4m4: long numbers, quadratic work


@black_box
@pytest.mark.parametrize("packet", ['42{}["x"]', "43{}[]", '45{}-["x"]', "46{}-[]", '451-{}["x"]', '42/a,{}["x"]'])
@pytest.mark.parametrize("digits", [17, 5000, 900_000])
@await_it
async def test_cve_2020_36049_ghsa_xfhh_g9f5_x4m4_numbers_of_many_digits_close(url, packet, digits):
    target = await polling(url)
    assert (await fetch(url, "POST", target, packet.format("9" * digits).encode())).status in (200, 400)
    assert await is_over(url, target)


# CVE-2022-2421, GHSA-qm95-pgcg-qqfq: a placeholder that names no attachment

NUMS = [-1, 1, 1.5, "splice", "0", None, [0], {}, True, 10**30]


@black_box
@pytest.mark.parametrize("num", NUMS, ids=repr)
@await_it
async def test_cve_2022_2421_ghsa_qm95_pgcg_qqfq_a_placeholder_without_attachment_closes(url, num):
    client = await Modern.connect(url)
    client.say("451-" + json.dumps(["echo", {"_placeholder": True, "num": num}]))
    client.line.write(frame(b"bytes", 0x82))
    await close_code(client.line)


@pytest.mark.parametrize("num", NUMS, ids=repr)
@pytest.mark.parametrize("era", ["eio3", "eio4"])
def test_cve_2022_2421_and_nothing_of_it_is_delivered(gate, era, num):
    seen = []
    gate.io.on("*", lambda socket, *args: seen.append(args))
    peer = peer_of(gate, era)
    peer.raw("451-" + json.dumps(["echo", {"_placeholder": True, "num": num}]))
    if not peer.connection.closed and peer.client is not None:
        peer.binary(b"\4bytes" if era == "eio3" else b"bytes")
    assert seen == []
    assert gate.io.clients_count == 0


# CVE-2023-32695, GHSA-cqmj-92xf-r6r9: an event whose name is no text


@black_box
@pytest.mark.parametrize(
    "packet",
    ["42[null]", '42[["x"]]', '42[{"toString":"x"}]', "42[true]", "42[]", "42{}", '42"x"', "42", "420", '42{"length":1}'],
)
@await_it
async def test_cve_2023_32695_ghsa_cqmj_92xf_r6r9_an_event_without_a_name_closes(url, packet):
    client = await Modern.connect(url)
    client.say(packet)
    await close_code(client.line)


# CVE-2026-33151, GHSA-677m-j7p3-52f9, CVE-2026-48804, GHSA-55mf-67qm-4wpg: attachments without bound


@black_box
@pytest.mark.parametrize("announced", [11, 1000, 2**31, 2**53])
@pytest.mark.parametrize("kind", ["45", "46"])
@await_it
async def test_cve_2026_33151_ghsa_677m_j7p3_52f9_cve_2026_48804_ghsa_55mf_67qm_4wpg_eleven_attachments_close_at_once(
    url, announced, kind
):
    client = await Modern.connect(url)
    client.say(f'{kind}{announced}-["echo"]')
    await close_code(client.line)


@black_box
@await_it
async def test_cve_2026_33151_not_even_before_a_namespace_is_joined(url):
    line = await opened(url, SOCKETS["eio4"])
    await message(line)
    line.write(frame(b'4511-["echo"]'))
    await close_code(line)


# CVE-2026-69185, GHSA-2m8v-j782-fhvr: attachments that never come


@black_box
@await_it
async def test_cve_2026_69185_ghsa_2m8v_j782_fhvr_text_in_place_of_an_attachment_closes(url):
    client = await Modern.connect(url)
    client.say('451-["echo",{"_placeholder":true,"num":0}]')
    client.say('42["echo","x"]')
    await close_code(client.line)


@black_box
@await_it
async def test_cve_2026_69185_none_announced_is_complete_or_closes(url):
    client = await Modern.connect(url)
    client.say('450-["message","x"]')
    client.say('42["message","y"]')
    answers = []
    while not client.line.closed.called and len(answers) < 2:
        try:
            answers.append(await message(client.line))
        except AssertionError:
            break
    assert answers in ([], ['42["message-back","x"]', '42["message-back","y"]'])
    await client.line.hang_up()


def test_cve_2026_69185_header_and_attachments_together_keep_the_limit(make_gate):
    gate = make_gate(max_payload=10_000)
    peer = peer_of(gate, "eio4")
    peer.raw("4510-" + json.dumps(["e", *({"_placeholder": True, "num": n} for n in range(10))]))
    for _ in range(10):
        if gate.io.clients_count:
            peer.connection.reader.dataReceived(frame(bytes(2000), 0x82))
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("era", ["eio3", "eio4"])
def test_cve_2026_69185_what_was_begun_is_released_with_the_connection(gate, era):
    import gc
    import weakref

    peer = peer_of(gate, era)
    kept = weakref.ref(peer.client.session) if hasattr(type(peer.client.session), "__weakref__") else None
    session = peer.client.session
    peer.raw('452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    peer.drop()
    del session
    gc.collect()
    assert gate.io.clients_count == 0
    assert kept is None or kept() is None


# socket.io da04267f and 37aad114: acknowledgements that timed out were kept


@pytest.mark.parametrize("era", ["old", "0.9", "eio3", "eio4"])
def test_cve_less_da04267f_37aad114_acknowledgements_are_dropped_on_timeout_and_on_close(gate, era):
    sockets, outcomes = [], []
    gate.io.on("connection", sockets.append)
    peer = peer_of(gate, era)
    for _ in range(100):
        sockets[0].timeout(1).emit("ask", ack=lambda error, *args: outcomes.append(error))
    assert len(sockets[0]._acks) == 100
    gate.turn(2)
    assert len(outcomes) == 100 and all(isinstance(error, TimeoutError) for error in outcomes)
    assert not sockets[0]._acks
    sockets[0].emit("ask", ack=lambda *args: None)
    peer.drop()
    gate.turn(30)
    assert not sockets[0]._acks


def test_cve_less_da04267f_no_more_than_max_acks_are_awaited(make_gate):
    gate, sockets, outcomes = make_gate(max_acks=10), [], []
    gate.io.on("connection", sockets.append)
    peer_of(gate, "eio4")
    for _ in range(25):
        sockets[0].timeout(60).emit("ask", ack=lambda error, *args: outcomes.append(error))
    assert len(sockets[0]._acks) <= 10
    assert len(outcomes) == 15


# CVE-2016-10536, GHSA-4r4m-hjwj-43p8; CVE-2021-31597, CVE-2020-28502: of clients only


def test_cve_2016_10536_ghsa_4r4m_hjwj_43p8_nothing_here_switches_the_check_of_certificates_off():
    word = re.compile("reject" + r"Unauthorized['\"]?\s*[:=]\s*false|verify" + r"=False|CERT" + "_NONE|_create_" + "unverified")
    folders = ("gateway", "protocols", "legacy", "examples", "scripts", "tests")
    files = [file for folder in folders for end in ("*.py", "*.js") for file in (ROOT / folder).rglob(end)]
    assert len(files) > 100
    assert [str(file) for file in files if word.search(file.read_text("utf-8"))] == []


def test_cve_2021_31597_cve_2020_28502_no_http_client_for_javascript_is_shipped():
    shipped = [file for folder in ("gateway", "protocols", "legacy", "twisted") for file in (ROOT / folder).rglob("*.js")]
    assert shipped == []
