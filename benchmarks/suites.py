"""
What is measured: one row per suite, with the targets for the two builds of the gateway.

``base`` is the gateway with nothing compiled beside its requirements, on the stock epoll reactor; ``fast`` adds orjson,
the unmasking of websockets and the lean reactor. A target is the largest ratio to the reference in the same round; the
figures of ``LIMITS`` are absolute.
"""

from dataclasses import dataclass, field

GATEWAYS = ("gateway-base", "gateway-fast")
PYTHON = ("python-uvicorn", "python-aiohttp")
ALL_ERAS = "eio4,eio3,sio09,old,old76"


@dataclass(frozen=True)
class Suite:
    """
    One measure.

    :ivar arguments: for the load generator, beside era, port and process.
    :ivar base: largest ratio allowed to ``gateway-base``; None for a measure that only shows a course.
    :ivar fast: the same for ``gateway-fast``.
    :ivar peers: servers shown beside the gateway and the reference.
    :ivar fresh: start the server anew for each run (memory is measured).
    :ivar limits: result field -> largest value allowed to either build.
    """

    title: str
    mode: str
    arguments: str
    base: float | None
    fast: float | None
    era: str = "eio4"
    reference: str = "node4"
    peers: tuple[str, ...] = ()
    rounds: int = 5
    fresh: bool = False
    limits: dict[str, float] = field(default_factory=dict)

    def target(self, server: str) -> float | None:
        """Return the largest ratio allowed to ``server``; None for a peer."""
        return {"gateway-base": self.base, "gateway-fast": self.fast}.get(server)

    def servers(self) -> list[str]:
        """Return who is measured by default, without the reference."""
        return [*GATEWAYS, *self.peers]


SHORT = "-t 1.5 -w 0.5"
ECHO = f"-c 100 -s 32 {SHORT}"
ECHO_1K = f"-c 100 -s 1024 {SHORT}"
ECHO_10 = f"-c 10 -s 32 {SHORT}"
ECHO_1000 = f"-c 1000 -s 32 {SHORT}"
ECHO_DEEP = f"-c 100 -s 32 -d 10 {SHORT}"
ECHO_5000 = "-c 5000 -j 200 -s 32 -t 2 -w 0.7"
BROADCAST = f"-c 1000 -s 64 {SHORT}"
BROADCAST_5000 = "-c 5000 -j 200 -s 64 -t 2 -w 0.7"
POLL = f"-c 50 -s 32 {SHORT}"
CONNECT = "-c 10000 -j 200 -g"
SMALL = {"kb_each_collected": 3.0}
OTHERS = ("node2", "node09", "node06", *PYTHON)
TWO = {"era": "eio3", "reference": "node2"}
NINE = {"era": "sio09", "reference": "node09"}
SIX = {"era": "old76", "reference": "node06"}


def _legacy(title: str, mode: str, arguments: str, base: float | None, fast: float | None, era: dict[str, str]) -> Suite:
    """A suite whose reference is the server of that era's own day."""
    return Suite(title, mode, arguments, base, fast, era=era["era"], reference=era["reference"])


SUITES = {
    "echo32": Suite("echo, 32 B, 100 clients", "echo", ECHO, 1.15, 0.85, peers=OTHERS),
    "echo1k": Suite("echo, 1 KiB, 100 clients", "echo", ECHO_1K, 1.32, 0.78, peers=PYTHON),
    "echo32x10": Suite("echo, 32 B, 10 in the air", "echo", ECHO_DEEP, 0.68, 0.41, peers=PYTHON),
    "echo10": Suite("echo, 32 B, 10 clients", "echo", ECHO_10, None, None, rounds=3),
    "echo1000": Suite("echo, 32 B, 1000 clients", "echo", ECHO_1000, None, None, rounds=3),
    "echo5000": Suite("echo, 32 B, 5000 clients", "echo", ECHO_5000, 0.75, 0.50, rounds=3),
    "binary1k": Suite("binary echo, 1 KiB, 100 clients", "echo", f"{ECHO_1K} -b", 1.2, 0.9, peers=PYTHON),
    "bcast1000": Suite("broadcast to 1000", "broadcast", BROADCAST, 0.83, 0.82, peers=OTHERS),
    "bcast5000": Suite("broadcast to 5000", "broadcast", BROADCAST_5000, 0.52, 0.50, rounds=3),
    "mixed1000": Suite("broadcast to 200 each of five kinds", "broadcast", BROADCAST, None, None, era=ALL_ERAS),
    "poll": Suite("long polling", "polling", POLL, 0.75, 0.58, peers=PYTHON),
    "eio3": _legacy("2.x: echo, 32 B", "echo", ECHO, None, None, TWO),
    "eio3-bcast": _legacy("2.x: broadcast to 1000", "broadcast", BROADCAST, None, None, TWO),
    "eio3-poll": _legacy("2.x: long polling", "polling", POLL, None, None, TWO),
    "sio09": _legacy("0.9: echo, 32 B", "echo", ECHO, 1.15, 0.95, NINE),
    "sio09-bcast": _legacy("0.9: broadcast to 1000", "broadcast", BROADCAST, 0.9, 0.9, NINE),
    "sio09-poll": _legacy("0.9: long polling", "polling", POLL, 0.9, 0.7, NINE),
    "old": _legacy("0.6: echo, 32 B, hixie-76", "echo", ECHO, 0.85, 0.65, SIX),
    "old-bcast": _legacy("0.6: broadcast to 1000, hixie-76", "broadcast", BROADCAST, 0.4, 0.4, SIX),
    "connect10000": Suite("connect 10000", "connect", CONNECT, 0.4, 0.4, rounds=2, fresh=True, limits=SMALL),
    "idle10000": Suite(
        "10000 that only answer heartbeats",
        "connect",
        f"{CONNECT} -i 30",
        0.4,
        0.4,
        rounds=1,
        fresh=True,
        limits={**SMALL, "idle_percent": 1.0},
    ),
}
QUICK = ("echo32", "bcast1000")
FACTORS = (
    ("echo5000", "echo32", 1.4, "CPU per message, 5000 clients over 100"),
    ("mixed1000", "bcast1000", 1.15, "CPU per delivery, clients of five kinds over those of one"),
)
"""CPU per unit in the first suite over that in the second: the largest factor allowed to the gateway."""

COURSE = {"echo10": 10, "echo32": 100, "echo1000": 1000, "echo5000": 5000}
"""Suites that differ in the number of clients only."""
