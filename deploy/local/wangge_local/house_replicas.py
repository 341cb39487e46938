"""The rooms as programs of their own: started, asked whether they are ready, started again when they end."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from wangge_chassis.migrate import MIGRATING
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT, SERVICES
from wangge_local.daemon import CHILDREN, Daemon, put_away
from wangge_local.doors import JSON, Door
from wangge_local.ground import GroundError, plain_environment
from wangge_local.house_folder import HouseFolder
from wangge_local.ports import LOOPBACK

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_SETTLED_S = 60.0
"""Who has run so long is forgiven that it ended before."""
STOPS_WITHIN_S = 25.0
_ASKS_EVERY_S = 0.1
_GIVE_WAY = frozenset({"escalation", "notifier", "ledger"})
"""Whoever reads here is told in seconds; on the way from a report to its task milliseconds count."""
_NICE = 5


@dataclass(slots=True)
class Replica:
    """One process of one room."""

    service: str
    number: str
    port: int
    folder: HouseFolder
    environment: Mapping[str, str]
    again_at: float | None = None
    """When it is to be started again; None while it runs."""
    _wait_s: float = _FIRST_WAIT_S
    _started_at: float = 0.0
    _daemon: Daemon = field(init=False)
    _begins: int = 0
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self._daemon = Daemon(self.name, self.folder.logs)

    @property
    def name(self) -> str:
        """As `router-0`."""
        return f"{self.service}-{self.number}"

    @property
    def door(self) -> Door:
        """Its probes, and its HTTP door when it has one."""
        return Door(self.name, f"http://{LOOPBACK}:{self.port}")

    @property
    def program(self) -> psutil.Process | None:
        """The process, None when it does not run."""
        return self._daemon.program()

    def start(self) -> None:
        """Start the process; its log goes on where the last one stopped."""
        prefix = f"WANGGE_{self.service.upper()}_"
        own = {f"{prefix}{name.upper()}": value for name, value in self.environment.items()}
        self._begins = self._daemon.launch(
            [sys.executable, "-m", f"wangge_{self.service}"],
            environment={**plain_environment(), "PYTHONUNBUFFERED": "1", **own},
            bound=True,
            options={},
        )
        program = self.program
        self._child = CHILDREN.get(program.pid) if program is not None else None
        if program is not None and self.service in _GIVE_WAY:
            _lower(program.pid)
        self._started_at = time.monotonic()
        self.again_at = None

    def tend(self) -> Iterator[str]:
        """Start the process again when it has ended, later each time, and say so; keep its log short."""
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return
        if self.program is not None:
            if put_away(self._daemon.log):
                self._begins = 0
            return
        if now - self._started_at > _SETTLED_S:
            self._wait_s = _FIRST_WAIT_S
        self.again_at = now + self._wait_s
        yield f"{self.name} ended ({self.last_words()}); started again in {self._wait_s:g} s"
        self._wait_s = min(self._wait_s * 2, _LONGEST_WAIT_S)
        self._daemon.wait(timeout=1)

    def ask_to_stop(self) -> None:
        """Let it finish what is in hand; nothing happens when it does not run."""
        self._daemon.ask_to_end()

    def stopped(self, *, timeout: float) -> bool:
        """Whether it ended by itself within *timeout* seconds; else it is killed."""
        return self._daemon.ended(timeout=max(timeout, 0.1))

    def last_words(self) -> str:
        """Say in one line why it ended, as far as its log tells."""
        lines = [line for line in self._daemon.last_lines(since=self._begins) if line.strip()]
        for line in reversed(lines):
            if (told := _reason(line)) is not None:
                return told[:200]
        last = lines[-1].strip() if lines else ""
        if last and not last.startswith("{"):
            return last[:200]
        code = self._child.poll() if self._child is not None else None
        return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _reason(line: str) -> str | None:
    """Return the reason in a log line that tells of an end; None in any other."""
    try:
        told: JSON = json.loads(line)
    except ValueError:
        return None
    if told.get("level") == "critical":
        return str(told.get("reason") or told.get("event"))
    return None


def _lower(pid: int) -> None:
    """Let a program give way on a busy machine; what has a session of its own is weighed as that (Linux)."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICE), "ascii")


def migrates(why: str) -> bool:
    """Whether a replica that is not ready for this reason migrates, or waits for one that does."""
    return why.startswith(MIGRATING)


def waits_for_a_person(health: JSON) -> bool:
    """Whether a replica works, and is not ready for halted parts alone: for each it gives a reason."""
    states = [state for state in health.values() if isinstance(state, dict)]
    halted = sum(len(state.get("halted", ())) for state in states)
    return 0 < halted == len(health.get("reasons", ()))


def wait_until_ready(replicas: list[Replica], *, timeout: float) -> Iterator[dict[str, str]]:
    """
    Yield, again and again, why each replica that is not ready is not, until all are or wait for a person.

    Whoever decides about a part that stands still needs the house for it, and the rest of the house works.
    While one migrates, no time is counted: given up, it would have to do it all again at its next start.

    :raises GroundError: not within *timeout* seconds, or one keeps ending.
    """
    waiting = {replica.name: "starting" for replica in replicas}
    left, asked_at = timeout, time.monotonic()
    while left > 0:
        standing = set[str]()
        for replica in replicas:
            if replica.name not in waiting:
                continue
            for ended in replica.tend():
                waiting[replica.name] = ended
            if replica.program is not None:
                health = replica.door.health(timeout=1)
                if health.get("ready"):
                    del waiting[replica.name]
                elif reasons := health.get("reasons"):
                    waiting[replica.name] = str(reasons[0])
                    if waits_for_a_person(health):
                        standing.add(replica.name)
        yield waiting
        if waiting.keys() <= standing:
            return
        time.sleep(_ASKS_EVERY_S)
        now = time.monotonic()
        if not any(migrates(why) for why in waiting.values()):
            left -= now - asked_at
        asked_at = now
    name, why = next(iter(waiting.items()))
    others = f" (nor is {', '.join(list(waiting)[1:])})" if len(waiting) > 1 else ""
    raise GroundError(f"{name} is not ready after {timeout:.0f} s: {why}{others}; wangge logs {name}")


def parse_scale(wishes: list[str]) -> dict[str, int]:
    """Read `router=3` and the like; raises GroundError for what cannot be."""
    scale = {}
    for wish in (part for text in wishes for part in text.split(",")):
        service, _, count = wish.partition("=")
        if service not in SERVICES or not count.isdecimal() or not 1 <= int(count) <= 12:
            raise GroundError(
                f"--scale {wish}: write SERVICE=N with N from 1 to {INSIDE_PARTITIONS_DEFAULT}"
                f" and one of {', '.join(SERVICES)}"
            )
        scale[service] = int(count)
    return scale


def parse_without(wishes: list[str]) -> frozenset[str]:
    """Read names of services; raises GroundError for one that does not exist."""
    named = frozenset(part for text in wishes for part in text.split(","))
    if unknown := sorted(named - set(SERVICES)):
        raise GroundError(f"--without {unknown[0]}: it is one of {', '.join(SERVICES)}")
    return named
