"""Dongcheng's configuration with a hundred units more: each has a mailbox, a class and a rule."""

import shutil
from pathlib import Path

from wangge_local.house_folder import DEFAULT_CONFIG

COUNT = 100
TERMINALS = tuple(f"bench-{number:02d}" for number in range(20))
"""The terminal systems that their reports come by."""
SCHEME = "bench"
_VERSION = "bench-1"


def write_configuration(folder: Path) -> Path:
    """Write the configuration into *folder*, which does not exist yet, and return it."""
    shutil.copytree(DEFAULT_CONFIG, folder)
    _add(folder / "departments.toml", "".join(map(_department, range(COUNT))))
    _add(folder / "rulebook.toml", "".join(map(_rule, range(COUNT))))
    standard = folder / "standard.toml"
    text = standard.read_text("utf-8").replace("[versions]\n", f'[versions]\n{SCHEME} = "{_VERSION}"\n', 1)
    standard.write_text(text + "".join(map(_row, range(COUNT))), "utf-8")
    return folder


def _add(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def _slug(number: int) -> str:
    return f"unit-{number:03d}"


def _department(number: int) -> str:
    return f"""
[[departments]]
slug = "{_slug(number)}"
name = {{ zh = "第{number}单位", en = "Unit {number}" }}
level = "district"
reach = "mailbox"
"""


def _rule(number: int) -> str:
    return f"""
[[rules]]
name = "to-{_slug(number)}"
when.classes = [{{ scheme = "{SCHEME}", codes = ["{number:04d}"] }}]
then.lead = "{_slug(number)}"
"""


def _row(number: int) -> str:
    return f"""
[[rows]]
class_ref = {{ scheme = "{SCHEME}", code = "{number:04d}", condition = "1" }}
names = {{ zh = "第{number}类", en = "Class {number}" }}
limit = {{ value = 5, clock_kind = "working-days" }}
closing_condition = "恢复原状"
candidates = ["department:{_slug(number)}"]
"""
