"""Clocks that could not be rung: which and why, and when each is tried again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from wangge_chassis import key_hash
from wangge_chassis.logs import in_words
from wangge_chassis.probes import Health
from wangge_contracts.v1 import ClockChanged
from wangge_escalation.clocks import Clock

SET_ASIDE = Gauge(
    "wangge_escalation_set_aside_clocks", "Clocks of this replica's parts that could not be counted."
)
AGAIN_AFTER = timedelta(seconds=60)
"""House time. What is wrong with a clock is mended by people; it costs a turn to look."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Entry:
    key_hash: int
    why: str
    again_at: datetime


class Aside:
    """
    The clocks of this replica that raised when they were to be counted, so that the others ring meanwhile.

    Nothing is written down: the rows stay due, so the audit finds them, and whoever takes the part over tries
    them for himself.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def put(self, clock: Clock | ClockChanged, error: Exception, *, now: datetime) -> None:
        """Let *clock*, or that of a fact, rest for a while because of *error*; *now* is house time."""
        why = in_words(error)
        if clock.task_id not in self._entries:
            structlog.get_logger().error("clock_set_aside", task=clock.task_id, reason=why)
        self._entries[clock.task_id] = _Entry(key_hash(clock.incident_id), why, now + AGAIN_AFTER)
        SET_ASIDE.set(len(self._entries))

    def forget(self, clock: Clock) -> None:
        """Hear that *clock* was counted after all."""
        if self._entries.pop(clock.task_id, None) is not None:
            SET_ASIDE.set(len(self._entries))

    def keep(self, parts: Collection[int], partitions: int) -> None:
        """Forget the clocks of other parts than these: somebody else rings them."""
        self._entries = {
            task_id: each for task_id, each in self._entries.items() if each.key_hash % partitions in parts
        }
        SET_ASIDE.set(len(self._entries))

    def resting(self, now: datetime) -> tuple[str, ...]:
        """The tasks whose clocks are not tried at *now*."""
        return tuple(task_id for task_id, each in self._entries.items() if each.again_at > now)

    def again_at(self, now: datetime) -> datetime | None:
        """When the first of those is tried again, house time; None when none rests."""
        return min((each.again_at for each in self._entries.values() if each.again_at > now), default=None)

    def examine(self, health: Health) -> None:
        """Name the clocks in *health*; that they have not rung is for the audit to find."""
        if self._entries:
            named = sorted(self._entries.items())[:_NAMED]
            first = ", ".join(f"{task_id} ({each.why})" for task_id, each in named)
            health.notes.append(f"{len(self._entries)} clocks cannot be counted and are set aside: {first}")
