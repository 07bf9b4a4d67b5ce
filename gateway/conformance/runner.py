"""Runs scenarios against a server, some at a time, and keeps what became of each."""

import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults

from gateway.conformance.cases import SCENARIOS, SERVER, Case, Scenario, Server, SkippedError
from gateway.conformance.clients.kinds import KINDS, Kind
from gateway.conformance.clients.network import TcpLink
from gateway.conformance.clients.texts import parse

PASSED, FAILED, SKIPPED = "pass", "FAIL", "skip"

WORTH_ANOTHER_TRY = 40
"""Failures up to which each gets a second try."""

AT_ONCE = 24
"""Scenarios that run at the same time."""


@dataclass(frozen=True, slots=True)
class Result:
    """
    What became of one scenario for one kind of client.

    :ivar section: of the contract; of a recording its group.
    :ivar era: "" when it is about the server as such.
    :ivar status: "pass", "FAIL" or "skip", and ``reason`` why it failed, at first too, or was skipped.
    """

    section: str
    name: str
    era: str
    transport: str
    status: str
    reason: str = ""
    seconds: float = 0.0


Job = Callable[[], Awaitable[Result]]
"""Runs one scenario, or plays one recording."""


def chosen(eras: Iterable[str], scenarios: Iterable[str]) -> list[tuple[Scenario, Kind]]:
    """
    What is to be run.

    :param eras: of which clients; none for all.
    :param scenarios: parts of names, or sections; none for all.
    """
    wanted_eras, words = set(eras), list(scenarios)
    return [
        (scenario, kind)
        for scenario in SCENARIOS
        for kind in (SERVER, *KINDS.values())
        if scenario.fits(kind) and (not wanted_eras or kind.era in wanted_eras) and _named(scenario, words)
    ]


def _named(scenario: Scenario, words: list[str]) -> bool:
    return not words or any(word in scenario.name or word == scenario.section for word in words)


async def probe(server: Server) -> None:
    """
    Learn the server's settings from its handshake.

    :raises AssertionError: it has none.
    """
    link = TcpLink(server.reactor, server.url)
    answer = await link.fetch("GET", "/socket.io/?EIO=4&transport=polling").addTimeout(10, server.reactor)
    assert answer.status == 200, f"the handshake is answered with {answer.status}: {answer.body[:80]!r}"
    opened = parse(answer.text[1:])
    server.interval, server.timeout = opened["pingInterval"] / 1000, opened["pingTimeout"] / 1000
    server.max_payload = opened["maxPayload"]
    link.close()


async def run(jobs: Iterable[Job], told: Callable[[Result], None], at_once: int = AT_ONCE) -> list[Result]:
    """
    Run it all, ``at_once`` at a time; ``told`` hears of each result as it comes.

    What failed is run again by itself, for a busy machine is no fault of the server's: if it passes then, the reason stays.
    """
    limit = DeferredSemaphore(at_once)

    async def one(job: Job) -> Result:
        result = await job()
        told(result)
        return result

    def start(job: Job) -> "Deferred[Result]":
        return Deferred.fromCoroutine(one(job))

    work = list(jobs)
    results = list(await gatherResults([limit.run(start, job) for job in work]))
    failed = [number for number, result in enumerate(results) if result.status == FAILED]
    for number in failed if len(failed) <= WORTH_ANOTHER_TRY else ():
        second = await work[number]()
        if second.status == PASSED:
            results[number] = replace(second, reason=results[number].reason)
    return results


def jobs_of(server: Server, work: list[tuple[Scenario, Kind]]) -> list[Job]:
    """What :func:`run` is given for scenarios: those that wait come first, so that the others run meanwhile."""
    ordered = sorted(work, key=lambda item: item[0].section != "2")
    return [partial(run_one, server, scenario, kind) for scenario, kind in ordered]


async def run_one(server: Server, scenario: Scenario, kind: Kind) -> Result:
    """One scenario for one kind of client."""
    case = Case(server, kind)
    started = server.reactor.seconds()
    status, reason = PASSED, ""
    try:
        await scenario.run(case)
    except SkippedError as skipped:
        status, reason = SKIPPED, str(skipped)
    except Exception as error:  # noqa: BLE001 - whatever a server makes a scenario raise is its failure, and the others go on
        status, reason = FAILED, _told(error)
    await case.close()
    passed = server.reactor.seconds() - started
    return Result(scenario.section, scenario.name, kind.era, kind.transport, status, reason, passed)


def _told(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.name}:{frame.lineno}" for frame in place if "scenarios" in frame.filename]
    text = str(error) or (f"not so: {place[-1].line}" if isinstance(error, AssertionError) else type(error).__name__)
    if not isinstance(error, AssertionError):
        text = f"{type(error).__name__}: {text}"
    return f"{text} [{' > '.join(lines)}]"


class Progress:
    """One line that is written again and again, on a terminal."""

    def __init__(self, total: int, out: Any = None) -> None:
        self._total = total
        self._out = sys.stderr if out is None else out
        self._counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}

    def __call__(self, result: Result) -> None:
        """Another result."""
        self._counts[result.status] += 1
        done = sum(self._counts.values())
        if self._out.isatty() or done == self._total:
            counts = ", ".join(f"{count} {status.lower()}" for status, count in self._counts.items())
            end = "\n" if done == self._total else ""
            self._out.write(f"\r{done}/{self._total}: {counts}{end}")
            self._out.flush()
