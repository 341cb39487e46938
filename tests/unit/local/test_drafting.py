"""A rulebook out of a city's past: what supports a rule, what speaks against it, and what is left alone."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.local.history import MAPPING, config_with, row, rows, wangge, write
from wangge_contracts.message import words
from wangge_contracts.v1 import TaskKind
from wangge_local.drafting import Circumstance, Kind, Seen, Support, ahead, drafted
from wangge_local.drafting_family import Family, Mark
from wangge_local.drafting_written import written
from wangge_local.ground import GroundError
from wangge_local.replay_mapping import Mapped
from wangge_router.rulebook import Rulebook

LIGHT: Kind = ("s", "light")
LIGHTS = Mark("text", "(lights)")
NORTH: Circumstance = ("places", "north")


def seen(unit: str, times: int, kind: Kind | None = LIGHT, **more: Any) -> list[Seen]:
    return [Seen(unit, kind, more.get("family", LIGHTS), more.get("circumstances", ()))] * times


def mixed(*parts: list[Seen]) -> list[Seen]:
    """The parts spread evenly over the time, so that halves are alike."""
    spread = [((index + 0.5) / len(part), each) for part in parts for index, each in enumerate(part)]
    return [each for _, each in sorted(spread, key=lambda pair: pair[0])]


def test_a_type_goes_to_the_unit_that_mostly_had_it() -> None:
    found = drafted(mixed(seen("works", 7), seen("parks", 3)), Support()).types[LIGHT]

    assert (found.unit, found.rows, found.share) == ("works", 10, 0.7)
    assert found.conflicts == [("parks", 3)]


def test_of_two_units_alike_the_draft_does_not_depend_on_the_order() -> None:
    one, other = seen("works", 2), seen("parks", 2)

    assert drafted(one + other, Support()).types[LIGHT].unit == "parks"
    assert drafted(other + one, Support()).types[LIGHT].unit == "parks"


def test_a_type_too_rarely_seen_is_left_to_its_family() -> None:
    draft = drafted(seen("works", 5) + seen("parks", 2, ("s", "lamp")), Support(rows=3))

    assert ("s", "lamp") not in draft.types
    assert draft.rare[("s", "lamp")].unit == "parks"
    assert draft.families[LIGHTS].unit == "works"


def test_a_finer_condition_needs_rows_a_clear_lead_and_both_halves() -> None:
    base = seen("works", 100)
    north = seen("parks", 12, circumstances=(NORTH,))
    against = seen("works", 1, circumstances=(NORTH,))

    def exceptions(past: list[Seen]) -> set[str]:
        return {value for (_, value), _ in drafted(past, Support()).exceptions}

    assert exceptions(mixed(base, north, against)) == {"north"}
    assert exceptions(mixed(base, north[:9])) == set(), "too few rows"
    assert exceptions(mixed(base, north, against * 8)) == set(), "no clear lead"
    assert exceptions(north + base) == set(), "only in the earlier half"
    assert exceptions(mixed(base, seen("works", 30, circumstances=(NORTH,)))) == set(), "the type's own unit"


@pytest.mark.parametrize(
    ("ours", "theirs", "clear"), [(14, 2, True), (20, 3, True), (6, 4, False), (5, 0, True)]
)
def test_how_far_ahead_is_clear(ours: int, theirs: int, clear: bool) -> None:
    assert ahead(ours, theirs) is clear


def test_a_family_is_read_off_a_column_with_the_signs_that_touch_it() -> None:
    family = Family(column="reason")
    mark = family.mark({"reason": "Street Lights"}, code="x", template="{type} ({reason})")

    assert mark == Mark("text", "(street lights)")
    assert family.mark({"reason": ""}, code="x", template="{type} ({reason})") is None


def test_a_family_is_read_off_a_types_name() -> None:
    family = Family(separator=" - ")

    assert family.mark({}, code="Heat - Excessive", template="") == Mark("prefix", "Heat - ")
    assert family.mark({}, code="Heat", template="") is None


def test_a_draft_is_a_rulebook_and_says_what_speaks_for_and_against_each_line() -> None:
    past = mixed(
        seen("works", 60),
        seen("parks", 12, circumstances=(NORTH,)),
        seen("parks", 2, ("s", 'odd "lamp" \\')),
        seen("gas", 5, ("s", "Heat - high"), family=Mark("prefix", "Heat - ")),
    )
    text = written(drafted(past, Support()), source="a test")
    rulebook = Rulebook.model_validate(_with_calendar(tomllib.loads(text)))

    assert [rule.name for rule in rulebook.rules] == [
        "parks-at-north",
        "works",
        "gas",
        "works-family",
        "gas-family",
    ]
    assert [rule.layer for rule in rulebook.rules] == ["territory", *["class"] * 4]
    assert rulebook.rules[0].when.places == ("north",)
    assert rulebook.rules[3].when.texts == ("(lights)",)
    assert rulebook.rules[4].when.classes[0].prefixes == ("Heat - ",)
    assert '"light",  # 72 rows, works 83.3%; parks 16.7%\n' in text
    assert '#   odd "lamp" \\: 2 rows, parks 100.0%' in text
    assert set(rulebook.limits) == set(words(TaskKind))


def test_a_family_whose_text_holds_anothers_comes_before_it_whosever_has_more() -> None:
    texts = {"light": "works", "street light": "roads", "water": "roads", "street water": "works"}
    past = [
        each
        for number, (text, unit) in enumerate(texts.items())
        for each in seen(unit, 40 - number, ("s", f"kind {number}"), family=Mark("text", text))
    ]
    rulebook = Rulebook.model_validate(
        _with_calendar(tomllib.loads(written(drafted(past, Support()), source="a test")))
    )
    families = [rule for rule in rulebook.rules if rule.when.texts]

    for text, unit in texts.items():
        first = next(rule for rule in families if any(each in text for each in rule.when.texts))
        assert (text, first.then.lead) == (text, unit)
    assert len({rule.name for rule in families}) == len(families)


def test_a_type_with_a_line_break_stays_in_its_comment() -> None:
    past = mixed(seen("works", 60), seen("parks", 2, ("s", 'odd\nfallback = "district"')))

    text = written(drafted(past, Support()), source="a test\nof two lines")

    assert tomllib.loads(text)["rules"]
    assert '#   odd fallback = "district": 2 rows' in text


def test_what_no_unit_had_clearly_is_marked() -> None:
    assert "CONTESTED" in written(drafted(seen("a", 11) + seen("b", 9), Support()), source="a test")
    assert " - CONTESTED" not in written(drafted(seen("a", 12) + seen("b", 8), Support()), source="a test")


def _with_calendar(written_rulebook: dict[str, Any]) -> dict[str, Any]:
    counted = {"calendar": "c", "calendar_version": "1"}
    limits = {kind: limit | counted for kind, limit in written_rulebook["limits"].items()}
    return written_rulebook | {"limits": limits, "class_versions": {"s": "1"}}


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """Forty days: lights for the works, signs for transport, a new kind of light from day 30 on."""
    lights: dict[str, str] = {}
    signs = {"type": "Bent Sign", "reason": "Signs", "department": "BTDT"}
    early = rows((30, lights), (30, signs))
    late = rows((10, {"type": "Light of a New Kind"}), (2, {"type": "Odd", "reason": "Odd"}), since=30)
    return write(tmp_path / "past.csv", early + late)


def test_a_type_never_seen_goes_to_its_familys_unit_and_one_without_kin_to_the_desk(
    past: Path, tmp_path: Path
) -> None:
    rulebook = tmp_path / "rulebook.toml"
    ran = wangge("rules", "draft", past, "--mapping", MAPPING, "--until", "2015-01-31", "--out", rulebook)
    config = config_with(tmp_path / "config", rulebook)
    judged = wangge("backtest", past, "--config", config, "--since", "2015-01-31", "--json")

    assert ran.exit_code == 0, ran.errors
    assert "drafted from 60 rows: 2 types, 0 exceptions, 2 families" in ran.errors
    assert wangge("check-config", config).exit_code == 0
    told = json.loads(judged.output)
    assert (told["rows"], told["department_right"]) == (12, 10)
    assert told["by_type"] == {
        "Odd": {"rows": 2, "wrong": 2, "sent_to": {"desk:boston": 2}, "instead_of": {"pwdx": 2}}
    }


def test_without_out_the_draft_is_printed_and_nothing_else(past: Path) -> None:
    ran = wangge("rules", "draft", past, "--mapping", MAPPING)

    assert "rules" in tomllib.loads(ran.output)


def test_a_file_that_somebody_may_have_edited_is_not_written_over(past: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("mine")
    ran = wangge("rules", "draft", past, "--mapping", MAPPING, "--out", tmp_path / "mine.toml")

    assert ran.exit_code == 1
    assert "may have been edited: move it away" in ran.errors
    assert (tmp_path / "mine.toml").read_text() == "mine"


def test_rows_that_cannot_be_read_are_counted_and_named(tmp_path: Path) -> None:
    good, bad = rows((5, {})), [row(7, opened="yesterday"), row(8, opened="today"), row(9, department="XYZ")]
    ran = wangge("rules", "draft", write(tmp_path / "a.csv", good + bad), "--mapping", MAPPING)

    assert ran.exit_code == 0
    assert "drafted from 5 rows" in ran.errors
    assert (
        "left out: 1 row, the first is row 6: ValueError: Invalid isoformat string: 'yesterday'" in ran.errors
    )
    assert "1 row says no unit that the mapping knows" in ran.errors


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("May", "--until May: write a day as 2015-05-01"),
        ("2014-12-01", "no row for --until 2014-12-01: its rows are of 2015-01-01 to 2015-02-09"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_what_can(past: Path, until: str, said: str) -> None:
    ran = wangge("rules", "draft", past, "--mapping", MAPPING, "--until", until)

    assert ran.exit_code == 1
    assert said in ran.errors


@pytest.mark.parametrize("column", ["type", "department", "reason"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    ran = wangge("rules", "draft", write(tmp_path / "a.csv", [row(1)], without=column), "--mapping", MAPPING)

    assert ran.exit_code == 1
    assert f"has no column {column}, which the mapping names" in ran.errors


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        ("({reason})", "", "write {reason} into the template of report.description"),
        ("[expected.department", "[expected.house", "add [expected.department]"),
        ('column = "reason"', 'column = "reason"\nseparator = "-"', "either a `column` or a `separator`"),
    ],
)
def test_a_mapping_that_no_draft_can_be_made_with_is_refused(
    past: Path, tmp_path: Path, find: str, put: str, said: str
) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(MAPPING.read_text("utf-8").replace(find, put), "utf-8")
    ran = wangge("rules", "draft", past, "--mapping", mapping)

    assert ran.exit_code == 1
    assert said in " ".join(ran.errors.split())


def test_the_mapping_of_boston_names_its_family() -> None:
    assert Mapped.read(MAPPING).family == Family(column="reason")
    with pytest.raises(GroundError, match="cannot be read"):
        Mapped.read(MAPPING.with_name("absent.toml"))
