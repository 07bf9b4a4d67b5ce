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

from tests.conformance.peers import BUILDS, ERAS, Client, Peers, need_node
from tests.conformance.raw import fetch
from tests.conformance.service import Service, faults, start_service

ROOMS = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--url`` and ``--eras``."""
    parser.addoption("--url", help="address of a running server with the contract of the conformance app")
    parser.addoption("--eras", default=",".join(ERAS), help="the eras it knows [%(default)s]")


def _await(coroutine: Any) -> Any:
    return pytest_twisted.blockon(Deferred.fromCoroutine(coroutine))


def _eras(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.config.getoption("--eras", ",".join(ERAS)).split(","))


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """The server under test."""
    url = request.config.getoption("--url", None)
    service = Service(url) if url else _await(start_service())
    yield service
    _await(service.stop())


@pytest.fixture(scope="session")
def _runners(service: Service, request: pytest.FixtureRequest) -> Iterator[Peers]:
    need_node()
    peers = Peers(service.url, eras=_eras(request))
    peers.start()
    yield peers
    _await(peers.stop())


@pytest.fixture
def peers(_runners: Peers, service: Service, request: pytest.FixtureRequest) -> Iterator[Peers]:
    """Makes clients: ``await peers.connect("4.8", "polling")``. They are closed after the test."""
    build = getattr(request.node, "callspec", None) and request.node.callspec.params.get("build")
    if build in BUILDS and BUILDS[build].era not in _eras(request):
        pytest.skip(f"the server does not know clients of {build}")
    _await(still_answers(service, request.session))
    yield _runners
    _runners.close_all()


FAILED = pytest.StashKey[int]()


async def still_answers(service: Service, session: pytest.Session) -> None:
    """After a failure: a service that hangs is killed, so that the other tests need not wait for it one by one."""
    if service.process is None:
        return
    assert service.process.running, "the service has ended"
    if session.testsfailed == session.stash.get(FAILED, 0):
        return
    session.stash[FAILED] = session.testsfailed
    try:
        await fetch(service.url, "GET", "/nothing")
    except AssertionError:
        await service.process.stop("KILL")
        raise


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


@pytest.fixture
def onlookers(peers: Peers) -> Iterator[None]:
    """Clients of every era that are there before a test and notice nothing of it, and one that comes behind it."""
    before = [("4.8", "websocket"), ("2.5", "polling"), ("0.9", "xhr-polling"), ("0.6", "hixie-76")]
    present: list[Client] = []

    async def come() -> None:
        for one in before:
            present.append(await peers.connect(*one))

    async def look() -> None:
        for client in [*present, await peers.connect("4.8", "polling")]:
            await client.settled()
            assert not [report for report in client.inbox if report["is"] != "event"]

    _await(come())
    yield
    _await(look())
