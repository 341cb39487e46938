"""The import rules are not decoration: each is broken once, in a copy of the tree, and is seen to break."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("intake", "router", "escalation", "notifier", "ledger")
FOLDERS = ("contracts", "services/chassis", *(f"services/{room}" for room in ROOMS), "deploy/local")
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
MAY_CONTRACTS_IMPORT = {"pydantic", "pydantic_core", "typing_extensions", "wangge_contracts"}

STOREYS = "Rooms stand on the chassis, it stands on the contracts, and no room knows another"
PYDANTIC = "The contracts need pydantic only"
DRIVERS = "Only the chassis speaks to Kafka and PostgreSQL"
HEADS = "Heads do no input or output"
SYSTEM = "Tests of the whole house know no service from inside"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and the rules, without the environment: rules are read from files, nothing is run."""
    copy = tmp_path_factory.mktemp("tree")
    only_python = shutil.ignore_patterns("__pycache__", "*.json", "*.md", ".*")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=only_python)
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def broken_by(tree: Path) -> Iterator[Callable[..., set[str]]]:
    """Write a line into a module and see which rules break; the module is as before after the test."""
    before: dict[Path, str | None] = {}

    def write(module: str, line: str) -> set[str]:
        file = tree / module
        before[file] = file.read_text() if file.exists() else None
        file.write_text((before[file] or "") + f"\n{line}\n")
        return _broken(tree)

    yield write
    for file, text in before.items():
        if text is None:
            file.unlink()
        else:
            file.write_text(text)


def test_the_tree_as_it_is_breaks_no_rule(tree: Path) -> None:
    assert _broken(tree) == set()


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("services/router/wangge_router/app.py", "import wangge_escalation", STOREYS),
        ("services/chassis/wangge_chassis/loop.py", "import wangge_intake", STOREYS),
        ("contracts/wangge_contracts/message.py", "import wangge_chassis", STOREYS),
        ("contracts/wangge_contracts/topics.py", "from aiokafka import TopicPartition", PYDANTIC),
        ("services/ledger/wangge_ledger/store.py", "import asyncpg", DRIVERS),
        ("services/intake/wangge_intake/handlers.py", "from aiokafka import AIOKafkaProducer", DRIVERS),
        ("deploy/local/wangge_local/topics.py", "from aiokafka.admin import AIOKafkaAdminClient", DRIVERS),
        ("services/router/wangge_router/rulebook.py", "import os", HEADS),
        ("services/router/wangge_router/matching.py", "import asyncio", HEADS),
        ("contracts/wangge_contracts/worktime.py", "from time import monotonic", HEADS),
        ("services/router/wangge_router/routing.py", "from wangge_chassis.postgres import Connection", HEADS),
        ("tests/system/__init__.py", "import wangge_router.rulebook", SYSTEM),
        ("services/router/wangge_router/rulebook.py", "from wangge_router import store", "Inside the router"),
        ("services/router/wangge_router/newcomer.py", "", "Inside the router"),
    ],
)
def test_a_broken_rule_is_named(
    broken_by: Callable[..., set[str]], module: str, line: str, rule: str
) -> None:
    assert rule in broken_by(module, line)


def test_every_room_has_a_rule_for_its_inside_and_every_head_is_kept_from_input_and_output() -> None:
    inside = {rule["containers"][0]: rule for rule in RULES if "containers" in rule}
    held = next(rule["source_modules"] for rule in RULES if rule["name"] == HEADS)

    assert set(inside) == {f"wangge_{room}" for room in ROOMS}
    assert all(rule["exhaustive"] for rule in inside.values())
    heads = "calendars counting hours outages pieces pointing posts reckoning signs spellings worktime"
    shared = {f"wangge_contracts.{head}" for head in heads.split()}
    assert set(held) == shared | {f"{room}.{head}" for room, rule in inside.items() for head in _heads(rule)}


def test_heads_take_nothing_from_the_chassis_but_what_is_said() -> None:
    records = ast.parse((ROOT / "services/chassis/wangge_chassis/records.py").read_text())
    said = {"Problem", *(node.name for node in records.body if isinstance(node, ast.ClassDef))}
    taken = {
        (head.name, alias.name)
        for head in _head_files()
        for node in ast.walk(ast.parse(head.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wangge_chassis")
        for alias in node.names
    }

    assert {(head, name) for head, name in taken if name not in said} == set()


def test_heads_are_told_the_time_and_write_nothing() -> None:
    asking = {"now", "utcnow", "today", "open", "write_text", "write_bytes"}
    asked = {
        (str(head.relative_to(ROOT)), name)
        for head in _head_files()
        for node in ast.walk(ast.parse(head.read_text()))
        if isinstance(node, ast.Call) and (name := _called(node)) in asking
    }

    assert asked == set()


def test_the_contracts_import_nothing_but_pydantic_and_the_standard_library() -> None:
    imported = {
        name
        for file in (ROOT / "contracts/wangge_contracts").rglob("*.py")
        for name in _imports(ast.parse(file.read_text()))
    }

    assert imported - sys.stdlib_module_names <= MAY_CONTRACTS_IMPORT


def test_the_rule_for_the_system_tier_sees_every_file_of_it() -> None:
    files = [file for file in (ROOT / "tests/system").rglob("*.py") if "__pycache__" not in file.parts]

    assert [file for file in files if not (file.parent / "__init__.py").exists()] == []


def _broken(tree: Path) -> set[str]:
    """The names of the rules that the linter says are broken."""
    own = os.pathsep.join(str(tree / folder) for folder in FOLDERS)
    told = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": own, "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    names = {rule["name"] for rule in RULES if f"{rule['name']} BROKEN" in told.stdout}
    assert bool(told.returncode) == bool(names), told.stdout + told.stderr
    return names


def _head_files() -> list[Path]:
    rules = [rule for rule in RULES if "containers" in rule]
    rooms = [(rule["containers"][0], head) for rule in rules for head in _heads(rule)]
    return [ROOT / f"services/{room.removeprefix('wangge_')}/{room}/{head}.py" for room, head in rooms]


def _called(call: ast.Call) -> str:
    target = call.func
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _heads(rule: dict[str, list[str]]) -> set[str]:
    """The heads are the lowest layer: whatever they decide, they know nothing of the edges above them."""
    return {head.strip(" ()") for head in rule["layers"][-1].split(":")}


def _imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]
