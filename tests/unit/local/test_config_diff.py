"""Two configurations over the same incidents: which would go elsewhere, and by which rules."""

import json
from pathlib import Path

import pytest

from tests.unit.local.history import (
    BOSTON,
    MAPPING,
    by_source,
    config_with,
    lights_to_transportation,
    only_residents,
    row,
    wangge,
    write,
)
from wangge_local.history import past_of
from wangge_local.replay_mapping import Mapped

PAST = [row(1, type="Street Light Outages"), row(2, type="Street Light Outages"), row(3, type="Sign Repair")]


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Boston, but Transportation has the lights of one district."""
    folder = config_with(tmp_path / "new")
    lights_to_transportation(folder, name="lights-in-03", when='places = ["boston-03"]')
    return folder


def recorded(file: Path, *more: str) -> Path:
    mapped = Mapped.read(MAPPING)
    lines = [past_of(mapped, each, number).incident.model_dump_json() for number, each in enumerate(PAST, 1)]
    file.write_text("\n".join([*lines, *more]) + "\n", "utf-8")
    return file


@pytest.mark.parametrize("kind", ["ndjson", "csv"])
def test_incidents_that_would_change_department_are_listed(tmp_path: Path, new: Path, kind: str) -> None:
    over = recorded(tmp_path / "a.ndjson") if kind == "ndjson" else write(tmp_path / "a.csv", PAST)
    told = json.loads(wangge("config", "diff", BOSTON, new, "--over", over, "--json").output)

    assert (told["incidents"], told["changed"]) == (3, 2)
    assert [change["case_number"] for change in told["changes"]] == ["1", "2"]
    assert told["changes"][0]["new"]["reason"].startswith(
        "lights-in-03: class boston311:Street Light Outages"
    )
    assert told["by_rules"] == [
        {
            "incidents": 2,
            "old_rule": "public-works",
            "old_lead": "pwdx",
            "new_rule": "lights-in-03",
            "new_lead": "btdt",
        }
    ]


def test_each_configuration_believes_of_a_row_what_its_own_intake_would(tmp_path: Path) -> None:
    old, new = (config_with(tmp_path / name) for name in ("old", "new"))
    for folder in (old, new):
        by_source(folder)
    only_residents(new)
    over = write(tmp_path / "a.csv", [row(1, type="Street Light Outages", source="City Worker App")])

    told = json.loads(wangge("config", "diff", old, new, "--over", over, "--json").output)

    assert [(each["old"]["rule"], each["new"]["rule"]) for each in told["changes"]] == [
        ("officers-lights", "public-works")
    ]


def test_a_person_reads_each_and_the_sum(tmp_path: Path, new: Path) -> None:
    ran = wangge("config", "diff", BOSTON, new, "--over", recorded(tmp_path / "a.ndjson"))

    assert ran.exit_code == 0
    assert ran.output.splitlines()[-1] == "2 of 3 incidents would change department"


def test_the_same_configuration_changes_nothing(tmp_path: Path) -> None:
    told = json.loads(
        wangge("config", "diff", BOSTON, BOSTON, "--over", recorded(tmp_path / "a.ndjson"), "--json").output
    )

    assert (told["incidents"], told["changed"], told["changes"], told["by_rules"]) == (3, 0, [], [])


def test_lines_that_are_no_incident_are_counted_and_named(tmp_path: Path) -> None:
    over = recorded(tmp_path / "a.ndjson", "{}", "no json", "[1]")
    ran = wangge("config", "diff", BOSTON, BOSTON, "--over", over, "--json")

    assert json.loads(ran.output)["left_out"] == 3
    assert "left out: line 4: incident_id: Field required" in ran.errors
    assert "left out: line 5: expected ident" in ran.errors


def test_of_many_lines_that_are_no_incident_the_first_are_named_and_how_many_more(tmp_path: Path) -> None:
    over = recorded(tmp_path / "a.ndjson", *["{}"] * 1200)
    ran = wangge("config", "diff", BOSTON, BOSTON, "--over", over, "--json")

    assert json.loads(ran.output)["left_out"] == 1200
    assert len(ran.errors.splitlines()) == 21
    assert ran.errors.endswith("left out: 1,180 lines more\n")


def test_rows_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    over = write(tmp_path / "a.csv", [*PAST, PAST[0] | {"opened": "yesterday"}])
    ran = wangge("config", "diff", BOSTON, BOSTON, "--over", over, "--mapping", MAPPING, "--json")

    told = json.loads(ran.output)
    assert (told["incidents"], told["left_out"]) == (len(PAST), 1)


def test_a_record_may_stand_with_its_headers_as_in_the_contracts(tmp_path: Path) -> None:
    lines = recorded(tmp_path / "a.ndjson").read_text("utf-8").splitlines()
    whole = [json.dumps({"headers": {}, "value": json.loads(line) | {"newer": 1}}) for line in lines]
    (tmp_path / "b.ndjson").write_text("\n".join(whole), "utf-8")
    ran = wangge("config", "diff", BOSTON, BOSTON, "--over", tmp_path / "b.ndjson", "--json")

    assert json.loads(ran.output)["incidents"] == 3


def test_a_file_without_an_incident_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("")
    ran = wangge("config", "diff", BOSTON, BOSTON, "--over", tmp_path / "a.ndjson")

    assert ran.exit_code == 1
    assert "holds no incident" in ran.errors
