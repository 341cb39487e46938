"""Which rulebooks are refused, and what their author is told."""

from typing import Any

import pytest
from pydantic import ValidationError

from wangge_contracts.message import words
from wangge_contracts.v1 import Department, Names, Place, TaskKind
from wangge_router.rulebook import Rulebook
from wangge_router.soundness import Problem, check

HOUR = {"value": 1, "clock_kind": "urgent-hours", "calendar": "dongcheng", "calendar_version": "1"}
TO_WATER: dict[str, Any] = {"name": "burst-pipe", "then": {"lead": "water"}}


def rulebook(*rules: dict[str, Any], **fields: Any) -> Rulebook:
    complete = {
        "class_versions": {"gb-event": "1"},
        "limits": dict.fromkeys(words(TaskKind), HOUR),
        "rules": rules,
    }
    return Rulebook.model_validate(complete | fields)


def department(slug: str, **fields: Any) -> Department:
    name = {"zh": slug, "en": slug}
    complete = {"slug": slug, "name": name, "level": "district", "reach": "mailbox"}
    return Department.model_validate(complete | fields)


def place(code: str, level: str, parent: str | None = None) -> Place:
    name = Names(zh=code, en=code)
    return Place.model_validate(
        {"code": code, "scheme": "bj15", "level": level, "name": name, "parent": parent}
    )


PLACES = (
    place("110101", "district"),
    place("110101009", "street", "110101"),
    place("110101010", "street", "110101"),
    place("110101009015", "community", "110101009"),
)
DEPARTMENTS = (department("water"), department("dongzhimen-dpf", territory=["110101009"]))


def complaints(*rules: dict[str, Any]) -> list[str]:
    return [problem.text for problem in check(rulebook(*rules), DEPARTMENTS, PLACES)]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"then": {}}, "either a `lead` department or a desk"),
        ({"then": {"lead": "water", "dispatch": "street"}}, "either a `lead` department or a desk"),
        ({"then": {"dispatch": "street", "assists": ["water"]}}, "the desk that dispatches chooses"),
        ({"then": {"lead": "water", "assists": ["water"]}}, "water is named twice"),
        ({"then": {"lead": "water", "mode": "confirm"}}, "cannot be carried out yet"),
        ({"then": {"lead": "water", "attends": ["police"]}}, "should match pattern"),
        ({"then": {"lead": "water", "limit": HOUR | {"value": 0}}}, "greater than"),
        (
            {"then": {"lead": "water", "limit": HOUR | {"clock_kind": "工作日"}}},
            "'urgent-hours', 'natural-days'",
        ),
        ({"then": {"lead": "water"}, "when": {"street": ["110101009"]}}, "Extra inputs are not permitted"),
        ({"then": {"lead": "water"}, "name": "fallback"}, "no rule may be named `fallback`"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rulebook({"name": "bad", **rule})


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="rule names used twice: burst-pipe"):
        rulebook(TO_WATER, TO_WATER)


def test_a_kind_of_task_without_a_limit_is_refused() -> None:
    with pytest.raises(ValidationError, match="no limit for tasks of kind assist, attend, verify"):
        rulebook(limits={"handle": HOUR})


def test_a_sound_rulebook_has_no_problems() -> None:
    rule = {
        "name": "ramp",
        "when": {"classes": [{"scheme": "gb-event", "codes": ["0181"]}], "places": ["110101009015"]},
        "then": {"lead": "dongzhimen-dpf", "assists": ["water"]},
    }

    assert complaints(rule, TO_WATER) == []


def test_an_unknown_unit_is_named_with_its_place_in_the_rulebook() -> None:
    book = rulebook({"name": "gas-leak", "then": {"lead": "water", "assists": ["gas"]}})

    assert check(book, DEPARTMENTS, PLACES) == [
        Problem(
            path=("rules", 0, "then", "assists"),
            text="rule gas-leak names the department 'gas', which does not exist",
            remedy="add it to departments.toml or correct the slug",
        )
    ]


def test_an_unknown_place_is_named() -> None:
    assert complaints({**TO_WATER, "when": {"places": ["110101999"]}}) == [
        "rule burst-pipe names the place '110101999', which does not exist"
    ]


def test_classes_of_no_known_version_are_named() -> None:
    assert complaints({**TO_WATER, "when": {"classes": [{"scheme": "cjt214", "codes": ["0401"]}]}}) == [
        "rule burst-pipe names classes of 'cjt214', of no known version"
    ]


@pytest.mark.parametrize("when", [{}, {"places": ["110101010"]}, {"places": ["110101009", "110101010"]}])
def test_a_unit_is_not_given_what_lies_outside_its_territory(when: dict[str, Any]) -> None:
    rule = {"name": "ramp", "when": when, "then": {"lead": "dongzhimen-dpf"}}

    assert complaints(rule) == ["rule ramp gives dongzhimen-dpf incidents outside its territory"]


@pytest.mark.parametrize("when", [{}, {"terminals": ["pda"]}])
def test_a_rule_that_can_never_match_is_named_with_the_one_before_it(when: dict[str, Any]) -> None:
    later = {"name": "later", "when": when, "then": {"lead": "water"}}

    assert complaints(TO_WATER, later) == [
        "rule later can never match: burst-pipe comes first and takes all it would"
    ]


def test_two_rules_with_the_same_conditions_are_named() -> None:
    when = {"when": {"sources": ["hotline"]}}

    assert complaints({**TO_WATER, **when}, {**TO_WATER, **when, "name": "later"}) == [
        "rule later can never match: burst-pipe comes first and takes all it would"
    ]
