"""What the published clients of 0.7, 0.8 and 0.9 make of refusals, of silence, and of a server that goes and comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from examples.conformance import make
from gateway import Handshake
from gateway.front import Front
from tests.conformance.peers import Client, Peers

POLLING = ("xhr-polling", "jsonp-polling")
IN_NODE = [(line, name) for line in ("0.9", "0.8", "0.7") for name in ("websocket", "xhr-polling")]
IN_A_PAGE = [(f"{line} page", name) for line in ("0.9", "0.8", "0.7") for name in ("websocket", "htmlfile", *POLLING)]
COMES_BACK = {"reconnect": True, "reconnection delay": 100, "max reconnection attempts": 50}
ELSEWHERE = "http://page.example"
"""The address of a page of another site; up to 0.8.5 its handshake goes by JSONP."""


@asynccontextmanager
async def served(port: int = 0, **options: Any) -> AsyncIterator[tuple[Front, str]]:
    """The conformance app in this process."""
    front = Front(make(**{"origins": "*", **options}))
    (opened,) = await front.listen(f"tcp:{port}:interface=127.0.0.1")
    try:
        yield front, f"http://127.0.0.1:{opened.getHost().port}"
    finally:
        await front.close()


def refused(handshake: Handshake) -> bool:
    """The door that is shut."""
    return False


@pytest.mark.parametrize("page", [None, ELSEWHERE], ids=["same site", "another site"])
@pytest.mark.parametrize("build", ["0.9 page", "0.8 page", "0.7 page"])
@pytest_twisted.ensureDeferred
async def test_a_client_that_is_not_authorized_is_told_so(peers: Peers, build: str, page: str | None) -> None:
    async with served(authorization=refused) as (_, url):
        client = peers.begin(build, "xhr-polling", url=url, page=page or url)
        assert (await client.report("error"))["message"] == "handshake unauthorized"


@pytest.mark.parametrize("build, told", [("0.9 page", ""), ("0.8 page", ""), ("0.7 page", "handshake bad origin")])
@pytest_twisted.ensureDeferred
async def test_a_page_of_a_site_that_may_not_gets_an_error(peers: Peers, build: str, told: str) -> None:
    """From 0.8.6 on it may not even read the answer; a script, by which 0.7 shakes hands, can."""
    async with served(origins=["http://good.example"]) as (_, url):
        client = peers.begin(build, "xhr-polling", url=url, page=ELSEWHERE)
        assert (await client.report("error"))["message"] == told


@pytest.mark.parametrize("build", ["0.8", "0.7"])
@pytest_twisted.ensureDeferred
async def test_the_node_builds_of_07_and_08_name_an_origin_that_can_be_let_in(peers: Peers, build: str) -> None:
    """Their WebSocket says ``Origin: http://www.example.com``, whatever server it opens."""
    async with served(origins=["http://www.example.com"]) as (_, url):
        client = await peers.connect(build, "websocket", url=url)
        await client.settled()


SECONDS = 3
BRIEF = {
    "heartbeat_timeout": {"0.9": SECONDS},
    "close_timeout": {"0.9": SECONDS},
    "heartbeat_interval": {"0.9": 0.4},
    "poll_duration": {"0.9": 20},
}
"""Clients give up after 3 seconds of silence; ``poll_duration`` is far too long for them."""


@pytest_twisted.ensureDeferred
async def test_clients_come_back_to_a_server_that_was_started_again(peers: Peers) -> None:
    """
    They hear no ``0::`` then, after which they would stay away; they shake hands anew and join their namespaces again.

    Those of 0.7, and all over htmlfile, notice by silence only, and a client of 0.8 over htmlfile never does.
    """
    everybody = [one for one in (*IN_NODE, *IN_A_PAGE) if one != ("0.8 page", "htmlfile")]
    async with served(**BRIEF) as (_, url):
        clients = [await peers.connect(*one, url=url, options=COMES_BACK) for one in everybody]
        chats = [peers.also(client, "/chat") for client in clients]
        for chat in chats:
            await chat.report("connected")
    async with served(int(url.rpartition(":")[2]), **BRIEF):
        for client, chat in zip(clients, chats, strict=True):
            again = await client.report("connected")
            assert again["id"] != client.greeting["id"]
            assert "booted" not in [one.get("reason") for one in client.inbox]
            await chat.report("connected")
            assert (await chat.ask("whoami"))["namespace"] == "/chat"


@pytest_twisted.ensureDeferred
async def test_a_client_that_idles_is_kept_on_every_transport(peers: Peers) -> None:
    """All at once, through more than two of the times after which a client drops a connection that is silent."""
    async with served(**BRIEF) as (_, url):
        clients: list[Client] = [await peers.connect(*one, url=url) for one in (*IN_NODE, *IN_A_PAGE)]
        await deferLater(reactor, 2.2 * SECONDS)
        for client in clients:
            assert not [report for report in client.inbox if report["is"] != "event"], client.name
            await client.settled()
