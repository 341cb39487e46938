"""A desk puts a matter right (立案, 更正, 转派): what becomes of each field, and of each open task."""

from typing import Any

import pytest

from tests.unit.router.exploring import DIRECTORY, INSIDE, complete
from tests.unit.router.scenes import CENTRE, COMMUNITY, GRID, Play, accepted, begun, minutes, order
from wangge_contracts.v1 import TaskChanged

PIPE, EVIDENCE = (
    {"scheme": "gb-event", "version": "1", "code": code, "condition": "1"} for code in ("0501", "0503")
)
UNLISTED = PIPE | {"code": "9999"}
CREW = INSIDE["department:water"]


def told(play: Play) -> list[tuple[str, str, str]]:
    """Which tasks the last act told, and by what change."""
    return [(task.kind, task.holder, task.change) for task in play.facts[-1].tasks]


def test_what_was_not_in_the_standard_is_filed_and_who_has_the_turn_hears_it() -> None:
    play = begun("9999")
    desk = play.task("dispatch").holder
    assert (play.case.incident.filed_at, play.task("dispatch").closing_condition) == (None, None)

    play.hear(order("file", at=5, class_ref=EVIDENCE))
    incident, task = play.case.incident, play.task("dispatch")
    assert (play.verdict, play.facts[-1].change) == (("applied",), "filed")
    assert incident.filed_at == minutes(5)
    assert incident.class_ref is not None
    assert task.class_ref is not None
    assert incident.class_ref.code == task.class_ref.code == "0503"
    assert (task.closing_condition, told(play)) == ("restored", [("dispatch", desk, "revised")])


def test_what_nobody_has_to_verify_is_filed_as_soon_as_its_class_is_put_right() -> None:
    play = begun("9999").hear(order("correct", at=5, class_ref=EVIDENCE))

    assert (play.verdict, play.case.incident.filed_at) == (("applied",), minutes(5))


def test_a_filing_under_another_row_asks_for_its_evidence_and_leaves_the_limit() -> None:
    play = begun()
    before = play.task("handle")
    assert before.required_evidence == ()
    play.hear(order("file", at=5, class_ref=EVIDENCE))

    task = play.task("handle")
    assert [rule.purpose for rule in task.required_evidence] == ["after"]
    assert (task.limit, task.assigned_at, task.state) == (before.limit, before.assigned_at, before.state)
    assert play.says("handle", "done", at=6).verdict == ("refused", "evidence-missing")


def test_nothing_is_filed_under_a_class_that_the_standard_lacks() -> None:
    play = begun()
    before = play.case

    assert play.hear(order("file", class_ref=UNLISTED)).complaint == ("invalid", "/class_ref")
    assert play.hear(order("correct", at=2, class_ref=UNLISTED)).complaint == ("invalid", "/class_ref")
    assert play.case == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nature", "complaint"),
        ("urgency", "emergency"),
        ("sensitivity", "restricted"),
        ("description", {"text": "热力管道，不是水管", "lang": "zh"}),
    ],
)
def test_each_field_that_was_wrong_is_put_right_for_everybody_who_has_the_turn(
    field: str, value: Any
) -> None:
    play = begun().hear(order("correct", at=5, **{field: value}))

    assert (play.verdict, play.facts[-1].change) == (("applied",), "corrected")
    incident = play.facts[-1].incident.model_dump(mode="json", exclude_none=True)
    assert incident[field] == value
    assert {change for _, _, change in told(play)} == {"revised"}
    if field != "nature":  # a task does not tell it
        tasks = [task.model_dump(mode="json", exclude_none=True) for task in play.facts[-1].tasks]
        assert [task[field] for task in tasks] == [value, value]


def test_a_class_that_was_wrong_leaves_it_filed_as_of_then_and_it_is_not_routed_again() -> None:
    play = begun()
    holders = [held.task.holder for held in play.case.held]
    filed_at = play.case.incident.filed_at
    play.hear(order("correct", at=5, class_ref=EVIDENCE))

    assert (play.case.incident.filed_at, play.verdict) == (filed_at, ("applied",))

    found = play.task("handle").class_ref
    assert found is not None
    assert found.code == "0503"
    assert [held.task.holder for held in play.case.held] == holders


def test_who_puts_the_place_right_leaves_the_words_as_they_were() -> None:
    play = begun()
    before = play.case.incident.description
    play.hear(order("correct", at=5, place={"area": {"scheme": "bj15", "code": COMMUNITY}}))

    assert play.verdict == ("applied",)
    assert play.case.incident.description == play.task("handle").description == before


def test_a_place_that_was_wrong_gets_its_names_and_nothing_doubtful_is_left() -> None:
    place = {"area": {"scheme": "bj15", "code": COMMUNITY}}
    play = Play(DIRECTORY).hear(accepted(place_flags=["imprecise"]))
    play.hear(order("correct", at=5, place=place, on_behalf_of=CENTRE))

    found = play.task("handle").place
    assert found.community is not None
    assert (found.community.code, found.grid, play.case.incident.place_flags) == (COMMUNITY, None, ())
    assert GRID not in str(found)


def test_a_desk_hands_work_to_a_unit_inside_the_holders_and_both_are_told() -> None:
    play = Play(DIRECTORY).hear(accepted()).says("handle", "acknowledge", at=2)
    play.hear(order("forward", at=5, to=CREW))

    task = play.task("handle")
    assert play.verdict == ("applied",)
    assert (task.holder, task.state, task.change) == (CREW, "assigned", "forwarded")
    assert (task.assigned_at, task.round, play.case.incident.lead) == (minutes(0), 1, CREW)
    mailboxes = [
        topic for topic, said in play.told if isinstance(said, TaskChanged) and said.change == "forwarded"
    ]
    assert mailboxes == ["departments.pipes.tasks.v1", "departments.water.tasks.v1"]


def test_a_desk_hands_on_the_task_that_it_names() -> None:
    play = Play(DIRECTORY).hear(accepted()).hear(order("call", "assist department:gas", at=2))
    play.hear(order("forward", at=5, to="department:valves", task_ids=[play.task("assist").task_id]))

    assert (play.task("assist").holder, play.task("handle").holder) == (
        "department:valves",
        "department:water",
    )


def test_who_gets_a_task_back_is_told_what_was_corrected_while_it_was_over() -> None:
    old, new = ({"area": {"scheme": "bj15", "code": GRID}, "address": {"text": at}} for at in ("old", "new"))
    play = begun(place=old)
    play.hear(complete(play.task("handle"), "done", None, at=10))
    better: dict[str, Any] = {"sensitivity": "restricted", "urgency": "urgent", "description": {"text": "x"}}
    assert play.hear(order("correct", at=20, place=new, **better)).verdict == ("applied",)
    play.hear(complete(play.task("check"), "check", "failed", at=30, by="officer"))

    task, incident = play.task("handle"), play.case.incident
    assert (task.change, task.sensitivity, task.urgency) == ("rework", "restricted", "urgent")
    assert (task.description, task.place) == (incident.description, incident.place)


def test_whose_return_is_refused_is_told_what_was_corrected_meanwhile() -> None:
    play = begun()
    play.hear(complete(play.task("handle"), "return", None, at=10))
    assert play.hear(order("correct", at=20, sensitivity="restricted")).verdict == ("applied",)
    asked = play.task("dispatch")
    play.hear(order("refuse", at=30, task_ids=[asked.task_id], reason_code="shuffling"))

    assert play.verdict == ("applied",)
    assert (play.task("handle").change, play.task("handle").sensitivity) == ("request-refused", "restricted")
