"""The chat page in Chromium: four tabs, four published browser builds, one conversation."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from tests.conformance.peers import BUILDS, Listening, Runner, in_chromium
from tests.conformance.processes import ROOT
from tests.conformance.service import Service, start_program

SERVE = [
    str(Path(sys.executable).with_name("twistd")),
    "-n", "--pidfile=", "socketio", "--listen", "tcp:0:interface=127.0.0.1", "--app", "examples.chat:make",
]  # fmt: skip

PEOPLE = {"Ada": "0.6", "Ben": "0.9", "Cleo": "2.5", "Dana": "4.8"}
"""Nickname -> the client in that tab."""

AS_THEY_COME: dict[str, str] = {}
BY_POLLING = {"0.6": "jsonp-polling", "0.9": "jsonp-polling", "2.5": "polling", "4.8": "polling"}
BY_XHR = {"0.6": "xhr-polling", "0.9": "xhr-polling", "2.5": "websocket", "4.8": "websocket"}

LINES = ["é € 😀", "<b>&amp;</b> </script>", "\u2028 \ufffd ~m~3~m~", "the last"]
SLOWLY = 40.0
"""Seconds: a browser starts."""


def _await(coroutine: Any) -> Any:
    return pytest_twisted.blockon(Deferred.fromCoroutine(coroutine))


@pytest.fixture(scope="module")
def chat() -> Iterator[Service]:
    """The chat example, served by twistd."""
    service = _await(start_program(SERVE, re.compile(r"listening on (http://\S+)")))
    yield service
    _await(service.stop(expected=None))


@pytest.fixture(scope="module")
def browser() -> Iterator[Runner]:
    """A Chromium."""
    yield from in_chromium("browser", *(BUILDS[build].package for build in PEOPLE.values()))


@pytest.fixture(autouse=True)
def _log() -> None:
    """The chat's own log is looked at when it ends."""


@pytest.mark.parametrize("transports", [AS_THEY_COME, BY_POLLING, BY_XHR], ids=["as they come", "by JSONP and polling", "by XHR"])
@pytest_twisted.ensureDeferred
async def test_all_four_read_what_each_has_said(
    chat: Service, browser: Runner, request: pytest.FixtureRequest, transports: dict[str, str]
) -> None:
    room = request.node.callspec.id
    tabs = {nick: Listening(browser, len(browser.clients) + 1, f"the tab of {nick}") for nick in PEOPLE}
    for nick, tab in tabs.items():
        await join(tab, chat.url, nick, room, transports)
    for tab, line in zip(tabs.values(), LINES, strict=True):
        tab.tell("say", text=line)
        for other in tabs.values():
            other.tell("lines", count=LINES.index(line) + 1)
        for other in tabs.values():
            await other.report("lines", SLOWLY)
    expected = [[nick, BUILDS[build].era, line] for (nick, build), line in zip(PEOPLE.items(), LINES, strict=True)]
    for nick, tab in tabs.items():
        tab.tell("lines", count=len(LINES))
        assert (await tab.report("lines", SLOWLY))["lines"] == expected
        await take_picture(tab, f"chat {room} {nick}")
        assert tab.inbox == []


async def join(tab: Listening, url: str, nick: str, room: str, transports: dict[str, str]) -> None:
    """Open the page so that it joins at once."""
    build = PEOPLE[nick]
    query = {"client": build, "nick": nick, "room": room}
    if build in transports:
        query["transport"] = transports[build]
    tab.tell("open", url=f"{url}/?{urlencode(query)}")
    joined = await tab.report("joined", SLOWLY)
    assert joined["state"] == "joined"
    assert joined["transport"] == transports.get(build, joined["transport"])


async def take_picture(tab: Listening, name: str) -> None:
    """Keep what the tab shows in ``artefacts/``."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    tab.tell("picture", path=str(folder / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png"))
    await tab.report("picture", SLOWLY)
