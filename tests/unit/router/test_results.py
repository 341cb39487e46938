"""What a rule gives besides its units: who confirms, stages, kinds of check; and a city's terms."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.router.scenes import (
    DESK,
    GRID,
    HOUR,
    MANAGER,
    MORNING,
    PARTS,
    POLICE,
    Play,
    accepted,
    directory,
    ladder,
    minutes,
    order,
)
from tests.unit.router.test_rulebook import stages
from wangge_router.directory import Directory
from wangge_router.explaining import explain
from wangge_router.routing import route

CONFIRM: dict[str, Any] = {"mode": "confirm", "automatic_after_minutes": 10}


def book(terms: dict[str, Any] | None = None, **then: Any) -> Directory:
    rule = {"name": "only", "then": {"lead": "water", **then}}
    return directory(rulebook=PARTS["rulebook"] | {"rules": [rule], "terms": terms or {}})


def begun(there: Directory, **fields: Any) -> Play:
    return Play(directory=there).hear(accepted(**fields))


def test_a_desk_is_asked_to_confirm_whom_the_rule_would_choose() -> None:
    play = begun(book(**CONFIRM, assists=["roads"], attends=["grid/police"]))

    assert play.open_tasks == [("dispatch", DESK)]
    suggestion = play.task("dispatch").suggestion
    assert suggestion is not None
    assert [(each.kind, each.role, each.holder) for each in suggestion.parties] == [
        ("handle", "lead", "department:water"),
        ("assist", "assist", "department:roads"),
        ("attend", "attend", POLICE),
    ]
    assert suggestion.automatic_at == MORNING + timedelta(minutes=10)


def test_the_second_of_a_kind_is_asked_about_its_own_instant_and_place() -> None:
    there = book(**CONFIRM, attends=["grid/police"])
    begun(there)

    later = begun(there, effective_at=MORNING + timedelta(hours=1), place={"unknown": True})

    suggestion = later.task("dispatch").suggestion
    assert suggestion is not None
    assert suggestion.automatic_at == MORNING + timedelta(hours=1, minutes=10)
    assert [each.holder for each in suggestion.parties] == ["department:water"]


def test_the_second_of_a_kind_at_the_same_place_is_asked_about_its_own_instant() -> None:
    there = book(**CONFIRM)
    begun(there)

    suggestion = begun(there, effective_at=MORNING + timedelta(hours=1)).task("dispatch").suggestion
    assert suggestion is not None
    assert suggestion.automatic_at == MORNING + timedelta(hours=1, minutes=10)


def test_the_desk_confirms_or_differs() -> None:
    play = begun(book(**CONFIRM))
    task_id = play.task("dispatch").task_id

    play.hear(order("dispatch", "handle department:roads", task_ids=[task_id]))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("handle", "department:roads")]


def test_what_the_desk_decided_the_ladder_dispatches_no_more_though_it_rang_before_it_heard_of_it() -> None:
    play = begun(book(**CONFIRM))
    task_id = play.task("dispatch").task_id
    play.hear(order("dispatch", "handle department:roads", task_ids=[task_id], at=9))

    play.hear(ladder("dispatch", "handle department:water", task_ids=[task_id], at=10))

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.open_tasks == [("handle", "department:roads")]


def test_who_decides_after_it_was_dispatched_by_itself_has_to_designate() -> None:
    play = begun(book(**CONFIRM))
    task_id = play.task("dispatch").task_id
    play.hear(ladder("dispatch", "handle department:water", task_ids=[task_id], at=10))
    assert play.task("dispatch").effective_at == minutes(10)

    play.hear(order("dispatch", "handle department:roads", task_ids=[task_id], at=10.5))
    assert play.verdict == ("refused", "not-allowed-now")
    play.hear(order("designate", "handle department:roads", at=11))

    assert play.open_tasks == [("handle", "department:roads")]


def test_what_the_rule_suggests_can_be_ordered_as_it_stands() -> None:
    play = begun(book(**CONFIRM, attends=["grid/police"], instructions={"text": "关阀"}))
    task = play.task("dispatch")
    assert task.suggestion is not None

    play.hear(order("dispatch", task_ids=[task.task_id], parties=task.suggestion.parties))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("handle", "department:water"), ("attend", POLICE)]
    instructions = play.task("handle").instructions
    assert instructions is not None
    assert instructions.text == "关阀"


def test_the_ladder_orders_what_was_suggested_unless_the_desk_was_first() -> None:
    play, late = begun(book(**CONFIRM)), begun(book(**CONFIRM))
    for each in (play, late):
        task = each.task("dispatch")
        assert task.suggestion is not None
        if each is late:
            each.hear(order("dispatch", "handle department:roads", task_ids=[task.task_id], at=9))
        each.hear(ladder("dispatch", task_ids=[task.task_id], parties=task.suggestion.parties, at=10))

    assert play.verdict == ("applied",)
    assert play.open_tasks == [("handle", "department:water")]
    assert late.verdict == ("refused", "not-allowed-now")
    assert late.open_tasks == [("handle", "department:roads")]


def test_a_case_keeps_the_stages_of_its_rule_and_begins_with_the_first_limit() -> None:
    play = begun(book(stages=stages("fence", "repair", "restore")))

    assert [each.stage for each in play.case.stages] == ["fence", "repair", "restore"]
    assert play.task("handle").limit.value == 1


def test_the_stages_of_the_standard_hold_where_the_rule_has_none() -> None:
    row = PARTS["standard"][0] | {"stages": stages("fence", "restore")}
    of_standard = directory(standard=[row])
    own_limit = [{"name": "only", "then": {"lead": "water", "limit": HOUR}}]
    of_rule = directory(standard=[row], rulebook=PARTS["rulebook"] | {"rules": own_limit})

    assert [each.stage for each in begun(of_standard).case.stages] == ["fence", "restore"]
    assert begun(of_rule).case.stages == ()


@pytest.mark.parametrize(
    ("then", "kind", "checker"),
    [
        ({}, "on-the-spot", MANAGER),
        ({"check_kind": "telephone"}, "telephone", DESK),
        ({"check_kind": "photo"}, "photo", DESK),
        ({"check_kind": "photo", "check": "grid/inspector"}, "photo", f"officer:{GRID}/inspector"),
        ({"check_kind": "none"}, "none", DESK),
    ],
)
def test_a_rule_says_how_and_by_whom_it_is_checked(then: dict[str, Any], kind: str, checker: str) -> None:
    case = begun(book(**then)).case

    assert (case.check_kind, case.checker) == (kind, checker)


def test_what_is_checked_by_its_photos_has_to_show_one() -> None:
    asked = begun(book(check_kind="photo")).task("handle").required_evidence
    once = begun(book(check_kind="photo"), class_ref=accepted("0503").class_ref).task("handle")

    assert [(rule.purpose, rule.at_least) for rule in asked] == [("after", 1)]
    assert [(rule.purpose, rule.at_least) for rule in once.required_evidence] == [("after", 1)]


def test_an_explanation_tells_all_of_it() -> None:
    there = book(**CONFIRM, check_kind="telephone", stages=stages("fence", "repair"))

    told = explain(accepted(), there)

    assert [(each.kind, each.holder) for each in told.suggested] == [("handle", "department:water")]
    assert told.automatic_after_minutes == 10
    assert told.stages == (("fence", "1 urgent-hours"), ("repair", "2 urgent-hours"))
    assert (told.check_kind, told.checker) == ("telephone", DESK)


def test_terms_say_who_has_to_sign_and_by_when() -> None:
    soon, late = HOUR | {"value": 0.5}, HOUR | {"value": 8.0}
    terms = book(
        {"acknowledge": [{"urgencies": ["emergency"], "limit": soon}, {"kinds": ["handle"], "limit": late}]}
    ).terms

    values = [
        signing and signing.value
        for signing in (
            terms.signing("handle", "emergency"),
            terms.signing("attend", "emergency"),
            terms.signing("handle", "normal"),
            terms.signing("attend", "normal"),
        )
    ]

    assert values == [0.5, 0.5, 8.0, None]


def test_the_same_self_handled_matters_are_looked_at_whoever_asks() -> None:
    terms = book({"self_handled_sample": 0.25}).terms
    names = [f"incident-{n}" for n in range(2000)]

    sampled = [terms.samples(name) for name in names]

    assert sampled == [terms.samples(name) for name in names]
    assert 400 < sum(sampled) < 600
    assert not any(book({"self_handled_sample": 0}).terms.samples(name) for name in names)
    assert all(book({"self_handled_sample": 1}).terms.samples(name) for name in names)


def test_the_parties_of_a_suggestion_are_those_of_the_route() -> None:
    there = book(**CONFIRM, attends=["grid/fire"])

    found = route(accepted(), there.sorting)

    assert [each.kind for each in found.suggested] == ["handle"]
    assert any("grid/fire" in note for note in found.notes)
