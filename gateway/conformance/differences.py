"""
Where a replay got something else than what was recorded: on the wire, and in the application.

    Difference(step=11, wanted="7:::1+0", got="0::")
"""

import json
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from gateway.conformance.packets09 import Packet, shown

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """
    What one step got instead of what was recorded.

    :ivar step: its number; of a packet nobody expected the number of the packet before it.
    """

    step: int
    wanted: str
    got: str


@dataclass(slots=True)
class Flow:
    """The packets of one session or one connection, in order."""

    wanted: list[tuple[int, Packet]] = field(default_factory=list)
    got: list[Packet] = field(default_factory=list)

    def differences(self) -> list[Difference]:
        """Where the two sequences are not the same."""
        found: list[Difference] = []
        wanted = [packet for _, packet in self.wanted]
        for kind, a, b, c, d in SequenceMatcher(None, wanted, self.got, False).get_opcodes():
            if kind != "equal":
                found += self._pairs(a, b, c, d)
        return found

    def _pairs(self, a: int, b: int, c: int, d: int) -> list[Difference]:
        last = self.wanted[a - 1][0] if a else 0
        pairs = []
        for index in range(max(b - a, d - c)):
            step, packet = self.wanted[a + index] if a + index < b else (last, None)
            given = self.got[c + index] if c + index < d else None
            pairs.append(Difference(step, shown(packet), shown(given)))
            last = step
        return pairs


def agree(name: str, wanted: str, given: str) -> bool:
    """An origin may be echoed where the old server said ``*``; nothing more may differ."""
    if name == "Access-Control-Allow-Origin" and wanted == "*":
        return bool(given)
    return wanted.lower().replace(" ", "") == given.lower().replace(" ", "")


# What the application saw ---------------------------------------------------------------


REDIS = "redis"
"""What Node's processes told each other and kept there: a format of theirs alone (spec 0.9 §9.5)."""


def app_differences(scenario: Step, seen: list[Any]) -> list[tuple[str, str]]:
    """
    Where the application saw something else than the recorded one: (then, now), "nothing" for nothing.

    Of ends only those are looked for that the recording has: sessions that live on there end here with the replay.
    Their reasons have other words, and namespaces end in another order.
    """
    then = [_told(step["event"]) for step in scenario["steps"] if step["type"] == "app" and step["event"][0] != REDIS]
    now = [_told(event) for event in seen if event != ["app-request"]]
    ends = [event for event in then if _is_end(event)]
    missed = [(end, "nothing") for end in dict.fromkeys(ends) if now.count(end) < ends.count(end)]
    return _aligned([event for event in then if not _is_end(event)], [event for event in now if not _is_end(event)]) + missed


def _aligned(then: list[str], now: list[str]) -> list[tuple[str, str]]:
    differences = []
    for kind, a, b, c, d in SequenceMatcher(None, then, now, False).get_opcodes():
        if kind != "equal":
            size = max(b - a, d - c)
            pad = ["nothing"] * size
            differences += list(zip((then[a:b] + pad)[:size], (now[c:d] + pad)[:size], strict=True))
    return differences


def _told(event: list[Any]) -> str:
    return json.dumps(event[:2] if event[0] == "disconnect" else event, sort_keys=True)


def _is_end(event: str) -> bool:
    return event.startswith('["disconnect"')
