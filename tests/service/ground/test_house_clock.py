"""House time only goes forward, whatever the clock of the machine does."""

import pytest

from wangge_contracts.topics import SERVICES
from wangge_local.clock import ClockKeeper
from wangge_local.ground import GroundError
from wangge_local.house_books import DATABASE
from wangge_local.postgres import Postgres


@pytest.fixture
def clock(own_postgres: Postgres) -> ClockKeeper:
    own_postgres.drop_database(DATABASE)
    own_postgres.provision(SERVICES, database=DATABASE)
    return ClockKeeper(own_postgres)


def test_house_time_stands_still_from_an_anchor_that_says_so_to_the_next(clock: ClockKeeper) -> None:
    stood = [clock.stands_still()]
    for rate in (0, 0, 1):
        clock.set(None, rate=rate)
        stood.append(clock.stands_still())

    assert stood == [False, True, True, False]


def test_house_time_is_not_moved_while_the_clock_of_the_machine_is_before_its_last_move(
    clock: ClockKeeper, own_postgres: Postgres
) -> None:
    moved = clock.set(clock.now())
    # As if the machine's clock had been set back by an hour since: only who moves it once more would notice.
    own_postgres.sql("UPDATE house.anchor SET real_at = real_at + interval '1 hour'", database=DATABASE)

    with pytest.raises(GroundError, match=r"^the clock of this machine has gone back [^\n]*: set it right"):
        clock.set(moved)

    assert own_postgres.sql("SELECT count(*) FROM house.anchor", database=DATABASE) == ["1"]
