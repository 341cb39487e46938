"""What the door answers before it asks the database; what it tells of clocks is in `tests/service`."""

from typing import cast

from tests.unit.asking import asked
from tests.unit.escalation.bench import ALMANAC
from wangge_chassis import Database
from wangge_escalation.door import make_door

DOOR = make_door(cast("Database", None), lambda: ALMANAC)


def test_no_task_has_a_name_with_a_nul() -> None:
    assert asked(DOOR, "/v1/clocks/\0")[:2] == (404, "application/problem+json")
