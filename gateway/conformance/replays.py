"""
Recorded traffic of the real servers, as further rows of the table.

    python -m gateway.conformance.fixtures                                     servers that have the applications, at a desk
    python -m gateway.conformance URL --fixture-url http://127.0.0.1:8081      asks that desk for a fresh server for each

A server that offers only the contract can't be asked for them: then the recordings are counted as skipped. What a server of
all eras may answer otherwise stands in ``allowances`` and ``deviations``; to answer as the recorded server did is right too.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from gateway.conformance import deviations06, deviations09
from gateway.conformance.catalog import MODERN, NINE, Entry
from gateway.conformance.clients.network import TcpLink
from gateway.conformance.clientsteps09 import is_served, path_of
from gateway.conformance.differences import Difference
from gateway.conformance.recordings import of
from gateway.conformance.replay06 import Replay06
from gateway.conformance.replay09 import Replay09
from gateway.conformance.replay_engineio import Replay
from gateway.conformance.runner import FAILED, PASSED, SKIPPED, Result
from gateway.conformance.turning import Waited

NO_URL = "recorded traffic needs a server with the applications of the recordings (--fixture-url)"
TOO_LONG = "the recording is longer than --patience"
WAIT = 15.0
"""Seconds that the desk may take."""

RECORDED = "recorded"
"""Stands for an era in the results."""


def picked(entries: Iterable[Entry], eras: Collection[str], words: Collection[str]) -> list[Entry]:
    """Those of these eras, with one of these words in their name; none for all."""
    return [
        entry
        for entry in entries
        if (not eras or entry.era in eras) and (not words or any(word in entry.name or word == "9" for word in words))
    ]


async def play(reactor: Any, desk: str | None, entry: Entry, patience: float) -> Result:
    """
    Hold a server against one recording.

    :param desk: address of the desk that has one; None for none.
    :param patience: the longest recording, in seconds, that is worth it.
    """
    if desk is None:
        return _result(entry, SKIPPED, NO_URL)
    if entry.seconds > patience:
        return _result(entry, SKIPPED, TOO_LONG)
    link = TcpLink(reactor, desk)
    began = reactor.seconds()
    try:
        status, reason = await _on_loan(reactor, link, entry)
    except Exception as error:  # noqa: BLE001 - whatever a server makes a replay raise is its failure, and the others go on
        status, reason = FAILED, f"{type(error).__name__}: {error}"
    finally:
        link.close()
    return _result(entry, status, reason, reactor.seconds() - began)


async def _on_loan(reactor: Any, link: TcpLink, entry: Entry) -> tuple[str, str]:
    """Get a server, play, give it back."""
    target = f"/fixtures/{entry.family}/{entry.name}"
    answer = await link.fetch("POST", target).addTimeout(WAIT, reactor)
    if answer.status == 404:
        return SKIPPED, answer.text
    if answer.status != 200:
        return FAILED, f"the desk of the fixtures says {answer.status} {answer.text:.80}"
    server = json.loads(answer.text)
    parts = urlsplit(server["url"])
    try:
        found = await _found(reactor, entry, (parts.hostname or "", parts.port or 80), server.get("policy_port", 0))
    finally:
        await link.fetch("DELETE", target).addTimeout(WAIT, reactor)
    return (FAILED, found) if found else (PASSED, "")


async def _found(reactor: Any, entry: Entry, address: tuple[str, int], policy_port: int) -> str:
    """What is not as recorded and not allowed, "" for nothing."""
    pace = Waited(reactor)
    if entry.family == MODERN:
        try:
            await Replay(of(entry.content, entry.name), reactor, *address).run()
        except AssertionError as difference:
            return str(difference)
        return ""
    if entry.family == NINE:
        differences = await Replay09(entry.content, reactor, address, pace, policy_port).run()
        if not await is_served(reactor, address, pace, path_of(entry.content)):
            return "a fresh client is served no more"
        return unknown(differences, deviations09.DEVIATIONS.get(entry.name, []))
    differences = await Replay06(entry.content, reactor, address, pace, None, policy_port).run()
    return unknown(differences, deviations06.DEVIATIONS.get(entry.name, []))


def unknown(differences: Iterable[Difference], known: Iterable[tuple[int, str, str]]) -> str:
    """Those that are not known, in words."""
    expected = {(step, got) for step, got, _ in known}
    return "; ".join(
        f"step {one.step}: {one.got} instead of {one.wanted}" for one in differences if (one.step, one.got) not in expected
    )


def _result(entry: Entry, status: str, reason: str = "", seconds: float = 0.0) -> Result:
    return Result(entry.group, entry.name, RECORDED, entry.family, status, reason, seconds)
