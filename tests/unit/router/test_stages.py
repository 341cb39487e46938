"""A matter handled in stages: fenced, repaired, restored (围挡, 抢修, 恢复), each within its own limit."""

from typing import Any

from tests.unit.router.scenes import AFTER, HOUR, PARTS, Play, accepted, directory, minutes
from wangge_router.timing import due

STAGES: list[dict[str, Any]] = [
    {"stage": "fence", "limit": HOUR | {"value": 3.0}},
    {"stage": "repair", "limit": HOUR | {"value": 8.0}},
    {"stage": "restore", "limit": HOUR | {"value": 24.0}},
]
# Limits in this shape: Daying county, burst pipes (research/domain.md 2.6).
ROW: dict[str, Any] = {
    "class_ref": {"scheme": "gb-event", "version": "1", "code": "0501", "condition": "1"},
    "names": {"zh": "管道破裂", "en": "burst pipe"},
    "limit": HOUR | {"value": 40.0},
    "closing_condition": "restored",
    "required_evidence": [{"purpose": "after", "at_least": 1}],
    "stages": STAGES,
}


def begun() -> Play:
    return Play(directory(standard=[ROW, *PARTS["standard"][1:]])).hear(accepted())


def test_the_first_stage_has_its_own_limit() -> None:
    task = begun().task("handle")

    assert (task.stage, task.limit.value) == ("fence", 3)


def test_done_with_a_stage_begins_the_next_with_its_limit_from_then_on() -> None:
    play = begun().says("handle", "done", at=60)

    task = play.task("handle")
    assert (task.state, task.change) == ("working", "stage-done")
    assert (task.stage, task.limit.value, task.assigned_at) == ("repair", 8, minutes(60))
    assert due(play.held("handle"), play.directory) == minutes(60 + 8 * 60)
    assert play.case.incident.state == "handling"
    assert [kind for kind, _ in play.open_tasks] == ["handle", "attend"]


def test_only_the_last_stage_needs_the_evidence_and_is_checked() -> None:
    play = begun().says("handle", "done", at=60).says("handle", "done", at=120)
    assert play.task("handle").stage == "restore"

    play.says("handle", "done", at=180)
    assert play.verdict == ("refused", "evidence-missing")

    play.says("handle", "done", at=181, evidence=(AFTER,))
    assert (play.task("handle").state, play.task("check").state) == ("done", "assigned")


def test_an_extension_of_one_stage_does_not_use_up_the_next_ones() -> None:
    play = begun().says("handle", "request-extension", at=10, requested_until=minutes(240))
    play.says("approve", "approve", at=11)
    assert play.task("handle").limit.value == 4

    play.says("handle", "done", at=200)
    assert (play.task("handle").limit.value, play.held("handle").extensions) == (8, 0)


def test_a_failed_check_gives_the_last_stage_again() -> None:
    play = begun().says("handle", "done", at=60).says("handle", "done", at=120)
    play.says("handle", "done", at=181, evidence=(AFTER,)).says("check", "check", at=190, verdict="failed")

    task = play.task("handle")
    assert (task.stage, task.round, task.limit.value, task.assigned_at) == ("restore", 2, 24, minutes(190))


def test_a_request_lapses_with_its_stage() -> None:
    play = begun().says("handle", "request-extension", at=10, requested_until=minutes(240))
    play.says("handle", "done", at=20)

    assert (play.task("handle").state, play.task("handle").pending) == ("working", None)
    assert play.task("approve").state == "withdrawn"
