"""
The published clients of 0.3 to 0.6, each over every transport it has, on one mount and on mounts of one generation.

How many requests each needs is counted where they arrive: a client that finds no session id in its greeting asks again at
once, and nothing but the right greeting stops it.
"""

import pytest
import pytest_twisted
from twisted.internet import reactor

from gateway.conformance.turning import Turned, TurnedReactor
from gateway.crowding import MOST
from tests.conformance.old_mounts import OldMount, old_mount
from tests.conformance.peers import BUILDS, Client, Peers
from tests.conformance.processes import LIMIT

TEXT = "é € 😀 </script> ~m~3~m~ & \" ' \\ +"
LINES = "two\nlines"

FRAMES = [(build, transport) for build in ("0.6", "0.5") for transport in BUILDS[build].transports]
ENVELOPE = [(build, transport) for build in ("0.4", "0.3") for transport in BUILDS[build].transports]
EVERYBODY = [*FRAMES, *ENVELOPE]

every_client = pytest.mark.parametrize("build, transport", EVERYBODY)


async def talk(client: Client) -> None:
    """Two messages there, three back."""
    client.tell("send", value=f"echo:{TEXT}")
    assert await client.event("message") == [TEXT]
    client.tell("send", value=f"twice:{TEXT}")
    assert [await client.event("message"), await client.event("message")] == [[f"{TEXT}1"], [f"{TEXT}2"]]


def most(transport: str, handshakes: int) -> int:
    """The most requests in which ``talk`` can be had."""
    if transport in ("websocket", "hixie-75", "hixie-76", "flashsocket"):
        return 1
    posts, answers = 2, 3
    return handshakes + posts if transport in ("htmlfile", "xhr-multipart") else handshakes + 1 + posts + answers


def named(transport: str) -> str:
    """The protocol's name of ``transport``."""
    return "websocket" if transport.startswith("hixie") else transport


async def talk_on(mount: OldMount, peers: Peers, build: str, transport: str, handshakes: int) -> None:
    """A client comes, is understood within the requests that it may need, and is heard."""
    client = await peers.connect(build, transport, url=mount.url, movie=False)
    await talk(client)
    if transport == "flashsocket":
        assert mount.requests.pop(0) == "GET /socket.io/lib/vendor/web-socket-js/WebSocketMain.swf"
    assert mount.handshakes(named(transport)) <= handshakes
    assert len(mount.requests) <= most(transport, handshakes), mount.requests
    heard = [event["data"] for event in mount.app.seen if event["event"] == "message"]
    assert heard == [f"echo:{TEXT}", f"twice:{TEXT}"]


@every_client
@pytest_twisted.ensureDeferred
async def test_a_client_is_understood_on_a_mount_for_all(peers: Peers, build: str, transport: str) -> None:
    guesses = 2 if (build, transport) in ENVELOPE and transport == "xhr-polling" else 1
    async with old_mount("auto") as mount:
        await talk_on(mount, peers, build, transport, guesses)


@every_client
@pytest_twisted.ensureDeferred
async def test_a_client_is_understood_on_a_mount_of_its_generation(peers: Peers, build: str, transport: str) -> None:
    async with old_mount("envelope" if (build, transport) in ENVELOPE else "frames") as mount:
        await talk_on(mount, peers, build, transport, 1)


@pytest.mark.parametrize("build, transport", [one for one in EVERYBODY if one[0] != "0.5"])
@pytest_twisted.ensureDeferred
async def test_json_passes_both_ways(peers: Peers, build: str, transport: str) -> None:
    """Clients of 0.5 turn an object into text."""
    value = {"text": TEXT, "list": [1, None, {"deep": LINES}]}
    async with old_mount("auto") as mount:
        client = await peers.connect(build, transport, url=mount.url, movie=False)
        client.tell("send", value=value)
        assert await client.event("message") == [{"echo": value}]


@pytest.mark.parametrize("build, transport", EVERYBODY)
@pytest_twisted.ensureDeferred
async def test_a_line_end_arrives_as_it_was_typed(peers: Peers, build: str, transport: str) -> None:
    """Quirk 9: a form makes CR LF of it."""
    async with old_mount("auto") as mount:
        client = await peers.connect(build, transport, url=mount.url, movie=False)
        client.tell("send", value=f"echo:{LINES}")
        assert await client.event("message") == [LINES]


@pytest_twisted.ensureDeferred
async def test_all_come_at_once_to_one_mount_and_hear_each_other(peers: Peers) -> None:
    """Behind one address: a polling client needs two handshakes at most, whoever else is on its way."""
    async with old_mount("auto") as mount:
        clients = [peers.begin(build, transport, url=mount.url, movie=False) for build, transport in EVERYBODY]
        for client in clients:
            await client.report("connected")
        polling = [one for one in EVERYBODY if one[1] == "xhr-polling"]
        assert mount.handshakes("xhr-polling") <= 2 * len(polling)
        for name in ("htmlfile", "xhr-multipart", "jsonp-polling"):
            assert mount.handshakes(name) == sum(transport == name for _, transport in EVERYBODY)
        for number, client in enumerate(clients):
            client.tell("send", value=f"broadcast:{number} {TEXT}")
        everything = {f"{number} {TEXT}" for number in range(len(clients))}
        for number, client in enumerate(clients):
            heard = {(await client.event("message"))[0] for _ in range(len(clients) - 1)}
            assert heard == everything - {f"{number} {TEXT}"}, client.name


@pytest.mark.parametrize(("build", "old_payload"), [("0.3", "frames"), ("0.5", "envelope"), ("0.6", "envelope")])
@pytest_twisted.ensureDeferred
async def test_a_client_on_the_wrong_mount_is_slowed_down_by_waiting(peers: Peers, build: str, old_payload: str) -> None:
    """Spec 0.6 §1: 16 255 handshakes in 1.5 s from one client, as each answer brings on the next request at once."""
    turned = TurnedReactor(reactor)
    async with old_mount(old_payload, using=turned) as mount:
        peers.begin(build, "xhr-polling", url=mount.url)
        await arrived(mount, turned, MOST + 1)
        assert mount.connected == MOST  # the last one is kept waiting
        for second in range(1, 6):
            await Turned(turned).sleep(1.0)
            assert mount.handshakes("xhr-polling") == len(mount.requests) <= MOST + 1 + second
        await arrived(mount, turned, MOST + 3)


async def arrived(mount: OldMount, turned: TurnedReactor, count: int) -> None:
    """Wait for the request with this number; meanwhile no time passes for the server."""
    ends = reactor.seconds() + LIMIT
    while not await Turned(turned).settle(lambda: len(mount.requests) >= count):
        assert reactor.seconds() < ends, mount.requests
