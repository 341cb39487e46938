"""A thread that ends the process when its event loop stands still: nothing inside the loop can."""

import os
import threading
import time
from collections.abc import Callable

_TICK_S = 5.0


class Watchdog:
    """
    Wants to hear a beat every few seconds, or the process ends with status 70.

    It counts in ticks of its own, so that a process which was paused as a whole is not taken for dead.
    """

    def __init__(self, *, dead_after_s: float, excused: Callable[[], bool]) -> None:
        self._dead_after_s = dead_after_s
        self._excused = excused
        self._beat_at = time.monotonic()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._listen, daemon=True).start()

    def beat(self) -> None:
        """Say that the loop is alive."""
        self._beat_at = time.monotonic()

    def _listen(self) -> None:
        late = 0
        while True:
            time.sleep(_TICK_S)
            late = late + 1 if time.monotonic() - self._beat_at > _TICK_S and not self._excused() else 0
            if late * _TICK_S > self._dead_after_s:
                os._exit(70)
