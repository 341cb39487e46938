"""The whole house on a site, its rooms as `wangge up` starts them: at rest, and for others to load."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psutil

from tests.bench import backlog
from tests.bench.backlog import Mix
from tests.bench.draining import cpu_s
from tests.bench.figures import Say
from tests.bench.knocking import Caller
from tests.bench.site import Site
from wangge_contracts import topics
from wangge_local.cli_screen import Note, Steps
from wangge_local.house import House
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.house_replicas import Replica, wait_until_ready
from wangge_local.publish import Outsiders

TERMINAL = "pda"
REPORTS = topics.TERMINAL_REPORTS.named(TERMINAL)
_SETTLES_S = 4.0


class _Lines(Steps):
    """Steps told to who watches, on standard error."""

    def __init__(self, say: Say) -> None:
        super().__init__(None)
        self._say = say

    @contextmanager
    def step(self, what: str) -> Iterator[Note]:
        """Say what came of the step."""
        note = Note()
        yield note
        self._say(f"{what}: {note.text or 'done'}")


@dataclass(slots=True)
class Whole:
    """One house on a site; *seconds* is how long each measurement lasts, *rounds* how often it is taken."""

    site: Site
    seconds: float
    rounds: int
    say: Say
    mix: Mix = field(init=False)
    house: House = field(init=False)
    numbers: Iterator[int] = field(default_factory=count)
    """Of the reports that are handed in: no two have the same."""
    lost: int = 0
    """What was handed in and did not come out."""

    def open(self) -> None:
        """Start every room, with a door that lets us send as much as it can bear."""
        self.site.lay_topics(Outsiders((), ()))
        self.house = House(self.site.folder, DEFAULT_CONFIG)
        self.house.kafka, self.house.postgres = self.site.kafka, self.site.postgres
        steps = _Lines(self.say)
        bundle = self.house.lay_ground(steps)
        self.house.publish(steps, bundle)
        self.mix = Mix.of(bundle)
        intake = self.intake
        intake.environment = {**intake.environment, "quota_per_s": "1e6", "quota_burst": "1e6"}
        self.house.open_rooms(steps)

    def close(self) -> None:
        """Stop the rooms; the ground is the site's to end."""
        running = [replica for replica in self.house.replicas if replica.program is not None]
        for replica in running:
            replica.ask_to_stop()
        for replica in running:
            replica.stopped(timeout=25)

    def miss(self, where: str, what: Sequence[str]) -> None:
        """Count what did not come out, and name the first of it."""
        self.lost += len(what)
        if what:
            self.say(f"{where}: {len(what)} did not come out, among them {', '.join(what[:3])}")

    @property
    def intake(self) -> Replica:
        """Intake as the house runs it, room and door in one process."""
        return next(replica for replica in self.house.replicas if replica.service == "intake")

    @contextmanager
    def door_alone(self) -> Iterator[Replica]:
        """Stop every room, and run intake's door by itself where it was."""
        self.close()
        own = {**self.intake.environment, "room": "false"}
        door = Replica("intake", "door", self.intake.port, self.site.folder, own)
        door.start()
        try:
            for _ in wait_until_ready([door], timeout=30):
                pass
            yield door
        finally:
            door.ask_to_stop()
            door.stopped(timeout=25)

    def caller(self) -> Caller:
        """Somebody who may enter."""
        assert self.house.keys is not None
        hole = backlog.report_id(0)
        before, _, after = self.mix.report(0, always_classed=True).write().partition(hole.encode())
        return Caller(self.intake.port, self.house.keys.tokens[f"terminals.{TERMINAL}"], before, after)

    def idle(self, *, seconds: float = 20) -> dict[str, Any]:
        """Processor time of every room and of PostgreSQL while nothing happens, in per cent of one core."""
        time.sleep(_SETTLES_S)
        used: dict[str, float] = {}
        with self.processor(used):
            time.sleep(seconds)
        self.say(f"idle, per cent of a core: {used}")
        return {"core_percent": round(sum(used.values()), 2), "by": used, "seconds": seconds}

    @contextmanager
    def processor(self, used: dict[str, float]) -> Iterator[None]:
        """Note in *used* what every room and PostgreSQL use meanwhile, in per cent of one core."""
        before, began = self._cpu(), time.monotonic()
        yield
        lasted = time.monotonic() - began
        used |= {who: round((at - before[who]) / lasted * 100, 2) for who, at in self._cpu().items()}

    def memory(self) -> dict[str, Any]:
        """Megabytes that each room holds now."""
        held = {
            replica.service: round(program.memory_info().rss / 1e6, 1)
            for replica in self.house.replicas
            if (program := replica.program) is not None
        }
        return {"by": held}

    def _cpu(self) -> dict[str, float]:
        assert self.site.postgres.pid is not None
        database = psutil.Process(self.site.postgres.pid)
        rooms = {
            replica.service: cpu_s(program)
            for replica in self.house.replicas
            if (program := replica.program) is not None
        }
        return rooms | {"postgres": cpu_s(database) + sum(map(cpu_s, database.children(recursive=True)))}
