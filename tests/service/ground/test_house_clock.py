"""House time only goes forward, whatever the clock of the machine does."""

import pytest

from wangge_contracts.topics import SERVICES
from wangge_local.clock import HouseClock
from wangge_local.ground import GroundError
from wangge_local.house_books import DATABASE
from wangge_local.postgres import Postgres


def test_house_time_is_not_moved_while_the_clock_of_the_machine_is_before_its_last_move(
    own_postgres: Postgres,
) -> None:
    own_postgres.provision(SERVICES, database=DATABASE)
    clock = HouseClock(own_postgres)
    moved = clock.set(clock.now())
    # As if the machine's clock had been set back by an hour since: only who moves it once more would notice.
    own_postgres.sql("UPDATE house.anchor SET real_at = real_at + interval '1 hour'", database=DATABASE)

    with pytest.raises(GroundError, match=r"^the clock of this machine has gone back [^\n]*: set it right"):
        clock.set(moved)

    assert own_postgres.sql("SELECT count(*) FROM house.anchor", database=DATABASE) == ["1"]
