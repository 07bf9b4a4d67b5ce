"""
The published clients of 0.3 to 0.6, unchanged, in Chromium, over what it has by itself; and an EventSource on ``server-events``.

The pages lie beside the mount, on the same port, as they did in 2010.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.web.resource import Resource
from twisted.web.static import Data, File

from tests.conformance.old_mounts import OldMount, old_mount
from tests.conformance.peers import BUILDS, Listening, Runner, in_chromium
from tests.conformance.processes import ROOT

CLIENTS = {
    "0.6": "support/socket.io-client/socket.io.js",
    "0.5": "example/client/socket.io.js",
    "0.4": "test/client/socket.io.js",
    "0.3": "test/client/socket.io.js",
}
BY_ITSELF = [
    *((build, transport) for build in CLIENTS for transport in ("websocket", "xhr-polling")),
    ("0.6", "jsonp-polling"),
]
TEXT = "é € 😀 </script> ~m~3~m~ & \" ' \\ + two\nlines"
SLOWLY = 40.0
"""Seconds: a browser starts."""

PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>%(build)s</title>
<script src="/clients/%(build)s/socket.io.js"></script>
<script>
  const options = { port: %(port)s, rememberTransport: %(remember)s, reconnect: false };
  if ("%(transport)s") options.transports = ["%(transport)s"];
  if (io.version < "0.6") io.setPath("/");
  const socket = new io.Socket("%(host)s", options);
  const on = (socket.on || socket.addEvent).bind(socket);
  on("connect", () => report("connected", { transport: socket.transport.type, id: socket.transport.sessionid }));
  on("message", (value) => report("event", { name: "message", args: [value] }));
  on("disconnect", () => report("disconnected", {}));
  window.say = (value) => { socket.send(value); };
  socket.connect();
</script>"""

EVENTS = """<!DOCTYPE html><meta charset="utf-8"><title>server-events</title>
<script>%s
  const client = connect("/socket.io/server-events", {
    connect: (id) => report("connected", { id }),
    message: (value) => report("event", { name: "message", args: [value] }),
  });
  window.say = (value) => { client.send(value); };
</script>"""


class OldPage(Resource):
    """``/page?build=0.6&transport=xhr-polling&host=127.0.0.1&port=8080``."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        """The page that loads the client and connects."""
        given = {key.decode(): values[0].decode() for key, values in request.args.items()}
        return (PAGE % {"transport": "", "remember": "false", **given}).encode()


def pages() -> Resource:
    """The web site."""
    root, clients = Resource(), Resource()
    root.putChild(b"page", OldPage())
    root.putChild(b"favicon.ico", Data(b"", "image/x-icon"))
    (code,) = re.findall(r"^```js\n(.*?)^```", (ROOT / "docs/server-events.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    root.putChild(b"events", Data((EVENTS % code).encode(), "text/html"))
    root.putChild(b"clients", clients)
    for build, path in CLIENTS.items():
        folder = Resource()
        folder.putChild(b"socket.io.js", File(str(ROOT / "node_modules" / BUILDS[build].package / path)))
        clients.putChild(build.encode(), folder)
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[Runner]:
    """A Chromium."""
    yield from in_chromium("tabs", *(BUILDS[build].package for build in CLIENTS))


@pytest.fixture(autouse=True)
def _log() -> None:
    """The server lives in this process."""


def tab(browser: Runner, url: str) -> Listening:
    """A tab that opens ``url``."""
    opened = Listening(browser, len(browser.clients) + 1, url)
    opened.tell("open", url=url)
    return opened


def page(url: str, build: str, transport: str = "", place: str = "127.0.0.1", **more: str) -> str:
    """The address of a page of this ``build``, as seen from ``place``, that connects to the mount at ``url``."""
    port = url.rpartition(":")[2]
    query = {"build": build, "transport": transport, "host": "127.0.0.1", "port": port, **more}
    return f"http://{place}:{port}/page?{urlencode(query)}"


async def heard(client: Listening) -> Any:
    """The next message that the page got."""
    report = await client.report("event", SLOWLY)
    return report["args"][0]


async def talks(client: Listening, text: str = TEXT) -> None:
    """It says something and hears it."""
    client.tell("send", value=f"echo:{text}")
    assert await heard(client) == text
    assert [one for one in client.inbox if one["is"] == "trouble"] == []
    client.tell("close")


@pytest.mark.parametrize("build, transport", BY_ITSELF)
@pytest_twisted.ensureDeferred
async def test_a_published_client_talks(browser: Runner, build: str, transport: str) -> None:
    async with old_mount("auto", pages=pages()) as mount:
        client = tab(browser, page(mount.url, build, transport))
        assert (await client.report("connected", SLOWLY))["transport"] == transport
        assert mount.handshakes(transport) <= (2 if transport == "xhr-polling" and build < "0.5" else 1)
        await talks(client)


@pytest.mark.parametrize("build, transport", [one for one in BY_ITSELF if one[0] == "0.6"])
@pytest_twisted.ensureDeferred
async def test_a_page_of_another_site_talks_where_it_may(browser: Runner, build: str, transport: str) -> None:
    async with old_mount("auto", pages=pages()) as mount:
        client = tab(browser, page(mount.url, build, transport, place="localhost"))
        assert (await client.report("connected", SLOWLY))["transport"] == transport
        await talks(client)


@pytest_twisted.ensureDeferred
async def test_the_transport_that_a_page_remembers_is_there(browser: Runner) -> None:
    """Quirk 24: its name is in a cookie of the page, and nothing else is tried the next time."""
    async with old_mount("auto", pages=pages()) as mount:
        client = tab(browser, page(mount.url, "0.6", "jsonp-polling", remember="true"))
        await client.report("connected", SLOWLY)
        client.tell("go", url=page(mount.url, "0.6", remember="true"))
        assert (await client.report("connected", SLOWLY))["transport"] == "jsonp-polling"
        assert mount.handshakes("websocket") == 0
        await talks(client)


@pytest.mark.parametrize("old_payload", ["auto", "envelope"])
@pytest_twisted.ensureDeferred
async def test_an_event_source_talks(browser: Runner, old_payload: str) -> None:
    """Also after its stream ended: it comes back by itself, with a new session."""
    async with old_mount(old_payload, pages=pages()) as mount:
        client = tab(browser, f"{mount.url}/events")
        first = await client.report("connected", SLOWLY)
        for value in (TEXT, "a\r\nb", ""):
            client.tell("send", value=f"echo:{value}")
            assert await heard(client) == value
        client.tell("send", value={"n": [1, TEXT]})
        assert await heard(client) == {"echo": {"n": [1, TEXT]}}
        mount.app.io.clients[first["id"]].disconnect()
        second = await client.report("connected", SLOWLY)
        assert second["id"] != first["id"]
        await talks(client)


@pytest_twisted.ensureDeferred
async def test_an_event_source_sends_its_heartbeats_back(browser: Runner) -> None:
    async with old_mount("auto", pages=pages(), heartbeat_interval=0.1, heartbeat_timeout=SLOWLY) as mount:
        client = tab(browser, f"{mount.url}/events")
        await client.report("connected", SLOWLY)
        await posted(mount, 3)
        await talks(client)


async def posted(mount: OldMount, count: int) -> None:
    """Wait until the page has sent something so many times without being told to."""
    ends = reactor.seconds() + SLOWLY
    while sum(request.startswith("POST") for request in mount.requests) < count:
        assert reactor.seconds() < ends, mount.requests
        await deferLater(reactor, 0.05)
