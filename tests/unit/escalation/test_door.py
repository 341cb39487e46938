"""What the door answers before it asks the database; what it tells of clocks is in `tests/service`."""

from typing import NoReturn, cast

from tests.unit.asking import asked
from tests.unit.escalation.bench import ALMANAC
from wangge_chassis import Database
from wangge_escalation.door import make_door

DOOR = make_door(cast("Database", None), lambda: ALMANAC)


def test_no_task_has_a_name_with_a_nul() -> None:
    assert asked(DOOR, "/v1/clocks/\0")[:2] == (404, "application/problem+json")


class Away:
    async def connect(self) -> NoReturn:
        raise ConnectionRefusedError


def test_who_asks_in_an_outage_hears_that_he_may_come_again() -> None:
    door = make_door(cast("Database", Away()), lambda: ALMANAC)

    assert asked(door, "/v1/clocks/next-due")[:2] == (503, "application/problem+json")
