"""
The recordings of the package, one entry for each that can be played.

    [entry.name for entry in entries("socketio-0.9")]     ["flashsocket/policy-port", ...]
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "wire"
"""Recorded traffic of the real servers; its README tells where it is from."""

MODERN, NINE, OLD = "engineio", "socketio-0.9", "socketio-0.6"
FAMILIES = (OLD, NINE, MODERN)
"""One folder each."""

NO_RECORDINGS = {
    MODERN: {"codec-eio", "codec-sio", "era-rules"},
    NINE: {"packets"},
    OLD: {"framing", "hixie-handshakes", "server-events"},
}
"""Files of another kind in the same folder: tables, and a transport that never worked."""

UNPLAYABLE = {
    "sio-4.8.4-admin-ui": "the admin UI is a package of its own for Node.js, not a part of the protocol",
}
"""Recordings of features that no fixture application here has."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One recording.

    :ivar family: its folder.
    :ivar content: as its file has it.
    """

    family: str
    name: str
    content: Any

    @property
    def era(self) -> str:
        """The era of its client."""
        if self.family == MODERN:
            return "eio4" if self.content["eio"] == 4 else "eio3"
        return "0.9" if self.family == NINE else "old"

    @property
    def group(self) -> str:
        """What it is shown under: the transport, or client and version."""
        return self.name.partition("/")[0] if "/" in self.name else "-".join(self.name.split("-")[:2])

    @property
    def seconds(self) -> float:
        """How long its client was there."""
        if self.family == MODERN:
            return 0.0  # they tell the order only
        steps = [step.get("ms", 0) for step in self.content["steps"]]
        return float(max(steps, default=0) if self.family == NINE else sum(steps)) / 1000


def entries(family: str, folder: Path = FOLDER) -> list[Entry]:
    """The recordings of a family, in order."""
    paths = [path for path in sorted((folder / family).rglob("*.json")) if path.stem not in NO_RECORDINGS[family]]
    if family == MODERN:
        return [Entry(family, path.stem, _read(path)) for path in paths]
    return [entry for path in paths for entry in _scenarios(family, path)]


def _scenarios(family: str, path: Path) -> Iterator[Entry]:
    for scenario in _read(path)["scenarios"]:
        if scenario.get("replayable", True):
            yield Entry(family, scenario.get("id") or f"{path.stem}/{scenario['name']}", scenario)


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
