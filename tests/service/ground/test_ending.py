"""A test run that is killed leaves no broker and no database behind; a house that is left goes on."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests import ground
from wangge_local.postgres import Postgres

START = """
import sys, time
from pathlib import Path
from wangge_local.{module} import {name}
program = {name}(Path(sys.argv[1]), bound=sys.argv[2] == "bound")
program.start()
print(program.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def own_folder() -> Iterator[Path]:
    with ground.folder() as made:
        yield made


def start_in_another_interpreter(module: str, at: Path, *, bound: bool) -> tuple[subprocess.Popen[str], int]:
    text = START.format(module=module, name=module.capitalize())
    command = [sys.executable, "-c", text, str(at), "bound" if bound else "free"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    return run, int(run.stdout.readline())


def ends(program: Callable[[], bool], *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not program():
            return True
        time.sleep(0.05)
    return False


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("module", ["postgres", "kafka"])
def test_what_is_bound_ends_with_the_run_that_is_killed(module: str, own_folder: Path) -> None:
    run, pid = start_in_another_interpreter(module, own_folder, bound=True)

    run.kill()
    run.communicate()

    assert ends(lambda: runs(pid), within_s=10)


def test_what_is_free_goes_on_and_is_found_by_its_folder(own_folder: Path) -> None:
    run, pid = start_in_another_interpreter("postgres", own_folder, bound=False)

    run.kill()
    run.communicate()
    found = Postgres(own_folder)

    assert found.pid == pid
    assert found.sql("SELECT 1") == ["1"]
    found.stop()
    assert not runs(pid)
