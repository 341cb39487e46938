"""What the author of rosters is told to mend, with the line on which it stands."""

import shutil
from pathlib import Path

import pytest

from wangge_local.bundle import BadBundle, load

DONGCHENG = Path(__file__).parents[3] / "deploy" / "config" / "dongcheng"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DONGCHENG, tmp_path / "dongcheng"))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "rosters.toml",
            '"grid/police" = "community/head"',
            '"grid/police" = "community/chief"',
            "deputies names 'community/chief', which is no unit and no filled post or desk",
        ),
        (
            "rosters.toml",
            '"grid/police" = "community/head"',
            '"grid/police" = "grid/police"',
            "'grid/police' is named as its own deputy",
        ),
        (
            "rosters.toml",
            '"grid/inspector" = "office"',
            '"grid/inspekter" = "office"',
            "duty names 'grid/inspekter', which is no unit and no filled post or desk",
        ),
        (
            "rosters.toml",
            '"grid/inspector" = "office"',
            '"grid/inspector" = "nights"',
            "duty names the shift 'nights', but shifts has none of that name",
        ),
        ("rosters.toml", 'hours = "07:00-22:00"', 'hours = "07:00-07:00"', "are no time at all"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    where = text[: text.index(old)].count("\n") + 1

    with pytest.raises(BadBundle) as refusal:
        load(folder)

    (problem,) = [each for each in refusal.value.problems if told in str(each)]
    assert problem.file == file
    assert problem.line == where
