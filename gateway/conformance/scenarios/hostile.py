"""Under hostile conditions: broken WebSockets, floods, and who is served meanwhile."""

from collections.abc import Callable

from gateway.conformance.cases import LIMIT, MODERN, Case, of_server, scenario
from gateway.conformance.clients.drafts import BINARY, CLOSE, PING, TEXT, Hixie76, Rfc6455, frame
from gateway.conformance.clients.kinds import KINDS
from gateway.conformance.clients.link import RefusedError
from gateway.conformance.clients.sockets import RawSocket
from gateway.conformance.scenarios.addresses import plain
from gateway.conformance.scenarios.life import leaves, watched
from gateway.conformance.scenarios.requests import TARGET, head

LARGEST = 64 << 20

PROTOCOL_ERRORS = {
    "an unmasked frame": frame(TEXT, b"x", mask=False),
    "a reserved bit": frame(TEXT, b"x", reserved=0x20),
    "an unknown opcode": frame(3, b"x"),
    "an unknown control opcode": frame(11, b""),
    "a fragmented ping": frame(PING, b"", final=False),
    "a ping over 125 bytes": frame(PING, b"x" * 126),
    "a continuation of nothing": frame(0, b"x"),
    "a text inside a text": frame(TEXT, b"x", final=False) + frame(TEXT, b"y"),
    "a close of one byte": frame(CLOSE, b"x"),
    "a close with code 1005": frame(CLOSE, (1005).to_bytes(2, "big")),
    "a compressed frame that was not agreed on": frame(TEXT, b"x", reserved=0x40),
    "a length with its highest bit": b"\x82\xff" + b"\xff" * 8 + b"mask",
}
BAD_TEXTS = (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80")


async def closes(case: Case, what: str, code: int, *frames: bytes) -> None:
    """What is sent on a fresh WebSocket makes the server close it with ``code``."""
    socket = await plain(case)
    socket.write(*frames)
    await case.soon(socket.ended(), f"the end after {what}")
    assert socket.code == code, f"{what}: closed with {socket.code}"


@of_server("8", "WebSocket protocol errors close with 1002")
async def protocol_errors(case: Case) -> None:
    for what, data in PROTOCOL_ERRORS.items():
        await closes(case, what, 1002, data)


@of_server("8", "bad UTF-8 closes with 1007, as soon as it is known")
async def bad_text(case: Case) -> None:
    for data in BAD_TEXTS:
        await closes(case, repr(data), 1007, frame(TEXT, data))
    await closes(case, "a bad fragment", 1007, frame(TEXT, b"\xff", final=False))
    await closes(case, "a bad reason", 1007, frame(CLOSE, b"\x03\xe8\xff"))


@of_server("8", "excess closes with 1009, as soon as the head of the frame says so")
async def excess(case: Case) -> None:
    await closes(case, "a frame over the limit", 1009, b"\x82\xff" + (LARGEST + 1).to_bytes(8, "big") + b"mask")


@scenario("8", "the limit holds for the sum of fragments", MODERN, only=lambda kind: kind.transport == "websocket")
async def sum_of_fragments(case: Case) -> None:
    client = await case.client()
    piece = b"x" * min(case.server.max_payload, 500_000)
    client.carrier.write(frame(BINARY, piece, final=False))  # type: ignore[union-attr]
    for _ in range(case.server.max_payload // len(piece) + 1):
        client.carrier.write(frame(0, piece, final=False))  # type: ignore[union-attr]
    await case.ended(client)
    assert client.carrier.code == 1009  # type: ignore[union-attr]


@scenario(
    "8",
    "a WebSocket's closing handshake is answered",
    only=lambda kind: kind.framing == "rfc6455" and kind.transport != "upgrade",
)
async def closing(case: Case) -> None:
    client = await case.client()
    client.carrier.write(frame(CLOSE, (1000).to_bytes(2, "big")))  # type: ignore[union-attr]
    await case.ended(client)
    assert client.carrier.code in (1000, None)  # type: ignore[union-attr]


@scenario("8", "pings are answered", only=lambda kind: kind.framing == "rfc6455" and kind.era != "eio3")
async def pings(case: Case) -> None:
    targets: dict[str, Callable[[], str]] = {
        "old": lambda: "/socket.io/websocket",
        "eio4": lambda: "/socket.io/?EIO=4&transport=websocket",
    }
    target = targets.get(case.kind.era, lambda: "/ws")()
    socket = RawSocket(case.new_link(), target, Rfc6455())
    await case.soon(socket.opening, "the opening")
    socket.write(frame(PING, b"are you there"), frame(PING, b""))
    for _ in range(100):
        if len(socket.controls) == 2:
            break
        await case.pause(0.02)
    assert [payload for _, payload in socket.controls] == [b"are you there", b""]


@scenario("8", "draft 76: wrong keys are refused", only=lambda kind: kind.transport == "hixie-76")
async def wrong_keys(case: Case) -> None:
    base = "/socket.io/websocket"
    if case.kind.era == "0.9":
        client = await case.client(kind=KINDS["0.9", "xhr-polling"])
        base = f"/socket.io/1/websocket/{client.sid}"
    for keys in (("nospaces123", "1 2"), ("1 2 3", "12 "), ("letters only", "1 2")):
        draft = Hixie76(keys)
        headers = "".join(f"{name}: {value}\r\n" for name, value in draft.headers(case.link.origin))
        data = f"GET {base} HTTP/1.1\r\nHost: {case.link.host}\r\n{headers}\r\n".encode() + draft.nonce
        received = await case.answered_raw(data)
        assert b" 101 " not in received.split(b"\r\n")[0], f"{keys}: {received[:40]!r}"


@scenario("8", "draft 76: the nonce may come late and in pieces", only=lambda kind: kind.transport == "hixie-76")
async def late_nonce(case: Case) -> None:
    if case.kind.era == "0.9":
        greeting = await case.fetch("GET", "/socket.io/1/?t=1")
        target = f"/socket.io/1/websocket/{greeting.text.split(':')[0]}"
    else:
        target = "/socket.io/websocket"
    draft = Hixie76()
    headers = "".join(f"{name}: {value}\r\n" for name, value in draft.headers(case.link.origin))
    line = case.raw(f"GET {target} HTTP/1.1\r\nHost: {case.link.host}\r\n{headers}\r\n".encode() + draft.nonce[:3])
    received = await case.soon(line.until(lambda data: b"\r\n\r\n" in data), "the head")
    assert received.startswith(b"HTTP/1.1 101 ")
    line.write(draft.nonce[3:])
    received = await case.soon(line.until(lambda data: b"\xff" in data.partition(b"\r\n\r\n")[2][16:]), "the first frame")
    draft.prove(received.partition(b"\r\n\r\n")[2][:16])
    line.cut()


@scenario(
    "8",
    "draft 76: a frame without end is cut at the limit",
    only=lambda kind: kind.framing == "hixie" and kind.transport == "hixie-76",
)
async def endless_frame(case: Case) -> None:
    client = await case.client()
    client.carrier.write(b"\x00" + b"x" * (case.server.max_payload + 70_000))  # type: ignore[union-attr]
    await case.ended(client)


@scenario("8", "an opening that is none is refused with an answer", MODERN, only=lambda kind: kind.transport == "websocket")
async def bad_openings(case: Case) -> None:
    number = 3 if case.kind.era == "eio3" else 4
    target = f"/socket.io/?EIO={number}&transport=websocket"
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    for lines in (
        (),
        upgrade,
        (*upgrade, "Sec-WebSocket-Version: 13"),
        (*upgrade, "Sec-WebSocket-Version: 99", "Sec-WebSocket-Key: AAAA"),
    ):
        line = case.raw(head(case, "GET", target, *lines))
        received = await case.soon(line.until(lambda data: b"\r\n\r\n" in data), "an answer")
        assert received.startswith(b"HTTP/1.1 4"), f"{lines}: {received[:40]!r}"
        line.cut()


@scenario("8", "a probe of an unknown session opens nothing", MODERN, only=lambda kind: kind.transport == "upgrade")
async def unknown_probe(case: Case) -> None:
    number = 3 if case.kind.era == "eio3" else 4
    socket = RawSocket(case.new_link(), f"/socket.io/?EIO={number}&transport=websocket&sid=nobody", Rfc6455())
    try:
        await case.soon(socket.opening, "a verdict")
    except RefusedError as error:
        assert error.status == 400
    else:
        raise AssertionError("it was opened")


@scenario(
    "8", "a second WebSocket for a session that has one is turned away", MODERN, only=lambda kind: kind.transport == "upgrade"
)
async def second_upgrade(case: Case) -> None:
    client = await case.client()
    number = 3 if case.kind.era == "eio3" else 4
    target = f"/socket.io/?EIO={number}&transport=websocket&sid={client.sid}"
    socket = RawSocket(case.new_link(), target, Rfc6455())
    try:
        await case.soon(socket.opening, "a verdict")
        socket.send("2probe")
        await case.soon(socket.ended(), "the end of the second one")
    except RefusedError:
        pass
    await case.settled(client)


@scenario(
    "8",
    "a flood of one client leaves a fresh one served within a second",
    only=lambda kind: kind.transport in ("websocket", "xhr-polling"),
)
async def flood(case: Case) -> None:
    flooding = await case.client()
    for _ in range(300):
        flooding.emit("burst", 20)
    started = case.server.reactor.seconds()
    fresh = case.begin(KINDS["eio4", "websocket"])
    await case.joined(fresh, "/")
    await case.settled(fresh)
    # The other scenarios run at the same time, here and there: the second counts for the server alone.
    assert case.server.reactor.seconds() - started < LIMIT / 2
    await case.settled(flooding)


@scenario("8", "a client that does not read is cut off", only=lambda kind: kind.transport == "websocket")
async def no_reader(case: Case) -> None:
    client = await case.client()
    watcher, me = await watched(case, client)
    client.carrier.stop_reading()  # type: ignore[union-attr]
    for number in range(64):
        client.emit("large", 1_000_000, ack=1000 + number)
        await case.pause(0.01)
    await leaves(case, watcher, me)


@of_server("8", "connections that stall hold up nobody")
async def stalls(case: Case) -> None:
    lines = [case.raw(head(case, "POST", TARGET, "Content-Length: 100") + b"begin") for _ in range(30)]
    lines += [case.raw(b"GET /sock") for _ in range(30)]
    answer = await case.fetch("GET", TARGET)
    assert answer.status == 200
    assert not any(line.lost for line in lines)
    for line in lines:
        line.cut()
