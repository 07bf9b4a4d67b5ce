"""
Options that whoever starts the server imposes on the Listeners of an application.

    with overriding({"ping_interval": 20}):
        io = Listener(ping_interval=25)      # pings every 20 seconds

So the flags of ``twistd -n socketio`` reach a Listener that a module makes at import, and one in the depths of a function.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_imposed: ContextVar[Mapping[str, Any] | None] = ContextVar("imposed", default=None)


@contextmanager
def overriding(options: Mapping[str, Any]) -> Iterator[None]:
    """Impose ``options`` on every Listener made inside the block."""
    token = _imposed.set(options)
    try:
        yield
    finally:
        _imposed.reset(token)


def imposed() -> Mapping[str, Any]:
    """What wins over the arguments of a Listener at this moment."""
    return _imposed.get() or {}
