"""What is fixed when a client connects."""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from gateway.heads import read_headers, read_query


class Handshake:
    """
    The first request of a client, as an application sees it.

    :ivar address: the peer's address.
    :ivar secure: the connection is encrypted.
    :ivar issued: when, in milliseconds since 1970.
    :ivar era: "old", "0.9", "eio3" or "eio4".
    :ivar transport: the name of the first transport.
    """

    __slots__ = ("_auth", "_data", "_raw_head", "address", "era", "issued", "secure", "transport")

    def __init__(
        self, raw_head: bytes, address: str, secure: bool, era: str, transport: str, issued: int, auth: Any = None
    ) -> None:
        # Nothing else of the request is kept: parsed headers would cost a third of what a connection may.
        self._raw_head = raw_head
        self._data: Any = None
        self.address = address
        self.secure = secure
        self.era = era
        self.transport = transport
        self.issued = issued
        self._auth = auth

    @classmethod
    def of(cls, request: Any, era: str, transport: str, issued: int) -> "Handshake":
        """The handshake that ``request`` is; ``issued`` in milliseconds since 1970."""
        handshake = cls(request.raw_head, request.address, request.secure, era, transport, issued)
        handshake._data = getattr(request, "noted", None)
        return handshake

    @property
    def auth(self) -> Any:
        """The object an Engine.IO 4 client sent when it joined the namespace, else ``{}``."""
        return {} if self._auth is None else self._auth

    @property
    def data(self) -> Any:
        """A dict for what ``authorization`` finds out about the client, or what it put in its place."""
        if self._data is None:
            self._data = {}
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._data = data

    def keep_data(self, request: Any) -> None:
        """Leave the data with ``request``, for the session that it begins."""
        if self._data is not None:
            request.noted = self._data

    @property
    def url(self) -> str:
        """The request target, with its query."""
        return self._raw_head.split(b" ", 2)[1].decode("latin-1")

    @property
    def headers(self) -> Mapping[str, str]:
        """Request headers: names in lower case, values as Latin-1, repeated ones joined by ", "."""
        return read_headers(self._raw_head)

    @property
    def query(self) -> Mapping[str, Any]:
        """Parameters of the request's query; a repeated one has a list of its values."""
        return read_query(self.url.partition("?")[2])

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
        return request.raw_head is self._raw_head

    def with_auth(self, auth: Any) -> "Handshake":
        """The same with the ``auth`` of one namespace."""
        same = Handshake(self._raw_head, self.address, self.secure, self.era, self.transport, self.issued, auth)
        same._data = self._data
        return same
