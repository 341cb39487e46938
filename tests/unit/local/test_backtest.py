"""A configuration held against a city's past: unit, deadline and verdict of every row, and nothing lost."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.local.history import (
    BOSTON,
    MAPPING,
    by_source,
    config_with,
    only_residents,
    row,
    wangge,
    write,
)
from wangge_intake.city import City
from wangge_local.bundle import load
from wangge_local.history import past_of
from wangge_local.replay_mapping import Mapped

LIGHT = {
    "type": "Street Light Outages",
    "opened": "2015-01-05T10:00:00",
    "target": "2015-01-20T10:00:00",
}
"""Ten working days from a Monday at ten, with Martin Luther King's day between: a Tuesday, same time."""


def figures(tmp_path: Path, *past: dict[str, str], json_only: bool = True, **options: str) -> dict[str, Any]:
    more = [word for name, value in options.items() for word in (f"--{name}", value)]
    ran = wangge(
        "backtest", write(tmp_path / "a.csv", past), "--config", BOSTON, *more, *["--json"] * json_only
    )
    assert ran.exit_code == 0, ran.errors
    found: dict[str, Any] = json.loads(ran.output.splitlines()[-1])
    return found


def test_the_unit_is_right_when_the_city_chose_the_same(tmp_path: Path) -> None:
    told = figures(tmp_path, row(1, **LIGHT), row(2, **LIGHT | {"department": "BTDT"}))

    assert (told["rows"], told["department_right"]) == (2, 1)
    assert told["by_type"]["Street Light Outages"] == {
        "rows": 2,
        "wrong": 1,
        "sent_to": {"pwdx": 2},
        "instead_of": {"btdt": 1},
    }


def test_a_row_is_routed_as_intake_would_vouch_for_it(tmp_path: Path) -> None:
    config = config_with(tmp_path / "config")
    by_source(config)
    past = write(tmp_path / "a.csv", [row(1, **LIGHT | {"source": "City Worker App", "department": "BTDT"})])
    before = json.loads(wangge("backtest", past, "--config", config, "--json").output)
    only_residents(config)
    after = json.loads(wangge("backtest", past, "--config", config, "--json").output)

    assert (before["department_right"], after["department_right"]) == (1, 0)


def test_what_the_citys_system_writes_where_it_knows_no_place_is_no_point(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(re.sub("(?m)^unknown = .*", "", MAPPING.read_text("utf-8")), "utf-8")
    read = load(BOSTON)
    city_hall = row(1, lon="-71.0587", lat="42.3594")
    past = past_of(Mapped.read(mapping), city_hall, 1, city=City.of(read.version, read.parts))

    assert past.incident.place_flags == ("default-point",)


def test_a_row_of_no_known_unit_counts_as_wrong(tmp_path: Path) -> None:
    assert figures(tmp_path, row(1, **LIGHT | {"department": "No Q"}))["department_right"] == 0


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("2015-01-20T10:05:00", 1),
        ("2015-01-20T10:05:01", 0),
        ("2015-01-20T09:55:00", 1),
        ("2015-01-16T10:00:00", 0),
    ],
)
def test_a_deadline_is_the_citys_within_five_minutes(tmp_path: Path, target: str, near: int) -> None:
    told = figures(tmp_path, row(1, **LIGHT | {"target": target}))

    assert (told["with_target"], told["deadline_within_5_min"]) == (1, near)


def test_without_a_target_no_deadline_is_judged(tmp_path: Path) -> None:
    told = figures(tmp_path, row(1, **LIGHT | {"target": ""}))

    assert (told["with_target"], told["deadline_within_5_min"]) == (0, 0)


def test_a_rule_that_sets_a_limit_sets_the_deadline(tmp_path: Path) -> None:
    config = config_with(tmp_path / "config")
    file = config / "rulebook.toml"
    lead = 'name = "public-works"\n'
    five_days = 'then.limit = { value = 5, clock_kind = "working-days" }\n'
    file.write_text(file.read_text("utf-8").replace(lead, lead + five_days, 1), "utf-8")
    past = write(tmp_path / "a.csv", [row(1, **LIGHT | {"target": "2015-01-12T10:00:00"})])
    told = json.loads(wangge("backtest", past, "--config", config, "--json").output)

    assert told["deadline_within_5_min"] == 1


@pytest.mark.parametrize(
    ("on_time", "closed", "contradictions"),
    [
        ("ONTIME", "2015-01-19T00:00:00", 0),
        ("ONTIME", "2015-01-21T00:00:00", 1),
        ("OVERDUE", "2015-01-21T00:00:00", 0),
        ("OVERDUE", "2015-01-19T00:00:00", 1),
        ("OVERDUE", "2015-01-20T10:00:00", 0),
        ("OVERDUE", "", 0),
        ("", "2015-01-21T00:00:00", 0),
    ],
)
def test_a_verdict_is_held_against_its_own_instants(
    tmp_path: Path, on_time: str, closed: str, contradictions: int
) -> None:
    told = figures(tmp_path, row(1, **LIGHT | {"on_time": on_time, "closed": closed}))

    assert told["verdict_contradictions"] == contradictions


def test_only_the_days_asked_for_are_judged_by_the_citys_own_midnight(tmp_path: Path) -> None:
    late, early = {"opened": "2015-01-05T23:59:59"}, {"opened": "2015-01-06T00:00:00"}
    past = [row(1, **LIGHT | late), row(2, **LIGHT | early), row(3, **LIGHT | early)]

    assert figures(tmp_path, *past, since="2015-01-06")["rows"] == 2
    assert figures(tmp_path, *past, until="2015-01-06")["rows"] == 1


def test_a_person_reads_the_worst_type_first_and_a_program_the_last_line(tmp_path: Path) -> None:
    wrong = {"department": "ISD"}
    past = [
        row(1, type="Sign Repair", **wrong),
        *(row(n, **LIGHT | wrong) for n in (2, 3)),
        row(4, opened="?"),
    ]
    ran = wangge("backtest", write(tmp_path / "a.csv", past), "--config", BOSTON, "--mapping", MAPPING)
    lines = ran.output.splitlines()

    assert [line.split("  ")[0] for line in lines[1:3]] == ["Street Light Outages", "Sign Repair"]
    assert json.loads(lines[-1]) == {
        "rows": 3,
        "department_right": 0,
        "with_target": 2,
        "deadline_within_5_min": 2,
        "verdict_contradictions": 0,
    }
    assert "left out: 1 row, the first is row 4" in ran.errors


def test_a_past_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    ran = wangge("backtest", write(tmp_path / "a.csv", [row(1, opened="?")]), "--config", BOSTON)

    assert ran.exit_code == 1
    assert "no row of" in ran.errors
    assert "row 1: ValueError" in ran.errors


def test_a_past_of_which_no_row_can_be_read_says_why_though_its_days_are_known(tmp_path: Path) -> None:
    csv = write(tmp_path / "past.csv", [row(1, lat="here", lon="there")])

    ran = wangge("backtest", csv, "--config", BOSTON)

    assert ran.exit_code == 1
    assert "no row of" in ran.errors
    assert "row 1: ValueError: could not convert string to float" in ran.errors


def test_a_configuration_without_a_mapping_asks_for_one(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    ran = wangge("backtest", write(tmp_path / "a.csv", [row(1)]), "--config", tmp_path / "config")

    assert ran.exit_code == 1
    assert "say with --mapping" in ran.errors
