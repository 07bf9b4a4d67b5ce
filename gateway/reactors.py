"""Where the reactor comes from when the application names none."""

from typing import Any


def default_reactor() -> Any:
    """The installed reactor; imported on first use, so that ``twistd --reactor`` can still choose it."""
    from twisted.internet import reactor

    return reactor
