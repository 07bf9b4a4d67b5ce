"""The options of one listener: checked, joined with the defaults, in agreement with each other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from gateway.errors import OptionError
from gateway.optionkinds import Option
from gateway.optiontable import ENGINE_ERAS, ENGINE_OPTIONS, ERAS, OPTIONS, TRANSPORTS
from gateway.overrides import imposed

__all__ = ["ENGINE_ERAS", "ENGINE_OPTIONS", "ERAS", "OPTIONS", "TRANSPORTS", "ListenerOptions", "Option", "check_options"]


@dataclass(slots=True)
class ListenerOptions:
    """The options of one listener, checked."""

    path: str
    eras: tuple[str, ...]
    transports: Any
    assume_eio: int | None
    poll_framing: Any
    counted_acks: Any
    old_payload: str
    old_events: bool
    blacklist: tuple[str, ...]
    ping_interval: float
    ping_timeout: float
    upgrade_timeout: float
    connect_timeout: float
    poll_duration: Any
    close_timeout: Any
    heartbeat_interval: Any
    heartbeat_timeout: Any
    transport_options: Mapping[str, Any]
    max_payload: int
    max_buffer: int
    max_attachments: int
    max_namespaces: int
    max_dynamic: int
    max_rooms: int
    max_acks: int
    max_head: int
    max_head_lines: int
    max_pipelined: int
    request_timeout: float
    keepalive: float
    drain: float
    max_connections: int | None
    max_sessions: int
    origins: Any
    cookie: Any
    compression: Any
    parser: str
    serve_client: Any
    store: Any
    store_expiration: float
    adapter: Any
    authorization: Any
    generate_id: Any
    public_ids: str
    recovery: float | None
    recovery_buffer: int
    cleanup_empty_namespaces: bool
    flash_policy: Any
    trust_proxy: Any
    match_origin_protocol: bool
    hixie: bool
    hosts: Any
    handshake_delay: float
    on_client_connect: Any
    on_client_message: Any
    on_client_disconnect: Any

    @classmethod
    def checked(cls, given: Mapping[str, Any], fixed: Collection[str] = ()) -> "ListenerOptions":
        """
        The defaults and what was ``given``; what the command line imposes wins.

        :param fixed: options that can't be imposed.
        :raises OptionError: naming the option that is unknown, of the wrong type or in contradiction.
        """
        given = {**given, **{name: value for name, value in imposed().items() if name not in fixed}}
        check_options(given)
        options = cls(**{field.name: given.get(field.name, OPTIONS[field.name].default) for field in fields(cls)})
        options._agree()
        return options

    def transports_of(self, era: str) -> tuple[str, ...]:
        """Enabled transports of ``era``, in order."""
        chosen = self.transports
        if isinstance(chosen, Mapping):
            chosen = chosen.get(era)
        if chosen is None:
            return TRANSPORTS[era]
        return tuple(name for name in chosen if name in TRANSPORTS[era])

    def seconds(self, name: str, era: str, default: float) -> float:
        """An option that is a number, or a number by era."""
        value = getattr(self, name)
        if isinstance(value, Mapping):
            value = value.get(era)
        return default if value is None else value

    def _agree(self) -> None:
        self.eras = tuple(self.eras)
        for era in self.eras:
            if not self.transports_of(era):
                raise _contradiction("eras", "transports", f"no transport of {era} is left")
        if self.recovery is not None and "eio4" not in self.eras:
            raise _contradiction("eras", "recovery", "only clients of eio4 can come back")
        if self.parser != OPTIONS["parser"].default and not set(self.eras) & set(ENGINE_ERAS):
            raise _contradiction("eras", "parser", f"none of the eras knows {self.parser}")
        if self.assume_eio != OPTIONS["assume_eio"].default and not self._serves_revision(self.assume_eio):
            raise _contradiction("eras", "assume_eio", f"Engine.IO {self.assume_eio} is not served")

    def _serves_revision(self, revision: int | None) -> bool:
        return revision is None or ("eio4" if revision == 4 else "eio3") in self.eras


def check_options(given: Mapping[str, Any]) -> None:
    """
    Look at each of ``given`` for itself.

    :raises OptionError: naming the option that is unknown or of the wrong type.
    """
    for name, value in given.items():
        option = OPTIONS.get(name)
        if option is None:
            raise OptionError(f"unknown option {name!r}")
        if not option.test(value):
            raise OptionError(f"option {name}: {option.wants} is wanted, not {value!r}")


def _contradiction(one: str, other: str, why: str) -> OptionError:
    return OptionError(f"options {one} and {other} contradict each other: {why}")
