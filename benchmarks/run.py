"""
Measures the gateway against its peers: ``python benchmarks/run.py [--quick] [--suite echo32,bcast1000]``.

All servers of a suite run side by side and idle while one of them is loaded. Rounds are interleaved: the order rotates,
and the reference is measured before and after each server, so that whatever else the machine does falls on both sides
of a ratio. Figures go to ``results/*.json``; ``report.py`` turns such a file into tables and a chart.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import servers
from prepare import build_generator, missing, versions
from report import judge, suite_table
from servers import SERVERS, Running, add_server, running
from suites import GATEWAYS, QUICK, SUITES, Suite

RESULTS = servers.HERE / "results"
RUN_LIMIT = 400.0
GENERATOR_LIMIT = 0.95
WARM_CLIENTS = "50"

Row = dict[str, Any]


def load(suite: Suite, target: Running, arguments: str | None = None) -> Row:
    """Load one server once and return what the generator printed."""
    era = target.server.era_for(suite.era)
    command = [str(servers.BUILD / "load"), suite.mode, str(target.port), "-e", era, "-p", str(target.process.pid)]
    command += (suite.arguments if arguments is None else arguments).split()
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT, check=False)
    try:
        result: Row = json.loads(done.stdout)
    except ValueError:
        result = {"error": "the generator failed"}
    if done.returncode:
        lost = ", ".join(f"{result.get(key)} {key}" for key in ("failed", "wrong", "silent"))
        result.setdefault("error", f"{lost} {done.stderr[-300:]}")
    return result


def order(names: list[str], reference: str, round_number: int) -> list[str]:
    """Return one round: the servers, rotated, with the reference around each."""
    shift = round_number % len(names)
    sequence = [reference]
    for name in names[shift:] + names[:shift]:
        sequence += [name, reference]
    return sequence


class Measurement:
    """All rounds of one suite."""

    def __init__(self, name: str, names: list[str], rounds: int) -> None:
        self.name = name
        self.suite = SUITES[name]
        self.names = [each for each in names if each != self.suite.reference]
        self.rounds = rounds
        self.rows: list[Row] = []

    def run(self) -> list[Row]:
        """Measure every round and return its rows in order."""
        if self.suite.fresh:
            for round_number in range(self.rounds):
                self._round(round_number, {})
            return self.rows
        with ExitStack() as stack:
            up = {name: stack.enter_context(running(name)) for name in [self.suite.reference, *self.names]}
            for target in up.values():
                load(self.suite, target)
            for round_number in range(self.rounds):
                self._round(round_number, up)
        return self.rows

    def _round(self, round_number: int, up: dict[str, Running]) -> None:
        for name in order(self.names, self.suite.reference, round_number):
            result = load(self.suite, up[name]) if up else self._load_fresh(name)
            self.rows.append({"round": round_number, "server": name, "result": result})
            self._tell(round_number, name, result)

    def _load_fresh(self, name: str) -> Row:
        """Start the server, let a few clients come and go so that everything is imported, then measure."""
        with running(name) as target:
            load(self.suite, target, f"-c {WARM_CLIENTS} -q 0.2 -g")
            return load(self.suite, target)

    def _tell(self, round_number: int, name: str, result: Row) -> None:
        figure = result.get("error") or f"{result['cpu_us']:8.2f} us per {result['unit']}, {result['rate']:,.0f}/s"
        busy = "  (the generator was the limit)" if result.get("own_load", 0) > GENERATOR_LIMIT else ""
        print(f"  {self.name} {round_number + 1}/{self.rounds}  {name:16} {figure}{busy}", flush=True)


def describe_machine() -> Row:
    """Return what the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = models[0] if models else platform.machine()
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), **versions()}


def choose(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return suite name -> servers to measure in it."""
    names = list(QUICK) if options.quick else options.suite.split(",") if options.suite else list(SUITES)
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        raise SystemExit(f"no such suite: {', '.join(unknown)} (there are {', '.join(SUITES)})")
    extra = [add_server(text) for text in options.also]
    chosen = options.servers.split(",") if options.servers else None
    if chosen and not set(chosen) <= set(SERVERS):
        raise SystemExit(f"servers are {', '.join(SERVERS)}")
    quick = list(GATEWAYS) if options.quick else None
    return {name: [*(chosen or quick or SUITES[name].servers()), *extra] for name in names}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="echo32 and bcast1000, two rounds, about a minute")
    parser.add_argument("--suite", help=f"comma-separated, of {', '.join(SUITES)}; default all")
    parser.add_argument("--servers", help=f"comma-separated, of {', '.join(SERVERS)}; the reference is always there")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=COMMAND", help="one more server; {port} in it")
    parser.add_argument("--rounds", type=int, help="instead of each suite's own number")
    parser.add_argument("--out", type=Path, help="result file, default results/<date>.json")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the chosen suites; the status is 1 if a target was missed or a run failed."""
    options = parse(arguments)
    plan = choose(options)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    build_generator()
    absent = missing({name for name in SERVERS for names in plan.values() if name in names} | {SUITES[n].reference for n in plan})
    if absent:
        raise SystemExit("\n".join(absent))
    out = options.out or RESULTS / time.strftime("%Y-%m-%d-%H%M%S.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    record: Row = {"date": time.strftime("%Y-%m-%d"), "machine": describe_machine(), "suites": {}}
    for name, names in plan.items():
        rounds = options.rounds or (2 if options.quick else SUITES[name].rounds)
        record["suites"][name] = Measurement(name, names, rounds).run()
        out.write_text(json.dumps(record, indent=1) + "\n")
        print("\n" + suite_table(name, record["suites"][name]) + "\n", flush=True)
    print(f"written to {out}")
    return 0 if judge(record) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
