"""`wangge route`: what a person is told of a report's way before anything runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.router.test_routing import accepted
from wangge_local.cli import run

ROOT = Path(__file__).parents[3]
BOSTON = ROOT / "deploy" / "config" / "boston311"
EXAMPLES = ROOT / "contracts" / "examples"


def of(kind: str, **fields: Any) -> dict[str, Any]:
    class_ref = {"scheme": "boston311", "version": "2015", "code": kind}
    known: dict[str, Any] = json.loads(
        accepted(class_ref=class_ref, place={"unknown": True}, **fields).write()
    )
    return known


def told(file: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    assert run(["route", str(file), "--config", str(BOSTON), "--json", *options]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_incidents_one_a_line_are_routed_and_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "incidents.ndjson"
    file.write_text("\n".join(json.dumps(of(kind)) for kind in ("Rodent Activity", "Never Seen")))

    rodents, unseen = told(file, capsys)

    assert [task["holder"] for task in rodents["tasks"]] == ["department:isd"]
    assert "class boston311:Rodent Activity" in rodents["matched"]
    assert (unseen["rule"], unseen["layer"]) == ("fallback", "desk")
    assert unseen["tasks"][0]["name"]["en"]


def test_a_report_in_an_example_is_taken_up_as_intake_would(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = told(EXAMPLES / "terminals.pda.reports.v1" / "gas-leak.json", capsys)

    assert found["incident"] == "pda-7f3a-000217"
    assert [level for level, _, _ in found["places"]] == ["district"]


def test_a_person_reads_where_it_goes_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps([of("Never Seen")]))

    assert run(["route", "--explain", str(file), "--config", str(BOSTON)]) == 0

    out = capsys.readouterr().out
    assert "desk:boston has to dispatch by rule fallback" in out
    assert "why      no rule fits" in out
    assert "task     dispatch desk:boston" in out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not json\n{}", "neither JSON nor one JSON a line"),
        ('{"incident_id": "i"}', "message 1: case_number: Field required"),
        ("[1]", "message 1 is no report or incident"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)

    assert run(["route", str(file), "--config", str(BOSTON)]) == 1
    assert complaint in capsys.readouterr().err


DONGCHENG = ROOT / "deploy" / "config" / "dongcheng"


def report(**fields: Any) -> dict[str, Any]:
    example = json.loads((EXAMPLES / "terminals.pda.reports.v1" / "gas-leak.json").read_text("utf-8"))
    value: dict[str, Any] = example["value"]
    return value | fields


def test_what_comes_from_outside_is_said_to_be_looked_at_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    class_ref = {"scheme": "gb-event", "version": "2013", "code": "0101"}
    file.write_text(json.dumps(report(source="officer", class_ref=class_ref, urgency_claimed="normal")))

    # The residents' app may not claim to be an officer: what it says counts as a resident's.
    command = ["route", str(file), "--config", str(DONGCHENG), "--terminal", "residents", "--json"]
    assert run(command) == 0

    (found,) = json.loads(capsys.readouterr().out)
    assert [task["kind"] for task in found["tasks"]] == ["verify"]
    assert found["planned"]
    assert "first verified on the spot by" in found["notes"][-1]


def test_a_terminal_that_the_city_has_not_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report()))

    assert run(["route", str(file), "--config", str(DONGCHENG), "--terminal", "kiosk"]) != 0

    assert "--terminal kiosk: this city has pda, hotline" in capsys.readouterr().err
