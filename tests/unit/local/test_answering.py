"""Which task somebody means who answers from the command line, and what he is told when nobody can know."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.local.telling import task, told
from wangge_contracts.schemas import ROOT as SCHEMAS
from wangge_contracts.v1 import (
    REQUIRED_BY_ACT,
    ContactLog,
    Task,
    TaskAnswered,
    TaskChanged,
    lacking_in_answer,
)
from wangge_local import answering
from wangge_local.answering import Wish, made, meant_among
from wangge_local.cli import run
from wangge_local.ground import GroundError

GAS = "department:gas"
NOW = datetime(2026, 1, 6, 3, 0, tzinfo=UTC)
BOTH = [
    task(task_id="t1", kind="handle", holder=GAS, allowed_acts=["acknowledge", "done"]),
    task(task_id="t2", kind="supervise", holder=GAS, allowed_acts=["acknowledge", "reply"]),
]


def wish(act: str, *, holder: str | None = GAS, which: str | None = None) -> Wish:
    return Wish("case", act, holder, which, None, None, None, None, None, ())


def meant(*tasks: Any, **wanted: Any) -> str:
    return str(meant_among(told(tasks=list(tasks))["tasks"], wish(**wanted))["task_id"])


def test_of_several_the_one_that_the_act_fits_is_meant() -> None:
    assert [meant(*BOTH, act=act) for act in ("done", "reply")] == ["t1", "t2"]


@pytest.mark.parametrize(("which", "task_id"), [("handle", "t1"), ("t2", "t2")])
def test_where_it_fits_several_the_task_is_named_by_kind_or_id(which: str, task_id: str) -> None:
    with pytest.raises(GroundError, match=r"2 open tasks \(handle, supervise\): say which with --task"):
        meant(*BOTH, act="acknowledge")

    assert meant(*BOTH, act="acknowledge", which=which) == task_id


@pytest.mark.parametrize(
    ("tasks", "holder", "says"),
    [
        (BOTH, "department:water", "department:water has no such task"),
        (
            [*BOTH, task(task_id="t3", holder="desk:1", allowed_acts=["acknowledge"])],
            None,
            "say who answers with --as",
        ),
        ([], GAS, "nobody has the turn"),
        ([task(state="done")], None, "nobody has the turn"),
    ],
)
def test_who_cannot_be_meant_is_told_why(tasks: list[Any], holder: str | None, says: str) -> None:
    with pytest.raises(GroundError, match=says):
        meant(*tasks, act="acknowledge", holder=holder)


def held(**changed: Any) -> Task:
    file = SCHEMAS / "examples/departments.gas.tasks.v1/assigned.json"
    example = json.loads(file.read_text("utf-8"))["value"]
    return TaskChanged.model_validate_json(json.dumps(example | changed))


def typed(monkeypatch: pytest.MonkeyPatch, act: str, *options: str) -> TaskAnswered:
    """Return the answer that somebody gives who types these options."""
    wishes: list[Wish] = []

    def sent(_: object, wish: Wish, **__: object) -> int:
        wishes.append(wish)
        return 0

    monkeypatch.setattr(answering, "send", sent)
    assert run(["answer", "case", act, *options]) == 0
    return made(wishes[0], held(), staff_id="crew", now=NOW)


def test_a_reply_is_to_the_supervision_of_its_task_and_a_forward_to_who_is_named() -> None:
    supervised = {"order_id": "o-1", "reply_by": "2026-01-06T04:00:00.000Z"}
    task = held(supervised=supervised)
    reply = made(replace(wish("reply"), text="已到场"), task, staff_id="crew", now=NOW)
    to = replace(wish("forward"), to="department:gas-crew")
    forward = made(to, task, staff_id="crew", now=NOW)

    assert (reply.order_id, forward.order_id, forward.to) == ("o-1", None, "department:gas-crew")


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "text": ("--text", "已到场"),
    "reason_code": ("--reason-code", "not-ours"),
    "requested_until": ("--until", "5d"),
    "to": ("--to", "department:gas-crew"),
    "order_id": ("--order", "o-1"),
    "verdict": ("--verdict", "passed"),
    "contact": ("--contact", "phone"),
}


@pytest.mark.parametrize("act", REQUIRED_BY_ACT)
def test_every_act_that_explain_offers_can_be_said_whole(monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    options = (option for field in REQUIRED_BY_ACT[act] for option in _NEEDED.get(field, ()))

    assert lacking_in_answer(typed(monkeypatch, act, *options)) == ()


def test_a_logged_contact_says_how_with_whom_and_what_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ("--contact", "visit", "--spoke-to", "值班员", "--contact-result", "一小时内到场")

    assert typed(monkeypatch, "contact-logged", *said).contact == ContactLog(
        how="visit", at=NOW, spoke_to="值班员", result="一小时内到场"
    )


def test_a_return_suggests_and_leans_on_and_progress_says_how_far_and_when(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    returned = typed(monkeypatch, "return", "--suggested-unit", "department:water", "--basis", "第三条")
    going_on = typed(monkeypatch, "progress", "--milestone", "围挡完成", "--planned-completion", "2d")

    assert (returned.suggested_unit, returned.basis) == ("department:water", "第三条")
    assert (going_on.milestone, going_on.planned_completion) == ("围挡完成", NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--contact", "fax"), "/contact/how: .*'phone', 'message' or 'visit'"),
        (("--spoke-to", "值班员"), "/contact/how: A required field is missing"),
        (("--suggested-unit", "water"), "/suggested_unit: .*department:"),
        (("--planned-completion", "soon"), "'soon' is no span of time"),
    ],
)
def test_what_the_contract_does_not_take_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], says: str
) -> None:
    with pytest.raises(GroundError, match=says):
        typed(monkeypatch, "progress", *options)
