"""The largest report that a terminal may send, from its topic to the end of all who were sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.gas_leak import GRID, MUST_HEAR, STREET, WORKSTATION, dispatch, turn_of
from tests.system.running import RunningHouse
from wangge_contracts import topics
from wangge_contracts.v1 import ReportSubmitted
from wangge_local.ground import poll
from wangge_local.speaking import Speaker

ROOM = topics.TERMINAL_REPORTS.max_bytes


def largest(report_id: str) -> ReportSubmitted:
    """A gas leak with as much beside it as a terminal may say."""
    photo = {"sha256": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "purpose": "before"}
    photos = [{**photo, "slot": str(n), "url": f"https://photos.example/{'x' * 1970}"} for n in range(50)]
    whole: dict[str, Any] = {
        "report_id": report_id,
        "mode": "actual",
        "source": "volunteer",
        "nature": "problem",
        "class_ref": {"scheme": "gb-event", "version": "30428-city-1", "code": "0502", "condition": "1"},
        "description": {"text": "气" * 10_000},
        "captured_at": datetime.now(UTC),
        "place": {"area": {"scheme": "bj15", "code": GRID}},
        "reporter": {"role": "volunteer", "staff_id": "syn-volunteer-0117"},
        "attachments": photos,
        "attributes": [],
    }
    left = ROOM - len(ReportSubmitted.model_validate(whole).write())
    answers = [{"code": f"answer-{n:02}", "value": "答" * (left // 300 - 14)} for n in range(100)]
    return ReportSubmitted.model_validate(whole | {"attributes": answers})


def cases(house: RunningHouse) -> set[str]:
    return {each["case_number"] for each in house.asked("incidents")}


def house_time(house: RunningHouse) -> datetime:
    return datetime.fromisoformat(house.asked("clock")["house_time"])


def still_open(told: Mapping[str, Any]) -> list[str]:
    return [task["holder"] for task in told["tasks"] if task["state"] not in ("ended", "done", "withdrawn")]


def test_the_largest_report_is_told_to_everybody_and_ended_and_nothing_of_it_dies(
    house: RunningHouse,
) -> None:
    report = largest("the-largest")
    assert ROOM * 0.98 < len(report.write()) <= ROOM
    before, dead = cases(house), house.asked("dead-letters", "list")
    speaker = Speaker(house.bootstrap, source="/tests")
    speaker.say(topics.TERMINAL_REPORTS.named("pda"), report, key=None, message_id=report.report_id)
    speaker.flush()
    for _ in poll(timeout=60, every=0.3):
        if new := cases(house) - before:
            break
    (case,) = new
    house.told(case, until="accepted-into-router")
    house.wangge("answer", case, "refer-up", "--as", WORKSTATION, "--reason-code", "beyond-community")
    whole = house.told(case, until="referred-up")
    turn = turn_of(whole, STREET)
    assert turn is not None
    go = dispatch(whole["incident"]["incident_id"], turn, at=house_time(house))
    house.ledger.post("/v1/orders", go.write())
    house.told(case, until="dispatched")
    end = {"order_id": f"void-{case}", "order": "void", "task_ids": (), "parties": ()}
    house.ledger.post("/v1/orders", go.model_copy(update={**end, "effective_at": house_time(house)}).write())
    told = house.told(case, until="voided")
    for _ in poll(timeout=60, every=0.3):
        if not still_open(told):
            break
        told = house.told(case)

    assert len(told["tasks"]) >= len(MUST_HEAR)
    assert any(line["what"].startswith("task-changed withdrawn") for line in told["timeline"])
    assert still_open(told) == []
    assert house.asked("dead-letters", "list") == dead
