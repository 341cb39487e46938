"""Clocks by the million: made by the room's own head and written by its own store, as if facts came."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, groupby, islice

import asyncpg
from pydantic_core import to_json

from tests.ground import FreshDatabase
from tests.unit.escalation.builders import task
from wangge_contracts.message import derive_id
from wangge_contracts.topics import CLOCKS_CHANGED, DEPARTMENT_TASKS, INCIDENTS_CHANGED
from wangge_contracts.v1 import Limit
from wangge_escalation import store
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock
from wangge_escalation.following import follow
from wangge_local.bundle import Bundle

_AT_ONCE = 2000
_HOURS = 10.0


class Armoury:
    """Arms clocks of `handle` tasks, each of an incident of its own, held by a department with a mailbox."""

    def __init__(self, bundle: Bundle, database: FreshDatabase) -> None:
        self._database = database
        self._numbers = count()
        self._almanac = Almanac(
            version=bundle.version,
            ladder=bundle.part("ladder"),
            departments=bundle.part("departments"),
            calendars=[bundle.part("calendars")],
            rosters=bundle.part("rosters"),
        )
        calendar = bundle.part("calendars")["calendars"][0]
        self._limit = Limit(
            value=_HOURS,
            clock_kind="urgent-hours",
            calendar=calendar["name"],
            calendar_version=calendar["version"],
        )
        slug = holder_of(bundle)
        self._holder = f"department:{slug}"
        self._sent = {CLOCKS_CHANGED.name: 1, DEPARTMENT_TASKS.named(slug): 1}

    async def arm(self, dues: Sequence[datetime]) -> set[str]:
        """
        Arm a clock for each of *dues*, house time in whole milliseconds: there its first rung rings.

        Returns their incidents, which are the keys of what will be said.
        """
        keys: set[str] = set()
        connection = await asyncpg.connect(
            self._database.dsn("escalation"), server_settings={"search_path": "escalation"}
        )
        clocks = self._clocks(dues)
        try:
            while some := list(islice(clocks, _AT_ONCE)):
                keys |= {clock.incident_id for clock in some}
                async with connection.transaction():
                    await store.save(connection, some, declared="")
                    await connection.execute(
                        """
                        INSERT INTO numbering (consumer, key, sent, heard)
                        SELECT 'escalation', key, $2::jsonb, $3::jsonb FROM unnest($1::text[]) AS key
                        """,
                        [clock.incident_id for clock in some],
                        to_json(self._sent).decode(),
                        to_json({INCIDENTS_CHANGED.name: 1}).decode(),
                    )
        finally:
            await connection.close()
        return keys

    def _clocks(self, dues: Iterable[datetime]) -> Iterator[Clock]:
        for due, same in groupby(sorted(dues)):
            pattern = self._pattern(due)
            for _ in same:
                incident_id = derive_id("bench", "incident", str(next(self._numbers)))
                task_id = derive_id(incident_id, "task")
                yield replace(
                    pattern,
                    incident_id=incident_id,
                    task_id=task_id,
                    clock_id=derive_id(task_id, "clock"),
                )

    def _pattern(self, due: datetime) -> Clock:
        """Return a clock whose first rung is due at *due*: told by when one would ring that starts there."""
        ahead = _first_due(self._started(due)) - due
        clock = self._started(due - ahead)
        assert _first_due(clock) == due, "a limit of urgent hours must move with its start"
        return clock

    def _started(self, at: datetime) -> Clock:
        told = task(
            holder=self._holder, assigned_at=at, effective_at=at, limit=self._limit, acknowledge_by=None
        )
        clock, _ = follow(None, told, almanac=self._almanac, now=at, patience=timedelta(minutes=1))
        return clock


def holder_of(bundle: Bundle) -> str:
    """The slug of the department that holds every task here: the first with a mailbox."""
    return next(str(unit["slug"]) for unit in bundle.part("departments") if unit["reach"] == "mailbox")


def _first_due(clock: Clock) -> datetime:
    assert clock.next_due is not None
    return clock.next_due
