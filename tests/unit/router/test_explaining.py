"""What a decision says of itself: the layer, the conditions, and the rules that nearly fitted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tests.unit.router.maps import SQUARES, city
from tests.unit.router.scenes import CALENDARS, PARTS, accepted as reported, directory
from tests.unit.router.test_routing import COMMUNITY, GRID, STREET, accepted, class_ref, leak, sorting
from wangge_contracts.v1 import Attribute, Component, IncidentPlace, Text
from wangge_router.explaining import Unmet, explain
from wangge_router.facts import Facts
from wangge_router.matching import Candidate
from wangge_router.routes import Routes, Way
from wangge_router.routing import route
from wangge_router.shadowing import takes_all

LEAKS = [{"scheme": "gb-event", "codes": ["0502"]}]


def there(*rules: dict[str, Any], **fields: Any) -> Any:
    return directory(rulebook=PARTS["rulebook"] | {"rules": list(rules)} | fields)


def find(routes: Routes, **fields: Any) -> Way:
    incident = reported(**fields)
    return routes.find(incident, routes.sorting.registry.sites((incident,))[0])


def test_layers_are_tried_one_after_the_other_wherever_their_rules_stand() -> None:
    by_class = leak("by-class", layer="class")
    territory = leak("territory", layer="territory", when={"places": [STREET]})
    direct = leak("direct", when={"classes": LEAKS, "sources": ["hotline"]})
    table = sorting(by_class, territory, direct)

    assert route(accepted(source="hotline"), table).rule == "direct"
    assert route(accepted(), table).rule == "territory"
    assert route(accepted(place=IncidentPlace(unknown=True)), table).rule == "by-class"


@pytest.mark.parametrize(
    ("when", "fields"),
    [
        ({"zones": ["embassies"]}, {}),
        ({"times": [{"hours": "09:00-09:01"}]}, {}),
        ({"times": [{"days": ["tue"]}]}, {}),
        ({"times": [{"days": ["mon"], "hours": "22:00-09:30"}]}, {}),
        ({"components": [{"scheme": "gb-component", "prefixes": ["1101010102"]}]}, {}),
        ({"attributes": {"owner": ["beijing-water", "unit 7"]}}, {}),
    ],
)
def test_a_condition_on_this_very_report_holds(when: dict[str, Any], fields: dict[str, Any]) -> None:
    """24 November 2026, 01:00 UTC, is a Tuesday, 09:00 in Beijing."""
    place = accepted().place.model_copy(
        update={"component": Component(scheme="gb-component", code="1101010102000001")}
    )
    incident = accepted(place=place, attributes=(Attribute(code="owner", value="unit 7"),), **fields)
    zones = {"embassies": (COMMUNITY,)}

    assert route(incident, sorting(leak(when=when), zones=zones, time_zone="Asia/Shanghai")).rule == "leak"


@pytest.mark.parametrize(
    ("when", "unmet"),
    [
        ({"zones": ["schools"]}, Unmet("zone", "schools", GRID)),
        ({"times": [{"hours": "22:00-09:00"}]}, Unmet("time", "daily 22:00-09:00", "tue 10:00")),
        ({"times": [{"days": ["tue"], "hours": "22:00-11:00"}]}, None),
        ({"components": [{"scheme": "gb-component"}]}, Unmet("component", "gb-component:*", "none")),
        ({"attributes": {"owner": ["x", "y"]}}, Unmet("attribute owner", "x or y", "not told")),
        ({"texts": ["煤气味"]}, Unmet("text", "'煤气味'", "none of these")),
        ({"sources": ["hotline"]}, Unmet("source", "hotline", "officer")),
        ({"guard": "hour == 3"}, Unmet("guard", "hour == 3", "false")),
    ],
)
def test_a_condition_that_fails_is_told_with_what_it_met(when: dict[str, Any], unmet: Unmet | None) -> None:
    rule = leak(when={"classes": [{"scheme": "gb-event", "codes": ["0501"]}], **when})
    where = directory(
        rulebook=PARTS["rulebook"] | {"rules": [rule], "zones": {"schools": ["110101"[:6] + "010"]}},
        district={"time_zone": "Asia/Shanghai"},
    )

    explanation = explain(reported(), where)

    assert (explanation.rule, explanation.layer) == ("fallback", "desk")
    (near,) = explanation.nearest
    expected = unmet or Unmet("time", "tue 22:00-11:00", "tue 10:00")
    assert (near.rule, near.failed) == ("leak", (expected,))


def test_the_nearest_are_those_of_the_class_with_the_fewest_failures_and_at_most_three() -> None:
    far = leak("far", when={"classes": LEAKS, "sources": ["hotline"], "natures": ["praise"]})
    near = [
        leak(f"near-{place}", when={"classes": LEAKS, "places": [place]})
        for place in ("110101001", "110101002")
    ]
    words = leak("words", when={"texts": ["gas"]})

    routed = route(accepted(description=Text(text="水", lang="zh")), sorting(words, far, *near))

    assert [miss.rule for miss in routed.ruling.nearest] == ["near-110101001", "near-110101002", "far"]
    assert routed.decision("1").reason.endswith(
        "nearest: near-110101001 (place), near-110101002 (place), far (source, nature)"
    )


def test_a_rule_behind_the_one_that_decided_is_not_among_them() -> None:
    later = leak("later", when={"classes": LEAKS, "sources": ["hotline"]})

    assert route(accepted(), sorting(leak(), later)).ruling.nearest == ()


def test_a_class_of_another_era_is_told_as_such() -> None:
    routed = route(accepted(class_ref=class_ref("0502", version="2005")), sorting(leak()))

    assert routed.notes == ("the class is of gb-event version 2005, the rules mean version 1",)


def test_the_tasks_are_told_with_names_and_limits() -> None:
    explanation = explain(reported(), directory())

    assert [(task.kind, task.name.en, task.limit) for task in explanation.tasks] == [
        ("handle", "water", "4 urgent-hours"),
        ("attend", "officer:110101009015004/police", "1 urgent-hours"),
    ]
    assert [level for level, _, _ in explanation.places] == ["district", "street", "community", "grid"]
    assert explanation.reason.startswith("burst-pipe: class gb-event:0501")


@pytest.mark.parametrize(
    ("when", "other"),
    [
        ({"texts": ["gas", "水管"]}, {"description": {"text": "gas"}}),
        ({"texts": ["gas"]}, {"description": {"text": "gas"}}),
        ({"times": [{"hours": "22:00-06:00"}]}, {"effective_at": datetime(2026, 1, 6, 12, tzinfo=UTC)}),
        ({"attributes": {"owner": ["x"]}}, {"attributes": [{"code": "owner", "value": "x"}]}),
        ({"guard": "hour < 6"}, {"effective_at": datetime(2026, 1, 6, 12, tzinfo=UTC)}),
        ({"guard": "int(text) > 6"}, {"description": {"text": "7"}}),
    ],
)
def test_what_looks_closer_is_asked_of_every_report(when: dict[str, Any], other: dict[str, Any]) -> None:
    routes = Routes(there(leak("closer", when=when), *PARTS["rulebook"]["rules"]).sorting, "2026.1")

    for fields in ({}, other, {}, other):
        assert find(routes, **fields).route == route(reported(**fields), routes.sorting)
    assert find(routes, **other).ruled is find(routes, **other).ruled
    assert find(routes).ruled is find(routes).ruled is not find(routes, **other).ruled


def test_what_is_never_reached_is_not_asked() -> None:
    behind = leak("behind", when={"texts": ["gas"]})
    routes = Routes(there(*PARTS["rulebook"]["rules"], behind).sorting, "2026.1")

    assert find(routes).ruled is find(routes, description={"text": "gas"}).ruled


def test_a_window_ends_in_the_next_week_where_it_begins_on_sunday_night() -> None:
    sunday = leak("sunday", when={"times": [{"days": ["sun"], "hours": "22:00-06:00"}]})

    def rule(day: int, hour: int) -> str:
        return route(accepted(effective_at=datetime(2026, 11, day, hour, tzinfo=UTC)), sorting(sunday)).rule

    assert [rule(*at) for at in ((22, 23), (23, 5), (23, 6), (22, 5))] == [
        "sunday",
        "sunday",
        "fallback",
        "fallback",
    ]


def test_a_rule_for_working_days_goes_by_the_districts_calendar() -> None:
    rules = {
        "rulebook": PARTS["rulebook"] | {"rules": [leak("office", when={"times": [{"days": ["working"]}]})]}
    }
    calendar = {**CALENDARS["calendars"][0], "closed": ["2026-10-02"], "opened": ["2026-10-10"]}
    city = {"district": {"time_zone": "Asia/Shanghai", "calendar": "dongcheng"}}
    kept = directory(**rules, **city, calendars={"calendars": [calendar]}).sorting

    def rule(day: int) -> str:
        return route(accepted(effective_at=datetime(2026, 10, day, 2, tzinfo=UTC)), kept).rule

    assert [rule(day) for day in (2, 9, 10, 11)] == ["fallback", "office", "office", "fallback"]


def test_a_window_begins_and_ends_at_its_minute() -> None:
    sunday = leak("sunday", when={"times": [{"days": ["sun"], "hours": "10:20-10:40"}]})

    def rule(minute: int) -> str:
        at = datetime(2026, 11, 22, 10, minute, tzinfo=UTC)
        return route(accepted(effective_at=at), sorting(sunday)).rule

    assert [rule(minute) for minute in (19, 20, 39, 40)] == ["fallback", "sunday", "sunday", "fallback"]


def test_what_matched_is_told_alike_for_all_that_match_alike() -> None:
    when = {
        "classes": [{**LEAKS[0], "condition": "1"}],
        "times": [{"hours": "00:00-02:00"}],
        "components": [{"scheme": "gb-component", "prefixes": ["110101"]}],
        "guard": "repeats == 0",
    }
    component = Component(scheme="gb-component", code="1101010102000001")
    place = accepted().place.model_copy(update={"component": component})

    routed = route(accepted(class_ref=class_ref("0502", "1"), place=place), sorting(leak(when=when)))

    assert routed.ruling.matched == (
        "class gb-event:0502/1",
        "time daily 00:00-02:00",
        "component gb-component:110101*",
        "guard repeats == 0",
    )


def test_a_rule_of_one_grid_does_not_speak_of_another() -> None:
    grids = sorted(SQUARES)[:2]
    rules = [{"name": grid, "when": {"places": [grid]}, "then": {"lead": "roads"}} for grid in grids]
    routes = Routes(city(rulebook=PARTS["rulebook"] | {"rules": rules}).sorting, "2026.1")

    found = [find(routes, place={"area": {"scheme": "bj15", "code": grid}}).route.rule for grid in grids]
    assert found == grids


def test_a_night_rule_does_not_outlive_the_night() -> None:
    night = leak("night", when={"times": [{"hours": "22:00-06:00"}]})
    routes = Routes(there(night).sorting, "2026.1")

    def rule(hour: int) -> str:
        return find(routes, effective_at=datetime(2026, 1, 6, hour, tzinfo=UTC)).decision.rule or ""

    assert [rule(hour) for hour in (23, 12, 5, 6)] == ["night", "fallback", "night", "fallback"]


CODES = ("0501", "0502", "0601")
CLASSES = st.lists(
    st.fixed_dictionaries(
        {"scheme": st.sampled_from(("gb-event", "gb-component"))},
        optional={
            "codes": st.lists(st.sampled_from(CODES), max_size=2),
            "prefixes": st.lists(st.sampled_from(("0", "05", "06")), max_size=1),
            "condition": st.sampled_from(("1", "2")),
        },
    ),
    max_size=2,
)
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "classes": CLASSES,
        "places": st.lists(st.sampled_from((STREET, COMMUNITY, "110101010", "110101")), max_size=2),
        "zones": st.lists(st.sampled_from(("near", "far")), max_size=2),
        "sources": st.lists(st.sampled_from(("hotline", "officer")), max_size=2),
        "texts": st.lists(st.sampled_from(("gas", "smell of gas")), max_size=2),
        "times": st.lists(
            st.fixed_dictionaries(
                {"hours": st.sampled_from(("22:00-06:00", "00:00-24:00", "23:00-05:00"))},
                optional={
                    "days": st.lists(st.sampled_from(("mon", "tue", "sun", "working", "off")), max_size=2)
                },
            ),
            max_size=2,
        ),
        "attributes": st.dictionaries(
            st.just("owner"), st.lists(st.sampled_from(("a", "b")), min_size=1, max_size=2), max_size=1
        ),
        "guard": st.sampled_from(("", "hour < 3")),
    },
)
INCIDENTS = st.builds(
    lambda **fields: accepted(**fields),
    class_ref=st.none()
    | st.builds(class_ref, st.sampled_from(CODES), st.sampled_from((None, "1", "2")), st.sampled_from("12")),
    place=st.sampled_from([accepted().place, IncidentPlace(unknown=True)]),
    source=st.sampled_from(("hotline", "officer")),
    description=st.sampled_from((None, Text(text="smell of gas"), Text(text="gas"), Text(text="water"))),
    effective_at=st.builds(
        lambda day, hour: datetime(2026, 11, day, hour, 30, tzinfo=UTC),
        st.integers(22, 24),
        st.integers(0, 23),
    ),
    attributes=st.sampled_from(((), (Attribute(code="owner", value="a"),))),
)
ZONES = {"near": [COMMUNITY], "far": ["110101010"]}


@given(st.lists(WHENS, max_size=6), INCIDENTS)
def test_the_index_finds_what_asking_every_rule_in_turn_would(
    whens: list[dict[str, Any]], incident: Any
) -> None:
    versions = {"gb-event": "1", "gb-component": "1"}
    table = sorting(
        *(leak(f"rule-{n}", when=when) for n, when in enumerate(whens)), zones=ZONES, class_versions=versions
    )
    facts = Facts(incident, route(incident, table).located, table.setting)
    ours = incident.class_ref is None or incident.class_ref.version == "1"

    every = (Candidate.of(rule, table.setting.zones) for rule in table.rulebook.in_order())
    asked = (each for each in every if ours or not each.rule.when.classes)
    fitting = (each.rule.name for each in asked if each.miss(facts) is None)

    assert route(incident, table).rule == next(fitting, "fallback")


@given(st.lists(WHENS, max_size=4), st.lists(INCIDENTS, min_size=2, max_size=8))
def test_a_remembered_route_is_the_one_that_asking_again_finds(
    whens: list[dict[str, Any]], incidents: list[Any]
) -> None:
    versions = {"gb-event": "1", "gb-component": "1"}
    table = sorting(
        *(leak(f"rule-{n}", when=when) for n, when in enumerate(whens)), zones=ZONES, class_versions=versions
    )
    routes = Routes(table, "2026.1")

    for incident in incidents:
        found = routes.find(incident, table.registry.sites((incident,))[0])
        assert found.route == route(incident, table)


@given(WHENS, WHENS, st.lists(INCIDENTS, min_size=5, max_size=20))
def test_what_is_called_shadowed_never_decides(
    first: dict[str, Any], second: dict[str, Any], incidents: list[Any]
) -> None:
    table = sorting(leak("first", when=first), leak("second", when=second), zones=ZONES)
    one, other = table.rulebook.rules
    above = {"110101": None, STREET: "110101", "110101010": "110101", COMMUNITY: STREET, GRID: COMMUNITY}

    if takes_all(one, other, ZONES, above):
        assert "second" not in {route(incident, table).rule for incident in incidents}
