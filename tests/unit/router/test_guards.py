"""Which guards are refused when they are loaded, and what becomes of one that fails later."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.router.test_routing import accepted, leak, sorting
from wangge_contracts.v1 import Text
from wangge_router.facts import Facts
from wangge_router.guards import VARIABLES, compiled
from wangge_router.routing import route

KINDS = {
    "string": str,
    "int": int,
    "double": float,
    "bool": bool,
    "list(string)": tuple,
    "map(string, string)": dict,
}


def guarded(text: str, **when: Any) -> dict[str, Any]:
    return leak(when={"guard": text, **when})


@pytest.mark.parametrize(
    ("guard", "complaint"),
    [
        ("hour >", "no expression in CEL"),
        ("hours > 3", "asks for 'hours'; there are scheme, code"),
        ("false && hours > 3", "asks for 'hours'"),
        ("alarm(text)", "uses 'alarm'"),
        ("false && alarm(text)", "uses 'alarm'"),
        ("timestamp(text) > timestamp(text)", "uses 'timestamp'"),
        ("hour", "gives int, neither true nor false"),
        ("text + 1 == 'x'", "string \\+ int"),
        ("text.size()", "gives int"),
        ("source == 'hotline' && text.size() + text == 'y'", "No such overload"),
        ("attributes.voltage == '10kV'", "attribute 'voltage' is not told"),
        ("'voltage' in attributes && attributes.voltage + 1 == 2", "string \\+ int"),
        ("12 / hour > 3", "division by zero"),
        ("x" * 501, "at most 500"),
    ],
)
def test_a_guard_that_makes_no_sense_is_refused_when_it_is_loaded(guard: str, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        sorting(guarded(guard))


@pytest.mark.parametrize(
    "guard",
    [
        "hour >= 22 || hour < 6",
        "zones.exists(zone, zone.startsWith('school')) || day in ['sat', 'sun'] || true",
        "'voltage' in attributes && attributes.voltage == '10kV' || text.contains('gas')",
        "accuracy_m < 50.0 && flags.size() == 0",
        "code.startsWith('05') && places.all(place, place.size() >= 6) && !confidential",
        "street == '110101009' && repeats == 0 && minute < 60",
    ],
)
def test_a_guard_that_holds_lets_its_rule_match(guard: str) -> None:
    incident = accepted(description=Text(text="Smell of gas", lang="en"))

    assert route(incident, sorting(guarded(guard))).rule in ("leak", "fallback")
    assert route(incident, sorting(guarded(f"({guard}) || true"))).rule == "leak"
    assert route(incident, sorting(guarded(f"({guard}) && false"))).rule == "fallback"


def test_every_variable_is_there_and_of_its_type() -> None:
    table = sorting()
    facts = Facts(accepted(), table.registry.locate(accepted().place), table.setting)

    for name, kind in VARIABLES.items():
        assert isinstance(getattr(facts, name), KINDS[kind]), name


def test_a_guard_that_fails_counts_as_not_fulfilled_and_is_noted() -> None:
    later = leak("later")
    table = sorting(guarded("int(text) > 3"), later)

    routed = route(accepted(description=Text(text="gas", lang="en")), table)

    assert routed.rule == "later"
    assert routed.notes[0].startswith("the guard of leak counts as not fulfilled: ")
    assert "the guard of leak counts" in routed.decision("1").reason


def test_a_guard_is_not_asked_before_everything_else_holds() -> None:
    table = sorting(guarded("int(text) > 3", sources=["hotline"]))

    assert route(accepted(description=Text(text="gas", lang="en")), table).notes == ()


def test_a_guard_is_compiled_once() -> None:
    assert compiled("hour == 3") is compiled("hour == 3")
