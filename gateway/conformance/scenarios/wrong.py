"""Wrong input: what closes a connection, what is dropped, and who is not disturbed."""

from gateway.conformance.cases import MODERN, Case, SkippedError, scenario
from gateway.conformance.clients.engine import EngineSpeech
from gateway.conformance.clients.kinds import POLL, SOCKET, Kind
from gateway.conformance.clients.link import Unit
from gateway.conformance.clients.peers import Peer, Report

BAD_PACKETS = (
    "", "9", "x", "2", "2{}", "2[]", '2"text"', "2[", '2["echo"', "2[null]", "2[{}]", "2[[]]", "2[true]", '2["echo"] ]',
    "2['echo']", '2["echo",NaN]', '2["echo",Infinity]', '2["echo",-Infinity]', '5["echo"]', '5x-["echo"]', '511-["echo"]',
    "3x[]", '31{"a":1}', "0/a,{", '2["connect"]', '2["disconnect"]', '2["disconnecting"]', '2["newListener"]',
    '2["echo",' + "[" * 100_000, '2["echo",' + "9" * 6000 + "]",
)  # fmt: skip
"""Messages that are no packet of Socket.IO."""

ONE = '51-["echo",{"_placeholder":true,"num":0}]'
TWO = '52-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
BAD_ATTACHMENTS: tuple[list[Unit], ...] = (
    [b"no header"],
    [ONE, '2["echo"]'],
    [ONE, ONE],
    [TWO, b"1", '2["echo"]'],
    ['51-["echo",{"_placeholder":true,"num":1}]', b"1"],
    ['51-["echo",{"_placeholder":true,"num":-1}]', b"1"],
    ['51-["echo",{"_placeholder":true,"num":"0"}]', b"1"],
)
"""Headers and attachments that do not belong together."""

BAD_PACKETS_09 = (
    "", "garbage", "9::", "5:::", "5:::{", '5:::{"args":[]}', "5:::[]", "4:::{", "6:::x", "3", ":::", "5:1+::{", "\ufffd9\ufffd5",
)  # fmt: skip
BAD_MESSAGES_OLD = (
    "~j~{", "~j~", "~j~NaN", "~h~77", '~j~{"ack":7,"args":[]}', '~j~{"event":"unhandled","args":5}', "~j~" + "[" * 100_000,
)  # fmt: skip


def _one_way(kind: Kind) -> bool:
    return kind.transport in ("polling", "websocket")


@scenario("7", "a packet that can't be decoded closes the connection, and nobody else's", MODERN, only=_one_way)
async def undecodable(case: Case) -> None:
    neighbour = await case.client()
    clients: list[tuple[str, Peer]] = []
    for packet in BAD_PACKETS:
        client = await case.client()
        client.layer.send([packet])  # type: ignore[attr-defined]
        clients.append((packet, client))
    for packet, client in clients:
        try:
            await case.ended(client)
        except AssertionError as error:
            raise AssertionError(f"after {packet[:40]!r}: {error}") from None
    await case.settled(neighbour)


@scenario("7", "attachments that do not match close the connection", MODERN, only=_one_way)
async def attachments(case: Case) -> None:
    for packets in BAD_ATTACHMENTS:
        client = await case.client()
        client.layer.send(packets)  # type: ignore[attr-defined]
        await case.ended(client)


@scenario("7", "an unknown packet of Engine.IO closes the connection", MODERN, only=_one_way)
async def unknown_engine_packet(case: Case) -> None:
    client = await case.client()
    client.layer.packets(["7"])  # type: ignore[attr-defined]
    await case.ended(client)


@scenario("7", "what can't be decoded is dropped, and the session stays", ("0.9",))
async def dropped09(case: Case) -> None:
    client = await case.client()
    for packet in BAD_PACKETS_09:
        client.carrier.send([packet])
        await case.settled(client)
    for packet in ('5:::{"name":"echo","args":[NaN]}', '5:::{"name":"echo","args":' + "[" * 100_000, "4:::" + "9" * 6000):
        client.carrier.send([packet])
        await case.settled(client)
    assert not client.heard("echo")


@scenario("7", "what can't be decoded is dropped, and the session stays", ("old",))
async def dropped_old(case: Case) -> None:
    client = await case.client()
    for message in BAD_MESSAGES_OLD:
        client.carrier.send([message])
        await case.settled(client)


@scenario("7", "an acknowledgement nobody asked for is ignored")
async def stray_ack(case: Case) -> None:
    client = await case.client()
    for number in (0, 1, 77, 2**40):
        report = await _question(case, client)
        report.ack, asked = number + (report.ack or 0) + 1000, report.ack
        client.answer(report, "nobody asked")
        report.ack = asked
        client.answer(report, "asked")
        assert await case.event(client, "answer") == ["asked"]
        client.answer(report, "again")
        await case.settled(client)
    assert client.heard("answer") == [["asked"]] * 4


async def _question(case: Case, client: Peer) -> Report:
    client.emit("ask")
    question: Report = await case.soon(client.next("event", "question"), "the question")
    return question


@scenario("7", "names of lifecycle events reach no handler")
async def reserved(case: Case) -> None:
    client = await case.client()
    for name in ("error", "connection", "clientConnect", "clientDisconnect"):
        client.emit(name, "forged")
    await case.settled(client)
    assert not client.heard("any")


@scenario("7", "a message above the limit closes a WebSocket with 1009", MODERN, only=lambda kind: kind.transport == "websocket")
async def too_big(case: Case) -> None:
    _affordable(case)
    client = await case.client()
    client.layer.send(["2" + "x" * case.server.max_payload])  # type: ignore[attr-defined]
    await case.ended(client)
    assert client.carrier.code == 1009, client.carrier.code  # type: ignore[union-attr]


@scenario(
    "7",
    "a body above the limit is 413 as soon as its length is known, and the session lives on",
    only=lambda kind: kind.way == POLL,
)
async def too_large(case: Case) -> None:
    client = await case.client()
    speech = getattr(client, "speech", None) or client.layer.speech  # type: ignore[attr-defined]
    target, _, _ = speech.post(["x"])
    head = f"POST {target} HTTP/1.1\r\nHost: {case.link.host}\r\nContent-Length: {case.server.max_payload + 1}\r\n\r\n"
    received = await case.answered_raw(head.encode() + b"begin")
    assert received.startswith(b"HTTP/1.1 413"), received[:60]
    assert b"connection: close" in received.lower()
    await case.settled(client)


@scenario("7", "a message just below the limit is taken", only=lambda kind: kind.way == SOCKET)
async def just_right(case: Case) -> None:
    _affordable(case)
    client = await case.client()
    text = "x" * (case.server.max_payload - 100)
    assert await case.ask(client, "size", text) == len(text)


def _affordable(case: Case) -> None:
    if case.server.max_payload > 20_000_000:
        raise SkippedError(f"the limit is {case.server.max_payload} bytes")


@scenario("7", "broken framing closes a WebSocket of 0.3 to 0.9", ("old", "0.9"), only=lambda kind: kind.way == SOCKET)
async def broken_framing(case: Case) -> None:
    client = await case.client()
    client.carrier.write(b"\x80\xff\xff\xff\xff\xff\xff\xff\x7f" if case.kind.framing == "hixie" else b"\xf7\x00")  # type: ignore[union-attr]
    await case.ended(client)


@scenario("8", "octets to a polling session are 400", ("eio4",), only=lambda kind: kind.transport == "polling")
async def octets(case: Case) -> None:
    client = await case.client()
    speech: EngineSpeech = client.layer.speech  # type: ignore[attr-defined]
    answer = await case.fetch("POST", speech.target(), b"\0\1\xff4", (("Content-Type", "application/octet-stream"),))
    assert answer.status == 400


@scenario("8", "every POST is answered, also a wrong one", only=lambda kind: kind.way == POLL)
async def posts_answered(case: Case) -> None:
    for body in (b"", b"\xff\xfe", b"garbage", b"d=%", b"d=%22%5C", b"data=~m~", b"4:\x00", b"999:4hello", b"-1:4"):
        client = await case.client()
        speech = getattr(client, "speech", None) or client.layer.speech  # type: ignore[attr-defined]
        target, _, headers = speech.post(["x"])
        answer = await case.fetch("POST", target, body, headers)
        assert answer.status in (200, 400), f"{body!r} is answered with {answer.status}"
        assert b"Traceback" not in answer.body
