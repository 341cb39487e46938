"""What is asked of the books about tasks: who has which to do, each with its clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from wangge_chassis import Connection
from wangge_ledger.asking import Conditions
from wangge_ledger.whose import OFFICER, Whose


@dataclass(frozen=True, slots=True)
class Held:
    """A task and who holds it; *told* is the JSON of the task and its clock, as each was told last."""

    task_id: str
    holder: str
    told: str


async def open_tasks(
    connection: Connection, whose: Whose, *, after: tuple[str, str] | None, limit: int
) -> Sequence[Held]:
    """Return the open tasks that they hold, by holder and id; *after* is the last one of the page before."""
    asked = Conditions()
    asked.where("is_open")
    held = f"holder = ANY({asked.parameter(sorted(whose.holders))}::text[])"
    if whose.officers_but is not None:
        but = asked.parameter(sorted(whose.officers_but))
        held = f"({held} OR starts_with(holder, '{OFFICER}') AND holder <> ALL({but}::text[]))"
    asked.where(held)
    if after is not None:
        asked.where("(holder, task_id) > ({}::text, {}::text)", *after)
    page = f"SELECT * FROM task {asked.condition()} ORDER BY holder, task_id LIMIT {limit:d}"
    rows = await connection.fetch(_TOLD.format(tasks=f"({page})"), *asked.values)
    return [_held(*row) for row in rows]


async def one_task(connection: Connection, task_id: str) -> Held | None:
    """Return a task, whether it is open or over; None: nothing is known of it."""
    found = "(SELECT * FROM task WHERE task_id = $1)"
    row = await connection.fetchrow(_TOLD.format(tasks=found), task_id)
    return None if row is None else _held(*row)


def _held(task_id: str, holder: str, task: str, clock: str | None) -> Held:
    return Held(task_id, holder, f'{{"task":{task},"clock":{clock}}}' if clock else f'{{"task":{task}}}')


# A join would be planned for as many clocks as there are, and read them all.
_TOLD = """
SELECT task_id, holder, document::text,
       (SELECT document::text FROM clock
         WHERE clock.incident_id = task.incident_id AND clock.task_id = task.task_id LIMIT 1)
  FROM {tasks} AS task
"""
