"""
Configuration in the manner of Socket.IO 0.9, with its setting names or the names of our options.

    io.configure("production", lambda: io.set("heartbeat interval", 20).disable("match origin protocol"))
    io.get("transports")
"""

import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Self, TypeVar, overload

from gateway import oldnames, tracing
from gateway.bundles import Bundles, client_files
from gateway.eras import settings_of, tick_of
from gateway.errors import OptionError
from gateway.options import ListenerOptions
from gateway.origins import Origins
from gateway.proxies import Proxies
from protocols.model import Settings

F = TypeVar("F", bound=Callable[[], Any])

DEVELOPMENT = "development"
"""The environment when none is named."""


def environment() -> str:
    """In which environment the process runs: ``NODE_ENV``, which 0.9 looked at, or "development"."""
    return os.environ.get("NODE_ENV") or DEVELOPMENT


class Configured:
    """
    What a Listener knows of 0.9's ``io.set`` and the like. Clients that connect from then on see the change.

    What the command line imposes is given to ListenerOptions first, and stays.
    """

    options: ListenerOptions
    settings: Settings
    path: str
    origins: Origins
    proxies: Proxies | None
    client_files: Bundles | None
    _below: str
    _last_path: str
    _store: Any
    _tick: float

    def set(self, name: str, value: Any) -> Self:
        """
        Give the setting or option ``name`` a value.

        :raises OptionError: nothing is called so, or it can't have this value; the text says what to do.
        """
        given = {field.name: getattr(self.options, field.name) for field in fields(self.options)}
        try:
            self._configure(ListenerOptions.checked(given | oldnames.changes(name, value, self.options)))
        except OptionError as error:
            raise oldnames.explained(name, error) from error
        tracing.watch(self)
        return self

    def get(self, name: str) -> Any:
        """
        The value of the setting or option ``name``.

        :raises OptionError: nothing is called so.
        """
        return oldnames.value_of(name, self.options)

    def enable(self, name: str) -> Self:
        """``set(name, True)``."""
        return self.set(name, True)

    def disable(self, name: str) -> Self:
        """``set(name, False)``."""
        return self.set(name, False)

    def enabled(self, name: str) -> bool:
        """Whether ``name`` has a value that is neither False nor None nor empty."""
        return bool(self.get(name))

    def disabled(self, name: str) -> bool:
        """The contrary of :meth:`enabled`."""
        return not self.enabled(name)

    @overload
    def configure(self, fn: F, /) -> F: ...
    @overload
    def configure(self, environment: str, /) -> Callable[[F], F]: ...
    @overload
    def configure(self, environment: str, fn: Callable[[], Any], /) -> Self: ...
    def configure(self, *arguments: Any) -> Any:
        """
        Call ``fn()``, or nothing when another ``environment`` is named than the one we are in; also as a decorator.

        :param arguments: ``fn``, or ``environment, fn``, or ``environment`` alone for ``@io.configure("production")``.
        :raises TypeError: anything else.
        """
        match arguments:
            case [str() as wanted]:
                return lambda fn: self._configured(wanted, fn)
            case [fn] if callable(fn):
                return self._configured("", fn)
            case [str() as wanted, fn] if callable(fn):
                self._configured(wanted, fn)
                return self
        raise TypeError("configure takes a function, or the name of an environment and a function")

    def _configured(self, wanted: str, fn: Callable[[], Any]) -> Callable[[], Any]:
        if wanted in ("", environment()):
            fn()
        return fn

    def _configure(self, options: ListenerOptions) -> None:
        settings = settings_of(options)
        before, self.options = self.options, options
        self.settings = settings
        self.path, self._below, self._last_path = options.path, f"{options.path}/", ""
        self._tick = tick_of(self.settings)
        if options.origins is not before.origins:
            self.origins = Origins(options.origins)
        self.proxies = Proxies(options.trust_proxy) if options.trust_proxy else None
        if any(getattr(options, name) != getattr(before, name) for name in ("serve_client", "path", "transports")):
            self.client_files = client_files(options.serve_client, options.path, settings.transports)
        if options.store is not before.store:
            self._store = options.store
