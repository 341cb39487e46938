"""CONTRIBUTING's way to add a unit and a rule, word for word, on a house that runs."""

import re
import shlex
from pathlib import Path
from textwrap import dedent

from tests.system.running import ROOT, RunningHouse
from wangge_local import cli
from wangge_local.ground import poll

CITY = "deploy/config/dongcheng"
UNIT = "department:stadium-engineers"


def blocks(language: str) -> list[str]:
    """The code blocks of that language in the section about units and rules."""
    section = (
        (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Add a rule, or a unit")[1].split("\n## ")[0]
    )
    return [dedent(found) for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", section, re.M | re.S)]


def test_a_unit_and_a_rule_take_effect_without_a_restart(house: RunningHouse, city: Path) -> None:
    unit, rule = blocks("toml")
    (commands,) = blocks("sh")
    units, rules = city / "departments.toml", city / "rulebook.toml"
    units.write_text(f"{units.read_text('utf-8')}\n{unit}", "utf-8")
    rules.write_text(rules.read_text("utf-8").replace("[[rules]]", f"{rule}\n[[rules]]", 1), "utf-8")
    checking, publishing, reporting = (
        shlex.split(line.replace(CITY, str(city)))[1:] for line in commands.strip().splitlines()
    )
    before = pids(house)

    assert cli.run(checking) == 0
    house.wangge(*publishing)
    for _ in poll(timeout=60, every=0.5):
        case = str(house.asked(*reporting)["case_number"])
        told = house.told(case, until="clock started")
        if told["incident"].get("lead") == UNIT:
            break
    assert "water-pipe-at-gongti" in house.wangge("explain", case)
    assert pids(house) == before
    # A unit that holds nothing may leave.
    house.wangge("answer", case, "done", "--as", UNIT, "--text", "已修好", "--evidence", "after")
    house.told(case, until="task-changed done")


def pids(house: RunningHouse) -> dict[str, str]:
    """Who runs."""
    return {file.name: file.read_text() for file in house.folder.logs.glob("*.pid")}
