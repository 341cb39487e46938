"""`wangge publish` on a house that runs: a unit joins, works, and leaves when it holds nothing any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.system.running import DONGCHENG, GRID, RunningHouse
from tests.system.storm_speech import report
from tests.waiting import wait_for
from wangge_local import bundle, cli, publish
from wangge_local.clock import ClockKeeper
from wangge_local.ground import GroundError, poll
from wangge_local.house_books import DATABASE, HouseBooks
from wangge_local.listening import Log
from wangge_local.postgres import Postgres
from wangge_local.publish_after import slipped
from wangge_local.speaking import Speaker
from wangge_local.standing import standing

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
def with_lanterns(city: Path) -> Path:
    """The city's configuration with one more unit."""
    units, rules = city / "departments.toml", city / "rulebook.toml"
    units.write_text(units.read_text("utf-8") + UNIT, "utf-8")
    rules.write_text(rules.read_text("utf-8").replace("[[rules]]", RULE + "[[rules]]", 1), "utf-8")
    return city


def test_a_unit_joins_works_and_leaves_when_it_holds_nothing(
    house: RunningHouse, with_lanterns: Path
) -> None:
    joined = house.wangge("publish", str(with_lanterns))
    again = house.asked("publish", str(with_lanterns))
    (with_lanterns / "departments.toml").write_text("half edited")
    case = _led_by_lanterns(house)
    assert "mailbox" in house.wangge("explain", case)
    assert "house time is" in house.wangge("clock", "advance", "1m")

    assert "token of departments.lanterns" in joined
    assert (again["published"], again["in_force_from"], again["topics"], again["tokens"]) == (
        False,
        None,
        [],
        {},
    )
    refused = house.run("publish", str(DONGCHENG))
    assert refused.exit_code == 1
    assert refused.errors.startswith("wangge: department:lanterns still holds 1 open task, the oldest in ")
    assert case in refused.errors
    done = house.wangge("answer", case, "done", "--text", "已处理", "--evidence", "after")
    assert "departments.lanterns: applied" in done
    house.told(case, until="task-changed done")
    checked = house.run("publish", str(DONGCHENG))
    assert checked.exit_code == 1
    assert f"department:lanterns has 1 done whose check is open, the oldest in {case}" in checked.errors
    _pass(house, case)
    left = house.asked("publish", str(DONGCHENG))
    assert (left["published"], left["version"]) == (True, bundle.load(DONGCHENG).version)


@pytest.mark.long
def test_a_unit_with_open_tasks_stays_while_reports_flow_and_none_is_lost(
    house: RunningHouse, with_lanterns: Path
) -> None:
    house.wangge("publish", str(with_lanterns))
    case = _led_by_lanterns(house)
    stands = standing(house.bootstrap)
    before = _counted(house)
    with _reports(house) as said:
        for _ in range(3):
            refused = house.run("publish", str(DONGCHENG))
            assert refused.exit_code == 1
            assert "department:lanterns still holds" in refused.errors
        assert standing(house.bootstrap) == stands

        _end_all_of_lanterns(house, case)
        published = house.run("publish", str(DONGCHENG))

    assert (published.exit_code, published.errors) == (0, "")
    assert said
    wait_for("every report is routed", lambda: _counted(house) == before + len(said), within_s=60)
    assert not HouseBooks(Postgres(house.folder.postgres)).busy(["department:lanterns"])


@pytest.mark.long
def test_what_slipped_to_a_unit_that_is_gone_is_found(house: RunningHouse, with_lanterns: Path) -> None:
    """The check before is left out, as if a task had been given in the very second of the publication."""
    house.wangge("publish", str(with_lanterns))
    case = _led_by_lanterns(house)
    config, books = bundle.load(DONGCHENG), HouseBooks(Postgres(house.folder.postgres))
    publish.publish(house.bootstrap, config, at=ClockKeeper(Postgres(house.folder.postgres)).now())

    busy = slipped(
        {"department:lanterns"},
        config.version,
        log=Log(house.bootstrap),
        books=books,
    )

    assert [(each.holder, each.case_number) for each in busy] == [("department:lanterns", case)]
    house.wangge("publish", str(with_lanterns))
    _end_all_of_lanterns(house, case)


def test_a_unit_is_not_removed_on_a_day_to_come(house: RunningHouse, with_lanterns: Path) -> None:
    house.wangge("publish", str(with_lanterns))

    refused = house.run("publish", str(DONGCHENG), "--from", "2030-01-01")

    assert refused.exit_code == 1
    assert "publish on that day" in refused.errors


@contextmanager
def _reports(house: RunningHouse) -> Iterator[list[str]]:
    """Report at a steady rate meanwhile; what was said is listed by its id."""
    said: list[str] = []
    stopped = threading.Event()

    def speak() -> None:
        speaker = Speaker(house.bootstrap, source="/terminals/pda")
        while not stopped.wait(0.05):
            each = report(900_000 + len(said))
            speaker.say("terminals.pda.reports.v1", each, key=None, message_id=each.report_id)
            said.append(each.report_id)
        speaker.flush()

    speaking = threading.Thread(target=speak)
    speaking.start()
    try:
        yield said
    finally:
        stopped.set()
        speaking.join()


def _counted(house: RunningHouse) -> int:
    """How many incidents the router has."""
    found = Postgres(house.folder.postgres).sql("SELECT count(*) FROM router.incident", database=DATABASE)
    return int(found[0])


def _end_all_of_lanterns(house: RunningHouse, case: str) -> None:
    """Let the unit finish what it holds, and the ledger hear of it."""
    house.wangge("answer", case, "done", "--text", "已处理", "--evidence", "after")
    house.told(case, until="task-changed done")
    _pass(house, case)


def _pass(house: RunningHouse, case: str) -> None:
    """Let the check of it be passed."""
    house.wangge(
        "answer", case, "check", "--verdict", "passed", "--as", f"officer:{GRID}/manager", "--text", "已核实"
    )
    house.told(case, until="closed")


def test_a_place_is_not_removed_while_its_desk_or_posts_hold_open_tasks(house: RunningHouse) -> None:
    case = house.report("--class", "gb-event:0501")
    house.told(case, until="clock started")
    whole, books = bundle.load(DONGCHENG), HouseBooks(Postgres(house.folder.postgres))
    stands = standing(house.bootstrap)
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
