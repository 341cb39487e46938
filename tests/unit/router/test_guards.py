"""Which guards are refused when they are loaded, and what becomes of one that fails later."""

import re
from pathlib import Path
from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import given, strategies as st
from pydantic import ValidationError

from tests.unit.router.test_routing import accepted, leak, sorting
from wangge_contracts.v1 import Text
from wangge_router.expressions import Refused, Unanswered, spelled
from wangge_router.facts import Facts
from wangge_router.guards import VARIABLES, compiled
from wangge_router.routing import route

README = Path(__file__).parents[3] / "deploy" / "config" / "README.md"
QUOTES = "put the number in quotes, or convert with string(), int() or double()"
"""What to do where a number meets a text."""
JOINS = "it joins what is true or false: compare each side with something"
REPORT: dict[str, st.SearchStrategy[Any]] = {
    "confidential": st.booleans(),
    "text": st.sampled_from(["", "1", "park", "煤气", "2026-01-06T12:00:00Z"]),
    "hour": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 1),
    "accuracy_m": st.floats(),
    "zones": st.lists(st.sampled_from(["", "park", "1"]), max_size=3),
    "attributes": st.dictionaries(st.sampled_from(["floor", "1"]), st.just("1")),
}
"""What a variable of each type may be, whatever a report can tell."""
SHAPES: dict[str, tuple[str, ...]] = {
    "BOOL": (
        *("confidential", "'floor' in attributes", "(INT < INT)", "(DOUBLE >= DOUBLE)", "(STRING == STRING)"),
        *("(BOOL && BOOL)", "(BOOL || BOOL)", "!BOOL", "(BOOL ? BOOL : BOOL)", "(STRING in LIST)"),
        *("STRING.contains(STRING)", "STRING.matches(STRING)", "LIST.exists(x, BOOL && x == STRING)"),
    ),
    "STRING": (
        *("text", "'1'", "zones[INT]", "attributes.floor", "attributes[STRING]", "string(INT)"),
        *("string(DOUBLE)", "(STRING + STRING)"),
    ),
    "INT": (
        *(
            "hour",
            "1",
            "size(STRING)",
            "LIST.size()",
            "int(STRING)",
            "int(DOUBLE)",
            "(INT / INT)",
            "(INT - INT)",
        ),
        *("-INT", "timestamp(STRING).getHours(STRING)"),
    ),
    "DOUBLE": ("accuracy_m", "2.5", "double(STRING)", "double(INT)", "(DOUBLE * DOUBLE)"),
    "LIST": ("zones", "[]", "[STRING]", "LIST.filter(x, x != STRING)", "LIST.map(x, x + STRING)"),
}
"""Expressions by their type; the types in them are to be filled in."""
WRONG_TYPE = ("No matching overloads", "expected integer type", "non-message type", "value type")
"""What CEL says of an expression that nobody has checked."""


@st.composite
def expressions(draw: st.DrawFn, kind: str = "BOOL", depth: int = 3) -> str:
    """Draw an expression of that type, or now and then one of another."""
    kind = draw(st.sampled_from([kind] * 30 + list(SHAPES)))
    shape = draw(st.sampled_from(SHAPES[kind] if depth else SHAPES[kind][:2]))
    filled = (draw(expressions(part, max(0, depth - 1))) for part in re.findall("[A-Z]{3,}", shape))
    return re.sub("[A-Z]{3,}", lambda _: next(filled), shape)


def guarded(text: str, **when: Any) -> dict[str, Any]:
    return leak(when={"guard": text, **when})


@pytest.mark.parametrize(
    ("guard", "complaint", "remedy"),
    [
        ("street == 5", "column 8: `==` meets string and int", QUOTES),
        ("hour == '5'", "column 6: `==` meets int and string", QUOTES),
        ("text + 1 == 'x'", "column 6: `+` meets string and int", QUOTES),
        ("'中文' == text && street == 5", "column 24: `==` meets string and int", QUOTES),
        ("source == 'hotline' && text.size() + text == 'y'", "column 36: `+` meets int and string", QUOTES),
        ("street ==\n5", "`street == 5`, line 1, column 8: `==` meets string and int", QUOTES),
        ("zones.exists(zone, zone == 5)", "column 25: `==` meets string and int", QUOTES),
        ("'voltage' in attributes && attributes.voltage + 1 == 2", "column 47: `+` meets string", QUOTES),
        ("accuracy_m < 50", "column 12: `<` meets double and int", "write the number of the other kind (50,"),
        ("hour && confidential", "column 6: `&&` meets int and bool", JOINS),
        ("!street", "column 1: `!` meets string", JOINS),
        ("'park' in street", "column 8: `in` meets string and string", "`in` asks a list"),
        ("5 in zones", "column 3: `in` meets int and list(string)", "`in` asks a list"),
        ("attributes[1] == 'x'", "column 11: `[ ]` meets map(string, string) and int", "a map by its key"),
        ("confidential ? 1 : 'x'", "column 14: `? :` meets bool and int and string", "both answers are of"),
        ("text == null", "column 6: `==` meets string and null_type", 'is "", [], {} or -1.0, never null'),
        ("zones == {}", "column 7: `==` meets list(string) and map(any, any)", "both sides to one type"),
        ("text.startsWith(5)", "`startsWith` meets string and int", "string.startsWith(string) -> bool"),
        ("size(hour) > 1", "column 5: `size` meets int", "written size(string | list | map) -> int"),
        ("startsWith(text, 'a')", "startsWith is called otherwise", "string.startsWith(string) -> bool"),
        ("zones.exists(zone)", "exists is called otherwise", "list.exists(x, bool) -> bool"),
        ("street.name == 'y'", "column 7: a string has no fields", "only a map has fields"),
        ("street in ['a', 5]", "column 11: no type is certain there", "write values of one type"),
        ("dyn(text) == 5", "column 4: no type is certain there", "write values of one type"),
        ("hours > 3", "column 1: there is no variable 'hours'", "write 'hour', the nearest"),
        ("false && stret == ''", "column 10: there is no variable 'stret'", "write 'street', the nearest"),
        ("wattage > 3", "there is no variable 'wattage'", "there are scheme, code, condition, street"),
        ("text.startWith('a')", "column 15: there is no function 'startWith'", "write 'startsWith', the nea"),
        ("alarm(text)", "column 6: there is no function 'alarm'", "there are size, contains, startsWith"),
        ("hour", "`hour` gives int, and not bool", "compare it with something"),
        ("zones.map(zone, zone.size())", "gives list(int), and not bool", "compare it with something"),
        ("hour >", "`hour >`, column 7: no expression in CEL: mismatched input 'the end'", "correct it"),
        ("has(attributes)", "column 5: no expression in CEL: has() argument must be a field", "correct it"),
        ("(" * 99 + "true" + ")" * 99, "no expression in CEL: ", "correct it"),
        ("[text]" + ".map(a, a + a)" * 11 + ".size() > 0", "joins 11 times what goes through", "outside"),
        ("zones.exists(a, [" + "a + " * 11 + "a].exists(b, b == text))", "joins 11 times", "outside"),
    ],
)
def test_a_guard_that_is_ill_typed_is_refused_when_it_is_loaded(
    guard: str, complaint: str, remedy: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        sorting(guarded(guard))

    (error,) = refusal.value.errors()
    refused = error["ctx"]["error"]
    assert isinstance(refused, Refused)
    assert complaint in str(refused)
    assert remedy in refused.remedy


def test_a_guard_has_at_most_500_characters() -> None:
    with pytest.raises(ValidationError, match="at most 500"):
        sorting(guarded("x" * 501))


@pytest.mark.parametrize(
    "guard",
    [
        "hour >= 22 || hour < 6",
        "zones.exists(zone, zone.startsWith('school')) || day in ['sat', 'sun'] || true",
        "'voltage' in attributes && attributes.voltage == '10kV' || text.contains('gas')",
        "has(attributes.floor) && int(attributes['floor']) > 20",
        "accuracy_m < 50.0 && flags.size() == 0",
        "code.startsWith('05') && places.all(place, place.size() >= 6) && !confidential",
        "street == '110101009' && repeats == 0 && minute < 60",
        "text.matches('煤气|gas') && double(repeats) < 2.5 && string(hour) != ''",
        "(wants_reply ? hour : minute) + 1 > 3 * repeats - 2 && zones[0] in ['park', grid]",
        "zones.map(zone, size(zone)) == [4] || zones.filter(zone, zone != 'park') == []",
        "timestamp('2026-01-06T12:00:00Z').getHours('Asia/Shanghai') < hour",
        " && ".join(["hour >= 22"] * 30),
        "zones" + ".map(a, a + '!')" * 9 + ".filter(a, a == grid).size() == 0",
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
        told = getattr(facts, name)
        value = list(told) if isinstance(told, tuple) else told
        env = cel.NewEnv(variables={"it": kind})
        assert env.compile("it == it").eval(data={"it": value}).plain_value() is True, name


def test_every_variable_is_described_for_authors_with_its_type() -> None:
    table = README.read_text("utf-8").partition("| Variable | Type |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    described = {name: kind for names, kind in rows for name in re.findall(r"\w+", names)}

    assert described == {name: spelled(kind) for name, kind in VARIABLES.items()}


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


@given(expressions(), st.fixed_dictionaries(REPORT))
def test_a_guard_that_is_accepted_meets_no_wrong_type(text: str, report: dict[str, Any]) -> None:
    told = ""
    try:
        guard = compiled(text)
        guard.expression.answer({name: report[name] for name in guard.names})
    except Refused:
        return
    except Unanswered as unanswered:
        told = str(unanswered)

    assert not any(words in told for words in WRONG_TYPE)


def test_a_guard_is_compiled_once() -> None:
    assert compiled("hour == 3") is compiled("hour == 3")
