"""A program the house stands on has a folder: there it is started, found again, and ended."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from wangge_local.ground import GroundError, poll
from wangge_local.whole_files import write_whole

LOG_BYTES = 20_000_000
"""A log that is longer is put away: there are never many more than twice as many bytes of it."""
_LAST_BYTES = 65_536
PR_SET_PDEATHSIG = 1
CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""Programs that this interpreter started and has not seen ending: somebody must collect their exit codes."""


class Daemon:
    """
    One long-running program with its pid file and its log.

    The pid file also tells when the program began: a number that the kernel has since given to another
    program is never taken for ours.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._pid_file = folder / f"{name}.pid"
        self._began = 0.0

    def program(self) -> psutil.Process | None:
        """The running program, also when another interpreter started it; None when there is none."""
        if not (pid := self._kept_pid()):
            return None
        try:
            found = psutil.Process(pid)
            ours = abs(found.create_time() - self._began) < 2 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if ours else None

    @property
    def pid(self) -> int | None:
        """That of the running program; None when there is none."""
        program = self.program()
        return program.pid if program else None

    def launch(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        bound: bool,
        options: Mapping[str, Any],
    ) -> int:
        """
        Start *command* in a session of its own: Ctrl-C at a terminal reaches the house, not its ground.

        :param bound: the kernel kills it when the calling thread ends: a killed test run leaves nothing.
        :return: where in the log the lines of this start begin.
        """
        if self._kept_pid() in CHILDREN:
            # Dead but not collected it still has its number: PostgreSQL would take itself for running.
            self.wait(timeout=10)
        self.log.touch(mode=0o600)
        self.log.chmod(0o600)  # PostgreSQL's folder is open: it runs as somebody else where we are root
        put_away(self.log)
        with self.log.open("ab") as log:
            begins = log.tell()
            try:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    env=environment,
                    start_new_session=True,
                    preexec_fn=_die_with_parent if bound else None,
                    **options,
                )
            except OSError as error:
                raise GroundError(f"{self.name} does not start: {error}") from error
        CHILDREN[child.pid] = child
        began = psutil.Process(child.pid).create_time()
        write_whole(self._pid_file, json.dumps({"pid": child.pid, "began": began}))
        return begins

    def lines(self, *, since: int) -> Iterator[str]:
        """The log's lines from the byte *since*."""
        with self.log.open("rb") as log:
            log.seek(since)
            yield from log.read().decode(errors="replace").splitlines()

    def last_lines(self, *, since: int) -> list[str]:
        """The lines at the end of the log, none from before the byte *since*; the first may be cut."""
        with self.log.open("rb") as log:
            log.seek(max(since, log.seek(0, os.SEEK_END) - _LAST_BYTES))
            return log.read(_LAST_BYTES).decode(errors="replace").splitlines()

    def wait(self, *, timeout: float) -> bool:
        """Whether the program has ended within *timeout* seconds."""
        child = CHILDREN.get(self._kept_pid() or 0)
        for _ in poll(timeout=timeout):
            # A dead program whose threads still end looks like a zombie and holds its ports.
            if child.poll() is not None if child else not self.program():
                self._collect()
                return True
        return False

    def ask_to_end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send *number*, which ends it in order, also to a program that is frozen."""
        self.signal(signal.SIGCONT)
        self.signal(number)

    def signal(self, number: signal.Signals) -> None:
        """Send *number* to the program alone; nothing happens when it does not run."""
        if found := self.program():
            with contextlib.suppress(psutil.NoSuchProcess):
                found.send_signal(number)

    def ended(self, *, timeout: float) -> bool:
        """Whether the program ends by itself within *timeout* seconds; else it is killed."""
        if self.wait(timeout=timeout):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """End the program and all it started, at once, as a failing machine would."""
        if found := self.program():
            with contextlib.suppress(psutil.NoSuchProcess):
                family = [found, *found.children(recursive=True)]
                for member in family:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        member.kill()
                any(all(map(_has_ended, family[1:])) for _ in poll(timeout=10))
            self.wait(timeout=10)

    def _kept_pid(self) -> int | None:
        try:
            kept = json.loads(self._pid_file.read_text())
            self._began = float(kept["began"])
            return int(kept["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _collect(self) -> None:
        for pid in [pid for pid, child in CHILDREN.items() if child.poll() is not None]:
            del CHILDREN[pid]
        self._pid_file.unlink(missing_ok=True)


def put_away(log: Path) -> bool:
    """
    Begin *log* anew if it is long, and keep the end of what it held beside it; return whether it was.

    It is copied and cut, not moved: a program that holds it open to append goes on at its beginning. What is
    said between the two is lost, and all of it where there is no room for the copy: the bound is for that.
    """
    if not log.exists() or (size := log.stat().st_size) <= LOG_BYTES:
        return False
    with contextlib.suppress(OSError), log.open("rb") as full, log.with_suffix(".log.1").open("wb") as kept:
        os.fchmod(kept.fileno(), 0o600)
        full.seek(size - LOG_BYTES)
        shutil.copyfileobj(full, kept)
    os.truncate(log, 0)
    return True


def _has_ended(program: psutil.Process) -> bool:
    try:
        return program.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
