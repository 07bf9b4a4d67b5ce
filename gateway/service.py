"""
The service behind ``twistd -n socketio``.

    twistd -n socketio --listen tcp:8080 --app package.module:io
    twistd -n socketio --config gateway.toml

The TOML file has the same words; a flag on the command line wins:

    listen = ["tcp:8080", "tls:/etc/certificates:port=443"]
    app = "package.module:io"
    flash_policy = "tcp:843"

    [listener]
    ping_interval = 20
"""

from collections.abc import Callable
from errno import EACCES, EADDRINUSE
from signal import SIG_DFL, SIGTERM, signal
from threading import current_thread, main_thread
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError

from gateway.collector import Relaxed
from gateway.flags import Options
from gateway.front import Front
from gateway.logs import ScopeLogger

__all__ = ["GatewayService", "Options", "makeService"]

TLS = ("ssl", "tls", "txtls", "le")
"""Endpoint types that speak TLS."""


class PortRefused(SystemExit, Exception):
    """
    A port can't be had: the process ends with this line and exit status 1.

    It is an Exception too, because twistd tells only of those: at a bare SystemExit a daemon's parent waits for ever for word
    from its child, and the file with the process id stays (Twisted 26.10).
    """


class GatewayService(Service):
    """
    Opens the ports of one Front, and closes them gracefully.

    :param front: the application.
    :param listen: endpoint strings.
    :param policy: endpoint string of the Flash policy port, None for none.
    """

    log = ScopeLogger("service")
    name = "socketio-gateway"

    def __init__(self, front: Front, listen: list[str], policy: str | None = None) -> None:
        self.front = front
        self.listen = listen
        self.policy = policy
        self.opened = False
        self._collector = Relaxed()

    def privilegedStartService(self) -> None:
        """
        Open the ports, while the process may still open those below 1024.

        :raises PortRefused: a SystemExit of one line.
        """
        super().privilegedStartService()
        self.opened = True
        for endpoint in self.listen:
            self._open(endpoint, self._give_up)
        if self.policy:
            self._open(self.policy, self._do_without, self.front.listen_for_policy)

    def startService(self) -> None:
        """Open the ports if nobody has yet (not every runner starts with privileges)."""
        if not self.opened:
            self.privilegedStartService()
        super().startService()
        self._collector.begin()

    def stopService(self) -> Deferred[None]:
        """Stop listening and send every client off in its own era's way."""
        super().stopService()
        self._collector.end()
        self.opened = False
        if current_thread() is main_thread():
            signal(SIGTERM, SIG_DFL)  # a second one ends the process at once
        return Deferred.fromCoroutine(self.front.close())

    def _open(self, endpoint: str, failed: Callable[[str, BaseException], None], listen: Any = None) -> None:
        """Listen; a refusal that is known at once (all stock endpoints') goes to ``failed``, so that it can end the process."""
        refusals: list[BaseException] = []
        work = Deferred.fromCoroutine((listen or self.front.listen)(endpoint))
        work.addCallbacks(lambda ports: self._tell(endpoint, ports), lambda failure: refusals.append(failure.value))
        if refusals:
            failed(endpoint, refusals[0])
        else:
            work.addCallback(lambda _: self._check_late(endpoint, refusals))

    def _check_late(self, endpoint: str, refusals: list[BaseException]) -> None:
        for error in refusals:
            reason = reason_of(error)
            self.log.critical("socketio-gateway cannot listen on {endpoint}: {reason}", endpoint=endpoint, reason=reason)

    def _tell(self, endpoint: str, ports: list[Any]) -> None:
        for port in ports:
            address = address_of(endpoint, port.getHost())
            self.log.info("socketio-gateway listening on {address}", address=address)

    def _give_up(self, endpoint: str, error: BaseException) -> None:
        raise PortRefused(f"socketio-gateway cannot listen on {endpoint}: {reason_of(error)}")

    def _do_without(self, endpoint: str, error: BaseException) -> None:
        self.log.warn(
            "No Flash policy port on {endpoint}: {reason}. Flash clients get the policy inline, on the main port, after a few "
            "seconds; to spare them the wait start as root with --uid, hand the port over by socket activation "
            "(--flash-policy systemd:domain=INET:index=1), or redirect 843 to an unprivileged port that --flash-policy names.",
            endpoint=endpoint, reason=reason_of(error),
        )  # fmt: skip


def reason_of(error: BaseException) -> str:
    """A listening error in words for whoever started the server."""
    cause: Any = error.socketError if isinstance(error, CannotListenError) else error
    known = {EADDRINUSE: "port in use", EACCES: "not permitted (ports below 1024 need root)"}
    return known.get(getattr(cause, "errno", 0)) or getattr(cause, "strerror", None) or str(cause)


def address_of(endpoint: str, host: Any) -> str:
    """An address a person can click: ``http://localhost:8080``."""
    if not hasattr(host, "port"):
        return f"{endpoint} ({host})"
    scheme = "https" if endpoint.partition(":")[0] in TLS else "http"
    name = "localhost" if host.host in ("0.0.0.0", "::") else host.host
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{host.port}"


def makeService(options: Options) -> MultiService:
    """What twistd runs: one service that holds the ports."""
    services = MultiService()
    GatewayService(options.front, options.endpoints, options["flash-policy"]).setServiceParent(services)
    return services
