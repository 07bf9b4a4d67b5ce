"""Arguments of the application's own calls: what is wrong with one is said at the call, with its name."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def function_for(what: str, fn: F) -> F:
    """
    ``fn``, if it can be called.

    :param what: what it is for.
    :raises TypeError: it can't.
    """
    if not callable(fn):
        raise TypeError(f"{what} must be callable, not {type(fn).__name__}")
    return fn


def endpoint(text: Any) -> str:
    """
    ``text``, if it may be an endpoint string.

    :raises TypeError: it is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"an endpoint string such as 'tcp:8080' is wanted, not {text!r}")
    return text
