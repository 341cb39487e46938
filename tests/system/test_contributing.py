"""CONTRIBUTING's way to add a unit and a rule, word for word, on a house that has just started."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.system.running import DONGCHENG, ROOT, RunningHouse, a_house
from wangge_local import cli
from wangge_local.ground import poll

CITY = "deploy/config/dongcheng"


@pytest.fixture(scope="module")
def fresh_house() -> Iterator[RunningHouse]:
    with a_house() as running:
        yield running


def blocks(language: str) -> list[str]:
    """The code blocks of that language in the section about units and rules."""
    section = (
        (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Add a rule, or a unit")[1].split("\n## ")[0]
    )
    return [dedent(found) for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", section, re.M | re.S)]


def test_a_unit_and_a_rule_take_effect_without_a_restart(fresh_house: RunningHouse, tmp_path: Path) -> None:
    unit, rule = blocks("toml")
    (commands,) = blocks("sh")
    folder = tmp_path / "city"
    shutil.copytree(DONGCHENG, folder)
    units, rules = folder / "departments.toml", folder / "rulebook.toml"
    units.write_text(f"{units.read_text('utf-8')}\n{unit}", "utf-8")
    rules.write_text(rules.read_text("utf-8").replace("[[rules]]", f"{rule}\n[[rules]]", 1), "utf-8")
    checking, publishing, reporting = (
        shlex.split(line.replace(CITY, str(folder)))[1:] for line in commands.strip().splitlines()
    )
    before = pids(fresh_house)

    assert cli.run(checking) == 0
    fresh_house.wangge(*publishing)
    for _ in poll(timeout=60, every=0.5):
        case = str(fresh_house.asked(*reporting)["case_number"])
        told = fresh_house.told(case, until="clock started")
        if told["incident"].get("lead") == "department:stadium-engineers":
            break
    assert "water-pipe-at-gongti" in fresh_house.wangge("explain", case)
    assert pids(fresh_house) == before


def pids(house: RunningHouse) -> dict[str, str]:
    """Who runs."""
    return {file.name: file.read_text() for file in house.folder.logs.glob("*.pid")}
