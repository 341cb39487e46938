"""Which limits, calendars and outages of a configuration nobody could count by, and what is said of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.local.history import wangge
from tests.unit.local.test_bundle import edit, line, problems
from wangge_local.bundle import Bundle, load
from wangge_local.calendars_ending import ending, uncounted, unheeded

OUTAGE = """
[[outages]]
since = 2026-01-06T10:00:00+08:00
until = {until}
reason = "no-power"
"""


def declare(folder: Path, until: str, *, taken_back_at: str | None = None) -> None:
    written = OUTAGE.format(until=until) + (f"taken_back_at = {taken_back_at}\n" if taken_back_at else "")
    with (folder / "ladder.toml").open("a", encoding="utf-8") as file:
        file.write(written)


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2062-01-06T16:00:00+08:00", "lasts beyond 2028, where calendar dongcheng ends"),
        ("2026-02-06T16:00:00+08:00", "lasts 31 days, and 30 are the most"),
        ("2026-01-05T16:00:00+08:00", "ends before it begins"),
    ],
)
def test_an_outage_that_cannot_be_meant_is_refused_with_its_line(folder: Path, until: str, told: str) -> None:
    declare(folder, until)

    (problem,) = problems(folder)
    assert told in problem.text
    assert problem.file == "ladder.toml"
    assert problem.line in {
        line(folder / "ladder.toml", text) for text in ("[[outages]]", f"until = {until}")
    }


def test_an_outage_of_a_month_may_be_declared(folder: Path) -> None:
    declare(folder, "2026-02-05T10:00:00+08:00")

    assert load(folder).part("ladder")["outages"][0]["reason"] == "no-power"


def test_what_was_declared_far_too_long_can_be_taken_back(folder: Path) -> None:
    declare(folder, "2062-01-06T16:00:00+08:00", taken_back_at="2026-03-06T16:00:00+08:00")

    assert load(folder).part("ladder")["outages"][0]["taken_back_at"] == "2026-03-06T16:00:00+08:00"


def test_it_cannot_be_taken_back_in_a_year_that_is_not_meant_either(folder: Path) -> None:
    declare(folder, "2062-01-06T16:00:00+08:00", taken_back_at="2060-03-06T16:00:00+08:00")

    (problem,) = problems(folder)
    assert "lasts beyond 2028" in problem.text


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "standard.toml",
            'value = 15, clock_kind = "working-days"',
            'value = 1500, clock_kind = "working-days"',
            "a limit of 1500 working-days ends where calendar dongcheng counts no more",
        ),
        (
            "standard.toml",
            'value = 15, clock_kind = "working-days"',
            'value = 100000, clock_kind = "urgent-hours"',
            "after a limit of 100000 urgent-hours comes where calendar dongcheng counts no more",
        ),
        (
            "standard.toml",
            'value = 15, clock_kind = "working-days"',
            'value = 100000, clock_kind = "natural-days"',
            "a limit of 100000 natural-days ends where",
        ),
        (
            "ladder.toml",
            'effects = ["tell-holder", "tell-desk"]',
            'effects = ["tell-holder", "tell-desk", "tell-holder"]',
            "does tell-holder twice",
        ),
        (
            "ladder.toml",
            'after = { value = 3, clock_kind = "working-days" }',
            'after = { value = 3000, clock_kind = "working-days" }',
            "comes where calendar dongcheng counts no more",
        ),
        (
            "rulebook.toml",
            "longest_suspension_days = 365 ",
            "longest_suspension_days = 3650 ",
            "a suspension may last 3650 days, longer than any calendar goes on",
        ),
    ],
)
def test_what_no_calendar_could_count_is_refused_with_its_line(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(folder / file, old, new)

    found = problems(folder)
    assert any(told in problem.text and problem.line for problem in found), found


def known(first_year: int, last_year: int) -> Bundle:
    hours = [{"since": "08:00", "until": "12:00"}]
    years = {"first_year": first_year, "last_year": last_year}
    calendar = {"name": "city", "version": "1", "time_zone": "Asia/Shanghai", "hours": hours, **years}
    return Bundle.of({"calendars": {"calendars": [calendar]}})


@pytest.mark.parametrize(
    ("years", "nothing", "soon"),
    [
        ((2020, 2028), False, False),
        ((2020, 2026), False, True),
        ((2036, 2040), True, False),
        ((2014, 2020), True, True),
    ],
)
def test_a_calendar_that_knows_too_little_of_the_time_to_come_is_told_of(
    years: tuple[int, int], nothing: bool, soon: bool
) -> None:
    bundle, november = known(*years), datetime(2026, 11, 29, tzinfo=UTC)

    assert [bool(list(told(bundle, november))) for told in (uncounted, ending)] == [nothing, soon]


ANNOUNCED = """
[[calendars.overrides]]
on = 2027-02-11
works = false
reason = "Spring Festival"

[[calendars.overrides]]
on = 2027-02-20
works = true
reason = "Spring Festival"
"""
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


def announce(folder: Path) -> None:
    """Do what the warning says, as soon as the days of 2027 are told."""
    with (folder / "calendars.toml").open("a", encoding="utf-8") as file:
        file.write(ANNOUNCED)
    edit(
        folder / "calendars.toml",
        'statutory = { country = "CN" }',
        'statutory = { country = "CN", announced = [2027] }',
    )


def test_who_is_warned_of_a_year_without_make_up_days_can_end_it_as_the_warning_says(folder: Path) -> None:
    before = list(ending(load(folder), DECEMBER))
    announce(folder)

    assert len(before) == 1
    assert "no make-up working days of 2027 yet" in before[0]
    assert before[0].endswith("announced = [2027]")
    assert not list(ending(load(folder), DECEMBER))


def test_days_off_that_limits_which_run_do_not_heed_are_named_until_they_are_spared(folder: Path) -> None:
    stood = load(folder)
    announce(folder)
    told = list(unheeded(load(folder), DECEMBER, before=stood.parts))
    with (folder / "ladder.toml").open("a", encoding="utf-8") as file:
        file.write(
            "[[outages]]\nsince = 2027-02-11T00:00:00+08:00\nuntil = 2027-02-12T00:00:00+08:00\n"
            'reason = "spring-festival"\nclock_kinds = ["working-hours", "working-days"]\n'
        )

    assert len(told) == 1
    assert "dongcheng as it was, and work on 2027-02-11: to spare" in told[0]
    assert not list(unheeded(load(folder), DECEMBER, before=stood.parts))
    assert not list(unheeded(stood, DECEMBER, before={}))


def test_a_check_warns_of_a_calendar_that_knows_nothing_of_this_year(folder: Path) -> None:
    edit(folder / "calendars.toml", "first_year = 2020", "first_year = 2090")
    edit(folder / "calendars.toml", "last_year = 2028", "last_year = 2091")

    checked = wangge("check-config", folder)

    assert checked.exit_code == 0
    assert "knows 2090 to 2091: nothing can be counted by it in" in " ".join(checked.output.split())


def test_an_override_behind_the_calendars_last_year_is_warned_of(folder: Path) -> None:
    written = '\n[[calendars.overrides]]\non = 2062-12-29\nworks = false\nreason = "a typing error"\n'
    with (folder / "calendars.toml").open("a", encoding="utf-8") as file:
        file.write(written)

    told = [str(each) for each in load(folder).warnings if "override" in each.text]
    at = line(folder / "calendars.toml", "[[calendars]]")
    assert told == [
        f"calendars.toml:{at}: calendar dongcheng has an override of 2062-12-29, and ends with 2028;"
        " correct the day or last_year"
    ]


def test_a_calendar_by_other_clocks_than_the_districts_is_warned_of(folder: Path) -> None:
    edit(folder / "district.toml", "Asia/Shanghai", "America/Santiago")

    told = [each for each in load(folder).warnings if "America/Santiago" in each.text]
    assert [(each.file, each.line) for each in told] == [
        ("calendars.toml", line(folder / "calendars.toml", "time_zone"))
    ]
    assert "counts by Asia/Shanghai" in told[0].text
