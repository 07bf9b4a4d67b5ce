"""What is fixed when a client connects."""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from protocols.model import RequestView


class Handshake:
    """
    The first request of a client, as an application sees it.

    :ivar url: the request target, with its query.
    :ivar address: the peer's address.
    :ivar secure: the connection is encrypted.
    :ivar issued: when, in milliseconds since 1970.
    :ivar era: "old", "0.9", "eio3" or "eio4".
    :ivar transport: the name of the first transport.
    :ivar auth: the object an Engine.IO 4 client sent when it joined the namespace, else ``{}``.
    """

    __slots__ = ("_request", "address", "auth", "era", "issued", "secure", "transport", "url")

    def __init__(self, request: Any, era: str, transport: str, issued: int, auth: Any = None) -> None:
        self._request = request
        self.url: str = request.target
        self.address: str = request.address
        self.secure: bool = request.secure
        self.era = era
        self.transport = transport
        self.issued = issued
        self.auth: Any = {} if auth is None else auth

    @property
    def headers(self) -> Mapping[str, str]:
        """Request headers: names in lower case, values as Latin-1, repeated ones joined by ", "."""
        headers: Mapping[str, str] = self._request.headers
        return headers

    @property
    def query(self) -> Mapping[str, Any]:
        """Parameters of the request's query; a repeated one has a list of its values."""
        request: RequestView = self._request
        return request.query

    @property
    def time(self) -> str:
        """When, as a text."""
        return formatdate(self.issued / 1000, usegmt=True)

    @property
    def xdomain(self) -> bool:
        """The request named an ``Origin``."""
        return "origin" in self.headers

    def made_by(self, request: Any) -> bool:
        """Whether ``request`` is the one that the session began with."""
        return request is self._request

    def with_auth(self, auth: Any) -> "Handshake":
        """The same with the ``auth`` of one namespace."""
        return Handshake(self._request, self.era, self.transport, self.issued, auth)


def parse_query(text: str) -> dict[str, Any]:
    """``a=1&b=2`` as a table; a repeated key has a list of its values."""
    table: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key not in table:
            table[key] = value
        elif isinstance(table[key], list):
            table[key].append(value)
        else:
            table[key] = [table[key], value]
    return table
