"""The results as one page of HTML that needs nothing else."""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from gateway.conformance.replays import RECORDED
from gateway.conformance.runner import FAILED, Result
from gateway.conformance.tables import TITLES, by_era, counts_of, failures, grid_of, groups_of, second_tries, skips, total

MARKS = {"pass": "✓", "FAIL": "✗", "skip": "–"}
SECTIONS = {
    "2": "Addresses and timers",
    "3.1": "Clients that have messages only",
    "4": "Namespaces",
    "5": "Events, storage, text, order",
    "6": "Transports of the older eras",
    "7": "Wrong input",
    "8": "Hostile conditions",
}
"""Of the contract."""


def as_html(results: list[Result], url: str) -> str:
    """The page."""
    style = (files("gateway.conformance") / "page.css").read_text("utf-8")
    title = f"Conformance of {escape(url)}"
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>{style}</style>'
    )
    eras = by_era(results)
    parts = [f"<h1>{title}</h1>", *_summary(results, eras), *_told(results)]
    for era, mine in eras.items():
        body = _recorded(mine) if era == RECORDED else _table(mine)
        parts += [f'<section id="{_anchor(era)}"><h2>{escape(TITLES[era])}</h2>', *body, "</section>"]
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _anchor(era: str) -> str:
    return f"era-{era.replace('.', '-') or 'server'}"


def _summary(results: list[Result], eras: dict[str, list[Result]]) -> Iterator[str]:
    failed = counts_of(results)[FAILED]
    yield f'<p class="verdict {FAILED if failed else "pass"}">{escape(total(results))}</p>'
    yield '<table class="summary"><tr><th>clients</th><th>pass</th><th>fail</th><th>skip</th></tr>'
    for era, mine in eras.items():
        cells = "".join(f'<td class="{status}">{number or ""}</td>' for status, number in counts_of(mine).items())
        yield f'<tr><th><a href="#{_anchor(era)}">{escape(TITLES[era])}</a></th>{cells}</tr>'
    yield "</table>"


def _told(results: list[Result]) -> Iterator[str]:
    for lines in (failures(results), second_tries(results), skips(results)):
        if lines:
            yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _table(results: list[Result]) -> Iterator[str]:
    grid = grid_of(results)
    yield '<table class="grid"><thead><tr><th></th>'
    yield "".join(f'<th class="turned"><span>{escape(column)}</span></th>' for column in grid.columns)
    yield "</tr></thead>"
    last = ""
    for section, name in grid.rows:
        if section != last:
            last = section
            yield f'<tr class="part"><th colspan="{len(grid.columns) + 1}">{escape(section)} {SECTIONS[section]}</th></tr>'
        cells = "".join(_cell(grid.cells.get((name, column))) for column in grid.columns)
        yield f"<tr><th>{escape(name)}</th>{cells}</tr>"
    yield "</table>"


def _cell(result: Result | None) -> str:
    if result is None:
        return '<td class="none"></td>'
    title = escape(result.reason or f"{result.seconds:.2f} s", quote=True)
    return f'<td class="{result.status}" title="{title}">{MARKS[result.status]}</td>'


def _recorded(results: list[Result]) -> Iterator[str]:
    """A line for each group, which opens to its recordings."""
    for (family, group), mine in groups_of(results).items():
        counts = counts_of(mine)
        told = " ".join(f'<b class="{status}">{number} {status.lower()}</b>' for status, number in counts.items() if number)
        opened = " open" if counts[FAILED] else ""
        yield f"<details{opened}><summary><span>{escape(family)}</span> {escape(group)} {told}</summary><ul>"
        yield from _items(mine)
        yield "</ul></details>"


def _items(results: Iterable[Result]) -> Iterator[str]:
    for one in results:
        reason = f": {escape(one.reason)}" if one.reason else ""
        yield f'<li><b class="{one.status}">{MARKS[one.status]}</b> {escape(one.name)}{reason}</li>'
