"""Coming, going, failing: kick, watch, boom, and the heartbeats."""

from gateway.conformance.cases import LIMIT, MODERN, NAMED, Case, SkippedError, scenario
from gateway.conformance.clients.kinds import POLL, SOCKET, STREAM, Kind
from gateway.conformance.clients.peers import CONTROL, LEFT, Peer


async def watched(case: Case, client: Peer, namespace: str = "/") -> tuple[Peer, str]:
    """A neighbour that watches, and the id by which it would know ``client``."""
    watcher = await case.other(namespace)
    assert await case.ask(watcher, "watch", namespace=namespace) is True
    return watcher, (await case.ask(client, "whoami", namespace=namespace))["id"]


async def leaves(case: Case, watcher: Peer, id: str, namespace: str = "/", seconds: float = LIMIT) -> None:
    """The watcher is told, once."""
    await case.event(watcher, "left", id, namespace=namespace, seconds=seconds)
    await case.settled(watcher, namespace)
    assert watcher.heard("left", namespace).count([id]) == 1


@scenario("5", "kick ends the connection in /", ("old", "0.9"))
async def kick(case: Case) -> None:
    client = await case.client()
    watcher, me = await watched(case, client)
    client.emit("kick")
    await leaves(case, watcher, me)
    await case.ended(client)


@scenario("5", "kick puts the client out of one namespace, the others go on", NAMED)
async def kick_namespace(case: Case) -> None:
    client = await case.client("/chat")
    client.emit("kick", namespace="/chat")
    await case.soon(client.next(LEFT, namespace="/chat"), "the disconnect packet")
    await case.settled(client)


@scenario("5", "kick in / leaves the other namespaces", MODERN)
async def kick_default(case: Case) -> None:
    client = await case.client("/chat")
    client.emit("kick")
    await case.soon(client.next(LEFT), "the disconnect packet")
    await case.settled(client, "/chat")


@scenario("5", "kick-all ends the whole connection and tells every namespace")
async def kick_all(case: Case) -> None:
    named = case.kind.era in NAMED
    client = await case.client("/chat" if named else "/")
    watcher, me = await watched(case, client)
    client.emit("kick-all")
    if case.kind.era in MODERN:
        for namespace in ("/", "/chat"):
            await case.soon(client.next(LEFT, namespace=namespace), f"the disconnect packet for {namespace}")
    await case.ended(client)
    await leaves(case, watcher, me)


@scenario("5", "watch tells of clients that leave by themselves")
async def watch(case: Case) -> None:
    client = await case.client()
    watcher, me = await watched(case, client)
    if case.kind.era == "old" and case.kind.way == POLL:
        case.patient(8.0, "the close timeout of a 0.6 client, which leaves without a word,")
    client.close()
    await leaves(case, watcher, me, seconds=LIMIT + 8)


@scenario("5", "watch tells of clients whose connection breaks", only=lambda kind: kind.way != POLL)
async def broken(case: Case) -> None:
    client = await case.client()
    watcher, me = await watched(case, client)
    client.cut()
    await leaves(case, watcher, me)


@scenario("5", "watch tells of one namespace only", NAMED)
async def watch_namespace(case: Case) -> None:
    client = await case.client("/chat")
    watcher, me = await watched(case, client, "/chat")
    client.leave("/chat")
    await leaves(case, watcher, me, "/chat")
    await case.settled(client)


@scenario("5", "this kind of client can watch")
async def watcher(case: Case) -> None:
    client, other = await case.client(), await case.other()
    assert await case.ask(client, "watch") is True
    me = (await case.ask(other, "whoami"))["id"]
    other.close()
    await leaves(case, client, me)


@scenario("5", "boom harms nobody and is not answered")
async def boom(case: Case) -> None:
    client = await case.client()
    answer = client.call("boom", 1)
    client.emit("boom")
    await case.settled(client)
    assert not answer.called


@scenario("5", "forbidden is refused before any handler")
async def forbidden(case: Case) -> None:
    client = await case.client()
    answer = client.call("forbidden", 1)
    assert await case.event(client, "event-error") == ["forbidden", "not allowed"]
    await case.settled(client)
    assert not answer.called


@scenario("2", "the server pings every interval and is content with an answer", ("eio4",))
async def ping4(case: Case) -> None:
    case.patient(case.server.interval * 2, "two intervals")
    client = await case.client()
    for _ in range(2):
        await case.soon(client.next(CONTROL, "2"), "a ping", case.server.interval * 2 + 2)
    await case.settled(client)


@scenario("2", "the client's pings are answered", ("eio3",))
async def ping3(case: Case) -> None:
    client = await case.client()
    client.layer.packets(["2"])  # type: ignore[attr-defined]  # a ModernPeer
    await case.soon(client.next(CONTROL, "3"), "a pong")


@scenario("2", "a client that is silent for interval and timeout is dropped", MODERN)
async def silent(case: Case) -> None:
    wait = case.server.interval + case.server.timeout
    case.patient(wait, "interval and timeout")
    client = await case.client(beats=False)
    watcher, me = await watched(case, client)
    await leaves(case, watcher, me, seconds=wait * 1.5 + LIMIT)


@scenario("2", "a client that joins nothing is closed", ("eio4",), only=lambda kind: kind.transport in ("polling", "websocket"))
async def joins_nothing(case: Case) -> None:
    client = case.begin(joins=False)
    try:
        await case.ended(client, case.server.patience)
    except AssertionError:
        raise SkippedError(f"not within {case.server.patience:g} s (--patience)") from None


@scenario("2", "heartbeats come every interval", ("0.9",), only=lambda kind: kind.way != POLL)
async def heartbeats09(case: Case) -> None:
    case.patient(case.server.interval * 2, "two intervals")
    client = await case.client()
    for _ in range(2):
        await case.soon(client.next(CONTROL, "2::"), "a heartbeat", case.server.interval * 2 + 2)
    await case.settled(client)


@scenario("2", "heartbeats come every interval, at most 10 s", ("old",), only=lambda kind: kind.way in (SOCKET, STREAM))
async def heartbeats_old(case: Case) -> None:
    interval = min(case.server.interval, 10.0)
    case.patient(interval * 2, "two heartbeats")
    client = await case.client()
    for number in (1, 2):
        await case.soon(client.next(CONTROL, f"~h~{number}"), "a heartbeat", interval * 2 + 2)
    await case.settled(client)


def _polls_of_old(kind: Kind) -> bool:
    return kind.way == POLL and kind.era in ("old", "0.9")


@scenario("2", "a poll is answered before its client gives up", only=_polls_of_old)
async def idle_poll(case: Case) -> None:
    client = await case.client()
    await case.settled(client)
    longest = 20.0 if case.kind.era == "old" else min(20.0, int(client.greeting[2]) / 2)  # type: ignore[attr-defined]
    case.patient(longest, "the longest poll")
    polls: list[float] = []
    fetch, clock = client.link.fetch, case.server.reactor

    def noted(method: str, *rest: object) -> object:
        if method == "GET":
            polls.append(clock.seconds())
        return fetch(method, *rest)  # type: ignore[arg-type]

    client.link.fetch = noted  # type: ignore[method-assign, assignment]
    await case.pause(longest * 1.6)
    assert polls, f"no poll came to its end within {longest * 1.6:g} s"
    await case.settled(client)


@scenario("2", "the handshake announces the timeouts", ("0.9",))
async def greeting(case: Case) -> None:
    client = await case.client()
    _, heartbeat, close, transports = client.greeting  # type: ignore[attr-defined]
    total = case.server.interval + case.server.timeout
    assert total <= int(heartbeat) < total + 1
    assert close == heartbeat
    assert set(transports.split(",")) == {"websocket", "flashsocket", "htmlfile", "xhr-polling", "jsonp-polling"}
