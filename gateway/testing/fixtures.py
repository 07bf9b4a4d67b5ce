"""
Fixtures for pytest: ``pytest_plugins = ["gateway.testing.fixtures"]`` in ``conftest.py``.

    def test_news(connect):
        ann = connect(io, era="0.9")

    @pytest_twisted.ensureDeferred
    async def test_over_tcp(serve):
        url = await serve(io)               # needs pytest-twisted
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from gateway import testing


@pytest.fixture
def clock() -> testing.Clock:
    """A clock for ``Listener(reactor=clock)``."""
    return testing.Clock()


@pytest.fixture
def connect() -> Iterator[Callable[..., testing.Client]]:
    """:func:`gateway.testing.connect`; what it has connected is let go after the test."""
    clients: list[testing.Client] = []

    def connected(*args: Any, **options: Any) -> testing.Client:
        client = testing.connect(*args, **options)
        clients.append(client)
        return client

    yield connected
    for client in clients:
        client.cut()


@pytest.fixture
def serve() -> Iterator[Callable[..., Awaitable[str]]]:
    """``await serve(mount, ...)``: listens on a free port of this machine until the test is over, and gives the address."""
    from pytest_twisted import blockon
    from twisted.internet.defer import Deferred

    from gateway.front import Front

    fronts: list[Front] = []

    async def served(*mounts: Any, **options: Any) -> str:
        front = mounts[0] if isinstance(mounts[0], Front) else Front(*mounts, **options)
        fronts.append(front)
        (port,) = await front.listen("tcp:0:interface=127.0.0.1")
        return f"http://127.0.0.1:{port.getHost().port}"

    yield served
    for front in fronts:
        blockon(Deferred.fromCoroutine(front.close()))
