"""Who gets an incident, and what is said about why."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.router import scenes
from tests.unit.router.test_rulebook import HOUR, department, place, rulebook
from wangge_contracts.v1 import Area, ClassRef, IncidentAccepted, IncidentPlace, StandardRow, Text
from wangge_router.routing import route
from wangge_router.sorting import Sorting

STREET, COMMUNITY, GRID = "110101009", "110101009015", "110101009015004"
PLACES = (
    place("110101", "district"),
    place(STREET, "street", "110101"),
    place(COMMUNITY, "community", STREET),
    place(GRID, "grid", COMMUNITY),
)
DEPARTMENTS = (department("gas"), department("water"), department("property"))


def row(code: str, condition: str, hours: float, **fields: Any) -> StandardRow:
    class_ref = {"scheme": "gb-event", "version": "1", "code": code, "condition": condition}
    return StandardRow.model_validate(
        {
            "class_ref": class_ref,
            "names": {"zh": code, "en": code},
            "limit": HOUR | {"value": hours},
            "closing_condition": "restored",
            **fields,
        }
    )


STANDARD = (row("0502", "1", 1, urgency="urgent"), row("0502", "2", 40), row("0110", "1", 4))


def accepted(**fields: Any) -> IncidentAccepted:
    at = datetime(2026, 11, 24, 1, tzinfo=UTC)
    own: dict[str, Any] = {
        "source": "volunteer",
        "reporter_role": "volunteer",
        "accepted_at": at,
        "effective_at": at,
        "captured_at": at,
        "description": None,
        "class_ref": class_ref("0502"),
        "place": at_place(GRID),
    }
    return scenes.accepted(**(own | fields))


def class_ref(code: str, condition: str | None = None, version: str = "1") -> ClassRef:
    return ClassRef(scheme="gb-event", version=version, code=code, condition=condition)


def at_place(code: str) -> IncidentPlace:
    return IncidentPlace(area=Area(scheme="bj15", code=code))


def sorting(
    *rules: dict[str, Any], officers: tuple[str, ...] | None = None, time_zone: str = "UTC", **fields: Any
) -> Sorting:
    return Sorting.of(
        rulebook=rulebook(*rules, **fields),
        departments=DEPARTMENTS,
        places=PLACES,
        standard=STANDARD,
        officers=officers,
        time_zone=time_zone,
    )


def leak(name: str = "leak", **fields: Any) -> dict[str, Any]:
    when = {"classes": [{"scheme": "gb-event", "codes": ["0502"]}]}
    return {"name": name, "when": when, "then": {"lead": "gas"}} | fields


def holders(rule: dict[str, Any], **incident: Any) -> list[tuple[str, str]]:
    routed = route(accepted(**incident), sorting(rule))
    return [(task.kind, task.holder) for task in routed.assignments]


def test_a_rule_may_call_several_units_and_officers_at_once() -> None:
    then = {"lead": "gas", "assists": ["property"], "attends": ["grid/police", "community/security-head"]}

    assert holders(leak(then=then)) == [
        ("handle", "department:gas"),
        ("assist", "department:property"),
        ("attend", f"officer:{GRID}/police"),
        ("attend", f"officer:{COMMUNITY}/security-head"),
    ]


@pytest.mark.parametrize(
    ("desk", "holder"),
    [
        ("workstation", f"desk:{COMMUNITY}"),
        ("street", f"desk:{STREET}"),
        ("district", "desk:110101"),
    ],
)
def test_a_rule_may_leave_it_to_a_desk(desk: str, holder: str) -> None:
    assert holders(leak(then={"dispatch": desk})) == [("dispatch", holder)]


def test_a_desk_that_the_place_does_not_tell_is_the_next_above() -> None:
    routed = route(accepted(place=at_place(STREET)), sorting(leak(then={"dispatch": "workstation"})))

    assert routed.assignments[0].holder == f"desk:{STREET}"


def test_the_first_rule_that_matches_wins() -> None:
    first = leak("first", when={"places": [STREET]})

    assert route(accepted(), sorting(first, leak("second"))).rule == "first"


@pytest.mark.parametrize(
    "when",
    [
        {"classes": [{"scheme": "gb-event", "prefixes": ["05"]}]},
        {"classes": [{"scheme": "gb-event"}]},
        {"classes": [{"scheme": "gb-event", "codes": ["0502"], "condition": "1"}]},
        {"classes": [{"scheme": "gb-event", "codes": ["0110"]}, {"scheme": "gb-event", "codes": ["0502"]}]},
        {"places": ["110101"]},
        {"places": [COMMUNITY]},
        {"places": [GRID]},
        {"terminals": ["pda"]},
        {"sources": ["hotline", "volunteer"]},
        {"natures": ["problem"]},
        {"urgencies": ["normal"]},
        {"texts": ["煤气味", "SMELL OF GAS"]},
        {},
    ],
)
def test_a_condition_that_holds_matches(when: dict[str, Any]) -> None:
    incident = accepted(
        class_ref=class_ref("0502", "1"), description=Text(text="Smell of gas in the stairwell", lang="en")
    )

    assert route(incident, sorting(leak(when=when))).rule == "leak"


@pytest.mark.parametrize(
    "when",
    [
        {"classes": [{"scheme": "gb-event", "prefixes": ["01"]}]},
        {"classes": [{"scheme": "gb-event", "codes": ["0501"]}]},
        {"classes": [{"scheme": "gb-event", "codes": ["0502"], "condition": "2"}]},
        {"classes": [{"scheme": "gb-component", "codes": ["0502"]}]},
        {"places": ["110101010"]},
        {"terminals": ["hotline"]},
        {"sources": ["hotline"]},
        {"natures": ["praise"]},
        {"urgencies": ["urgent"]},
        {"texts": ["煤气味"]},
        {"places": [GRID], "sources": ["hotline"]},
    ],
)
def test_a_condition_that_does_not_hold_leaves_it_to_the_street(when: dict[str, Any]) -> None:
    versions = {"gb-event": "1", "gb-component": "1"}
    incident = accepted(class_ref=class_ref("0502", "1"))

    routed = route(incident, sorting(leak(when=when), class_versions=versions))

    assert (routed.rule, routed.assignments[0].holder) == ("fallback", f"desk:{STREET}")


def test_a_class_of_another_era_matches_no_rule_and_no_row() -> None:
    routed = route(accepted(class_ref=class_ref("0502", version="2005")), sorting(leak()))

    assert (routed.rule, routed.ruling.row) == ("fallback", None)


def test_an_unknown_class_still_meets_the_rules_that_ask_for_none() -> None:
    by_text = leak("by-text", when={"texts": ["gas"]})
    incident = accepted(class_ref=None, description=Text(text="gas!", lang="en"))

    assert route(incident, sorting(leak(), by_text)).rule == "by-text"


@pytest.mark.parametrize(
    "place",
    [IncidentPlace(unknown=True), IncidentPlace(area=Area(scheme="bj15", code="110105001"))],
    ids=["unknown", "another district"],
)
def test_a_place_that_is_not_known_goes_to_the_districts_desk(place: IncidentPlace) -> None:
    routed = route(accepted(place=place), sorting())

    assert (routed.assignments[0].holder, routed.desk) == ("desk:110101", "desk:110101")


def test_a_rule_that_needs_no_place_is_not_stopped_by_an_unknown_one() -> None:
    assert holders(leak(), place=IncidentPlace(unknown=True)) == [("handle", "department:gas")]


def test_the_explanation_names_what_matched() -> None:
    when = {"classes": [{"scheme": "gb-event", "prefixes": ["05"]}], "places": [STREET]}

    routed = route(accepted(), sorting(leak(when=when, why="gas is an emergency")))

    assert routed.ruling.reason == f"leak: class gb-event:0502; place {STREET} (gas is an emergency)"


def test_the_explanation_of_the_fallback_names_the_territory() -> None:
    assert "属地兜底" in route(accepted(), sorting()).decision("v7").reason


def test_a_named_condition_finds_its_own_row() -> None:
    routed = route(accepted(class_ref=class_ref("0502", "2")), sorting(leak()))

    assert routed.assignments[0].limit.value == 40


@pytest.mark.parametrize("condition", [None, "9"])
def test_without_a_known_condition_the_first_row_of_the_class_counts(condition: str | None) -> None:
    routed = route(accepted(class_ref=class_ref("0502", condition)), sorting(leak()))

    assert (routed.assignments[0].limit.value, routed.ruling.urgency) == (1, "urgent")


def test_a_rule_may_override_limit_and_urgency() -> None:
    then = {"lead": "gas", "limit": HOUR | {"value": 0.5}, "urgency": "emergency"}

    routed = route(accepted(), sorting(leak(then=then)))

    assert (routed.assignments[0].limit.value, routed.ruling.urgency) == (0.5, "emergency")


def test_a_row_may_limit_other_kinds_of_task() -> None:
    quick = row("0502", "1", 1, task_limits=[{"kind": "dispatch", "limit": HOUR | {"value": 0.1}}])
    table = Sorting.of(
        rulebook=rulebook(leak(then={"dispatch": "street"})),
        departments=DEPARTMENTS,
        places=PLACES,
        standard=(quick,),
    )

    assert route(accepted(), table).assignments[0].limit.value == 0.1


def test_a_claim_of_urgency_counts_only_where_no_row_says_otherwise() -> None:
    claimed = {"urgency_claimed": "emergency"}

    with_row = route(accepted(class_ref=class_ref("0110"), **claimed), sorting())
    without = route(accepted(class_ref=None, **claimed), sorting())

    assert (with_row.ruling.urgency, without.ruling.urgency) == ("normal", "emergency")


def test_the_grid_manager_checks_on_the_spot() -> None:
    assert route(accepted(), sorting(leak())).checker == f"officer:{GRID}/manager"


def test_a_rule_may_say_who_checks() -> None:
    then = {"lead": "gas", "check": "grid/inspector"}

    assert route(accepted(), sorting(leak(then=then))).checker == f"officer:{GRID}/inspector"


def test_a_post_that_is_not_filled_falls_to_the_workstation_with_a_note() -> None:
    routed = route(accepted(), sorting(leak(), officers=()))

    assert (routed.checker, routed.notes) == (
        f"desk:{COMMUNITY}",
        (f"grid/manager: the post is not filled; desk:{COMMUNITY} instead",),
    )


def test_an_officer_who_is_missing_is_named_and_the_others_are_called() -> None:
    then = {"lead": "gas", "attends": ["grid/police", "grid/secretary"]}
    posts = (f"officer:{GRID}/secretary", f"officer:{GRID}/manager")

    routed = route(accepted(), sorting(leak(then=then), officers=posts))

    assert [task.holder for task in routed.assignments[1:]] == [f"officer:{GRID}/secretary"]
    assert routed.notes == ("not called: grid/police: the post is not filled",)


def test_places_that_hang_in_the_air_are_refused() -> None:
    with pytest.raises(ValueError, match="lies in 110101009, which does not exist"):
        Sorting.of(
            rulebook=rulebook(),
            departments=(),
            places=(place("110101", "district"), place(COMMUNITY, "community", STREET)),
            standard=(),
        )


def test_a_located_place_is_told_with_its_names() -> None:
    routed = route(accepted(), sorting())

    codes = {level: named and named.code for level, named in routed.located.names.items()}
    assert codes == {"district": "110101", "street": STREET, "community": COMMUNITY, "grid": GRID}
