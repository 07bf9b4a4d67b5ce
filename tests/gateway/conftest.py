"""A listener without sockets, from the package that applications test with."""

import pytest

from gateway.testing import RFC6455_HEADERS, FakeConnection, FakeRequest, Gate

__all__ = ["RFC6455_HEADERS", "FakeConnection", "FakeRequest", "Gate"]


@pytest.fixture
def make_gate():
    """``make_gate(**options)`` gives a fresh listener without sockets."""
    return Gate


@pytest.fixture
def gate():
    """A fresh listener with default options and without sockets."""
    return Gate()


@pytest.fixture
def log_lines():
    """
    ``log_lines()``: what the gateway's own loggers have said since the last call, as text, without tracebacks.

    With ``scopes=True`` the name of its logger stands before each.
    """
    from twisted.logger import formatEvent, globalLogPublisher

    lines = []

    def observer(event):
        if str(event.get("log_namespace", "")).startswith("socketio."):
            lines.append((event["log_namespace"], formatEvent(event)))

    def taken(scopes=False):
        said, lines[:] = list(lines), []
        return [f"{scope} {line}" if scopes else line for scope, line in said]

    globalLogPublisher.addObserver(observer)
    yield taken
    globalLogPublisher.removeObserver(observer)
