"""Which rulebooks are refused, and what their author is told."""

from typing import Any

import pytest
from pydantic import ValidationError

from wangge_contracts.message import words
from wangge_contracts.v1 import (
    Department,
    Names,
    Nature,
    Place,
    Source,
    StandardRow,
    TaskKind,
    Urgency,
)
from wangge_router.rulebook import Rulebook
from wangge_router.soundness import Problem, check

HOUR = {"value": 1, "clock_kind": "urgent-hours", "calendar": "dongcheng", "calendar_version": "1"}
ROW = StandardRow.model_validate(
    {
        "class_ref": {"scheme": "gb-event", "version": "1", "code": "0501", "condition": "1"},
        "names": {"zh": "0501", "en": "0501"},
        "limit": HOUR | {"value": 1.0},
        "closing_condition": "restored",
    }
)
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


def stages(*names: str) -> list[dict[str, Any]]:
    return [{"stage": name, "limit": HOUR | {"value": float(n)}} for n, name in enumerate(names, 1)]


PLACES = (
    place("110101", "district"),
    place("110101009", "street", "110101"),
    place("110101010", "street", "110101"),
    place("110101009015", "community", "110101009"),
)
DEPARTMENTS = (department("water"), department("dongzhimen-dpf", territory=["110101009"]))


def complaints(*rules: dict[str, Any], **fields: Any) -> list[str]:
    return [problem.text for problem in check(rulebook(*rules, **fields), DEPARTMENTS, PLACES)]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"then": {}}, "either a `lead` department or a desk"),
        ({"then": {"lead": "water", "dispatch": "street"}}, "either a `lead` department or a desk"),
        ({"then": {"dispatch": "street", "assists": ["water"]}}, "the desk that dispatches chooses"),
        ({"then": {"lead": "water", "assists": ["water"]}}, "water is named twice"),
        ({"then": {"lead": "water", "mode": "confirm"}}, "needs `automatic_after_minutes`"),
        ({"then": {"lead": "water", "automatic_after_minutes": 5}}, "goes with mode `confirm`"),
        (
            {"then": {"dispatch": "street", "mode": "confirm", "automatic_after_minutes": 5}},
            "decides anyway",
        ),
        ({"then": {"lead": "water", "stages": stages("fence")}}, "name two or more"),
        ({"then": {"lead": "water", "stages": stages("repair", "fence")}}, "in the order fence, repair"),
        ({"then": {"lead": "water", "stages": stages("fence", "fence")}}, "come once each"),
        ({"then": {"lead": "water", "stages": stages("dig", "fence")}}, "'fence', 'repair' or 'restore'"),
        ({"then": {"dispatch": "street", "stages": stages("fence", "repair")}}, "stages are the lead's"),
        (
            {"then": {"lead": "water", "stages": stages("fence", "repair"), "limit": HOUR}},
            "each stage has its limit",
        ),
        ({"then": {"lead": "water", "check_kind": "glance"}}, "'on-the-spot', 'telephone'"),
        ({"then": {"lead": "water", "check_kind": "none", "check": "street"}}, "needs nobody who checks"),
        ({"then": {"lead": "water", "attends": ["police"]}}, "should match pattern"),
        ({"then": {"lead": "water", "limit": HOUR | {"value": 0}}}, "greater than"),
        (
            {"then": {"lead": "water", "limit": HOUR | {"clock_kind": "工作日"}}},
            "'urgent-hours', 'natural-days'",
        ),
        ({"then": {"lead": "water"}, "when": {"street": ["110101009"]}}, "Extra inputs are not permitted"),
        ({"then": {"lead": "water"}, "name": "fallback"}, "no rule may be named `fallback`"),
        ({"then": {"lead": "water"}, "layer": "territory"}, "asks for `places` or `zones`"),
        ({"then": {"lead": "water"}, "layer": "class"}, "asks for `classes`"),
        ({"then": {"lead": "water"}, "when": {"times": [{"hours": "25:00-26:00"}]}}, "should match pattern"),
        ({"then": {"lead": "water"}, "when": {"times": [{"hours": "08:00-08:00"}]}}, "no time at all"),
        ({"then": {"lead": "water"}, "when": {"times": [{"days": ["holiday"]}]}}, "'mon', 'tue'"),
        ({"then": {"lead": "water"}, "when": {"attributes": {"owner": []}}}, "at least 1 item"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rulebook({"name": "bad", **rule})


@pytest.mark.parametrize(
    ("terms", "complaint"),
    [
        ({"verify_sources": ["pigeon"]}, "'officer', 'volunteer'"),
        ({"verifier": "somebody"}, "should match pattern"),
        ({"self_handled_sample": 2}, "less than or equal to 1"),
        ({"reopen_days": -1}, "greater than or equal to 0"),
        (
            {"acknowledge": [{"limit": HOUR}, {"kinds": ["handle"], "limit": HOUR}]},
            "acknowledge 2 never holds",
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rulebook(terms=terms)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="rule names used twice: burst-pipe"):
        rulebook(TO_WATER, TO_WATER)


def test_a_kind_of_task_without_a_limit_is_refused() -> None:
    with pytest.raises(ValidationError, match="no limit for tasks of kind assist, attend, verify"):
        rulebook(limits={"handle": HOUR})


def test_another_version_of_the_classes_than_the_standards_is_refused() -> None:
    (problem,) = check(rulebook(class_versions={"gb-event": "2"}), DEPARTMENTS, PLACES, [ROW])

    assert problem.path == ("class_versions", "gb-event")
    assert problem.text == "the rules mean 'gb-event' in version '2', and the standard has '1'"


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


def classes(*codes: str, **fields: Any) -> dict[str, Any]:
    return {"classes": [{"scheme": "gb-event", "codes": codes, **fields}]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (classes("0501", "0502"), classes("0502")),
        (classes(prefixes=["05"]), classes("0501", "0502")),
        (classes(prefixes=["0"]), classes(prefixes=["05"])),
        (classes(), classes("0501", condition="1")),
        (classes("0501"), {**classes("0501"), "sources": ["hotline"]}),
        ({"places": ["110101009"]}, {"places": ["110101009015"]}),
        ({"places": ["110101009"]}, {"zones": ["square"]}),
        ({"zones": ["old-town"]}, {"places": ["110101009015"], "sources": ["hotline"]}),
        ({"texts": ["gas"]}, {"texts": ["smell of gas"]}),
        ({"times": [{"hours": "22:00-06:00"}]}, {"times": [{"days": ["mon"], "hours": "23:00-05:00"}]}),
        ({"attributes": {"owner": ["a", "b"]}}, {"attributes": {"owner": ["a"], "state": ["lost"]}}),
        ({"sources": ["hotline"]}, {"sources": ["hotline"], "guard": "hour < 6"}),
        ({"guard": "hour < 6"}, {"sources": ["hotline"], "guard": "hour < 6"}),
    ],
)
def test_a_rule_behind_one_that_asks_for_less_is_refused_and_before_it_is_not(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    zones = {"square": ["110101009015"], "old-town": ["110101009"]}
    one, other = {**TO_WATER, "when": first}, {**TO_WATER, "name": "later", "when": second}

    assert complaints(one, other, zones=zones) == [
        "rule later can never match: burst-pipe comes first and takes all it would"
    ]
    assert complaints(other, one, zones=zones) == []


@pytest.mark.parametrize(
    "first",
    [
        {"times": [{"hours": "08:00-20:00"}, {"hours": "20:00-08:00"}]},
        {"places": ["110101"]},
        {"zones": ["everywhere"]},
        {"natures": list(words(Nature))},
        {"urgencies": list(words(Urgency)), "sources": list(words(Source))},
        {"guard": "true"},
        {"guard": " hour < 6 "},
    ],
)
def test_a_rule_that_asks_for_everything_takes_all(first: dict[str, Any]) -> None:
    guard = first.get("guard", "true").strip()
    second = {"guard": guard} if guard != "true" else {}
    one, other = {**TO_WATER, "when": first}, {**TO_WATER, "name": "later", "when": second}

    assert complaints(one, other, zones={"everywhere": ["110101"]}) == [
        "rule later can never match: burst-pipe comes first and takes all it would"
    ]


@pytest.mark.parametrize("name", ["places", "zones", "sources", "texts", "classes"])
def test_a_condition_without_a_value_is_refused(name: str) -> None:
    assert complaints({**TO_WATER, "when": {name: []}}) == [
        f"rule burst-pipe asks for `{name}` and names none"
    ]


def test_a_rule_of_a_later_layer_may_stand_before_what_is_tried_first() -> None:
    by_class = {**TO_WATER, "name": "by-class", "layer": "class", "when": classes("0501")}
    direct = {**TO_WATER, "when": {**classes("0501"), "sources": ["hotline"]}}

    assert complaints(by_class, direct) == []
    assert complaints({**by_class, "layer": "direct"}, direct) != []


def test_an_unknown_zone_and_an_unknown_place_in_one_are_named() -> None:
    rule = {**TO_WATER, "when": {"zones": ["schools"]}}

    assert complaints(rule, zones={"square": ["110101099"]}) == [
        "zone square holds the place '110101099', which does not exist",
        "rule burst-pipe names the zone 'schools', which does not exist",
    ]


def test_a_rule_whose_place_and_zone_do_not_meet_is_refused() -> None:
    rule = {**TO_WATER, "when": {"places": ["110101010"], "zones": ["square"]}}

    assert complaints(rule, zones={"square": ["110101009015"]}) == [
        "rule burst-pipe can never match: none of its places touches a zone it names"
    ]


def test_a_zone_inside_its_territory_is_enough_for_a_unit() -> None:
    rule = {"name": "ramp", "when": {"zones": ["square"]}, "then": {"lead": "dongzhimen-dpf"}}

    assert complaints(rule, zones={"square": ["110101009015"]}) == []


def test_classes_that_the_standard_lacks_are_warned_of() -> None:
    when = {"classes": [{"scheme": "gb-event", "codes": ["0501", "0599"], "prefixes": ["05", "09"]}]}
    named = {**TO_WATER, "when": {"classes": [*when["classes"], *classes("0501", condition="7")["classes"]]}}

    (problem,) = check(rulebook(named), DEPARTMENTS, PLACES, (ROW,))

    assert problem.warning
    assert problem.text == (
        "rules name classes that no row of the standard has "
        "(burst-pipe: 0599, burst-pipe: 09*, burst-pipe: 0501/7)"
    )
