"""A whole house as a person has it: started by `wangge up`, asked, told and stopped by `wangge`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import IO, Any

from tests.ground import folder as fresh_folder
from wangge_local import cli
from wangge_local.daemon import Daemon
from wangge_local.doors import Door
from wangge_local.ground import GroundError, poll
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import CONSOLE, read_tokens
from wangge_local.kafka import Kafka

ROOT = Path(__file__).parents[2]
DONGCHENG = ROOT / "deploy/config/dongcheng"
GRID = "110101009015004"
_WANGGE = (sys.executable, "-m", "wangge_local")
READY_WITHIN_S = 120
"""Patience, not a promise: the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said and how it ended."""

    exit_code: int
    output: str
    errors: str


class RunningHouse:
    """One house in a folder of its own."""

    def __init__(self, at: Path, *options: str) -> None:
        self.folder = HouseFolder(at)
        self._options = options
        self._up = Daemon("up", at)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        began = len(self.said)
        self._up.launch(
            [*_WANGGE, "up", "--data", str(self.folder.root), "--no-watch", *self._options],
            environment={**os.environ, "PYTHONUNBUFFERED": "1"},
            bound=True,  # a test run that is killed leaves nothing
            options={},
        )
        for _ in poll(timeout=READY_WITHIN_S, every=0.1):
            if "Ctrl-C stops everything." in self.said[began:]:
                return
            assert self._up.program() is not None, self.said
        raise AssertionError(f"not ready within {READY_WITHIN_S} s: {self.said}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it as `wangge stop` does, or with SIGINT as Ctrl-C does; nothing happens when it is down."""
        self._up.signal(number)
        assert self._up.wait(timeout=120), self.said

    @property
    def said(self) -> str:
        """All that `wangge up` has said."""
        return self._up.log.read_text() if self._up.log.exists() else ""

    def wangge(self, *arguments: str, exit_code: int = 0) -> str:
        """Run a command on it and return what it says; fail when it exits otherwise."""
        done = self.run(*arguments)
        assert done.exit_code == exit_code, f"{arguments}: {done.output}{done.errors}"
        return done.output

    def asked(self, *arguments: str, exit_code: int = 0) -> Any:
        """Run a command with --json and return what it answers."""
        return json.loads(self.wangge(*arguments, "--json", exit_code=exit_code))

    def run(self, *arguments: str) -> Ran:
        """Run a command on it, whatever comes of it: in this process, which saves a second each time."""
        own = () if "--data" in arguments else ("--data", str(self.folder.root))
        output, errors = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
        with redirect_stdout(output), redirect_stderr(errors):
            exit_code = cli.run([*arguments, *own])
        return Ran(exit_code, _written(output), _written(errors))

    def command(self, name: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a command that goes on until it is interrupted, as a program of its own."""
        return subprocess.Popen(
            [*_WANGGE, name, "--data", str(self.folder.root)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    @cached_property
    def ledger(self) -> Door:
        """The ledger's door, with the console's token."""
        return Door("ledger", self.folder.door("ledger-0"), read_tokens(self.folder)[CONSOLE])

    @cached_property
    def bootstrap(self) -> str:
        """The broker."""
        return Kafka(self.folder.kafka).bootstrap

    def report(self, *options: str) -> str:
        """Report something ordinary and return its case number."""
        told = self.asked("report", "路面有坑", "--grid", GRID, *options)
        assert told["outcome"] == "accepted", told
        return str(told["case_number"])

    def told(self, case: str, *, until: str = "", within_s: float = 60) -> Mapping[str, Any]:
        """Return what the ledger tells of *case*, once its timeline has a line that says *until*."""
        for _ in poll(timeout=within_s, every=0.1):
            with suppress(GroundError):  # not heard of yet, or the ledger is away
                told = self.ledger.get(f"/v1/incidents/{case}")
                if any(until in line["what"] for line in told["timeline"]):
                    return told
        raise AssertionError(f"nothing said {until!r} of {case} within {within_s:.0f} s")


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextmanager
def a_house(*options: str) -> Iterator[RunningHouse]:
    """A house that runs, and is gone afterwards."""
    with fresh_folder() as at:
        house = RunningHouse(at, *options)
        try:
            house.start()
            yield house
        finally:
            house.stop()
