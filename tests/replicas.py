"""Replicas of services as real processes, which a test starts, freezes, kills and ends."""

import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self

import psutil

from tests.ground import FreshDatabase
from wangge_local.kafka import Kafka

ROOT = Path(__file__).parents[1]


class Replicas:
    """
    Processes on one broker and one database, by name. As a context manager it ends them all.

    Each writes into `<name>.log` in *folder*; without a folder, to wherever the test run writes.
    """

    def __init__(self, kafka: Kafka, database: FreshDatabase, folder: Path | None = None) -> None:
        self.kafka = kafka
        self.database = database
        self.besides: dict[str, str] = {}
        """Variables of the environment of what is launched from now on, under names of their own."""
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def launch(
        self, name: str, service: str, *, module: str = "", stop_point: str = "", **settings: Any
    ) -> subprocess.Popen[bytes]:
        """Start *service* with *settings* over what all need; *stop_point* as the chassis has it."""
        given = {
            "kafka": self.kafka.bootstrap,
            "postgres": settings.get("postgres") or self.database.dsn(service),
            "mode": "development",
            "log_level": os.environ.get("WANGGE_TEST_LOG_LEVEL", "warning"),
            **settings,
        }
        environment = {f"WANGGE_{service.upper()}_{field.upper()}": str(at) for field, at in given.items()}
        with self._log(name).open("ab") if self._folder else nullcontext() as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", module or f"wangge_{service}"],
                cwd=ROOT,
                env={**os.environ, **environment, **self.besides, "WANGGE_STOP_POINT": stop_point},
                stdout=log,
                stderr=log,
            )
        return self._processes[name]

    def log(self, name: str) -> str:
        """Return what *name* has written so far."""
        return self._log(name).read_text("utf-8") if self._log(name).exists() else ""

    def _log(self, name: str) -> Path:
        assert self._folder is not None, "these replicas keep no logs"
        return self._folder / f"{name}.log"

    def living(self, name: str) -> psutil.Process:
        """Return the process of *name*; fails when it has ended by itself."""
        process = self._processes[name]
        assert process.poll() is None, (
            f"{name} has ended with {process.returncode}: {self._folder and self.log(name)[-3000:]}"
        )
        return psutil.Process(process.pid)

    def frozen(self, name: str) -> bool:
        """Whether *name* has stopped itself at its stop point."""
        return self.living(name).status() == psutil.STATUS_STOPPED

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to *name*."""
        self._processes[name].send_signal(number)

    def kill(self, name: str) -> None:
        """End *name* at once, as a failing machine would, and wait until it is gone."""
        process = self._processes.pop(name)
        process.kill()
        process.wait(10)

    def stop_all(self) -> None:
        """End every replica, in order where it still can."""
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self._processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()
