"""`wangge up --scale router=3`: reports flow while one router is killed, and again with fewer of them."""

import json
import os
import signal

import pytest

from tests.ground import FreshDatabase
from tests.system.running import RunningHouse, a_house
from tests.system.said import Said
from tests.system.storm_speech import UNREPORTED
from tests.waiting import wait_for
from wangge_local.house_books import DATABASE
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

TOTAL, PER_SECOND = 300, 25
LAST = range(TOTAL - UNREPORTED + 1, TOTAL)
"""Said after the restart; nothing beside it of what is never reported, for which a router waits a minute."""


def pid(house: RunningHouse, replica: str) -> int:
    """Which process it is now."""
    return int(json.loads((house.folder.logs / f"{replica}.pid").read_text())["pid"])


def parts(house: RunningHouse) -> list[int]:
    """How many parts each router holds."""
    services = house.asked("status")["services"]
    return [each["parts"]["router"] for each in services if each["name"].startswith("router-")]


@pytest.mark.long
def test_a_scaled_house_routes_every_report_once_though_a_router_is_killed_and_their_number_changed() -> None:
    with a_house("--scale", "router=3") as house:
        said = Said(Kafka(house.folder.kafka), FreshDatabase(Postgres(house.folder.postgres), DATABASE))
        killed = pid(house, "router-1")
        with said.reports(total=TOTAL // 2, per_second=PER_SECOND):
            wait_for("work has begun", lambda: len(said.gathered.spoken) > 50)
            os.kill(killed, signal.SIGKILL)
        wait_for("all is ready again", lambda: house.run("status").exit_code == 0)
        assert "router-1 ended (killed by signal 9)" in house.said
        assert pid(house, "router-1") != killed
        said.say(range(TOTAL // 2, LAST.start))
        house.stop()

        fewer = RunningHouse(house.folder.root, "--scale", "router=2")
        fewer.start()
        said.say(LAST)
        said.wait_quiet(within_s=150)

        wait_for("all is ready", lambda: fewer.run("status").exit_code == 0)
        assert parts(fewer) == [6, 6]
        assert said.breaches() == []
        assert len(said.gathered.effects) == TOTAL
        assert len({incident for incident, _ in said.gathered.tasks}) == TOTAL
