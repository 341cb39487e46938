"""Which task somebody means who answers from the command line, and what he is told when nobody can know."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.local.telling import task, told
from wangge_contracts.schemas import ROOT as SCHEMAS
from wangge_contracts.v1 import TaskChanged
from wangge_local.answering import Wish, made, meant_among
from wangge_local.ground import GroundError

GAS = "department:gas"
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


def test_a_reply_is_to_the_supervision_of_its_task_and_a_forward_to_who_is_named() -> None:
    supervised = {"order_id": "o-1", "reply_by": "2026-01-06T04:00:00.000Z"}
    example = json.loads((SCHEMAS / "examples/departments.gas.tasks.v1/assigned.json").read_text("utf-8"))[
        "value"
    ]
    held = TaskChanged.model_validate_json(json.dumps(example | {"supervised": supervised}))
    now = datetime(2026, 1, 6, 3, 0, tzinfo=UTC)
    reply = made(replace(wish("reply"), text="已到场"), held, staff_id="crew", now=now)
    to = replace(wish("forward"), to="department:gas-crew")
    forward = made(to, held, staff_id="crew", now=now)

    assert (reply.order_id, forward.order_id, forward.to) == ("o-1", None, "department:gas-crew")
