"""What is peculiar to the transports of each era."""

from gateway.conformance.cases import MODERN, Case, of_server, scenario
from gateway.conformance.clients.kinds import POLL, STREAM, Kind
from gateway.conformance.clients.nine import NinePeer
from gateway.conformance.scenarios.life import leaves, watched

POLICY_REQUEST = b"<policy-file-request/>\0"


def _polls(kind: Kind) -> bool:
    return kind.way == POLL


@of_server("6", "the Flash policy is answered on the main port")
async def policy(case: Case) -> None:
    answer = await case.answered_raw(POLICY_REQUEST)
    assert answer.startswith(b"<?xml"), answer[:60]
    assert b"</cross-domain-policy>" in answer


@of_server("6", "the Flash policy is answered when its request comes in pieces")
async def policy_in_pieces(case: Case) -> None:
    line = case.raw(POLICY_REQUEST[:5])
    await case.pause(0.1)
    line.write(POLICY_REQUEST[5:])
    assert b"</cross-domain-policy>" in await case.soon(line.ended, "the policy")


@scenario("6", "forms of 0.7 to 0.8.5 are read: bare packets", ("0.9",), only=lambda kind: kind.name == "jsonp-polling")
async def bare_forms(case: Case) -> None:
    client = NinePeer(case.new_link(), "jsonp-polling", early=True)
    client.open()
    await case.joined(client, "/")
    for text in ("hello", "é😀", "a b+c&d=e%"):
        assert await case.ask(client, "echo", text) == text
    client.emit("count", 0)
    client.emit("count", 1)
    assert await case.ask(client, "counted") == {"received": 2, "ordered": True}
    client.close()


@scenario("6", "requests of a session come over any connection", ("old", "0.9"), only=lambda kind: kind.way in (POLL, STREAM))
async def any_connection(case: Case) -> None:
    client = await case.client()
    for number in range(5):
        client.link._idle.clear()  # type: ignore[attr-defined]  # so the next request opens a connection of its own
        assert await case.ask(client, "echo", number) == number


@scenario("6", "a poll that is cut ends only the request, and nothing is lost", ("old", "0.9"), only=_polls)
async def cut_poll(case: Case) -> None:
    client, other = await case.client(), await case.other()
    await case.settled(client)
    for number in range(3):
        await case.pause(0.05)
        token = case.token()
        client.carrier.cut_poll()  # type: ignore[union-attr]
        await case.pause(0.05)
        other.emit("all", token, number)
        await case.settled(other)
        client.carrier.poll()  # type: ignore[union-attr]
        assert await case.event(client, "all", token) == [token, number]


@scenario("6", "a poll that is cut ends the session", MODERN, only=_polls)
async def cut_poll_ends(case: Case) -> None:
    client = await case.client()
    watcher, me = await watched(case, client)
    await case.pause(0.1)
    client.cut()
    await leaves(case, watcher, me)


@scenario("6", "JSONP wants a number for its callback", MODERN, only=lambda kind: kind.transport == "jsonp")
async def callback(case: Case) -> None:
    number = 3 if case.kind.era == "eio3" else 4
    for index in ("alert", "0;alert(1)", "", "-1", "%3Cscript%3E", "0%0d%0a"):
        answer = await case.fetch("GET", f"/socket.io/?EIO={number}&transport=polling&j={index}")
        assert answer.status == 400, f"j={index} is answered with {answer.status}"
        assert b"alert" not in answer.body


@scenario("8", "JSONP is JavaScript that is not sniffed", only=lambda kind: "jsonp" in kind.transport)
async def javascript(case: Case) -> None:
    targets = {
        "old": "/socket.io/jsonp-polling//1303000000001/0",
        "0.9": "/socket.io/1/?t=1&jsonp=0",
        "eio3": "/socket.io/?EIO=3&transport=polling&j=0",
        "eio4": "/socket.io/?EIO=4&transport=polling&j=0",
    }
    answer = await case.fetch("GET", targets[case.kind.era])
    assert answer.status == 200
    kinds = ("text/javascript", "application/javascript") if case.kind.era == "0.9" else ("text/javascript",)
    assert answer.headers["content-type"].startswith(kinds)
    assert answer.headers["x-content-type-options"] == "nosniff"


@scenario(
    "6", "a page of htmlfile begins with 256 bytes and has one script for each packet", only=lambda kind: kind.name == "htmlfile"
)
async def htmlfile(case: Case) -> None:
    client = await case.client()
    answer = client.carrier.answer  # type: ignore[union-attr]
    assert answer is not None
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers.get("transfer-encoding") == "chunked"
    client.emit("burst", 5)
    await case.event(client, "burst-end")


@scenario(
    "6", "parts of xhr-multipart end in their boundary, in an answer without end", only=lambda kind: kind.name == "xhr-multipart"
)
async def multipart(case: Case) -> None:
    client = await case.client()
    answer = client.carrier.answer  # type: ignore[union-attr]
    assert answer is not None
    assert answer.headers["content-type"] == 'multipart/x-mixed-replace;boundary="socketio"'
    assert "content-length" not in answer.headers
    assert "transfer-encoding" not in answer.headers


@scenario("6", "a second transport takes the session over", ("0.9",), only=lambda kind: kind.transport == "xhr-polling")
async def taken_over(case: Case) -> None:
    client = await case.client()
    await case.settled(client)
    client.carrier.over = True  # it polls no more
    target = f"/socket.io/1/htmlfile/{client.sid}?t=1"
    line = case.raw(f"GET {target} HTTP/1.1\r\nHost: {case.link.host}\r\n\r\n".encode())
    await case.soon(line.until(lambda data: b"parent.s._" in data), "the page")
    client.emit("echo", "by the other")
    received = await case.soon(line.until(lambda data: b"by the other" in data), "the event on the page")
    assert b"by the other" in received


@scenario("6", "a refused opening does not touch the session", ("old", "0.9"), only=_polls)
async def misplaced(case: Case) -> None:
    client = await case.client()
    path = f"/socket.io/websocket/{client.sid}" if case.kind.era == "old" else f"/socket.io/1/websocket/{client.sid}"
    try:
        answer = await case.fetch("GET", path)
        assert answer.status >= 400, answer.status
    except AssertionError as error:
        if "connection ended" not in str(error):
            raise
    await case.settled(client)
