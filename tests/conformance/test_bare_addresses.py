"""``/ws`` and ``/engine.io/``: what comes back where no Socket.IO is spoken, to the client of Autobahn."""

import json
import os
from typing import Any

import pytest
import pytest_twisted
import treq
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from twisted.internet.defer import Deferred, DeferredQueue

from tests.conformance.processes import soon
from tests.conformance.service import Service

OFFERS = {
    "no compression": [],
    "permessage-deflate": [PerMessageDeflateOffer(True, True)],
    "a window of 9 bits": [PerMessageDeflateOffer(True, True, True, 9)],
}
LIMIT = 64 * 1024 * 1024


class EchoClient(WebSocketClientProtocol):  # type: ignore[misc]  # Autobahn has no types
    """
    Collects messages, pongs and the end.

    :ivar agreed: extensions of the opening.
    """

    def __init__(self) -> None:
        super().__init__()
        self.messages: DeferredQueue[str | bytes] = DeferredQueue()
        self.pongs: DeferredQueue[bytes] = DeferredQueue()
        self.ended: Deferred[int | None] = Deferred()
        self.agreed: list[str] = []

    def onConnect(self, response: Any) -> None:
        self.agreed = [str(extension) for extension in response.extensions]

    def onOpen(self) -> None:
        self.factory.opened.callback(self)

    def onMessage(self, payload: bytes, is_binary: bool) -> None:
        self.messages.put(payload if is_binary else payload.decode())

    def onPong(self, payload: bytes) -> None:
        self.pongs.put(payload)

    def onClose(self, was_clean: bool, code: int | None, reason: str | None) -> None:
        if not self.ended.called:
            self.ended.callback(code)

    def say(self, data: str | bytes, **options: Any) -> None:
        """Send a message of the type that ``data`` has."""
        text = isinstance(data, str)
        self.sendMessage(data.encode() if isinstance(data, str) else data, isBinary=not text, **options)

    async def close(self) -> None:
        """Close in peace; what was heard meanwhile does not matter."""
        self.sendClose(1000)
        assert await soon(self.ended, "the end") == 1000


def accept(response: Any) -> Any:
    """Take what the server agreed to."""
    return PerMessageDeflateResponseAccept(response) if isinstance(response, PerMessageDeflateResponse) else None


async def connect(service: Service, path: str, offers: list[Any]) -> EchoClient:
    """Open a WebSocket to ``path``."""
    factory = WebSocketClientFactory(service.url.replace("http", "ws", 1) + path)
    factory.protocol = EchoClient
    factory.opened = Deferred()
    factory.setProtocolOptions(perMessageCompressionOffers=offers, perMessageCompressionAccept=accept)
    connectWS(factory)
    client: EchoClient = await soon(factory.opened, "the opening")
    return client


SIZES = [0, 1, 125, 126, 1023, 1024, 65535, 65536, 1_000_000]


@pytest.mark.parametrize("offer", OFFERS)
@pytest_twisted.ensureDeferred
async def test_the_plain_address_gives_back_what_it_gets(service: Service, offer: str) -> None:
    client = await connect(service, "/ws", OFFERS[offer])
    assert len(client.agreed) == len(OFFERS[offer])
    for size in SIZES:
        for data in (("é€😀" * size)[:size], os.urandom(size), bytes(size)):
            client.say(data)
            assert await soon(client.messages.get(), "the echo") == data
    client.say("x" * 5000, fragmentSize=7)
    assert await soon(client.messages.get(), "the echo") == "x" * 5000
    client.sendPing(b"\x00\xff")
    assert await soon(client.pongs.get(), "the pong") == b"\x00\xff"
    await client.close()


@pytest_twisted.ensureDeferred
async def test_the_plain_address_takes_sixteen_megabytes(service: Service) -> None:
    client: EchoClient = await connect(service, "/ws", [])
    data = os.urandom(1 << 20) * 16
    client.say(data)
    assert await soon(client.messages.get(), "the echo", 30) == data
    await client.close()


@pytest_twisted.ensureDeferred
async def test_a_message_that_inflates_beyond_the_limit_is_too_big(service: Service) -> None:
    client = await connect(service, "/ws", OFFERS["permessage-deflate"])
    client.say(bytes(LIMIT + 1))
    assert await soon(client.ended, "the end", 30) == 1009


@pytest_twisted.ensureDeferred
async def test_engine_io_gives_back_text_and_bytes(service: Service) -> None:
    for revision, mark in ((3, b"\x04"), (4, b"")):
        client = await connect(service, f"/engine.io/?EIO={revision}&transport=websocket", [])
        assert (await soon(client.messages.get(), "the echo")).startswith('0{"sid":"')
        for data in ("4héllo", "4", mark + b"\x00\xff"):
            client.say(data)
            assert await soon(client.messages.get(), "the echo") == data
        await client.close()


@pytest_twisted.ensureDeferred
async def test_engine_io_gives_back_what_is_posted(service: Service) -> None:
    url = f"{service.url}/engine.io/?EIO=4&transport=polling"
    opening = await fetch("GET", url)
    url += f"&sid={json.loads(opening[1:])['sid']}"
    assert await fetch("POST", url, "4héllo\x1ebAP8=") == "ok"
    assert await fetch("GET", url) == "4héllo\x1ebAP8="
    assert await fetch("POST", url, "1") == "ok"


async def fetch(method: str, url: str, body: str = "") -> str:
    """The text of an answer that must be 200."""
    response = await soon(treq.request(method, url, data=body.encode(), persistent=False), "the answer")
    assert response.code == 200
    text: str = await treq.text_content(response, "utf-8")
    return text


@pytest_twisted.ensureDeferred
async def test_other_addresses_are_not_found(service: Service) -> None:
    for path in ("/", "/ws2", "/ws/x", "/engine.io", "/nothing"):
        response = await soon(treq.get(service.url + path, persistent=False), "the answer")
        assert response.code == 404, path
        await soon(treq.content(response), "the answer")
