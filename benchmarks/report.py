"""
Turns a result file into tables and a chart: ``python benchmarks/report.py results/X.json [--chart FILE.svg]``.

A figure is a median over rounds. A ratio is a server's CPU per unit over the mean of the two reference runs around it,
then the median over rounds; the spread is the smallest and largest of them.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chart import bars, course
from suites import COURSE, FACTORS, GATEWAYS, SUITES

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One server in one suite."""

    server: str
    era: str
    figures: dict[str, float]
    ratio: float
    low: float
    high: float
    runs: int


def good(rows: list[Row]) -> list[Row]:
    """Return the runs without an error."""
    return [row for row in rows if "error" not in row["result"]]


def ratios(rows: list[Row], reference: str) -> Iterator[tuple[str, float]]:
    """Give (server, ratio) for every run that has the reference on both sides."""
    for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
        sides = [side["result"].get("cpu_us") for side in (before, after) if side["server"] == reference]
        if row["server"] == reference or len(sides) < 2 or None in sides or "error" in row["result"]:
            continue
        yield row["server"], row["result"]["cpu_us"] / statistics.mean(sides)


def medians(rows: list[Row]) -> dict[str, float]:
    """Return the median of every number in the results of one server."""
    results = [row["result"] for row in rows]
    keys = [key for key, value in results[0].items() if isinstance(value, int | float)]
    return {key: statistics.median(result[key] for result in results) for key in keys}


def summarize(name: str, rows: list[Row]) -> list[Line]:
    """Return a suite's servers, the cheapest first."""
    reference = SUITES[name].reference
    found: dict[str, list[float]] = {}
    for server, ratio in ratios(rows, reference):
        found.setdefault(server, []).append(ratio)
    lines = []
    for server in dict.fromkeys(row["server"] for row in good(rows)):
        mine = [row for row in good(rows) if row["server"] == server]
        values = found.get(server) or [1.0]
        lines.append(
            Line(server, mine[0]["result"]["era"], medians(mine), statistics.median(values), min(values), max(values), len(mine))
        )
    return sorted(lines, key=lambda line: line.ratio)


def verdict(name: str, line: Line) -> tuple[str, bool]:
    """Return the target with "ok" or "over", and whether it is met; peers have none."""
    suite = SUITES[name]
    target = suite.target(line.server)
    if target is None:
        return "", True
    met = line.ratio <= target
    parts = [f"{target:.2f} {'ok' if met else 'over'}"]
    for key, limit in suite.limits.items():
        inside = line.figures[key] <= limit
        met = met and inside
        parts.append(f"{key} {limit:g} {'ok' if inside else 'over'}")
    return ", ".join(parts), met


COLUMNS = {
    "echo": ("rate", "p50_us", "p99_us", "rss_kb"),
    "broadcast": ("rate", "p50_us", "p99_us", "rss_kb"),
    "polling": ("rate", "p50_us", "p99_us", "rss_kb"),
    "connect": ("rate", "kb_each", "kb_each_collected", "idle_percent"),
}
HEADINGS = {
    "rate": "per second", "p50_us": "p50 us", "p99_us": "p99 us", "rss_kb": "RSS kB",
    "kb_each": "kB each", "kb_each_collected": "kB each, collected", "idle_percent": "idle %",
}  # fmt: skip


def number(value: float) -> str:
    """Print a figure with as many digits as it deserves."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def suite_table(name: str, rows: list[Row]) -> str:
    """Return one suite as a Markdown table, failed runs below it."""
    suite, columns = SUITES[name], COLUMNS[SUITES[name].mode]
    unit = good(rows)[0]["result"]["unit"] if good(rows) else "unit"
    text = [f"### {name}: {suite.title}", ""]
    text.append(f"| server | CPU us per {unit} | ratio | spread | " + " | ".join(HEADINGS[c] for c in columns) + " | target |")
    text.append("|---|" + "---:|" * (3 + len(columns)) + "---|")
    for line in summarize(name, rows):
        cells = [number(line.figures["cpu_us"]), f"{line.ratio:.2f}", f"{line.low:.2f} to {line.high:.2f}"]
        cells += [number(line.figures[column]) for column in columns]
        spoken = "" if line.era == suite.era else f" ({line.era})"
        text.append(f"| {line.server}{spoken} | " + " | ".join(cells) + f" | {verdict(name, line)[0]} |")
    failed = [row for row in rows if "error" in row["result"]]
    text += [f"\n{row['server']}, round {row['round'] + 1}: {row['result']['error']}" for row in failed]
    return "\n".join(text)


def costs(record: Row, name: str) -> dict[str, float]:
    """Return the CPU per unit of each server in a suite; empty if it was not run."""
    rows = record["suites"].get(name)
    return {line.server: line.figures["cpu_us"] for line in summarize(name, rows)} if rows else {}


def factors(record: Row) -> Iterator[tuple[str, str, float, float]]:
    """Give (what, server, factor, limit) where both suites of a comparison were run."""
    for more, less, limit, what in FACTORS:
        dear, cheap = costs(record, more), costs(record, less)
        for server in sorted(set(dear) & set(cheap)):
            yield what, server, dear[server] / cheap[server], limit


def judge(record: Row) -> bool:
    """Return whether every run went through and every target was met."""
    suites = record["suites"]
    whole = all("error" not in row["result"] for rows in suites.values() for row in rows)
    met = all(verdict(name, line)[1] for name, rows in suites.items() for line in summarize(name, rows))
    return whole and met and all(factor <= limit for _, server, factor, limit in factors(record) if server in GATEWAYS)


def cost_chart(record: Row) -> str:
    """Return what a message costs as the number of clients grows, as an SVG with one line per server."""
    series: dict[str, list[tuple[float, float]]] = {}
    for name, clients in COURSE.items():
        for server, cost in costs(record, name).items():
            series.setdefault(server, []).append((clients, cost))
    whole = {server: points for server, points in series.items() if len(points) == len(COURSE)}
    return course("CPU per echo of 32 bytes, in microseconds, against the number of clients", whole)


def chart(record: Row) -> str:
    """Return the ratios of the gateway's builds as an SVG, one group of bars per suite."""
    groups = []
    for name, rows in record["suites"].items():
        suite = SUITES[name]
        found = [(x.server, x.ratio, suite.target(x.server)) for x in summarize(name, rows) if suite.target(x.server)]
        groups.append((f"{suite.title}  (1 = {suite.reference})", sorted(found)))
    return bars("CPU against the reference server: shorter is cheaper", [group for group in groups if group[1]])


def main(arguments: list[str]) -> None:
    """Print the tables; write the chart where one is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path, nargs="+", help="result files; a suite is taken from the last that has it")
    parser.add_argument("--chart", type=Path, help="where to write the ratios as an SVG")
    parser.add_argument("--cost-chart", type=Path, help="where to write the cost against the number of clients as an SVG")
    options = parser.parse_args(arguments)
    record: Row = {"suites": {}}
    for path in options.result:
        read = json.loads(path.read_text())
        record = {**record, **read, "suites": {**record["suites"], **read["suites"]}}
    print("; ".join(f"{key} {value}" for key, value in record["machine"].items()), f"\n\nMeasured {record['date']}.")
    for name, rows in record["suites"].items():
        print("\n" + suite_table(name, rows))
    for what, server, factor, limit in factors(record):
        print(f"\n{what}, {server}: {factor:.2f} (target {limit})")
    if options.chart:
        options.chart.write_text(chart(record))
    if options.cost_chart:
        options.cost_chart.write_text(cost_chart(record))


if __name__ == "__main__":
    main(sys.argv[1:])
