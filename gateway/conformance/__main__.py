"""
The black-box suite for any server that offers the contract of the conformance app.

    python -m gateway.conformance http://127.0.0.1:8080
    python -m gateway.conformance URL --era 0.9 --era old --scenario echo --html conformance.html
    python -m gateway.conformance URL --fixture-url http://127.0.0.1:8081       plays recorded traffic too

Exit status 0: everything passed or was skipped for a reason that is told; 1: something failed; 2: it could not be run.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.python.failure import Failure

from gateway.conformance.cases import Server
from gateway.conformance.catalog import FAMILIES, FOLDER, entries
from gateway.conformance.clients.kinds import ERAS
from gateway.conformance.page import as_html
from gateway.conformance.replays import picked, play
from gateway.conformance.runner import FAILED, Job, Progress, chosen, jobs_of, probe, run
from gateway.conformance.scenarios import SCENARIOS
from gateway.conformance.tables import as_text

AT_ONCE = 16
"""Recordings that are played at the same time: fewer than scenarios, for what they compare has its time."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("socketio-conformance", description=(__doc__ or "").split("\n")[1])
    parser.add_argument("url", nargs="?", help="of the server, such as http://127.0.0.1:8080; none to play the recordings only")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the table as a page")
    parser.add_argument("--era", action="append", default=[], choices=ERAS, help="only clients of this era (repeatable)")
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="WORDS",
        help="only scenarios with this in their name, or of this section",
    )
    parser.add_argument(
        "--fixture-url", metavar="URL", help="where python -m gateway.conformance.fixtures listens, for recorded traffic"
    )
    parser.add_argument("--recordings", type=Path, default=FOLDER, metavar="DIR", help="recorded traffic [the package's own]")
    parser.add_argument("--patience", type=float, default=12, metavar="S", help="longest wait that is worth it [%(default)s s]")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    options = parser.parse_args(given)
    if not (options.url or options.fixture_url or options.list):
        parser.error("nothing to do: neither URL nor --fixture-url")
    if options.html and not options.html.absolute().parent.is_dir():
        parser.error(f"--html: there is no folder {options.html.parent}")
    return options


async def conduct(reactor: Any, options: argparse.Namespace) -> int:
    """Run, tell, and give the exit status."""
    contract = await _contract(reactor, options) if options.url else []
    recorded = [
        partial(play, reactor, options.fixture_url, entry, options.patience)
        for family in FAMILIES
        for entry in picked(entries(family, options.recordings), options.era, options.scenario)
    ]
    told = Progress(len(contract) + len(recorded))
    results = await run(contract, told) + await run(recorded, told, AT_ONCE)
    print(as_text(results))
    if options.html:
        options.html.write_text(as_html(results, options.url or options.fixture_url), "utf-8")
    return 1 if not results or any(result.status == FAILED for result in results) else 0


async def _contract(reactor: Any, options: argparse.Namespace) -> list[Job]:
    server = Server(reactor, options.url.rstrip("/"), options.patience)
    await probe(server)
    return jobs_of(server, chosen(options.era, options.scenario))


def main() -> None:
    """The command."""
    if not __debug__:
        raise SystemExit("socketio-conformance: scenarios are made of assertions; run it without -O")
    options = arguments()
    if options.list:
        print("\n".join(f"{one.section:>4}  {one.name}" for one in SCENARIOS))
        return

    def start(reactor: Any) -> "Deferred[None]":
        return Deferred.fromCoroutine(conduct(reactor, options)).addCallbacks(_leave, _give_up)

    react(start)


def _leave(status: int) -> None:
    raise SystemExit(status)


def _give_up(failure: Failure) -> None:
    print(f"socketio-conformance: {failure.getErrorMessage()}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
