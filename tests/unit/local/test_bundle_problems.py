"""What is wrong with a configuration is told on a screen: both places of two, a flood bounded, no page."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.unit.local.cities import BOSTON
from tests.unit.local.history import wangge
from tests.unit.local.test_bundle import edit, line, problems
from wangge_local.bundle import load

LONG = "x" * 100_000


@pytest.fixture
def boston(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BOSTON, tmp_path / "boston"))


def again(file: Path, kind: str) -> int:
    """Write the first table of that kind once more at the end; return the line of its name there."""
    text = file.read_text("utf-8")
    first = re.search(rf"\[\[{kind}\]\].*?(?=\n\[\[{kind}\]\]|\Z)", text, re.DOTALL)
    assert first is not None
    file.write_text(f"{text.rstrip()}\n\n{first[0]}\n", "utf-8")
    return len(text.rstrip().splitlines()) + 1 + line_of_name(first[0])


def line_of_name(table: str) -> int:
    return next(n for n, each in enumerate(table.splitlines(), 1) if each.startswith("name ="))


@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [
        ("rulebook.toml", "rules", "rule gas-road-collapse"),
        ("calendars.toml", "calendars", "calendar dongcheng"),
        ("ladder.toml", "ladders", "ladder attendance"),
    ],
)
def test_of_two_with_one_name_both_lines_are_named(folder: Path, file: str, kind: str, name: str) -> None:
    first = line(folder / file, f'name = "{name.partition(" ")[2]}"')
    second = again(folder / file, kind)

    (problem,) = problems(folder)
    assert (problem.file, problem.line) == (file, second)
    assert problem.text == f"{name} is named twice, the first in {file}:{first}"


def test_of_many_that_are_mended_alike_the_first_are_shown_and_how_many_more(folder: Path) -> None:
    file = folder / "rosters.toml"
    text = file.read_text("utf-8")
    file.write_text(text + text[text.index("[[rosters]]") :], "utf-8")
    (folder / "departments.toml").write_text(
        (folder / "departments.toml").read_text("utf-8").replace("dongcheng-fire", "dongcheng-police", 1)
    )

    found, ran = problems(folder), wangge("check-config", folder)

    twice = [each for each in found if "filled twice" in each.text]
    assert len(twice) > 200
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


def test_no_word_of_a_file_passes_for_a_line_of_the_house(folder: Path) -> None:
    file = folder / "district.toml"
    file.write_text(f'"a\\nready" = 1\n{file.read_text("utf-8")}', "utf-8")
    head, told = wangge("check-config", folder).errors.splitlines()

    assert head == f"wangge: {folder} cannot be used:"
    assert told.startswith("district.toml")
    assert "a↵ready" in told


@pytest.mark.parametrize("written", ['"x"', "5", "[{}]"])
def test_defaults_that_are_no_table_are_refused_with_their_line(boston: Path, written: str) -> None:
    file = boston / "standard.toml"
    edit(file, "[defaults]", f"defaults = {written}\n[without]")
    edit(file, '[versions]\nboston311 = "2015"\n', "")

    (problem,) = [each for each in problems(boston) if "defaults" in each.text]
    assert (problem.file, problem.line) == ("standard.toml", line(file, "defaults ="))
    assert "must be a table" in problem.text


def test_the_character_that_no_message_may_hold_is_refused_before_anything_is_published(boston: Path) -> None:
    edit(boston / "departments.toml", 'en = "Transportation"', r'en = "Trans\u0000portation"')

    (problem,) = problems(boston)
    assert (problem.file, problem.line) == ("departments.toml", line(boston / "departments.toml", "Trans"))
    assert "U+0000" in problem.text


def test_the_name_of_that_character_is_a_text_like_any_other(boston: Path) -> None:
    edit(boston / "departments.toml", 'en = "Transportation"', r"en = 'Trans\u0000portation'")

    assert load(boston).part("departments")[2]["name"]["en"] == r"Trans\u0000portation"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("departments.toml", "[[departments]]", "[[department]]"),
        ("standard.toml", "[[rows]]", "[[row]]"),
        ("places.toml", "scheme =", "shceme ="),
        ("terminals.toml", "[[terminals]]", 'terminal = "x"\n[[terminals]]'),
        ("calendars.toml", "[[calendars]]", "[calendar]\n[[calendars]]"),
    ],
)
def test_what_nobody_would_read_in_a_file_is_refused_with_its_line(
    boston: Path, file: str, old: str, new: str
) -> None:
    edit(boston / file, old, new)

    found = [each for each in problems(boston) if "not permitted" in each.text]
    assert [(each.file, each.line) for each in found] == [(file, line(boston / file, new.partition("\n")[0]))]
    assert "correct its name" in found[0].remedy


def test_of_a_file_that_is_not_utf_8_the_first_line_that_is_not_is_named(boston: Path) -> None:
    file = boston / "departments.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace("交通局".encode(), "交通局".encode("gbk")))
    at = next(n for n, each in enumerate(file.read_bytes().splitlines(), 1) if b"Transportation" in each)

    (problem,) = problems(boston)
    assert str(problem) == f"departments.toml:{at}: the file is not UTF-8; save it as UTF-8"


def test_an_outline_that_is_larger_than_a_message_is_named_with_its_line(boston: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"level": "street", "code": code},
            "geometry": {"type": "Polygon", "coordinates": [[*way, [116.0, 40.0], way[0]]]},
        }
        for code, way in (
            ("boston-1a", [[116.0, 39.0], [117.0, 39.0]]),
            ("boston-1b", [[116 + number / 7e6, 39 + number / 7e9] for number in range(27_000)]),
        )
    ]
    written = ",\n".join(json.dumps(feature) for feature in features)
    file = boston / "boundaries.geojson"
    file.write_text(f'{{"type": "FeatureCollection", "crs": "WGS84", "features": [\n{written}]}}', "utf-8")

    (problem,) = problems(boston)
    assert "and a message takes" in problem.text
    assert (problem.file, problem.line) == (file.name, line(file, "boston-1b"))
