"""
The files for browsers of socket.io-client 0.7.11, 0.8.7 and 0.9.17, unchanged, as the gateway serves them.

In Chromium, over xhr-polling, jsonp-polling and websocket as it has them, and over htmlfile; and in the page of
``clients/page.js``, which has besides what browsers have lost: drafts 75 and 76 of WebSocket and the Flash player. What is
real in each and what stands in is said there and in ``clients/nine_tabs.js``.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
import pytest_twisted
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data

from examples.conformance import make
from gateway import Listener
from gateway.front import Front
from tests.conformance.peers import Client, Peers, Runner, in_chromium
from tests.conformance.processes import ROOT

LINES = ("0.9", "0.8", "0.7")
ANYWHERE = ("xhr-polling", "jsonp-polling", "websocket")
SAME_SITE = [(line, name, "127.0.0.1") for line in LINES for name in (*ANYWHERE, "htmlfile")]
ANOTHER_SITE = [(line, name, "localhost") for line in LINES for name in ANYWHERE]
"""Where htmlfile can't be used."""
IN_A_PAGE = [
    (f"{line} page", name)
    for line in LINES
    for name in ("xhr-polling", "jsonp-polling", "websocket", "htmlfile", "flashsocket", "hixie-75", "hixie-76")
]

BROKEN = "\x00\x1e\r\n"
TEXTS = ["é € 😀", "\u2028 \u2029 \ufffd", "</script>~m~3~m~ <!--", "\"quoted\" 'and' /slashed/", "Ã©", BROKEN]
VALUES: list[Any] = [*TEXTS, 0, -1.5, True, None, [], {"é": [1, {"deep": ["😀", None]}]}]
SLOWLY = 40.0
"""Seconds: a browser starts."""


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Listener, str]]:
    """The conformance app in this process, with client files and a page beside it."""
    io = make(origins="*", serve_client={"folder": ROOT / "node_modules", "version": "0.9"})
    root = Resource()
    root.putChild(b"", Data(b"<!DOCTYPE html><title>a page</title><body></body>", "text/html"))
    root.putChild(b"favicon.ico", Data(b"", "image/x-icon"))
    front = Front(io, fallback=Site(root))
    (port,) = await front.listen("tcp:0:interface=127.0.0.1")
    try:
        yield io, f"http://127.0.0.1:{port.getHost().port}"
    finally:
        await front.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Runner]:
    """A Chromium."""
    yield from in_chromium("nine_tabs", *(f"socket.io-client-{line}" for line in LINES))


NUMBERS = count(1)


async def opened(browser: Runner, url: str, line: str, transport: str, place: str) -> Client:
    """A tab with a page of ``place`` whose client connects to ``url``."""
    client = Client(browser, next(NUMBERS), line, transport)
    page = url.replace("127.0.0.1", place) + "/"
    script = f"{url}/socket.io/client/{line}/socket.io.js"
    client.tell("open", url=url, page=page, script=script, transports=[transport], namespace="/")
    client.greeting = await client.report("connected", SLOWLY)
    return client


async def talks(io: Listener, client: Client, transport: str) -> None:
    """Values come back as they were, by event, by acknowledgement and by message, and the server can ask."""
    assert client.greeting["transport"] == transport
    assert client.greeting["version"] in ("0.9.17", "0.8.7", "0.7.11")
    assert io.clients[client.greeting["id"]].client.transport_name == transport
    assert await client.call("echo", *VALUES) == VALUES
    client.emit("echo", *VALUES)
    assert await client.event("echo") == VALUES
    client.emit("ask", "why", TEXTS)
    question = await client.question()
    assert question["args"] == ["why", TEXTS]
    client.tell("reply", ack=question["ack"], args=TEXTS)
    assert await client.event("answer") == TEXTS
    await messages(client, transport)


async def messages(client: Client, transport: str) -> None:
    """
    Text and JSON, there and back, in order.

    What 0.7 can't do: read a text with a line break, and say one with CR LF by a form, which makes every line break one
    (spec 0.9, Q13 and §6.3).
    """
    values = [*TEXTS, {"n": [1, *TEXTS]}]
    readable = [value for value in values if value != BROKEN or client.greeting["version"] >= "0.8.3"]
    sendable = readable if transport == "jsonp-polling" else values
    for value in sendable:
        client.tell("send", value=value)
    for value in readable:
        client.emit("say", value)
    assert [await client.event("message-back") for _ in sendable] == [[value] for value in sendable]
    assert [await client.event("message") for _ in readable] == [[value] for value in readable]


async def leaves(io: Listener, client: Client) -> None:
    """It says goodbye and is told so; nothing is left of it."""
    client.tell("disconnect")
    assert (await client.report("disconnected"))["reason"] == "booted"
    assert not [one for one in client.inbox if one["is"] in ("trouble", "failed")]
    client.tell("close")


@pytest.mark.parametrize("line, transport, place", [*SAME_SITE, *ANOTHER_SITE])
@pytest_twisted.ensureDeferred
async def test_a_page_talks_in_chromium(browser: Runner, line: str, transport: str, place: str) -> None:
    """From another site the handshake goes by JSONP up to 0.8.5, with credentials from there on."""
    async with served() as (io, url):
        client = await opened(browser, url, line, transport, place)
        assert io.clients[client.greeting["id"]].handshake.xdomain is (place == "localhost" and line != "0.7")
        await talks(io, client, transport)
        await leaves(io, client)


@pytest.mark.parametrize("build, transport", IN_A_PAGE)
@pytest_twisted.ensureDeferred
async def test_a_client_talks_in_a_page_of_its_time(peers: Peers, build: str, transport: str) -> None:
    async with served() as (io, url):
        client = await peers.connect(build, transport, url=url, movie=False)
        await talks(io, client, "websocket" if transport.startswith("hixie") else transport)
        await leaves(io, client)
