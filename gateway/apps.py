"""
Finds the application that a command line names: ``package.module:name``.

The name may stand for a Listener, a Front, or a function that makes one of them or a pair of a Listener and the Site
behind it.
"""

from typing import Any

from gateway.errors import GatewayError
from gateway.front import Front
from gateway.listener import Listener
from gateway.naming import NotFound, find

WANTED = "a Listener, a Front, or a function that makes one of them or a pair of a Listener and a Site"


class AppError(GatewayError):
    """The application can't be found, or is none; the text is meant for whoever started the server."""


def load(name: str) -> Any:
    """
    What ``name`` stands for; modules of the working directory are found too.

    :raises AppError: no such module or name, or it is nothing that can be served.
    """
    try:
        app = find(name)
    except NotFound as error:
        raise AppError(f"--app {error}") from error
    if not isinstance(app, Listener | Front) and not callable(app):
        raise AppError(f"--app {name}: {WANTED} is wanted, not {type(app).__name__}")
    return app


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
    return listener.factory(site)
