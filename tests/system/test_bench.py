"""The bench runs to its end and loses nothing: what is never run is found broken on the day it is wanted."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.running import ROOT

_NAMES = ("router", "units", "lives", "mailbox", "door", "emergency")
_SMALL = ("--rounds", "1", "--seconds", "1", "--backlog", "2000")


def _found(figures: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _found(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


@pytest.mark.long
def test_every_part_of_the_bench_that_needs_rooms_runs_to_its_end() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench", *_NAMES, *_SMALL],
        cwd=ROOT, capture_output=True, text=True, timeout=350, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout.splitlines()[-1])
    told = dict(_found({name: value for name, value in figures.items() if name != "targets"}))
    assert not [value for name, value in told.items() if "trouble" in name]
    assert not {name: value for name, value in told.items() if "lost" in name and value}
    assert figures.keys() >= set(_NAMES)
