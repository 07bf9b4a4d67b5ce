"""Published clients of 0.3 to 0.6 that are not let in, come from elsewhere, lose their connection, or ask for a Flash policy."""

import re
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from gateway import ConnectionRefused
from gateway.conformance.fixtures.serving import Elsewhere
from tests.conformance.old_mounts import OldMount, old_mount
from tests.conformance.peers import Client, Peers
from tests.conformance.processes import LIMIT
from tests.conformance.raw import Line, dial, fetch, get

PAGE = "http://app.example.com"
TEXT = "é € 😀"
MANY = 4
"""More requests than a client ever needs to find out that it is not wanted."""

ACROSS = [("0.6", name) for name in ("websocket", "hixie-76", "xhr-multipart", "xhr-polling", "jsonp-polling")]


async def talk(client: Client) -> None:
    """A message there and back."""
    client.tell("send", value=f"echo:{TEXT}")
    assert await client.event("message") == [TEXT]


async def until(mount: OldMount, done: Any) -> None:
    """Wait until ``done()``; what the mount was asked for is told when it never is."""
    ends = reactor.seconds() + LIMIT
    while not done():
        assert reactor.seconds() < ends, mount.requests
        await deferLater(reactor, 0.01)


async def bystander(mount: OldMount, peers: Peers) -> None:
    """Another client comes and goes; whatever a client does at once on an answer has been done by then."""
    for _ in range(3):
        await talk(await peers.connect("0.6", "websocket", url=mount.url))


# Origins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("build, transport", ACROSS)
@pytest_twisted.ensureDeferred
async def test_a_page_of_a_listed_site_is_let_in(peers: Peers, build: str, transport: str) -> None:
    """Quirk 21."""
    async with old_mount("auto", origins=[PAGE]) as mount:
        await talk(await peers.connect(build, transport, url=mount.url, page=PAGE))


@pytest.mark.parametrize("build, transport", [*ACROSS, ("0.5", "xhr-polling"), ("0.3", "xhr-polling")])
@pytest_twisted.ensureDeferred
async def test_a_page_of_another_site_makes_no_session_and_does_not_hammer(peers: Peers, build: str, transport: str) -> None:
    async with old_mount("auto", origins=["http://other.example"]) as mount:
        peers.begin(build, transport, url=mount.url, page=PAGE)
        await until(mount, lambda: mount.requests)
        seen = [event["event"] for event in mount.app.seen]
        for _ in range(3):  # time enough for thousands of requests
            mine = await peers.connect("0.6", "websocket", url=mount.url, page="http://other.example")
            await talk(mine)
        assert len(mount.requests) <= 3 + MANY
        assert seen == []


@pytest_twisted.ensureDeferred
async def test_the_origin_of_a_page_from_a_file_is_answered_as_it_is() -> None:
    """Quirk 21: ``null``."""
    async with old_mount("frames") as mount:
        for target in ("/socket.io/xhr-polling//1", "/socket.io/xhr-multipart/"):
            line = await dial(mount.url)
            line.write(get(target, "Origin: null"))
            head = await line.until(b"\r\n\r\n")
            assert b"Access-Control-Allow-Origin: null" in head
            assert b"Vary: Origin" in head
            await line.hang_up()


# Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build, transport", [(build, "xhr-polling") for build in ("0.6", "0.5", "0.3")] + [("0.6", "jsonp-polling")]
)
@pytest_twisted.ensureDeferred
async def test_a_client_that_the_application_refuses_does_not_hammer(peers: Peers, build: str, transport: str) -> None:
    async with old_mount("auto") as mount:

        @mount.app.io.use
        def no_polling(socket: Any) -> None:
            if socket.handshake.transport == transport:
                raise ConnectionRefused("not today")

        peers.begin(build, transport, url=mount.url)
        await until(mount, lambda: mount.requests)
        await bystander(mount, peers)
        assert mount.handshakes(transport) <= MANY


@pytest.mark.parametrize("build", ["0.6", "0.5", "0.3"])
@pytest_twisted.ensureDeferred
async def test_a_client_whose_transport_is_off_does_not_hammer(peers: Peers, build: str) -> None:
    async with old_mount("auto", transports={"old": ["websocket"]}) as mount:
        peers.begin(build, "xhr-polling", url=mount.url)
        await until(mount, lambda: mount.requests)
        await bystander(mount, peers)
        assert mount.handshakes("xhr-polling") <= MANY


@pytest.mark.parametrize("build", ["0.6", "0.5", "0.3"])
@pytest_twisted.ensureDeferred
async def test_a_polling_client_that_is_put_out_does_not_hammer(peers: Peers, build: str) -> None:
    """Quirk 5: its session id is unknown from then on."""
    async with old_mount("auto") as mount:
        client = await peers.connect(build, "xhr-polling", url=mount.url)
        await talk(client)
        mount.app.io.clients[client.greeting["id"]].disconnect()
        before = len(mount.requests)
        await bystander(mount, peers)
        assert len(mount.requests) <= before + 3 + MANY


@pytest_twisted.ensureDeferred
async def test_another_path_with_the_same_beginning_is_not_ours() -> None:
    """0.6.18 left out one character behind the resource, whatever it was. Quirk 27: what is not ours goes to the site."""
    async with old_mount("frames", pages=Elsewhere([], 200, b"the site")) as mount:
        for path in ("/socket.ioXxhr-polling/", "/socket.iox", "/socket.io", "/socket.io/", "/socket.io/nonsense/"):
            assert (await fetch(mount.url, "GET", path)).body == "the site", path
        assert (await fetch(mount.url, "GET", "/socket.io/xhr-polling/")).body.startswith("~m~20~m~")


# Connections ------------------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_client_that_lost_its_socket_comes_back_with_a_session_of_its_own(peers: Peers) -> None:
    """0.6.3 is the first that connects again; what its page has sent meanwhile comes then (spec 0.6 §7)."""
    async with old_mount("auto") as mount:
        client = await peers.connect("0.6", "hixie-76", url=mount.url, reconnect=True)
        await talk(client)
        client.tell("cut")
        await client.report("disconnected")
        client.tell("send", value=f"echo:{TEXT}")
        again = await client.report("connected")
        assert again["id"] != client.greeting["id"]
        assert await client.event("message") == [TEXT]
        assert mount.requests == ["GET /socket.io/websocket"] * 2


async def polled(line: Line, sid: str = "") -> str:
    """The body of the answer to a poll on this connection."""
    line.write(get(f"/socket.io/xhr-polling/{sid}/1"))
    return await body_on(line)


async def body_on(line: Line) -> str:
    """The body of the next answer on this connection."""
    head = await line.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK"), head
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])  # type: ignore[index]
    while len(line.data) < length:
        await deferLater(reactor, 0.01)
    body, line.data = line.data[:length], line.data[length:]
    return body.decode()


@pytest_twisted.ensureDeferred
async def test_the_end_of_a_connection_is_nothing_to_the_polls_of_others(peers: Peers) -> None:
    """0.6.17 ended the poll of every session that had ever had a request on it: browsers keep connections and share them."""
    async with old_mount("frames") as mount:
        shared, first, second = [await dial(mount.url) for _ in range(3)]
        one, other = [(await polled(shared))[-20:] for _ in range(2)]
        first.write(get(f"/socket.io/xhr-polling/{one}/2"))
        second.write(get(f"/socket.io/xhr-polling/{other}/2"))
        await until(mount, lambda: len(mount.requests) == 4)
        await shared.hang_up()
        await talk(await peers.connect("0.6", "websocket", url=mount.url))
        mount.app.io.sockets.send(TEXT)
        assert [await body_on(first), await body_on(second)] == [f"~m~6~m~{TEXT}"] * 2


@pytest_twisted.ensureDeferred
async def test_a_poll_by_http_1_0_is_answered_and_its_connection_closed() -> None:
    async with old_mount("frames") as mount:
        line = await dial(mount.url)
        line.write(b"GET /socket.io/xhr-polling//1 HTTP/1.0\r\n\r\n")
        head, _, body = (await line.end()).partition(b"\r\n\r\n")
        assert b"Content-Length: 28" in head
        assert body.startswith(b"~m~20~m~")


@pytest_twisted.ensureDeferred
async def test_a_client_whose_websocket_is_refused_goes_on_to_its_next_transport(peers: Peers) -> None:
    """After ``connectTimeout``, 5 seconds if the page does not say otherwise (spec 0.6 §7)."""
    async with old_mount("auto", hixie=False) as mount:
        names = ["websocket", "xhr-polling"]
        client = await peers.connect("0.6", "hixie-76", url=mount.url, transports=names, patience=300)
        assert client.greeting["transport"] == "xhr-polling"
        await talk(client)


# Flash ------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_port", [True, False], ids=["on the policy port", "inline"])
@pytest_twisted.ensureDeferred
async def test_flash_is_let_in_by_the_policy(peers: Peers, own_port: bool) -> None:
    """Quirk 22: the player asks the policy port, then the port of its socket. Quirk 23: the movie lies where it looks."""
    async with old_mount("auto", policy=own_port) as mount:
        where = {"policyPort": mount.policy_port} if own_port else {}
        await talk(await peers.connect("0.6", "flashsocket", url=mount.url, movie=False, **where))
        assert mount.requests == ["GET /socket.io/lib/vendor/web-socket-js/WebSocketMain.swf", "GET /socket.io/flashsocket"]


@pytest_twisted.ensureDeferred
async def test_flash_from_a_site_that_is_not_listed_is_kept_out_by_the_policy(peers: Peers) -> None:
    async with old_mount("auto", policy=True, origins=["http://other.example"]) as mount:
        client = peers.begin("0.6", "flashsocket", url=mount.url, page=PAGE, policyPort=mount.policy_port)
        await client.report("error")
        assert mount.requests == []
