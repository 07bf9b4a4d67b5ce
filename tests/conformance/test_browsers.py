"""The browser builds of 1.x to 4.x in Chromium, on a page of another origin: XHR, JSONP, WebSocket, and the way up."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from tests.conformance.peers import MODERN, Build, Client, Peers, need_node, need_packages
from tests.conformance.service import Service

CHROMIUM = shutil.which("chromium")
JSONP = {"jsonp": {"transports": ["polling"], "forceJSONP": True}}
VERSIONS = ("4.8", "3.1", "2.5", "1.7", "1.3", "1.0")


def _page(version: str) -> Build:
    """JSONP is in all but the newest."""
    era = "eio4" if version in ("4.8", "3.1") else "eio3"
    transports = MODERN if version == "4.8" else MODERN | JSONP
    return Build(f"socket.io-client-{version}", "pages", era, transports, also="playwright-core", browser=CHROMIUM)


PAGES = {version: _page(version) for version in VERSIONS}
EVERY = [(name, transport) for name, build in PAGES.items() for transport in build.transports]

CANNOT_CLOSE = ("1.0", "jsonp")
"""Closing a JSONP transport sends that client into an endless recursion of its own errors, whatever the server does."""

TEXT = "é € 😀 \u2028 \u2029 \ufffd Ã© </script> \\ \\n \" ' \t\r\n\0"
VALUES = [TEXT, "", 0, -1.5, True, None, [], {"é": [1, {"deep": ["😀", None]}]}]
BINARY = [b"", b"\x00\xff\x1e\x04\n", bytes(range(256)) * 4]
SLOWLY = 40.0
"""Seconds: a browser starts."""


def _await(coroutine: Any) -> Any:
    return pytest_twisted.blockon(Deferred.fromCoroutine(coroutine))


@pytest.fixture(scope="module")
def browser(service: Service) -> Iterator[Peers]:
    """A Chromium whose tabs connect to the service."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    need_node()
    need_packages("playwright-core")
    peers = Peers(service.url, PAGES)
    peers.start()
    yield peers
    _await(peers.finish())


@pytest.fixture
def pages(browser: Peers) -> Iterator[Peers]:
    """Opens tabs, which are closed after the test."""
    yield browser
    browser.close_all()


async def joined(pages: Peers, version: str, transport: str, namespace: str = "/") -> Client:
    """A tab whose client has joined, and travels on ``transport`` by now."""
    client = pages.begin(version, transport, namespace)
    client.greeting = await client.report("connected", SLOWLY)
    await client.upgraded()
    return client


@pytest.mark.parametrize("version, transport", EVERY)
@pytest_twisted.ensureDeferred
async def test_everything_comes_back_as_it_was(pages: Peers, version: str, transport: str) -> None:
    client = await joined(pages, version, transport)
    nested = {"files": [{"data": BINARY[1], "name": TEXT}], "rest": BINARY[2]}
    assert await client.call("echo", *VALUES, *BINARY, nested) == [*VALUES, *BINARY, nested]
    client.emit("echo", *VALUES, nested)
    assert await client.event("echo") == [*VALUES, nested]
    assert await client.ask("size", TEXT) == len(TEXT.encode())
    about = await client.ask("whoami")
    names = {"jsonp": "polling", "upgrade": "websocket"}
    assert (about["era"], about["transport"]) == (PAGES[version].era, names.get(transport, transport))
    client.emit("ask", TEXT, BINARY[1])
    question = await client.question()
    assert question["args"] == [TEXT, BINARY[1]]
    client.tell("reply", ack=question["ack"], args=VALUES)
    assert await client.event("answer") == VALUES
    assert [report for report in client.inbox if report["is"] != "event"] == []


@pytest.mark.parametrize("version, transport", [one for one in EVERY if one[1] in ("polling", "jsonp") and one != CANNOT_CLOSE])
@pytest_twisted.ensureDeferred
async def test_a_namespace_is_joined_and_left(pages: Peers, version: str, transport: str) -> None:
    client = await joined(pages, version, transport, "/chat")
    assert (await client.ask("whoami"))["namespace"] == "/chat"
    client.emit("kick")
    assert (await client.report("disconnected"))["reason"] == "io server disconnect"


@pytest_twisted.ensureDeferred
async def test_tabs_of_all_versions_hear_each_other(pages: Peers, room: str) -> None:
    members = [await joined(pages, *one) for one in EVERY if one[1] in ("jsonp", "polling")]
    for member in members:
        assert await member.ask("join", room) == room
    for member in members:
        member.emit("to", room, TEXT, BINARY[1])
        for other in members:
            if other is not member:
                assert await other.event("to") == [room, TEXT, BINARY[1]], (member.name, other.name)
