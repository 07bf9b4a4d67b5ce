"""The results as text and as one page of HTML: era, transport, scenario."""

from collections.abc import Iterable
from html import escape

from gateway.conformance.cases import SCENARIOS
from gateway.conformance.clients.kinds import ERAS
from gateway.conformance.runner import FAILED, SKIPPED, Result

Grid = dict[tuple[str, str], Result]

TITLES = {
    "": "The server as such",
    "old": "Socket.IO 0.3 to 0.6 (old)",
    "0.9": "Socket.IO 0.7 to 0.9",
    "eio3": "Socket.IO 1.x and 2.x (eio3)",
    "eio4": "Socket.IO 3.x and 4.x (eio4)",
    "recorded": "Recorded traffic of the real servers",
}


def by_era(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Results by era, in the usual order."""
    found: dict[str, list[Result]] = {era: [] for era in ("", *ERAS)}
    for result in results:
        found.setdefault(result.kind.era, []).append(result)
    return {era: mine for era, mine in found.items() if mine}


def _axes(results: list[Result]) -> tuple[list[tuple[str, str]], list[str], Grid]:
    """Rows (section and name), columns (transports), and the cells."""
    grid = {(result.scenario.name, result.kind.transport): result for result in results}
    order = {scenario.name: number for number, scenario in enumerate(SCENARIOS)}
    rows = {(result.scenario.section, result.scenario.name): None for result in results}
    columns = dict.fromkeys(result.kind.transport for result in results)
    return sorted(rows, key=lambda row: (row[0], order.get(row[1], len(order)))), list(columns), grid


def as_text(results: list[Result]) -> str:
    """The table for a terminal, then each failure, then why something was skipped."""
    lines: list[str] = []
    for era, mine in by_era(results).items():
        lines += ["", TITLES.get(era, era), *_text_table(mine)]
    lines += _details(results)
    return "\n".join(lines)


def _text_table(results: list[Result]) -> list[str]:
    rows, columns, grid = _axes(results)
    width = max(len(name) for _, name in rows)
    lines = [" ".join([" " * (width + 6), *columns])]
    for section, name in rows:
        cells = [_cell(grid.get((name, column)), len(column)) for column in columns]
        lines.append(" ".join([f"{section:>4}  {name:<{width}}", *cells]).rstrip())
    return lines


def _cell(result: Result | None, width: int) -> str:
    return f"{'' if result is None else result.status:<{width}}"


def _details(results: list[Result]) -> list[str]:
    failed = [result for result in results if result.status == FAILED]
    skipped = [result for result in results if result.status == SKIPPED]
    reasons: dict[str, int] = {}
    for result in skipped:
        reasons[result.reason] = reasons.get(result.reason, 0) + 1
    lines = [""] if failed or skipped else []
    lines += [f"FAIL {one.kind}: {one.scenario.name} ({one.scenario.section}): {one.reason}" for one in failed]
    lines += [f"skip {number} x: {reason}" for reason, number in reasons.items()]
    passed = len(results) - len(failed) - len(skipped)
    return [*lines, "", f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped"]


STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff }
table { border-collapse: collapse; margin: 0 0 2em }
th, td { padding: .15em .6em; text-align: left; border-bottom: 1px solid #ddd }
td.pass { color: #176f2c }
td.FAIL { background: #c62828; color: #fff; font-weight: bold }
td.skip { color: #8a6d00 }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818 }
  th, td { border-color: #444 }
  td.pass { color: #6fcf87 }
  td.skip { color: #e0c25a }
}
"""


def as_html(results: list[Result], url: str) -> str:
    """The table as a page that needs nothing else."""
    parts = [f"<h2>{escape(TITLES.get(era, era))}</h2>{_html_table(mine)}" for era, mine in by_era(results).items()]
    details = _details(results)
    told = "".join(f"<li>{escape(line)}</li>" for line in details if line.startswith((FAILED, SKIPPED)))
    title = f"Conformance of {escape(url)}"
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
    )
    body = f"<h1>{title}</h1><p>{escape(details[-1])}</p><ul>{told}</ul>{''.join(parts)}"
    return f"<!DOCTYPE html><html lang=en><head>{head}</head><body>{body}</body></html>\n"


def _html_table(results: list[Result]) -> str:
    rows, columns, grid = _axes(results)
    lines = [f"<tr>{''.join(f'<th>{escape(column)}</th>' for column in ('', '', *columns))}</tr>"]
    for section, name in rows:
        cells = "".join(_html_cell(grid.get((name, column))) for column in columns)
        lines.append(f"<tr><td>{escape(section)}</td><td>{escape(name)}</td>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _html_cell(result: Result | None) -> str:
    if result is None:
        return "<td></td>"
    title = escape(result.reason or f"{result.seconds:.2f} s", quote=True)
    return f'<td class="{result.status}" title="{title}">{result.status}</td>'
