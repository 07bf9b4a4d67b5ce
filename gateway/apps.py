"""
Finds the application that a command line names: ``package.module:name``.

The name may stand for a Listener, a Front, or a function that makes one of them or a pair of a Listener and the Site
behind it.
"""

import sys
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError
from gateway.front import Front
from gateway.listener import Listener

WANTED = "a Listener, a Front, or a function that makes one of them or a pair of a Listener and a Site"


class AppError(GatewayError):
    """The application can't be found, or is none; the text is meant for whoever started the server."""


def load(name: str) -> Any:
    """
    What ``name`` stands for; modules of the working directory are found too.

    :raises AppError: no such module or name, or it is nothing that can be served.
    """
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise AppError(f"--app {name}: package.module:name is wanted")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    app = _attribute(name, _module(name, module), attribute)
    if not isinstance(app, Listener | Front) and not callable(app):
        raise AppError(f"--app {name}: {WANTED} is wanted, not {type(app).__name__}")
    return app


def _module(name: str, module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and misses another one
        raise AppError(f"--app {name}: there is no module {error.name}") from error


def _attribute(name: str, module: Any, attribute: str) -> Any:
    try:
        return reduce(getattr, attribute.split("."), module)
    except AttributeError as error:
        raise AppError(f"--app {name}: {module.__name__} has no {attribute}") from error


def front_of(app: Any) -> Front:
    """
    The Front that serves ``app``.

    :raises AppError: a function made something that can't be served.
    """
    made = app if isinstance(app, Listener | Front) else app()
    listener, site = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if isinstance(listener, Front):
        return listener
    if not isinstance(listener, Listener):
        raise AppError(f"--app: {WANTED} is wanted, not {type(listener).__name__}")
    front: Front = listener.factory(site)
    return front
