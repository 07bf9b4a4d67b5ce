"""
What everything that is mounted on a Front has in common: a path, timers, ports, complaints, the end.

    Host  <-  SessionHost  <-  Listener, EngineListener
          <-  WebSocketListener
"""

from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gateway.complaints import Complaints
from gateway.drafts import RFC6455, Draft, deflating
from gateway.flushing import Flusher, flusher_of
from gateway.heartbeat import Wheel
from gateway.logs import ScopeLogger
from gateway.origins import Origins
from gateway.reactors import default_reactor

if TYPE_CHECKING:
    from gateway.front import Front


class Host:
    """
    A mount of a Front.

    :param path: below which its requests lie.
    :param tick: seconds between two looks at the deadlines.
    :param origins: who may connect, see :class:`Origins`.
    :param compression: "websocket" offers permessage-deflate, "http" compresses answers.
    :ivar closing: it is being closed.
    """

    log = ScopeLogger("listener")

    def __init__(self, path: str, reactor: Any, tick: float, origins: Any, compression: Collection[str]) -> None:
        self.path = path
        self._below = f"{path}/"
        self.origins = Origins(origins)
        self.closing = False
        self.encodes = "http" in compression
        self._negotiate: Callable[[Any, Draft], Draft] | None = _negotiator() if "websocket" in compression else None
        self._given_reactor = reactor
        self._tick = tick
        self._parts: tuple[Wheel, Flusher] | None = None
        self._fronts: list[Front] = []
        self._complaints = Complaints(self.log, lambda: self.wheel.now())

    # Parts that need the reactor

    @property
    def reactor_given(self) -> Any:
        """The reactor it was made with, or that it has been using; None while it has none."""
        return self._given_reactor

    def run_on(self, reactor: Any) -> None:
        """
        Use ``reactor``, where the application named none.

        :raises RuntimeError: it has another one.
        """
        if self._given_reactor is not None and self._given_reactor is not reactor:
            raise RuntimeError(f"{type(self).__name__} has a reactor already")
        self._given_reactor = reactor

    @property
    def clock(self) -> Any:
        """The reactor, for timers."""
        if self._given_reactor is None:
            self._given_reactor = default_reactor()
        return self._given_reactor

    @cached_property
    def wheel(self) -> Wheel:
        """The one timer of all its connections."""
        return self._made()[0]

    @cached_property
    def flusher(self) -> Flusher:
        """Joins what one turn writes."""
        return self._made()[1]

    def _made(self) -> tuple[Wheel, Flusher]:
        if self._parts is None:
            self._parts = (Wheel(self.clock, self._tick), flusher_of(self.clock))
        return self._parts

    # Serving

    def factory(self, fallback: Any = None) -> "Front":
        """An ``IProtocolFactory`` for any endpoint; what is not ours goes to the Site ``fallback``."""
        from gateway.front import Front

        return Front(self, fallback=fallback, reactor=self.clock, **self.front_options())

    def front_options(self) -> dict[str, Any]:
        """Options for a Front of its own."""
        return {}

    async def listen(self, *endpoints: str, fallback: Any = None) -> list[Any]:
        """Listen on endpoint strings such as ``tcp:8080``; gives the ports."""
        ports: list[Any] = await self.factory(fallback).listen(*endpoints)
        return ports

    def ports(self) -> list[int]:
        """Numbers of the TCP ports it listens on."""
        hosts = [port.getHost() for front in self._fronts for port in front.ports]
        return [host.port for host in hosts if hasattr(host, "port")]

    async def close(self) -> None:
        """Stop listening, then end every connection so that its client comes back elsewhere."""
        self.closing = True
        fronts = list(self._fronts)
        for front in fronts:
            await front.stop_listening()
        await self.settled()
        self.end_all()
        self.flusher.flush()
        for front in fronts:
            if not front.closing:
                await front.close()
        self._fronts.clear()
        self.wheel.stop()

    async def settled(self) -> None:
        """Wait, not for long, for what the application has begun."""

    def end_all(self) -> None:
        """End every connection in the way its protocol has for that."""

    # What a Front asks of its mounts

    def mounted(self, front: "Front") -> None:
        """``front`` serves it from now on."""
        self._fronts.append(front)

    def owns(self, path: str) -> bool:
        """Whether ``path`` lies below the mount."""
        return path.startswith(self._below)

    @property
    def max_body(self) -> int:
        """Bytes of the largest body or message taken."""
        raise NotImplementedError

    def handle(self, request: Any) -> None:
        """A request below the mount."""
        raise NotImplementedError

    # For connections

    def negotiated(self, request: Any, draft: Draft) -> Draft:
        """``draft`` with the extensions that the opening ``request`` offers and we have."""
        return draft if self._negotiate is None else self._negotiate(request, draft)

    def complain_about(self, address: str, text: str) -> None:
        """One line about something a peer did; not more than ten a second."""
        self._complaints.about(address, repr(text))


def _negotiator() -> Callable[[Any, Draft], Draft]:
    from gateway.offers import answer, negotiate  # takes 3 MB, and 0.1 s for what it imports

    def negotiated(request: Any, draft: Draft) -> Draft:
        window = negotiate(request.header("sec-websocket-extensions")) if draft is RFC6455 else None
        return draft if window is None else deflating(window, answer(window))

    return negotiated
