"""Which well-typed guards are refused all the same: those that ask of a city what can never be."""

import pytest

from tests.unit.router.test_rulebook import DEPARTMENTS, PLACES, ROW, TO_WATER, rulebook
from wangge_router.soundness import Problem, check

LEAVE = "leave it: such reports are routed, but a desk files them"
NEVER = "remove the rule, or write what it asks"


def problems(guard: str) -> list[Problem]:
    rules = rulebook({**TO_WATER, "when": {"guard": guard}}, zones={"square": ["110101009015"]})
    return check(rules, DEPARTMENTS, PLACES, (ROW,), ("pda", "hotline-12345"))


@pytest.mark.parametrize(
    ("guard", "complaint", "remedy"),
    [
        (
            "street == '110101099'",
            "column 8: no report has the street '110101099'",
            "write '110101009', the nearest, or add it to places.toml",
        ),
        (
            "'110101009017' != community",
            "has the community '1101010",
            "write '110101009015', the",
        ),
        ("grid in ['x', street]", "column 6: no report has the grid 'x'", "add it to places.toml"),
        ("community == '110101009'", "no report has the community '110101009'", "write '110101009015'"),
        ("'110102' in places", "no report has '110102' among its places", "write '110101', the nearest, or"),
        (
            "'squares' in zones",
            "has 'squares' among its zones",
            "write 'square', the nearest, or add",
        ),
        ("zones.exists(z, z == 'squares')", "column 19: no report has 'squares'", "write 'square', the nea"),
        ("zones[0] == 'park'", "column 10: no report has 'park'", "add it to the rulebook's `zones`"),
        ("zones == ['square', 'park']", "no report has 'park' among", "add it to the rulebook's `zones`"),
        ("flags == ['borders']", "no report has 'borders' among its flags", "write 'border', the nearest"),
        (
            "terminal == 'pdas'",
            "no report has the terminal 'pdas'",
            "write 'pda', the nearest, or add",
        ),
        ("urgency == 'emergncy'", "has the urgency 'emergncy'", "write 'emergency', the nearest"),
        ("source == ''", "no report has the source ''", "there are officer, volunteer, hotline"),
        ("nature == 'question' || hour > 3", "has the nature 'question'", "write 'suggestion'"),
        ("mode == 'real'", "no report has the mode 'real'", "there are actual, exercise, test"),
        ("day in ['sat', 'sunday']", "no report has the day 'sunday'", "write 'sun', the nearest"),
        ("scheme == 'gb'", "no report has the scheme 'gb'", "add it to class_versions"),
        ("street.startsWith('1102')", "startsWith('1102') holds for none of street", "add it to places.toml"),
        ("places.all(p, p.endsWith('x'))", "endsWith('x') holds for none of places", "add it to places.toml"),
        ("hour > 25", "column 6: that can never be, for hour is 0 to 23", "correct the number"),
        ("hour > 23", "column 6: that can never be, for hour is 0 to 23", "correct the number"),
        ("hour < 25", "column 6: that can never be, for hour is 0 to 23", "correct the number"),
        ("24 <= hour", "column 4: that can never be, for hour is 0 to 23", "correct the number"),
        ("hour in [22, 24]", "column 6: that can never be, for hour is 0 to 23", "correct the number"),
        ("minute == 60", "column 8: that can never be, for minute is 0 to 59", "correct the number"),
        ("repeats > 2", "column 9: that can never be, for repeats is always 0", "correct the number"),
        ("repeats > 0 && hour < 6", "that can never be, for repeats is always 0", "correct the number"),
        ("repeats != 0", "`repeats != 0` can never be true", NEVER),
        ("accuracy_m < -3.0", "that can never be, for accuracy_m is at least -1.0", "correct the number"),
        (
            "attributes.voltage == '10kV'",
            "column 11: a report need not tell the attribute 'voltage', and then there is no answer",
            "ask `'voltage' in attributes` first",
        ),
        ("hour < 3 && attributes['a'] == ''", "need not tell the attribute 'a'", "ask `'a' in attributes`"),
        ("text.matches('(')", "column 13: '(' is no pattern: invalid regular expression", "correct it"),
        (" false ", "` false ` can never be true", NEVER),
        ("hour > 22 && hour < 6", "`hour > 22 && hour < 6` can never be true", NEVER),
        ("day == 'sat' && day == 'sun'", "can never be true", NEVER),
        ("confidential && !confidential", "can never be true", NEVER),
        ("street == '' && street == '110101009'", "can never be true", NEVER),
        ("12 / hour > 3", "has no answer where hour is 0: divide by zero", "ask for that first"),
    ],
)
def test_a_guard_that_asks_what_can_never_be_is_refused(guard: str, complaint: str, remedy: str) -> None:
    (problem,) = problems(guard)

    assert problem.path == ("rules", 0, "when", "guard")
    assert problem.text.startswith("the guard of rule burst-pipe, `")
    assert complaint in problem.text
    assert problem.remedy.startswith(remedy)
    assert not problem.warning


@pytest.mark.parametrize(
    ("guard", "complaint", "remedy"),
    [
        ("code == '0502'", "no row of the standard has the code '0502'", "write '0501', the nearest, or"),
        ("code.startsWith('9')", "startsWith('9') holds for none of code", LEAVE),
        ("condition == '7' && hour < 3", "no row of the standard has the condition '7'", LEAVE),
    ],
)
def test_a_class_that_the_standard_lacks_is_warned_of_in_a_guard_too(
    guard: str, complaint: str, remedy: str
) -> None:
    (problem,) = problems(guard)

    assert complaint in problem.text
    assert problem.remedy.startswith(remedy)
    assert problem.warning


@pytest.mark.parametrize(
    "guard",
    [
        "street == '110101009' || community in ['', '110101009015']",
        "'110101' in places && '110101009015' in places",
        "zones.exists(z, z.startsWith('sq')) && zones != zones.filter(z, z != 'square')",
        "terminal == 'pda' && source in ['hotline', 'officer'] && urgency != 'normal'",
        "code == '0501' && condition == '1' && code.startsWith('05') && code != ''",
        "hour >= 22 && hour < 24 || hour >= 0 && hour <= 23",
        "[1, 99].exists(n, n == hour) || zones.map(z, z.size()).exists(n, n > 99)",
        "zones.all(hour, hour == 'square') && 0 <= minute && minute < 60",
        "accuracy_m == -1.0 || accuracy_m > 500.0",
        "has(attributes.floor) && int(attributes.floor) > 20",
        "'floor' in attributes && attributes['floor'] in ['1', '2']",
        "component == 'x' && component_scheme == 'y' && role == 'z' && text.contains('any')",
        "{'square': hour}['square'] == 9 && street in {'110101009': 'park'}",
        "day == 'sat' && hour > 22 && !wants_reply",
        "int(text) > 3",
        "repeats == 0 && hour < 6",
    ],
)
def test_a_guard_that_can_be_true_is_not(guard: str) -> None:
    assert problems(guard) == []


def test_everything_that_can_never_be_is_told_at_once() -> None:
    assert len(problems("hour > 25 || day == 'mo' || 'park' in zones")) == 3
