"""What ends a process that has died though it runs: its event loop, its reading, or a step without end."""

import os
import threading
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer

from wangge_chassis.holding import MustExit
from wangge_chassis.loop import Loop

_TICK_S = 5.0
_HANGS_AFTER = 5
"""So many times as long as records may wait a step may take: a takeover from a slow database has many."""


class Watchdog:
    """
    A thread, for nothing inside the loop can tell that it stands still.

    Wants to hear a beat every few seconds, or the process ends with status 70.

    It counts in ticks of its own, so that a process which was paused as a whole is not taken for dead. That
    the loop turns is all that it hears: work that waits for a slow database does not stop it.
    """

    def __init__(self, *, dead_after_s: float) -> None:
        self._dead_after_s = dead_after_s
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
            late = late + 1 if time.monotonic() - self._beat_at > _TICK_S else 0
            if late * _TICK_S > self._dead_after_s:
                os._exit(70)


def check_alive(loop: Loop, subscriber: Any, *, stuck_after_s: float) -> None:
    """End the process when consumption has died though everything looks well (aiokafka 1154)."""
    name = loop.consumer.name
    if loop.patience.fatal:
        raise MustExit(loop.patience.fatal)
    consumer: AIOKafkaConsumer = subscriber.consumer
    if any(task.done() for task in subscriber.tasks):
        raise MustExit(f"the reading task of {name} has ended")
    if consumer._coordinator._coordination_task.done():
        raise MustExit(f"the group membership of {name} has died")
    if not loop.stuck():
        loop.handled_at = time.monotonic()
    silent_s = time.monotonic() - loop.handled_at
    # A step that is under way is judged by `check_moving`: a batch takes long when the database is slow.
    if silent_s > stuck_after_s and not loop.busy:
        raise MustExit(f"{name} has records to read and has handled none for {silent_s:.0f} s")


def check_moving(loops: Sequence[Loop], *, stuck_after_s: float) -> None:
    """End the process when a step of what one of *loops* has begun does not end; the others wait for it."""
    rests_s = time.monotonic() - max((loop.moved_at for loop in loops), default=time.monotonic())
    if rests_s > _HANGS_AFTER * stuck_after_s:
        raise MustExit(f"what was begun has not gone on for {rests_s:.0f} s")
