"""What the author of a rulebook is told to mend, with the line on which it stands."""

import shutil
from pathlib import Path

import pytest

from wangge_local.bundle import load
from wangge_local.bundle_problems import BadBundle

BOSTON = Path(__file__).parents[3] / "deploy" / "config" / "boston311"
RULE = """
[[rules]]
name = "late"
{}
then.lead = "pwdx"
"""


@pytest.fixture
def rulebook(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BOSTON, tmp_path / "boston311")) / "rulebook.toml"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'layer = "class"\nwhen.classes = [{ scheme = "boston311", codes = ["CE Collection"] }]',
            "rule late can never match: public-works comes first and takes all it would",
        ),
        ('when.zones = ["harbour"]', "rule late names the zone 'harbour', which does not exist"),
        (
            'when.guard = "hours > 3"',
            "`hours > 3`, column 1: there is no variable 'hours'; write 'hour'",
        ),
        ('when.guard = "text"', "`text` gives string, and not bool; compare it with something"),
        (
            'when.guard = "hour > 25"',
            "late, `hour > 25`, column 6: that can never be, for hour is 0 to 23",
        ),
        ("when.guard = \"terminal == 'pda'\"", "no report has the terminal 'pda'"),
        ('when.times = [{ hours = "9-17" }]', "should match pattern"),
        ('layer = "territory"', "a rule of the layer `territory` asks for `places` or `zones`"),
        ('layer = "ward"', "'direct', 'territory' or 'class'"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_line(rulebook: Path, line: str, told: str) -> None:
    text = rulebook.read_text("utf-8") + RULE.format(line)
    rulebook.write_text(text, "utf-8")

    with pytest.raises(BadBundle) as refusal:
        load(rulebook.parent)

    (problem,) = refusal.value.problems
    assert told in str(problem)
    at = text.splitlines().index('name = "late"') + 1
    assert problem.line is not None
    assert problem.line in range(at - 1, at + 4)


def test_a_place_in_a_zone_that_does_not_exist_is_refused_with_its_line(rulebook: Path) -> None:
    text = rulebook.read_text("utf-8") + '\n[zones]\nharbour = ["boston-99"]\n'
    rulebook.write_text(text, "utf-8")

    with pytest.raises(BadBundle) as refusal:
        load(rulebook.parent)

    (problem,) = refusal.value.problems
    assert problem.text == "zone harbour holds the place 'boston-99', which does not exist"
    assert problem.line == text.splitlines().index('harbour = ["boston-99"]') + 1


def test_what_the_standard_lacks_is_a_warning(rulebook: Path) -> None:
    warnings = [str(each) for each in load(rulebook.parent).warnings]

    assert ["no row of the standard has" in warning for warning in warnings] == [True]
