"""
Python's collector of circular garbage, while a service runs.

What was made at start lives as long as the process: it is set aside and never looked at again. A new connection makes some
twenty objects that all stay, so the collector looks less often than it does by itself, which is for every 700.
"""

import gc

ALLOCATIONS = 10_000
"""How many objects more than before make the collector look at the newest ones."""


class Relaxed:
    """The collector as a service wants it, from :meth:`begin` to :meth:`end`."""

    def __init__(self) -> None:
        self._before: tuple[int, int, int] | None = None

    def begin(self) -> None:
        """Collect once, set aside what is left, and look less often from now on."""
        if self._before is None:
            self._before = gc.get_threshold()
            gc.collect()
            gc.freeze()
            gc.set_threshold(ALLOCATIONS, *self._before[1:])

    def end(self) -> None:
        """As it was."""
        if self._before is not None:
            gc.set_threshold(*self._before)
            gc.unfreeze()
            self._before = None
