"""
Recorded traffic of the real servers, as further rows of the table: for servers that have the fixture applications.

    python -m gateway.conformance.fixtures                                     such a server
    python -m gateway.conformance URL --fixture-url http://127.0.0.1:8081

A server that offers only the contract can't be asked for it: then the recordings are counted as skipped.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults

from gateway.conformance.cases import Scenario
from gateway.conformance.clients.kinds import Kind
from gateway.conformance.clients.peers import Peer
from gateway.conformance.recordings import load
from gateway.conformance.replay_engineio import replay
from gateway.conformance.runner import FAILED, PASSED, SKIPPED, Result

ENGINEIO, NINE, OLD = "engineio", "socketio-0.9", "socketio-0.6"
NO_RECORDINGS = ("codec-eio", "codec-sio", "era-rules")
"""Files of another kind in the same folder."""

NO_URL = "no --fixture-url was given"
WITH_TESTS = "what our server answers otherwise, and why, is listed with its tests: pytest tests/conformance --fixture-url URL"

AT_ONCE = 1
"""Recordings: those of one application hear each other's broadcasts."""


def families(folder: Path) -> Iterator[tuple[str, int]]:
    """The recordings in ``folder``: family and number."""
    yield ENGINEIO, len(_engineio(folder))
    for family in (NINE, OLD):
        contents = [json.loads(path.read_text("utf-8")) for path in sorted((folder / family).glob("*.json"))]
        yield family, sum(len(one["scenarios"]) for one in contents if isinstance(one, dict) and "scenarios" in one)


def _engineio(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / ENGINEIO).rglob("*.json")) if path.stem not in NO_RECORDINGS]


async def replayed(reactor: Any, fixture_url: str | None, folder: Path) -> list[Result]:
    """
    What became of the recordings.

    :param fixture_url: of a server with the fixture applications; None for none.
    :param folder: with one folder for each family.
    """
    if fixture_url is None:
        return [_whole(family, number, NO_URL) for family, number in families(folder) if number]
    limit = DeferredSemaphore(AT_ONCE)
    waiting = [limit.run(_started, reactor, fixture_url, path) for path in _engineio(folder)]
    others = [_whole(family, number, WITH_TESTS) for family, number in families(folder) if number and family != ENGINEIO]
    return [*await gatherResults(waiting), *others]


def _whole(family: str, number: int, reason: str) -> Result:
    return _result(f"{number} recordings", family, SKIPPED, f"{family}: {reason}")


def _started(reactor: Any, url: str, path: Path) -> "Deferred[Result]":
    return Deferred.fromCoroutine(_replayed(reactor, url, path))


async def _replayed(reactor: Any, url: str, path: Path) -> Result:
    recording = load(path)
    if recording.options or recording.app == "custom":
        return _result(path.stem, ENGINEIO, SKIPPED, "needs options or an application of its own")
    try:
        await replay(recording, reactor, url)
    except AssertionError as difference:
        return _result(path.stem, ENGINEIO, FAILED, str(difference))
    return _result(path.stem, ENGINEIO, PASSED)


def _result(name: str, family: str, status: str, reason: str = "") -> Result:
    return Result(Scenario("9", name, _never, lambda kind: False), Kind("recorded", family, "", "", Peer), status, reason)


async def _never(case: Any) -> None:
    raise AssertionError("recordings are replayed, not run")
