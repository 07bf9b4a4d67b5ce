"""
One server for the whole folder, two neighbours that must never notice anything, and a newcomer after every test.

    pytestmark = pytest.mark.usefixtures("unharmed")
"""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from tests.conformance.service import Service, faults, start_service
from tests.gateway.conftest import Gate
from tests.safety.wire import Modern, Nine

PATIENT = ("--ping-interval", "120", "--ping-timeout", "60")
"""Neighbours answer no heartbeats; they need not."""


def _await(coroutine: Any) -> Any:
    return pytest_twisted.blockon(Deferred.fromCoroutine(coroutine))


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The conformance app in a process of its own."""
    service = _await(start_service(*PATIENT))
    yield service
    _await(service.stop())


@pytest.fixture(scope="session")
def neighbours(service: Service) -> Iterator[list[Any]]:
    """A client of 4.x and one of 0.9 that stay."""
    present = [_await(Modern.connect(service.url)), _await(Nine.connect(service.url))]
    yield present
    for neighbour in present:
        _await(neighbour.line.hang_up())


@pytest.fixture
def url(service: Service) -> str:
    """Where the server is."""
    return service.url


@pytest.fixture
def unharmed(service: Service, neighbours: list[Any]) -> Iterator[None]:
    """Whatever the test did: the neighbours still get their echo, a newcomer is served, and no traceback was logged."""
    before = len(service.log)
    yield

    async def look() -> None:
        newcomer = await Modern.connect(service.url)
        for client in (newcomer, *neighbours):
            assert await client.echo("alive") == "alive"
        await newcomer.line.hang_up()

    _await(look())
    assert not faults(service.log[before:])


@pytest.fixture
def make_gate() -> type[Gate]:
    """``make_gate(**options)`` gives a fresh listener without sockets."""
    return Gate


@pytest.fixture
def gate() -> Gate:
    """A fresh listener with default options and without sockets."""
    return Gate()
