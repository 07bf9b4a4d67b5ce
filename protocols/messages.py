"""
What the gateway sends, to any number of clients of any era.

    Outgoing("/", EVENT, "news", [1])      said as  42["news",1]  or  5:::{"name":"news","args":[1]}  or ...
    Control("2")                           said as it is: a packet of one era's protocol

Each form is made once and kept, so a broadcast is a walk with a memo.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

Unit = str | bytes
"""One packet in transit: text, or the bytes of one attachment."""

DEFAULT_NAMESPACE = "/"

LIBRARY_NAMES = frozenset(("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"))
"""Events that the peers' own libraries raise: Socket.IO 4.8 refuses to emit them, and closes on a peer that does."""

RESERVED_NAMES = LIBRARY_NAMES | {"connection", "error", "clientConnect", "clientMessage", "clientDisconnect"}
"""Lifecycle events of every era: no peer can trigger them (Node builds of 0.7 send ``newListener`` by themselves)."""

EVENT, ACK, MESSAGE, JSON_MESSAGE = range(4)
"""Kinds of :class:`Outgoing`: an event, the answer to one, a message (``send``), 0.9's ``json.send``."""


class Sendable:
    """
    A message on its way to any number of clients; each wire form is made once and kept.

    :ivar last_form: the form that was asked for last (None: it was said in none yet), and ``last_value``, what it gave: to look
        here first spares a walk over many recipients a call each.
    :cvar compress: it may be compressed where that was agreed on.
    """

    __slots__ = ("_forms", "last_form", "last_value")
    compress: ClassVar[bool] = True

    def __init__(self) -> None:
        self.last_form: Callable[[Any], Any] | None = None
        self.last_value: Any = None
        self._forms: dict[Any, Any] | None = None

    def to(self, form: Callable[[Any], Any]) -> Any:
        """Return ``form(self)``, computed once per form."""
        if form is self.last_form:
            return self.last_value
        forms = self._forms
        if forms is None:
            if self.last_form is None:
                self.last_value = value = form(self)
                self.last_form = form
                return value
            forms = self._forms = {self.last_form: self.last_value}
        if form not in forms:
            forms[form] = form(self)
        self.last_form = form
        self.last_value = forms[form]
        return self.last_value

    def said_in(self, encode: Callable[[Any], Any]) -> Any:
        """``encode(self)``; what was said when the message had to wait is said again, even if its values changed meanwhile."""
        return encode(self) if self.last_form is None else self.to(encode)


class Outgoing(Sendable):
    """
    An event, an acknowledgement or a message for clients of any era.

    :ivar args: what JSON can say, and bytes; never changed after it was handed over.
    :ivar ack_id: EVENT: the number whose answer is awaited, or None. ACK: the number answered.
    :ivar binary: whether ``args`` hold bytes at some depth.
    :cvar offset: see :class:`Recoverable`.
    """

    __slots__ = ("ack_id", "args", "binary", "kind", "name", "namespace")
    offset: ClassVar[str | None] = None

    def __init__(
        self,
        namespace: str,
        kind: int,
        name: str,
        args: Sequence[Any],
        ack_id: int | None = None,
        binary: bool = False,
    ) -> None:
        self.last_form = self.last_value = self._forms = None
        self.namespace = namespace
        self.kind = kind
        self.name = name
        self.args = args
        self.ack_id = ack_id
        self.binary = binary


class Uncompressed(Outgoing):
    """The same for what the application does not want to have compressed."""

    __slots__ = ()
    compress = False


class Recoverable(Outgoing):
    """
    An event that is kept for clients that come back after an outage.

    :ivar offset: where it stands among them; an era that can recover says it to its clients as one more argument.
    """

    __slots__ = ("compress", "offset")

    def __init__(self, message: Outgoing, offset: str) -> None:
        super().__init__(message.namespace, message.kind, message.name, message.args, None, message.binary)
        self.compress = message.compress  # type: ignore[misc]
        self.offset = offset  # type: ignore[misc]


class Control(Sendable):
    """Packets of the protocol itself (greeting, heartbeat, refusal), as units of one era's grammar."""

    __slots__ = ("compress", "units")

    def __init__(self, *units: Unit, compress: bool = True) -> None:
        self.last_form = self.last_value = self._forms = None
        self.units = list(units)
        self.compress = compress  # type: ignore[misc]
