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
