"""
Whom a request comes from when a proxy passes it on, if the proxy is one of ours.

    X-Forwarded-For: 192.0.2.7, 10.0.0.1            the last address that is no trusted proxy
    X-Forwarded-Proto: https                        how the client spoke to the first proxy
    Forwarded: for="[2001:db8::7]:4711";proto=https the same (RFC 7239)
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

UNIX = "unix"
"""In the list of trusted proxies: those on a UNIX socket, which have no address."""

_FIELD = re.compile(r'\s*([!#-\'*+.0-9A-Z^-z|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,"]*))\s*')


def acceptable(value: Any) -> bool:
    """Whether ``value`` is None, or a list of addresses, networks and ``"unix"``."""
    if value is None:
        return True
    if not isinstance(value, list | tuple | set | frozenset):
        return False
    try:
        Proxies(value)
    except ValueError:
        return False
    return True


class Proxies:
    """
    The proxies that are believed.

    :param trusted: addresses, networks such as ``10.0.0.0/8``, or ``"unix"``.
    :raises ValueError: one of them is neither.
    """

    __slots__ = ("_known", "_networks", "_unix")

    def __init__(self, trusted: Iterable[str]) -> None:
        names = [str(name) for name in trusted]
        self._unix = UNIX in names
        self._networks = [ip_network(name, strict=False) for name in names if name != UNIX]
        self._known: dict[str, bool] = {}

    def trusts(self, address: str) -> bool:
        """Whether what ``address`` says of others is believed."""
        if not address:
            return self._unix
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= 1000:
                self._known.clear()
            known = self._known[address] = self._is_listed(address)
        return known

    def _is_listed(self, address: str) -> bool:
        try:
            number = ip_address(address)
        except ValueError:
            return False
        number = getattr(number, "ipv4_mapped", None) or number
        return any(number in network for network in self._networks)

    def seen_through(self, request: Any) -> tuple[str, bool] | None:
        """Address and security of the client behind ``request``; None when no trusted proxy speaks for it."""
        if not self.trusts(request.address):
            return None
        hops = _hops(request)
        address, secure = request.address, request.secure
        for hop in reversed(hops):
            address = hop.get("for", "") or address
            if "proto" in hop:
                secure = hop["proto"] in ("https", "wss")
            if not self.trusts(address):
                break
        return address, secure


def _hops(request: Any) -> list[Mapping[str, str]]:
    """What each proxy said, the one nearest to the client first."""
    forwarded = request.header("forwarded")
    if forwarded:
        return [_fields(element) for element in _elements(forwarded)]
    addresses = [part.strip() for part in request.header("x-forwarded-for").split(",") if part.strip()]
    protocol = request.header("x-forwarded-proto").split(",")[0].strip().lower()
    hops: list[dict[str, str]] = [{"for": _host(address)} for address in addresses] or [{}]
    if protocol:
        hops[-1]["proto"] = protocol
        hops[0]["proto"] = protocol
    return list(hops)


def _elements(forwarded: str) -> list[str]:
    """The elements of ``Forwarded``; a comma inside quotes does not end one."""
    return [element for element in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+', forwarded) if element.strip()]


def _fields(element: str) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, quoted, plain in _FIELD.findall(element):
        fields[name.lower()] = quoted or plain.strip()
    if "for" in fields:
        fields["for"] = _host(fields["for"])
    if "proto" in fields:
        fields["proto"] = fields["proto"].lower()
    return fields


def _host(node: str) -> str:
    """The address in ``192.0.2.7:80``, ``[2001:db8::7]:80`` or a bare one; "" for a hidden one (``_x``, ``unknown``)."""
    host = node[1:].partition("]")[0] if node.startswith("[") else node
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
