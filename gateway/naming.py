"""
Finds what a command line or a file names: ``package.module:name``, modules of the working directory too.
"""

import sys
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any


class NotFound(Exception):
    """There is no such module, or it has no such name; the text is meant for whoever wrote the name."""


def find(name: str) -> Any:
    """
    What ``package.module:name`` stands for.

    :raises NotFound: nothing is called so.
    """
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise NotFound(f"{name}: package.module:name is wanted")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    return _attribute(name, _module(name, module), attribute)


def function(name: str) -> Any:
    """
    The function that ``package.module:name`` stands for.

    :raises NotFound: nothing is called so, or it can't be called.
    """
    found = find(name)
    if not callable(found):
        raise NotFound(f"{name}: a function is wanted, not {type(found).__name__}")
    return found


def _module(name: str, module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and misses another one
        raise NotFound(f"{name}: there is no module {error.name}") from error


def _attribute(name: str, module: Any, attribute: str) -> Any:
    try:
        return reduce(getattr, attribute.split("."), module)
    except AttributeError as error:
        raise NotFound(f"{name}: {module.__name__} has no {attribute}") from error
