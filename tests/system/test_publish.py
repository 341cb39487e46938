"""`wangge publish` on a house that runs: a unit joins, works, and leaves when it holds nothing any more."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.system.running import DONGCHENG, GRID, RunningHouse
from wangge_local import bundle, cli, publish
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import Books
from wangge_local.postgres import Postgres

UNIT = """
[[departments]]
slug = "lanterns"
name = { zh = "灯笼维护所", en = "Lantern keepers" }
level = "district"
kind = "lanterns"
reach = "mailbox"
"""
RULE = """
[[rules]]
name = "lanterns"
when.classes = [{ scheme = "gb-event", codes = ["0596"] }]
when.sources = ["volunteer"]
then.lead = "lanterns"

"""
FALLING = ("--class", "gb-event:0596", "--source", "volunteer")


@pytest.fixture
def with_lanterns(tmp_path: Path, house: RunningHouse) -> Iterator[Path]:
    """The city's configuration with one more unit; afterwards the house has the city's own again."""
    folder = tmp_path / "with-lanterns"
    shutil.copytree(DONGCHENG, folder)
    units, rules = folder / "departments.toml", folder / "rulebook.toml"
    units.write_text(units.read_text("utf-8") + UNIT, "utf-8")
    rules.write_text(rules.read_text("utf-8").replace("[[rules]]", RULE + "[[rules]]", 1), "utf-8")
    yield folder
    house.wangge("publish", str(DONGCHENG))


def test_a_unit_joins_works_and_leaves_when_it_holds_nothing(
    house: RunningHouse, with_lanterns: Path
) -> None:
    joined = house.wangge("publish", str(with_lanterns))
    again = house.wangge("publish", str(with_lanterns))
    case = _led_by_lanterns(house)

    assert "token of departments.lanterns" in joined
    assert "in force already" in again
    assert "token" not in again
    refused = house.run("publish", str(DONGCHENG))
    assert refused.exit_code == 1
    assert refused.errors.startswith("wangge: department:lanterns still holds 1 open task, the oldest in ")
    assert case in refused.errors
    done = house.wangge("answer", case, "done", "--text", "已处理", "--evidence", "after")
    assert "departments.lanterns: applied" in done
    house.told(case, until="task-changed done")
    assert "published" in house.wangge("publish", str(DONGCHENG))


def test_a_place_is_not_removed_while_its_desk_or_posts_hold_open_tasks(house: RunningHouse) -> None:
    case = house.report("--class", "gb-event:0501")
    house.told(case, until="clock started")
    whole, books = bundle.load(DONGCHENG), Books(Postgres(house.folder.postgres))
    stands = publish.standing(house.bootstrap)
    posts = [post for post in whole.part("rosters")["posts"] if f":{GRID}/" not in post["holder"]]
    places = [place for place in whole.part("places") if place["code"] != GRID]
    parts = {**whole.parts, "places": places, "rosters": {"posts": posts}}

    publish.refuse_removal(whole, before=stands, books=books)
    with pytest.raises(GroundError, match=rf"officer:{GRID}/manager still holds \d+ open task"):
        publish.refuse_removal(replace(whole, parts=parts), before=stands, books=books)


def test_a_configuration_with_faults_is_refused_with_file_and_line(
    house: RunningHouse, with_lanterns: Path
) -> None:
    rules = with_lanterns / "rulebook.toml"
    rules.write_text(rules.read_text("utf-8").replace('then.lead = "lanterns"', 'then.lead = "nobody"'))
    refused = house.run("publish", str(with_lanterns))

    assert refused.exit_code == 1
    assert "rulebook.toml:" in refused.errors
    assert "nobody" in refused.errors
    assert cli.run(["check-config", str(with_lanterns)]) == 1
    assert cli.run(["check-config", str(DONGCHENG)]) == 0


def _led_by_lanterns(house: RunningHouse) -> str:
    """Report until the rooms have taken the new version up, which they do within a second or two."""
    for _ in poll(timeout=60, every=0.5):
        case = str(house.asked("report", "高空坠物", "--grid", GRID, *FALLING)["case_number"])
        told = house.told(case, until="clock started")
        if told["incident"].get("lead") == "department:lanterns":
            return case
    raise AssertionError("no report went to the new unit")
