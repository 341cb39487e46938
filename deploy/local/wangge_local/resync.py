"""`wangge department resync`: every open task of a unit, for who set its system up anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wangge_local.cli_screen import say, say_json, table
from wangge_local.doors import Door
from wangge_local.watch_rows import number_of

_PAGE = 200


def show(ledger: Door, slug: str, *, zone: ZoneInfo, as_json: bool) -> None:
    """
    Print the unit's open tasks, with deadlines by the clocks of *zone*; as JSON each whole, with its clock.

    Raises GroundError when there is no such unit, and when the ledger is away.
    """
    found: list[Mapping[str, Any]] = []
    after: str | None = None
    while True:
        holder = f"department:{slug.removeprefix('department:')}"
        page = ledger.get("/v1/tasks", holder=holder, after=after, limit=_PAGE)
        found += page["tasks"]
        after = page.get("next")
        if after is None:
            break
    if as_json:
        say_json(found)
    elif found:
        table(
            ("case", "task", "kind", "role", "state", "revision", "due"), [_row(one, zone) for one in found]
        )
    else:
        say("none")


def _row(one: Mapping[str, Any], zone: ZoneInfo) -> tuple[Any, ...]:
    task, clock = one["task"], one.get("clock")
    due = f"{datetime.fromisoformat(clock['deadline']).astimezone(zone):%Y-%m-%d %H:%M}" if clock else None
    return (
        number_of(task),
        task["task_id"],
        task["kind"],
        task["role"],
        task["state"],
        task["revision"],
        due,
    )
