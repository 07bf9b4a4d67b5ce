"""Do the Python names exist that the pages for newcomers give in place of old ones?"""

import ast
import builtins
import inspect
import re
from pathlib import Path
from typing import Any

import gateway
from gateway.adapter import MemoryAdapter
from gateway.broadcast import Broadcast
from gateway.client import Client
from gateway.engine import EngineSocket
from gateway.handshake import Handshake
from gateway.options import OPTIONS

LISTENER = gateway.Listener()
OBJECTS = {
    "io": LISTENER,
    "listener": LISTENER,
    "front": gateway.Front(LISTENER),
    "namespace": LISTENER.of("/"),
    "nsp": LISTENER.of("/"),
    "engine": LISTENER.engine,
    "adapter": LISTENER.adapter,
    "socket": gateway.Socket,
    "client": Client,
    "handshake": Handshake,
    "broadcast": Broadcast,
    "gateway": gateway,
}
"""What the pages call things."""
CLASSES = (gateway.Socket, Client, Handshake, Broadcast, EngineSocket, gateway.EngineListener, MemoryAdapter)
OF_TWISTED = ("reactor", "site", "Site", "deferLater", "Deferred", "fromCoroutine")
ELSEWHERE = {"re", "compile", "fn", "DEBUG", "websocket", "polling", *OF_TWISTED}
"""Names that are not ours."""


NOT_PYTHON = re.compile(r"/|twistd|--|pip |make |await$|return$|None$|[a-z]+ [a-z]+( [a-z]+)?$")
"""What stands in code there too: commands, and reasons such as ``ping timeout``."""


def public() -> set[str]:
    """All our names an application may write after a dot, or call."""
    found = {name for item in (*OBJECTS.values(), *CLASSES) for name in dir(item) if not name.startswith("_")}
    return found | set(gateway.__all__) | set(OPTIONS) | set(dir(builtins)) | set(OBJECTS) | {"__version__"} | ELSEWHERE


def arguments() -> set[str]:
    """All names of arguments of our public functions."""
    found = set(OPTIONS)
    for item in (*OBJECTS.values(), *CLASSES):
        for name, member in inspect.getmembers_static(item if inspect.isclass(item) else type(item)):
            call: Any = getattr(member, "__func__", member)
            if not name.startswith("_") and inspect.isfunction(call):
                found |= set(inspect.signature(call).parameters)
    return found


def unknown_names(page: Path) -> list[str]:
    """Attributes, functions and keyword arguments of the second column of the page's tables that do not exist."""
    names, keywords = public(), arguments()
    unknown = []
    for span in _spans(page):
        for node in ast.walk(_parsed(span)):
            if isinstance(node, ast.Attribute) and node.attr not in names:
                unknown.append(f"{span}: .{node.attr}")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in names:
                unknown.append(f"{span}: {node.func.id}()")
            elif isinstance(node, ast.keyword) and node.arg and node.arg not in keywords:
                unknown.append(f"{span}: {node.arg}=")
        if re.fullmatch(r"\w+", span) and span not in names | keywords and span.isidentifier():
            unknown.append(span)
    return unknown


def _spans(page: Path) -> list[str]:
    """Code in the columns headed "here", as Python; what twistd, pip or a shell gets is not looked at."""
    spans, here = [], -1
    rows = [re.split(r"(?<!\\)\|", row) for row in re.findall(r"^\|(.*)\|$", page.read_text("utf-8"), re.M)]
    for cells, below in zip(rows, [*rows[1:], [""]], strict=True):
        if set(below[0].strip()) == {"-"}:
            here = next((number for number, cell in enumerate(cells) if re.search(r"\bhere\b", cell)), -1)
        elif 0 <= here < len(cells):
            spans += re.findall(r"`([^`]+)`", cells[here])
    return [span.replace("…", "...") for span in spans if not NOT_PYTHON.match(span)]


def _parsed(span: str) -> ast.AST:
    for form in (
        "{}",
        "lambda: ({})",
        "async def f():\n    {}",
        "async def f(x=({})): ...",
        "{}\ndef f(): ...",
        "class A:\n  {} ...",
    ):
        try:
            return ast.parse(form.format(span.lstrip(".")))
        except SyntaxError:
            continue
    raise AssertionError(f"not Python: {span}")
