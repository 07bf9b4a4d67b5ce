"""The results as a table of text: era, transport, scenario."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.conformance.cases import SCENARIOS, SERVER
from gateway.conformance.clients.kinds import ERAS, KINDS
from gateway.conformance.replays import RECORDED
from gateway.conformance.runner import FAILED, PASSED, SKIPPED, Result

TITLES = {
    "": "The server as such",
    "old": "Socket.IO 0.3 to 0.6 (old)",
    "0.9": "Socket.IO 0.7 to 0.9",
    "eio3": "Socket.IO 1.x and 2.x (eio3)",
    "eio4": "Socket.IO 3.x and 4.x (eio4)",
    RECORDED: "Recorded traffic of the real servers",
}
STATUSES = (PASSED, FAILED, SKIPPED)


@dataclass(frozen=True, slots=True)
class Grid:
    """
    The results of one era.

    :ivar rows: (section, name) of each scenario, in the order of the contract; ``columns``: the transports.
    :ivar cells: results by name and transport.
    """

    rows: list[tuple[str, str]]
    columns: list[str]
    cells: dict[tuple[str, str], Result]


def by_era(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Results by era, in the usual order; the recordings last."""
    found: dict[str, list[Result]] = {era: [] for era in ("", *ERAS, RECORDED)}
    for result in results:
        found[result.era].append(result)
    return {era: mine for era, mine in found.items() if mine}


def grid_of(results: list[Result]) -> Grid:
    """The table of one era's results."""
    order = {scenario.name: number for number, scenario in enumerate(SCENARIOS)}
    rows = {(result.section, result.name): None for result in results}
    found = {result.transport for result in results}
    columns = [kind.transport for kind in (SERVER, *KINDS.values()) if kind.era == results[0].era and kind.transport in found]
    cells = {(result.name, result.transport): result for result in results}
    return Grid(sorted(rows, key=lambda row: (row[0], order.get(row[1], 0))), columns, cells)


def groups_of(results: list[Result]) -> dict[tuple[str, str], list[Result]]:
    """Recordings by family and group."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.transport, result.section), []).append(result)
    return found


def counts_of(results: Iterable[Result]) -> dict[str, int]:
    """How many passed, failed, were skipped."""
    counted = Counter(result.status for result in results)
    return {status: counted[status] for status in STATUSES}


def total(results: Iterable[Result]) -> str:
    """The same in words."""
    counts = counts_of(results)
    return f"{counts[PASSED]} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped"


def failures(results: Iterable[Result]) -> list[str]:
    """One line for each failure."""
    return [f"FAIL {_told(one)}" for one in results if one.status == FAILED]


def second_tries(results: Iterable[Result]) -> list[str]:
    """One line for each scenario that passed only when it was run again by itself."""
    return [f"pass when run again {_told(one)}" for one in results if one.status == PASSED and one.reason]


def _told(one: Result) -> str:
    return f"{f'{one.era} {one.transport}'.strip()}: {one.name} ({one.section}): {one.reason}"


def skips(results: Iterable[Result]) -> list[str]:
    """One line for each reason to skip."""
    reasons = Counter(one.reason for one in results if one.status == SKIPPED)
    return [f"skip {number} x: {reason}" for reason, number in reasons.items()]


def as_text(results: list[Result]) -> str:
    """A table for each era, then each failure, then why something was skipped, and the total."""
    lines: list[str] = []
    for era, mine in by_era(results).items():
        lines += ["", TITLES[era], *(_recorded(mine) if era == RECORDED else _table(mine))]
    details = failures(results) + second_tries(results) + skips(results)
    return "\n".join([*lines, *([""] if details else []), *details, "", total(results)])


def _table(results: list[Result]) -> list[str]:
    grid = grid_of(results)
    width = max(len(name) for _, name in grid.rows)
    lines = [" ".join([" " * (width + 6), *grid.columns])]
    for section, name in grid.rows:
        cells = [_cell(grid.cells.get((name, column)), len(column)) for column in grid.columns]
        lines.append(" ".join([f"{section:>4}  {name:<{width}}", *cells]).rstrip())
    return lines


def _cell(result: Result | None, width: int) -> str:
    return f"{'' if result is None else result.status:<{width}}"


def _recorded(results: list[Result]) -> list[str]:
    lines = [f"      {'family':<14} {'recordings':<24} " + " ".join(f"{status:>5}" for status in STATUSES)]
    for (family, group), mine in groups_of(results).items():
        counts = " ".join(f"{number or '':>5}" for number in counts_of(mine).values())
        lines.append(f"      {family:<14} {group:<24} {counts}".rstrip())
    return lines
