"""SIGTERM: at once where nothing can be lost, at the next boundary where something can."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .errors import Stopped


class StopSignal:
    def __init__(self) -> None:
        self.requested = False
        self._deferred = False

    def install(self) -> "StopSignal":
        signal.signal(signal.SIGTERM, self._arrived)
        return self

    def _arrived(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            return
        self.requested = True
        if not self._deferred:
            raise Stopped("told to stop; the step begins anew when resumed")

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within, the signal only sets `requested`; whoever runs the loop looks at it."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
