"""
What a listener takes no request for, where its options say so: other hosts than its own, and the first drafts of WebSocket.

    hosts=["chat.example.com", "localhost:8080"]     a name stands for every port
    hixie=False                                      neither draft 75 nor 76; flashsocket ends with them

Both are trusted by default: the answers of the drafts say again what the request calls its host, and their handshakes can't
be told from a plain request by the proxies of their time (spec 0.6 §14). A listener without these options pays nothing.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gateway.drafts import HIXIE75, HIXIE76, draft_of
from gateway.errors import ConnectionRefused

if TYPE_CHECKING:
    from gateway.hosting import SessionHost

Precaution = Callable[[Any], None]


def precautions(host: "SessionHost") -> Iterator[Precaution]:
    """What the options of ``host`` have its engine look at, request by request."""
    if host.options.hosts is not None:
        yield _host_rule(host, frozenset(name.lower() for name in host.options.hosts))
    if not host.options.hixie:
        yield _draft_rule(host)


def _host_rule(host: "SessionHost", names: frozenset[str]) -> Precaution:
    def check(request: Any) -> None:
        given = request.header("host").lower()
        if given not in names and _without_port(given) not in names:
            host.complain_about(request.address, f"host {given} is refused; the option hosts would admit it")
            raise ConnectionRefused("unknown host")

    return check


def _without_port(name: str) -> str:
    """``[::1]:8080`` is ``[::1]``."""
    bare, colon, port = name.rpartition(":")
    return bare if colon and port.isdigit() else name


def _draft_rule(host: "SessionHost") -> Precaution:
    def check(request: Any) -> None:
        if request.upgrade and draft_of(request) in (HIXIE75, HIXIE76):
            host.complain_about(
                request.address, "a draft of WebSocket before RFC 6455 is refused; the option hixie would admit it"
            )
            raise ConnectionRefused("this draft of WebSocket is switched off")

    return check
