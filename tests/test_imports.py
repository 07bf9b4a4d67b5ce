"""
Who may import whom. Read from the syntax trees, so nothing is run.

    protocols  <-  legacy  <-  gateway.eras  <-  the rest of gateway  <-  gateway.front  <-  gateway.service
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("protocols", "legacy", "gateway")

NOT_IN_SANS_IO = {"time", "random", "secrets", "logging", "socket", "select", "asyncio", "threading", "os"}

#: What a package sees of ours; a trailing dot stands for everything in it.
SEES = {
    "protocols": ("protocols.",),
    "legacy": (
        "legacy.",
        "protocols.model",
        "protocols.errors",
        "protocols.opening",
        "protocols.websocket",
        "protocols.jsontext",
        "protocols.forms",
    ),
    "gateway": ("gateway.", "protocols.model", "protocols.errors"),
}

#: Modules of gateway that see more: eras hands on what the others need, speedups puts compiled helpers in.
SEES_MORE = {
    "gateway.eras": ("protocols.", "legacy."),
    "gateway.drafts": ("protocols.", "legacy."),
    "gateway.speedups": ("protocols.jsontext", "protocols.msgpack_parser", "protocols.websocket"),
}

#: From the top of gateway down: no module imports one of an earlier row when it is loaded.
ROWS = (
    ("gateway.service",),
    ("gateway.flags",),
    ("gateway.apps",),
    ("gateway.front",),
    ("gateway.listener", "gateway.engine"),
    ("gateway.hosting",),
    ("gateway.layer", "gateway.plain"),
    ("gateway.host",),
    ("gateway.routes",),
    ("gateway.namespace", "gateway.sockets", "gateway.sending", "gateway.storing", "gateway.broadcast", "gateway.targets"),
    ("gateway.client",),
    (
        "gateway.transports",
        "gateway.transports.backlog",
        "gateway.transports.polling",
        "gateway.transports.stream",
        "gateway.transports.websocket",
        "gateway.handlers",
        "gateway.adapter",
        "gateway.stores",
        "gateway.stores.interface",
        "gateway.stores.leases",
        "gateway.stores.link",
        "gateway.stores.memory",
        "gateway.stores.redis",
        "gateway.stores.sharing",
        "gateway.stores.silence",
        "gateway.stores.sqlite",
        "gateway.stores.urls",
        "gateway.stores.values",
        "gateway.heartbeat",
    ),
    ("gateway.eras",),
)

REACTOR = {"gateway.service": None, "gateway.reactors": "default_reactor"}
"""Where the reactor may be imported: inside functions of these modules, or inside the one function."""


@dataclass(frozen=True, slots=True)
class Import:
    """
    One import.

    :ivar function: the function it stands in, "" at the top of the module.
    :ivar typing: it stands under ``if TYPE_CHECKING``.
    """

    module: str
    line: int
    target: str
    level: int
    function: str
    typing: bool

    @property
    def loading(self) -> bool:
        """Whether it happens when the module is loaded."""
        return not self.function and not self.typing


def module_name(path: Path) -> str:
    """``gateway/front.py`` is ``gateway.front``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imports_of(module: str, source: str) -> list[Import]:
    """Every import of a module, whatever it stands in."""
    return list(_walk(module, ast.parse(source), "", typing=False))


def _walk(module: str, node: ast.AST, function: str, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(module, node.lineno, alias.name, 0, function, typing)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Import(module, node.lineno, _target(node.module or "", alias.name), node.level, function, typing)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = node.name
    if isinstance(node, ast.If) and ast.unparse(node.test).removeprefix("typing.") == "TYPE_CHECKING":
        for child in node.body:
            yield from _walk(module, child, function, typing=True)
        for child in node.orelse:
            yield from _walk(module, child, function, typing)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _walk(module, child, function, typing)


def _target(base: str, name: str) -> str:
    """``from gateway import routes`` means a module, ``from gateway.routes import door`` a name in one."""
    whole = f"{base}.{name}"
    return whole if whole in FILES or whole == "twisted.internet.reactor" else base


IMPORTS = [one for module, path in FILES.items() for one in imports_of(module, path.read_text("utf-8"))]


def where(imports: list[Import]) -> list[str]:
    """For the failure message."""
    return [f"{one.module}:{one.line} imports {one.target}" for one in imports]


def sees(module: str, target: str) -> bool:
    """Whether ``module`` may import ``target``, a module of ours."""
    allowed = (*SEES[module.partition(".")[0]], *SEES_MORE.get(module, ()))
    return any(target == one or (one.endswith(".") and f"{target}.".startswith(one)) for one in allowed)


def is_ours(one: Import) -> bool:
    return one.target.partition(".")[0] in PACKAGES


def test_every_package_is_looked_at() -> None:
    assert {module.partition(".")[0] for module in FILES} == set(PACKAGES)


def test_protocols_and_legacy_use_the_standard_library_only() -> None:
    foreign = [
        one
        for one in IMPORTS
        if not one.module.startswith("gateway")
        and not is_ours(one)
        and one.target.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not where(foreign)


def test_protocols_and_legacy_know_no_clock_no_chance_no_log_and_no_network() -> None:
    assert not where(
        [one for one in IMPORTS if not one.module.startswith("gateway") and one.target.partition(".")[0] in NOT_IN_SANS_IO]
    )


def test_each_package_sees_only_what_lies_below_it() -> None:
    assert not where([one for one in IMPORTS if is_ours(one) and not sees(one.module, one.target)])


def test_modules_of_the_gateway_import_downwards() -> None:
    row = {module: number for number, modules in enumerate(ROWS) for module in modules}
    known = [one for one in IMPORTS if one.loading and one.module in row and one.target in row]
    assert not where([one for one in known if row[one.target] < row[one.module]])


def test_only_the_service_sits_above_the_front() -> None:
    above = {"gateway.service", "gateway.flags", "gateway.apps"}
    assert not where([one for one in IMPORTS if one.target in above and one.module not in above])


def test_no_module_imports_itself_by_way_of_others() -> None:
    edges: dict[str, set[str]] = {module: set() for module in FILES}
    for one in IMPORTS:
        if one.loading and one.target in FILES and one.target != one.module:
            edges[one.module].add(one.target)
    while leaves := {module for module, targets in edges.items() if not targets & edges.keys()}:
        edges = {module: targets for module, targets in edges.items() if module not in leaves}
    assert not edges, f"in or above a circle: {sorted(edges)}"


def test_the_reactor_is_passed_in() -> None:
    found = [one for one in IMPORTS if one.target == "twisted.internet.reactor"]
    allowed = [one for one in found if one.module in REACTOR and one.function and REACTOR[one.module] in (None, one.function)]
    assert not where([one for one in found if one not in allowed])


def test_nothing_imports_a_part_of_autobahn_that_installs_a_reactor() -> None:
    assert not where([one for one in IMPORTS if one.target.startswith("autobahn.twisted")])


def test_imports_are_absolute() -> None:
    assert not where([one for one in IMPORTS if one.level])


def test_the_plugin_imports_the_service_maker_and_nothing_else() -> None:
    source = (ROOT / "twisted/plugins/socketio_gateway.py").read_text("utf-8")
    assert [one.target for one in imports_of("plugin", source)] == ["twisted.application.service"]
    assert "import ServiceMaker\n" in source


@pytest.mark.parametrize("folder", ["twisted", "twisted/plugins", "tests"])
def test_folders_that_must_not_be_packages_are_none(folder: str) -> None:
    assert not list((ROOT / folder).glob("**/__init__.py" if folder == "tests" else "__init__.py"))


SAMPLE = """
import time
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from gateway.front import Front
else:
    import random
def f():
    from twisted.internet import reactor
"""


def test_imports_are_found_in_functions_and_branches() -> None:
    found = {(one.target, one.function, one.typing) for one in imports_of("sample", SAMPLE)}
    assert found == {
        ("time", "", False),
        ("typing", "", False),
        ("gateway.front", "", True),
        ("random", "", False),
        ("twisted.internet.reactor", "f", False),
    }
