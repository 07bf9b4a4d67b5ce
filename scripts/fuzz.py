"""
Feeds every parser and session with broken input: ``python scripts/fuzz.py 10000000 [seed] [--only pattern] [--hours 2]``.

Each input is a recorded-looking sample that was cut, doubled, joined or had bytes exchanged. A target may raise ProtocolError
and nothing else, and take no more than 10 ms for each KiB. What they are is in ``fuzz_targets.py``.
"""

import argparse
import random
import re
import sys
import time
from collections.abc import Callable

from protocols.errors import ProtocolError
from scripts.fuzz_samples import SAMPLES
from scripts.fuzz_targets import TARGETS, Target

SLOWEST = 0.010
"""Seconds for each KiB."""

WARNED = 0.005
"""Seconds from which on an input is timed again."""

AT_ONCE = 100_000
"""Inputs of one target before it is the next one's turn, so that a run that is cut short has fed all alike."""

ODDITIES = (
    b"9" * 30, b"\xff", b"[" * 600, b"\0", b"\r\n", b"\n", b"~m~", b"\xef\xbf\xbd", b":", b"-1", b"\x1e",
    b"\xed\xa0\x80", b"%00", b'"',
)  # fmt: skip


def mutated(samples: list[bytes]) -> bytes:
    """One broken input."""
    rolled = random.getrandbits(64)
    data = bytearray(samples[rolled % len(samples)])
    for turn in range(rolled >> 8 & 3):
        chance = rolled >> (12 + 16 * turn)
        at = (chance >> 3) % (len(data) + 1)
        what = chance & 7
        if what == 0:
            del data[at:]
        elif what == 1:
            data[at:at] = random.choice(samples)
        elif what < 5:
            data[at : at + what - 2] = random.randbytes(1)
        elif what == 5:
            data[at:at] = data[: random.randrange(len(data) + 1)]
        else:
            data[at:at] = random.choice(ODDITIES)
    return bytes(data)


def fuzz(name: str, count: int) -> float:
    """
    Feed one target; the slowest input, in seconds for each KiB.

    :raises AssertionError: an input took too long; whatever else the target raises shows by itself.
    """
    kind, target = TARGETS[name]
    samples = SAMPLES[kind]
    worst = 0.0
    for _ in range(count):
        data = mutated(samples)
        took = timed(name, target, data, time.perf_counter)
        if took > WARNED:  # something else may have had the processor
            took = min(timed(name, target, data, time.thread_time) for _ in range(5))
        rate = took / max(1.0, len(data) / 1024)
        worst = max(worst, rate)
        assert rate < SLOWEST, f"{name}: {took:.3f} s for {data!r}"
    return worst


def timed(name: str, target: Target, data: bytes, clock: Callable[[], float]) -> float:
    """Seconds that one input takes."""
    began = clock()
    try:
        target(data)
    except ProtocolError:
        pass
    except BaseException:
        print(f"{name}: {data!r}", file=sys.stderr)
        raise
    return clock() - began


def main() -> None:
    """Feed all, by turns; say how many inputs each got."""
    parser = argparse.ArgumentParser(description=__doc__.split("``")[0].strip())
    parser.add_argument("count", nargs="?", type=int, default=100_000, help="inputs of each target")
    parser.add_argument("seed", nargs="?", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default="", help="targets in whose name this pattern is found")
    parser.add_argument("--hours", type=float, default=1e9, help="end after this time, whatever the count")
    given = parser.parse_args()
    random.seed(given.seed)
    print(f"seed {given.seed}")
    names = [name for name in TARGETS if re.search(given.only, name)]
    worst = dict.fromkeys(names, 0.0)
    until, done = time.monotonic() + given.hours * 3600, 0
    while done < given.count and time.monotonic() < until:
        size = min(AT_ONCE, given.count - done)
        for name in names:
            worst[name] = max(worst[name], fuzz(name, size))
        done += size
        print(f"{done} inputs each", file=sys.stderr, flush=True)
    for name in names:
        print(f"{name}: {done} inputs, the slowest {worst[name] * 1000:.2f} ms for each KiB", flush=True)


if __name__ == "__main__":
    main()
