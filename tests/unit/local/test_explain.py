"""Where an incident is and who must act next, in the words of the command line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.local.telling import clock, incident, task, told
from wangge_local.cli_screen import SCREEN
from wangge_local.explain import explained
from wangge_local.explain_shown import Words, screen
from wangge_local.house_books import Halted
from wangge_local.watch_rows import clock_text, fact_text, number_of, row_of

NOW = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)


def test_who_has_an_open_task_must_act_next() -> None:
    found = explained(told(), now=NOW, halted=[])

    assert found["waits_for"] == "department:gas must handle"
    assert found["next"][0]["left"] == "1:00"
    assert found["next"][0]["allowed_acts"] == ["progress", "done"]


def test_nobody_must_act_when_every_task_is_over() -> None:
    found = explained(told(incident=incident(state="closed"), tasks=[task(state="done")]), now=NOW, halted=[])

    assert found["waits_for"] == "nobody: it is over"


def test_what_the_router_has_not_heard_of_waits_for_the_router() -> None:
    accepted = {name: value for name, value in incident().items() if name != "revision"}
    found = explained(told(incident=accepted | {"state": "accepted"}, tasks=[]), now=NOW, halted=[])

    assert "router" in found["waits_for"]


def test_what_only_intake_has_told_of_is_accepted_and_waits_for_the_router() -> None:
    accepted = {name: value for name, value in incident().items() if name not in ("revision", "state")}
    whole = told(incident=accepted, tasks=[], clocks=[])
    found = explained(whole, now=NOW, halted=[])
    words = Words(ZoneInfo("Asia/Shanghai"), {}, frozenset(), NOW)

    assert (found["state"], found["next"]) == ("accepted", [])
    assert "router" in found["waits_for"]
    assert list(screen(whole, found, words, width=80, height=None))


def test_a_part_in_its_way_is_told_with_key_expected_and_seen() -> None:
    part = Halted("ledger", "ledger", "7", "incidents.changed.v1", 7, 2, "i1", 3, 4, "gap", NOW)

    (line,) = explained(told(), now=NOW, halted=[part])["in_its_way"]

    assert "incidents.changed.v1[7]@2" in line
    assert "expected 3, seen 4" in line
    assert "wangge partition why ledger" in line


def test_a_line_of_the_live_ledger_tells_case_place_holder_and_clock() -> None:
    names = {"department:gas": {"zh": "燃气公司", "en": "gas"}}
    row = row_of(
        told(clocks=[clock(remaining_s=1800)], incident=incident(urgency="urgent")) | {"names": names}
    )

    assert row.case_number == "110101-2026-0000001"
    assert row.what == "燃气"
    assert row.where == "第4网格"
    assert row.holders == ("燃气公司 handle",)
    assert row.deadline is not None
    assert [row.is_overdue(row.deadline + late) for late in (timedelta(seconds=-1), timedelta())] == [
        False,
        True,
    ]
    assert row.urgent


def test_no_words_of_an_answer_pass_for_a_line_of_the_house(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "燃气\n  05 Jan 11:21 closed"
    whole = told(
        incident=incident(class_ref={"scheme": "gb", "code": "1", "names": {"zh": forged, "en": ""}})
    )
    words = Words(ZoneInfo("Asia/Shanghai"), {}, frozenset(), NOW)
    for drawn in screen(whole, explained(whole, now=NOW, halted=[]), words, width=200, height=None):
        SCREEN.print(drawn)

    assert "燃气↵  05 Jan 11:21 closed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(minutes=14, seconds=59), "0:14"),
        (timedelta(hours=47), "47:00"),
        (timedelta(days=3, hours=5), "3 d"),
        (timedelta(minutes=-75), "-1:15"),
        (None, ""),
    ],
)
def test_what_is_left_of_a_clock_is_short(left: timedelta | None, text: str) -> None:
    assert clock_text(NOW + left if left is not None else None, now=NOW) == text


def test_a_drill_is_shown_as_one_wherever_a_matter_is_shown() -> None:
    whole = told(incident=incident(mode="exercise"))
    found = explained(whole, now=NOW, halted=[])
    head, *_ = screen(whole, found, Words(ZoneInfo("UTC"), {}, frozenset(), NOW), width=80, height=None)
    line = {
        "effective_at": "2026-01-05T03:00:00.000Z",
        "incident_id": "i1",
        "what": "closed",
        "who": "router",
    }
    fact = fact_text(line | {"case_number": "c-1", "mode": "exercise"}, ZoneInfo("UTC"))

    assert found["mode"] == "exercise"
    assert str(head).startswith("110101-2026-0000001 (exercise) 燃气")
    assert row_of(whole).case_number == "110101-2026-0000001 (exercise)"
    assert fact.plain.endswith("c-1 (exercise) closed router")
    assert number_of({"case_number": "c-1", "mode": "actual"}) == "c-1"


def test_a_fact_is_told_by_the_clocks_of_the_place() -> None:
    line = {
        "effective_at": "2026-01-05T03:00:00.000Z",
        "incident_id": "i1",
        "case_number": "110101-2026-0000001",
        "what": "closed",
        "who": "router",
    }

    assert fact_text(line, ZoneInfo("Asia/Shanghai")).plain == (
        "05 Jan 11:00:00 110101-2026-0000001 closed router"
    )
