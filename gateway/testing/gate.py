"""A listener to which requests are handed one by one: for tests of single answers."""

from typing import Any

from gateway.listener import Listener
from gateway.testing.clock import Clock
from gateway.testing.requests import RFC6455_HEADERS, FakeRequest


class Gate:
    """
    A listener and its clock.

    :param kind: the class of the listener; ``options`` are its.
    :ivar io: the listener.
    """

    def __init__(self, kind: Any = Listener, **options: Any) -> None:
        self.clock = Clock()
        self.io = kind(reactor=self.clock, **options)

    def request(self, method: str, target: str, body: bytes = b"", headers: Any = None, upgrade: bool = False) -> FakeRequest:
        """Hand over a request; gives its record, which has the answer unless it is held."""
        if upgrade and not headers:
            headers = RFC6455_HEADERS
        request = FakeRequest(method, target, body, headers, upgrade)
        self.io.handle(request)
        self.clock.advance(0)
        return request

    def get(self, target: str, **options: Any) -> FakeRequest:
        """A GET."""
        return self.request("GET", target, **options)

    def post(self, target: str, body: str | bytes) -> FakeRequest:
        """A POST."""
        return self.request("POST", target, body if isinstance(body, bytes) else body.encode())

    def turn(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass."""
        for _ in range(max(1, round(seconds / step))):
            self.clock.advance(step)
