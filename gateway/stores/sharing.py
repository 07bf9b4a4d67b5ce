"""Which Listeners use which store, so that the last one of them closes it."""

from typing import Any
from weakref import WeakKeyDictionary

from twisted.internet.defer import maybeDeferred

from gateway.stores.interface import IStore

_held: WeakKeyDictionary[Any, IStore] = WeakKeyDictionary()


def hold(holder: Any, store: IStore) -> IStore:
    """``holder`` uses ``store`` from now on."""
    _held[holder] = store
    return store


async def release(holder: Any) -> None:
    """``holder`` needs its store no longer; it is closed if it can be and nobody else uses it."""
    store = _held.pop(holder, None)
    close = getattr(store, "close", None)
    if close is not None and not any(other is store for other in _held.values()):
        await maybeDeferred(close)
