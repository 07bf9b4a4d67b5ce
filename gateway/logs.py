"""
The gateway's own log: one logger for each scope, each with a level of its own.

    twistd -n socketio --log-level socketio.transports=debug --log-level socketio=warn ...
    DEBUG=socket.io*,-socket.io:client python server.py

Everything goes to Twisted's log under the name of its scope. Debug lines are written by objects that are made for it when
a Listener is made (see :mod:`gateway.tracing`), so they cost nothing while they are off.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, globalLogPublisher
from zope.interface import provider

from gateway.errors import OptionError

PREFIX = "socketio"
"""All scopes lie below this name: ``socketio.listener``, ``socketio.sockets``, ..."""

SCOPES: Mapping[str, tuple[str, ...]] = {
    "listener": ("socket.io:server",),
    "namespaces": ("socket.io:namespace", "socket.io:parent-namespace"),
    "clients": ("socket.io:client",),
    "sockets": ("socket.io:socket",),
    "packets": ("socket.io-parser", "engine.io-parser"),
    "requests": ("engine",),
    "sessions": ("engine:socket",),
    "transports": ("engine:transport", "engine:polling", "engine:polling-xhr", "engine:polling-jsonp", "engine:ws"),
}
"""Scopes that have debug lines, and how the documents of Socket.IO 1.x to 4.x call them in ``DEBUG``."""

LEVELS = ("debug", "info", "warn", "error", "critical")

_levels: dict[str, Any] = {}


class ScopeLogger(Logger):
    """Twisted's Logger, but as a class attribute it keeps its name, and its scope's level counts."""

    def __init__(self, scope: str) -> None:
        super().__init__(namespace=f"{PREFIX}.{scope}", observer=_publish)

    def __get__(self, instance: object, owner: object = None) -> Any:
        return self


@provider(ILogObserver)
def _publish(event: LogEvent) -> None:
    if event["log_level"] >= level_of(event["log_namespace"]):
        globalLogPublisher(event)


def level_of(name: str) -> Any:
    """The level of the scope ``name``: its own, or that of the nearest scope above which has one."""
    while name:
        if name in _levels:
            return _levels[name]
        name = name.rpartition(".")[0]
    return LogLevel.debug


def set_level(name: str, level: str) -> None:
    """
    Write what the scope ``name`` and those below it say from ``level`` on.

    :param level: "debug", "info", "warn", "error" or "critical"; "debug" concerns Listeners that are made from then on.
    :raises OptionError: there is no such scope or level.
    """
    if not f"{name}.".startswith(f"{PREFIX}."):
        raise OptionError(f"log level: {name!r} is no scope: {PREFIX}, {PREFIX}.{f', {PREFIX}.'.join(SCOPES)}, ...")
    if level not in LEVELS:
        raise OptionError(f"log level of {name}: {', '.join(LEVELS[:-1])} or {LEVELS[-1]} is wanted, not {level!r}")
    _levels[name] = LogLevel.levelWithName(level)


def set_levels(text: str) -> None:
    """
    Set levels as a flag gives them: ``debug``, or ``scope=level``, or several of these with commas between.

    :raises OptionError: as for :func:`set_level`.
    """
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, level = part.rpartition("=")
        set_level(name.strip() if equals else PREFIX, level.strip())


def forget_levels() -> None:
    """Every scope has its first level again."""
    _levels.clear()


def debugs(scope: str) -> bool:
    """Whether debug lines of ``scope`` (one of :data:`SCOPES`) are wanted, by its level or by ``DEBUG``."""
    name = f"{PREFIX}.{scope}"
    levelled = any(name == one or name.startswith(f"{one}.") for one in _levels)
    if levelled and level_of(name) is LogLevel.debug:
        return True
    words = [word for word in re.split(r"[\s,]+", os.environ.get("DEBUG", "")) if word]
    ours = [word for word in words if word.removeprefix("-").startswith(PREFIX)]
    theirs = [word for word in words if word not in ours]
    return _chosen(ours, name) or (f"-{name}" not in ours and any(_chosen(theirs, one) for one in SCOPES[scope]))


def _chosen(words: list[str], name: str) -> bool:
    """Whether words of ``DEBUG`` choose ``name``: it fits one, with ``*`` for anything, and none that begins with ``-``."""
    wanted = any(_pattern(word).fullmatch(name) for word in words if word[0] != "-")
    return wanted and not any(_pattern(word[1:]).fullmatch(name) for word in words if word[0] == "-")


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, word.split("*"))))
