"""
A listener for clients of 0.3 to 0.6 in the process of the tests, which sees every request they make.

    async with old_mount("auto") as mount:
        client = await peers.connect("0.3", "xhr-polling", url=mount.url)
        assert mount.handshakes("xhr-polling") == 2

Behind it is the application of the recordings: ``echo:X``, ``twice:X``, ``broadcast:X`` ...
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from twisted.internet import reactor
from twisted.web.server import Site

from gateway import Listener
from gateway.conformance.fixtures.old import Application06
from gateway.front import Front
from tests.conformance.processes import ROOT

_WITHOUT_ID = re.compile(r"GET /socket\.io/([a-z-]+)(?:/(?:/.*)?)?\Z")


@dataclass(slots=True)
class OldMount:
    """
    A running listener.

    :ivar requests: ``"POST /socket.io/xhr-polling/ID/send"`` and so on, in the order they came.
    :ivar policy_port: where the Flash policy is given away, 0 for nowhere.
    """

    url: str
    app: Application06
    requests: list[str]
    policy_port: int = 0

    def handshakes(self, transport: str) -> int:
        """How many requests for a new session of ``transport`` there were."""
        return sum(found is not None and found[1] == transport for found in map(_WITHOUT_ID.match, self.requests))

    @property
    def connected(self) -> int:
        """How many clients are connected."""
        return len(self.app.io.clients)


@asynccontextmanager
async def old_mount(
    old_payload: str = "auto", policy: bool = False, using: Any = reactor, pages: Any = None, **options: Any
) -> AsyncIterator[OldMount]:
    """
    Serve on a free port.

    :param policy: also give the Flash policy on a port of its own.
    :param using: the reactor.
    :param pages: the root of a web site beside the mount.
    """
    settings: dict[str, Any] = {"origins": "*", "eras": ["old"], "serve_client": ROOT / "node_modules", **options}
    io = Listener(reactor=using, old_payload=old_payload, **settings)
    mount = OldMount("", Application06(io), [])
    io.engine.use(lambda request: mount.requests.append(f"{request.method} {request.path}"))
    front = Front(io, fallback=None if pages is None else Site(pages, reactor=using), reactor=using)
    (port,) = await front.listen("tcp:0:interface=127.0.0.1")
    mount.url = f"http://127.0.0.1:{port.getHost().port}"
    if policy:
        (second,) = await front.listen_for_policy("tcp:0:interface=127.0.0.1")
        mount.policy_port = second.getHost().port
    try:
        yield mount
    finally:
        await front.close()
