"""
All checks of the official protocol suites, of three revisions, against one process in one configuration.

They run at the same time, before the first test looks at its own: nearly all of the time is waiting for heartbeats.
"""

from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, gatherResults

from tests.conformance.service import Service, start_service
from tests.conformance.suites import PLACES, SUITES, Server

OPTIONS = ("--ping-interval", "1.5", "--ping-timeout", "2.5", "--connect-timeout", "5")
CHECKS = [(suite, check) for suite, checks in SUITES.items() for check in checks]


async def _outcome(service: Service, suite: str, check: str) -> Exception | None:
    """What a check found, None for nothing; what it leaves open is cut."""
    from twisted.internet import reactor

    parts = urlsplit(service.url)
    server = Server(reactor, parts.hostname or "", parts.port or 80, *PLACES[suite])
    try:
        await SUITES[suite][check](server)
    except (AssertionError, ConnectionError, ValueError) as error:
        return error
    finally:
        for peer in server.peers:
            peer.abort()
            await peer.until(lambda peer=peer: peer.ended)
    return None


async def _all(url: str) -> dict[tuple[str, str], Exception | None]:
    service = Service(url) if url else await start_service(*OPTIONS)
    found = await gatherResults([Deferred.fromCoroutine(_outcome(service, *one)) for one in CHECKS])
    await service.stop()
    return dict(zip(CHECKS, found, strict=True))


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Any:
    """What came of every check."""
    return pytest_twisted.blockon(Deferred.fromCoroutine(_all(request.config.getoption("--url", None) or "")))


@pytest.fixture(autouse=True)
def _log() -> None:
    """The service of this module is looked at when it ends."""


@pytest.mark.parametrize(("suite", "check"), CHECKS)
def test_a_check_of_the_official_suites_passes(outcomes: Any, suite: str, check: str) -> None:
    if outcomes[suite, check] is not None:
        raise outcomes[suite, check]


def test_every_check_has_its_counterpart() -> None:
    assert {suite: len(checks) for suite, checks in SUITES.items()} == {
        "Engine.IO 3": 24,
        "Engine.IO 4": 25,
        "Socket.IO 5": 32,
    }
