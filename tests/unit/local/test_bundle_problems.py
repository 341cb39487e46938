"""What is wrong with a configuration is told on a screen: a flood bounded, no page."""

import shutil
from pathlib import Path

import pytest

from tests.unit.local.history import wangge
from tests.unit.local.test_bundle import DONGCHENG, problems

LONG = "x" * 100_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DONGCHENG, tmp_path / "dongcheng"))


def test_of_many_that_are_mended_alike_the_first_are_shown_and_how_many_more(folder: Path) -> None:
    file = folder / "rosters.toml"
    text = file.read_text("utf-8")
    file.write_text(text + text[text.index("[[rosters]]") :], "utf-8")
    (folder / "departments.toml").write_text(
        (folder / "departments.toml").read_text("utf-8").replace("dongcheng-fire", "dongcheng-police", 1)
    )

    found, ran = problems(folder), wangge("check-config", folder)

    twice = [each for each in found if "filled twice" in each.text]
    assert len(twice) > 1000
    assert ran.errors.count("filled twice") == 20
    assert f"rosters.toml: and {len(twice) - 20:,} more like it" in ran.errors
    assert "dongcheng-police is named twice" in ran.errors
    assert wangge("check-config", folder, "--json").output.count("filled twice") == len(twice)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("district.toml", 'time_zone = "Asia/Shanghai"', f'time_zone = "{LONG}"', "no such time zone"),
        ("district.toml", 'time_zone = "Asia/Shanghai"', 'time_zone = "Asia"', "no such time zone"),
        ("calendars.toml", 'time_zone = "Asia/Shanghai"', f'time_zone = "{LONG}"', "no such time zone"),
        ("district.toml", 'calendar = "dongcheng"', f'calendar = "{LONG}"', "at most 48 characters"),
        ("rulebook.toml", "[[rules]]", f"[[rules]]\n{LONG} = 1", "Extra inputs are not permitted"),
        ("rulebook.toml", "[[rules]]", f'[[rules]]\nwhen.guard = "{LONG}"', "at most 500 characters"),
        ("rosters.toml", "[[rosters]]", f'[[rosters]]\nplaces = ["{LONG}"]', "at most 32 characters"),
        ("contacts.toml", '"department:beijing-gas"', f'"department:{LONG}"', "at most 96 characters"),
    ],
)
def test_a_name_without_end_is_neither_a_traceback_nor_a_page(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")

    ran = wangge("check-config", folder)

    assert ran.exit_code == 1
    assert told in ran.errors
    assert "Traceback" not in ran.errors
    assert len(ran.errors) < 1000
