"""
The Flash player's question whether a movie may open a socket here.

    > <policy-file-request/> NUL
    < <?xml version="1.0"?> ... <allow-access-from domain="example.com" to-ports="8080"/> ...

It is asked on port 843 first, then in place of the first request on the port the movie wants
(0.6 §9.1, 0.9 §10). The answer ends with the connection: no length, no NUL.
"""

from collections.abc import Iterable
from html import escape

POLICY_REQUEST = b"<policy-file-request/>\0"
"""All that a client says on such a connection."""

ANY = "*"
"""Every domain, or every port: the latter opens the whole host to the movie."""

_HEAD = b"""<?xml version="1.0"?>
<!DOCTYPE cross-domain-policy SYSTEM "http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd">
<cross-domain-policy>
"""
_TAIL = b"</cross-domain-policy>\n"


def is_policy_request(data: bytes) -> bool | None:
    """Tell by the first bytes of a connection, all so far, whether a policy is asked for; None: wait for more."""
    if data == POLICY_REQUEST:
        return True
    return None if POLICY_REQUEST.startswith(data) else False


def policy(entries: Iterable[tuple[str, str | Iterable[int]]]) -> bytes:
    """
    Build the answer; without entries it allows nothing.

    :param entries: domain, or :data:`ANY`, and the ports it may use: numbers, or :data:`ANY`.
    :raises ValueError: an empty domain, no port, or what is neither a port nor :data:`ANY`.
    """
    return b"".join([_HEAD, *(_line(domain, ports) for domain, ports in entries), _TAIL])


def _line(domain: str, ports: str | Iterable[int]) -> bytes:
    if not domain or not domain.isprintable():
        raise ValueError(f"not a domain: {domain!r}")
    line = f'<allow-access-from domain="{escape(domain)}" to-ports="{_ports(ports)}"/>\n'
    return line.encode("ascii", "xmlcharrefreplace")


def _ports(ports: str | Iterable[int]) -> str:
    if ports == ANY:
        return ANY
    numbers = list(ports)
    if not numbers or not all(isinstance(number, int) and 0 < number < 65536 for number in numbers):
        raise ValueError(f"not ports: {ports!r}")
    return ",".join(map(str, numbers))
