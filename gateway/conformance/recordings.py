"""
One recording of Engine.IO or Socket.IO traffic, as its JSON file has it, and the variables in it.

    {"name": ..., "server": {"package": "socket.io@4.8.4", ...}, "steps": [{"dir": "c2s", "kind": "http", ...}, ...]}
    {{sid}} the server chose it once;  {{t}} a fresh value each time;  {{...}} any text
"""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

Step = dict[str, Any]

REFERENCE = (4, 8, 4)
"""The server whose answers are followed to the letter."""

_ENGINE_VERSIONS = {"1.3.1": "1.0.6", "1.5.4": "1.3.7", "1.8.5": "1.7.4", "3.6.2": "2.5.1", "4.1.2": "3.1.2", "6.6.11": "4.8.4"}
"""Version of engine.io -> of the socket.io it belongs to."""


@dataclass(slots=True)
class Recording:
    """
    One file.

    :ivar app: what ran on the server: "sio-fixture", "eio-fixture" or "custom".
    :ivar server: version of socket.io, as numbers.
    :ivar options: the server's, by their names in JavaScript.
    :ivar client: version of the client, as numbers; empty for hand-made requests.
    :ivar limitation: it shows what the server of the time could not do.
    """

    name: str
    app: str
    eio: int
    server: tuple[int, ...]
    options: Mapping[str, Any]
    client: tuple[int, ...]
    steps: list[Step]
    vars: Mapping[str, Mapping[str, str]]
    transport: str = ""
    limitation: bool = False

    @property
    def older(self) -> bool:
        """The server was older than the one whose answers are followed to the letter."""
        return self.server < REFERENCE

    @property
    def text_class(self) -> str:
        """Which texts the client puts a second layer of UTF-8 on: "A" all, "B" those in HTTP, "" none."""
        version = self.client or (self.server if self.older else ())
        if not version or version >= (2,):
            return ""
        return "A" if version < (1, 1) else "B"


def load(path: Path) -> Recording:
    """Read one file."""
    return of(json.loads(path.read_text(encoding="utf-8")), path.stem)


def of(data: Mapping[str, Any], name: str) -> Recording:
    """The recording that a file ``name`` holds."""
    return Recording(
        name=name,
        app=data["app"],
        eio=data["eio"],
        server=_server_version(data["server"]["package"]),
        options=data["server"]["options"],
        client=_numbers(data["client"]["package"]),
        steps=data["steps"],
        vars=data["vars"],
        transport=data.get("transport", ""),
        limitation=data.get("reference_limitation", False),
    )


def _server_version(package: str) -> tuple[int, ...]:
    name, _, version = package.split(" ")[0].rpartition("@")
    return _numbers("@" + (_ENGINE_VERSIONS[version] if name == "engine.io" else version))


def _numbers(package: str) -> tuple[int, ...]:
    match = re.search(r"@(\d+)\.(\d+)\.(\d+)", package)
    if match is None:
        return ()
    version = match[0][1:]
    if package.startswith("engine.io-client"):
        major = int(match[1])
        return {1: (1, int(match[2])), 3: (2, 5, 1), 4: (3, 1, 2)}.get(major, REFERENCE)
    return tuple(map(int, version.split(".")))


# Variables ----------------------------------------------------------------------------

_MARK = re.compile(r"\{\{(.*?)\}\}")
_FRESH = ("rp{0}", "1400000000{0:03}-{0}", "1400000000{0:03}")


@dataclass(slots=True)
class Variables:
    """The values that this replay gave to the variables of a recording."""

    declared: Mapping[str, Mapping[str, str]]
    values: dict[str, str] = field(default_factory=dict)
    _counter: Any = field(default_factory=lambda: count(1))

    def fill(self, template: str) -> str:
        """
        What the client sends for ``template``.

        :raises KeyError: a variable of the server's that it has not shown yet.
        """
        return _MARK.sub(lambda mark: self._value(mark[1]), template)

    def _value(self, name: str) -> str:
        if name in self.values:
            return self.values[name]
        rule = self.declared[name]
        if rule["set_by"] == "s2c":
            raise KeyError(name)
        number = next(self._counter)
        return next(text for text in (form.format(number) for form in _FRESH) if re.fullmatch(rule["pattern"], text))

    def matches(self, template: str, text: str) -> bool:
        """Whether ``text`` is what ``template`` says; if so, the server's new variables in it are bound."""
        if "{{" not in template:
            return template == text
        names: dict[str, str] = {}
        match = re.fullmatch(self._pattern(template, names), text, re.DOTALL)
        if match is None:
            return False
        for name, group in names.items():
            self.values[name] = match[group]
        return True

    def _pattern(self, template: str, names: dict[str, str]) -> str:
        """A regular expression; ``names`` gets the group of each variable that it would bind."""
        parts = []
        for index, piece in enumerate(_MARK.split(template)):
            parts.append(re.escape(piece) if index % 2 == 0 else self._variable(piece, names))
        return "".join(parts)

    def _variable(self, name: str, names: dict[str, str]) -> str:
        if name == "...":
            return ".*"
        if name in self.values:
            return re.escape(self.values[name])
        if name in names:
            return f"(?P={names[name]})"
        rule = self.declared[name]
        if rule["set_by"] == "any":
            return f"(?:{rule['pattern']})"
        names[name] = f"v{len(names)}"
        return f"(?P<{names[name]}>{rule['pattern']})"


# Bodies -------------------------------------------------------------------------------


def has_body(step: Step) -> bool:
    """Whether the step says what was in its body."""
    return not step.get("body_omitted")


def filled(step: Step, variables: Variables) -> bytes:
    """The body that the client sends."""
    pieces = step.get("parts") or [step]
    return b"".join(_piece(piece, variables) for piece in pieces)


def _piece(piece: Mapping[str, Any], variables: Variables) -> bytes:
    if "b64" in piece:
        return b64decode(piece["b64"])
    return variables.fill(piece.get("text", "")).encode()


def template_body(step: Step) -> bytes:
    """The body of a server's step with its variables as they stand in the file."""
    pieces = step.get("parts") or [step]
    return b"".join(b64decode(piece["b64"]) if "b64" in piece else piece.get("text", "").encode() for piece in pieces)
