"""What a Front asks of the things that are mounted on it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gateway.requests import Request


class Mount(Protocol):
    """
    Answers the requests below a path: a Listener, or anything like it.

    A mount may also have ``policy``, a function that makes the Flash policy (or None), a function ``mounted`` that is told
    its Front, and a coroutine function ``close``.
    """

    @property
    def max_body(self) -> int:
        """Bytes of the largest body it takes."""

    def owns(self, path: str) -> bool:
        """Whether requests for ``path`` (as sent, without the query) are its own."""

    def handle(self, request: "Request") -> None:
        """Answer ``request``, now or later."""


Policy = Callable[[], bytes]
"""Makes the answer to a Flash policy request."""
