"""The pages name what there is: whoever reads one need not read the code."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.core import TyperGroup

from wangge_chassis import FollowerSettings, ServiceSettings
from wangge_chassis.migrate import BEARS
from wangge_contracts.topic import SERVICES, Topic
from wangge_contracts.topics import TOPICS
from wangge_local.cli import command_line
from wangge_notifier.channels import Channels
from wangge_router.lifecycle import TRANSITIONS
from wangge_router.terms import Terms

ROOT = Path(__file__).parents[2]


def page(name: str, section: str = "") -> str:
    """Return a page, or what stands in it under the heading *section*."""
    text = (ROOT / name).read_text("utf-8")
    if not section:
        return text
    return re.split(r"^##+ ", text.split(f"# {section}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("room", ["chassis", *SERVICES])
def test_every_setting_has_its_line(room: str) -> None:
    own: type[BaseModel] = ServiceSettings
    if room != "chassis":
        own = import_module(f"wangge_{room}.settings").Settings
    everywhere = FollowerSettings.model_fields if room != "chassis" else {"stop_point"}
    told = page(f"services/{room}/README.md", "Settings")

    assert [
        name for name in own.model_fields if name not in everywhere and f"`{name.upper()}`" not in told
    ] == []


@pytest.mark.parametrize("name", ["README.md", "deploy/local/README.md"])
def test_every_command_has_its_line(name: str) -> None:
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in page(name).splitlines() if line.startswith("| `")]
    told = [set(re.findall(r"[a-z-]+", row)) for row in rows]
    commands = _leaves(command_line())

    assert [" ".join(words) for words in commands if not any({*words} <= row for row in told)] == []


def _leaves(command: Any) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, TyperGroup):
        yield ()
        return
    for name, below in command.commands.items():
        if not below.hidden:
            yield from ((name, *words) for words in _leaves(below))


@pytest.mark.parametrize("room", SERVICES)
def test_every_metric_of_a_room_has_its_name_in_its_page(room: str) -> None:
    told = page(f"services/{room}/README.md")
    code = "".join(file.read_text("utf-8") for file in (ROOT / f"services/{room}").rglob("*.py"))
    names = re.findall(rf'(?:Counter|Gauge|Histogram)\(\s*"wangge_{room}(_\w+)"', code)

    assert [name for name in names if f"{name}`" not in told] == []


def test_whoever_is_on_call_is_told_of_every_metric_and_of_no_other() -> None:
    told = set(re.findall(r"(?<!/)\bwangge_[a-z_]+", page("deploy/on-call.md")))
    code = "".join(file.read_text("utf-8") for file in (ROOT / "services").rglob("*.py"))
    there = set(re.findall(r'(?:Counter|Gauge|Histogram)\(\s*"(wangge_\w+)"', code))

    assert told == there


def test_every_term_of_the_rulebook_has_its_name() -> None:
    told = page("deploy/config/README.md")

    assert [name for name in Terms.model_fields if f"`{name}`" not in told] == []


def test_every_option_of_the_channels_stands_in_their_example() -> None:
    told = set(re.findall(r"\w+", page("deploy/config/dongcheng/channels.toml")))

    assert {name for name in _options(Channels) if name not in told} == set()


def _options(of: Any) -> Iterator[str]:
    if isinstance(of, type) and issubclass(of, BaseModel):
        for name, field in of.model_fields.items():
            yield name
            yield from _options(field.annotation)
    else:
        for each in get_args(of):
            yield from _options(each)


def test_the_page_says_which_acts_need_a_reason() -> None:
    told = page("contracts/README.md", "What an act needs")
    (sentence,) = [each for each in told.split(".") if "`text` or `reason_code`" in each]
    needing = {each.verdict or each.act for each in TRANSITIONS if "reasoned" in each.guards}

    assert set(re.findall(r"`([a-z-]+)`", sentence)) - {"text"} == needing


def test_every_variable_of_the_tests_has_its_line() -> None:
    told = page("tests/README.md")
    code = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("*.py"))

    assert {
        name for name in re.findall(r'environ\.get\(\s*"(WANGGE_\w+)"', code) if name not in told
    } == set()


BEFORE_THEY_SAID = {"chassis": 5, "intake": 5, "router": 2, "escalation": 5, "notifier": 6, "ledger": 7}
"""Files that were applied before a migration had to say whom it bears."""


@pytest.mark.parametrize("room", BEFORE_THEY_SAID)
def test_every_migration_says_which_versions_it_bears(room: str) -> None:
    files = sorted((ROOT / f"services/{room}/wangge_{room}/migrations").glob("*.sql"))

    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    assert [
        file.name
        for file in files[BEFORE_THEY_SAID[room] :]
        if not (said := BEARS.search(file.read_text("utf-8"))) or (said[1] or "") >= file.name[:4]
    ] == []


def test_whoever_answers_for_personal_data_is_told_of_every_topic_and_how_long_it_keeps() -> None:
    rows = [line.split("|") for line in page("deploy/personal-data.md", "On Kafka").splitlines()]
    told = {
        name: row[3].strip() for row in rows if len(row) == 5 for name in re.findall("`([^` ]+)`", row[1])
    }

    assert told == {topic.name.replace("{", "<").replace("}", ">"): _kept(topic) for topic in TOPICS}


def _kept(topic: Topic) -> str:
    if topic.retention is None:
        return "for ever"
    return f"{topic.retention.days} days{' at most' if topic.at_most else ''}"


def test_whoever_answers_for_personal_data_is_told_of_all_that_is_kept_of_a_reporter() -> None:
    files = sorted((ROOT / "services/intake/wangge_intake/migrations").glob("*.sql"))
    sql = "".join(file.read_text("utf-8") for file in files)
    (made,) = re.findall(r"CREATE TABLE contact \((.*?)\n\);", sql, re.DOTALL)
    columns = re.findall(r"^    (\w+)", made, re.MULTILINE)
    columns += re.findall(r"ALTER TABLE contact ADD COLUMN (\w+)", sql)
    told = page("deploy/personal-data.md", "Of whom, and where")

    assert len(columns) > 6
    assert [name for name in columns if f"`{name}`" not in told] == []
