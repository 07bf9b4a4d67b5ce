"""Socket: one client in one namespace; what handlers receive."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gateway.errors import LimitExceeded
from gateway.handshake import Handshake
from gateway.heads import read_query
from gateway.sending import Sender
from gateway.storing import Stored
from gateway.targets import names_of
from protocols.model import Outgoing

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.namespace import Namespace

_NOTHING: tuple[Outgoing, ...] = ()


class Socket(Sender, Stored):
    """
    One client in one namespace.

    :ivar id: its id, public to the application; in eras "old", "0.9" and "eio3" it is the session id in ``/``.
    :ivar client: the peer, with its era, its transport and its sockets in all namespaces.
    :ivar namespace: the namespace it is in.
    :ivar query: parameters of the namespace's own query (``/chat?a=b``).
    :ivar data: a plain dict for values that need no store.
    :ivar connected: whether it is there: false in middleware, which decides about that, and after its end.
    :ivar recovered: whether its state was restored after an outage.
    """

    __slots__ = (
        "_auth", "_data", "_query", "_rooms",
        "client", "connected", "namespace", "recovered",
    )  # fmt: skip

    def __init__(self, id: str, namespace: "Namespace", client: "Client", query: str = "", auth: Any = None) -> None:
        super().__init__()
        self.id = id
        self.namespace = namespace
        self.client = client
        self.connected = False
        self.recovered = False
        self.ticket: tuple[str, int] | None = None  # for the gateway's Recovery
        self._query = query
        self._auth = auth
        self._rooms: dict[str, None] | None = None
        self._data: dict[str, Any] | None = None
        self._early: tuple[Outgoing, ...] | None = _NOTHING  # what middleware sent; None once that is decided

    def __repr__(self) -> str:
        return f"<Socket {self.id[:6]}… in {self.namespace.name}>"

    # What it is

    @property
    def session_id(self) -> str:
        """The session id (0.6's name for it); whoever learns it can act as this client."""
        return self.client.session.id

    @property
    def conn(self) -> "Client":
        """The peer (the name that 1.x to 4.x have for the layer below)."""
        return self.client

    @property
    def handshake(self) -> Handshake:
        """What was fixed when the client connected, with the ``auth`` of this namespace."""
        handshake = self.client.handshake
        return handshake if self._auth is None else handshake.with_auth(self._auth)

    @property
    def request(self) -> Handshake:
        """The same, without that ``auth`` (the name that 1.x to 4.x have for it)."""
        return self.client.handshake

    @property
    def query(self) -> dict[str, Any]:
        """Parameters of the namespace's own query."""
        return read_query(self._query)

    @property
    def data(self) -> dict[str, Any]:
        """Values of the application that need no store."""
        if self._data is None:
            self._data = {}
        return self._data

    @property
    def connections(self) -> int:
        """1 while a transport can carry, else 0 (0.6's name)."""
        return 1 if self.client.attached else 0

    @property
    def disconnected(self) -> bool:
        """The contrary of ``connected``."""
        return not self.connected

    # Rooms

    @property
    def rooms(self) -> set[str]:
        """Rooms it is in, the one of its own id among them."""
        return set() if self._gone else {self.id, *(self._rooms or ())}

    def join(self, *rooms: str | Iterable[str]) -> None:
        """
        Enter the room or rooms; from middleware, as soon as the client is admitted.

        :raises LimitExceeded: the listener's ``max_rooms`` is reached.
        """
        for room in names_of(rooms):
            if self._gone or room == self.id:
                continue
            if self._rooms is None:
                self._rooms = {}
            if room not in self._rooms:
                if len(self._rooms) >= self.namespace.listener.options.max_rooms:
                    raise LimitExceeded(f"max_rooms: {len(self._rooms)} rooms are joined already")
                self._rooms[room] = None
                if self.connected:
                    self.namespace.adapter.add(self, room)

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave the room or rooms; nothing happens when one was not joined."""
        for room in names_of(rooms):
            if self._rooms is not None and room in self._rooms:
                del self._rooms[room]
                self.namespace.adapter.remove(self, room)

    def leave_all(self) -> None:
        """Leave every room but that of its own id."""
        self.leave(list(self._rooms or ()))

    # Leaving

    def disconnect(self, close: bool = False) -> "Socket":
        """Put the client out of this namespace, or with ``close`` end its whole connection."""
        if self.connected or (close and not self._gone):
            self.client.dismiss(None if close else self.namespace.name)
        return self

    # For the gateway

    def restore(self, rooms: Iterable[str], data: dict[str, Any]) -> None:
        """It takes up where another socket was cut off."""
        self.recovered = True
        self._rooms = dict.fromkeys(rooms)
        self._data = data

    def enter(self) -> None:
        """The client has been told that it is admitted: enter the rooms and send what middleware wanted."""
        self.connected = True
        for room in self._rooms or ():
            self.namespace.adapter.add(self, room)
        early, self._early = self._early, None
        for message in early or ():
            self._deliver(message)

    def abandon(self) -> None:
        """The client is not admitted, or went away meanwhile."""
        self._early = None
        self._fail_acks("it was not admitted")

    def close(self, reason: str) -> None:
        """It is over, for whatever ``reason``: lifecycle events, rooms, answers still awaited."""
        if not self.connected:
            return
        listener = self.namespace.listener
        listener.about_to_leave(self, reason)
        if listener.recovery is not None:
            listener.recovery.left(self, reason, self._rooms or ())
        self.leave_all()
        self.connected = False
        self.namespace.forget(self)
        self._fail_acks(reason)
        listener.has_left(self, reason)
