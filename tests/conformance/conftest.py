"""
The black box: one service and one Node process per runner for the whole session, fresh clients for each test.

    python -m pytest tests/conformance                              starts examples/conformance.py
    python -m pytest tests/conformance --url http://127.0.0.1:8080  aims the same tests at a server that is running
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from tests.conformance.peers import Peers, need_node
from tests.conformance.service import Service, faults, start_service

ROOMS = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--url``."""
    parser.addoption("--url", help="address of a running server with the contract of the conformance app")


def _await(coroutine: Any) -> Any:
    return pytest_twisted.blockon(Deferred.fromCoroutine(coroutine))


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """The server under test."""
    url = request.config.getoption("--url", None)
    service = Service(url) if url else _await(start_service())
    yield service
    _await(service.stop())


@pytest.fixture(scope="session")
def _runners(service: Service) -> Iterator[Peers]:
    need_node()
    peers = Peers(service.url)
    peers.start()
    yield peers
    _await(peers.stop())


@pytest.fixture
def peers(_runners: Peers) -> Iterator[Peers]:
    """Makes clients: ``await peers.connect("4.8", "polling")``. They are closed after the test."""
    yield _runners
    _runners.close_all()


@pytest.fixture
def room() -> str:
    """A room nobody has been in."""
    return f"room {next(ROOMS)}"


@pytest.fixture(autouse=True)
def _log(service: Service) -> Iterator[None]:
    """Fails a test during which the service logged a traceback."""
    before = len(service.log)
    yield
    found = faults(service.log[before:])
    assert not found, "\n".join(found)
