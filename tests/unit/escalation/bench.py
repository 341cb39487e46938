"""A clock on the bench: a test tells it what it hears, swings its bell, and reads what it said."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.unit.escalation.builders import FULL_LADDER, MORNING, almanac, task, word
from wangge_contracts.v1 import ClockChanged, DeskOrdered, Task
from wangge_escalation.almanac import Almanac
from wangge_escalation.clocks import Clock, Said, Scene
from wangge_escalation.following import follow
from wangge_escalation.ringing import ring
from wangge_escalation.rounds import relieve

ALMANAC = almanac()
FULL = almanac(ladder=FULL_LADDER)
PATIENCE = timedelta(seconds=60)


@dataclass
class Bench:
    """One clock on the bench: the test tells it what it hears and when the bell is swung."""

    almanac: Almanac = ALMANAC
    clock: Clock | None = None
    said: list[Said] = field(default_factory=list)

    def hears(self, told: Task, *others: Task, at: datetime, now: datetime | None = None) -> "Bench":
        """A snapshot of the task, effective *at*, read at *now*: at once, unless the test says when."""
        told = told.model_copy(update={"effective_at": at})
        self.clock, said = follow(
            self.clock, told, almanac=self.almanac, now=now or at, patience=PATIENCE, others=others
        )
        self.said += said
        return self

    def swings(self, now: datetime, *, upto: datetime | None = None) -> "Bench":
        """The bell, at *now*."""
        assert self.clock is not None
        worktime = self.almanac.worktime(self.clock.limit)
        scene = Scene(now, worktime, PATIENCE, staffed=self.almanac.staffed)
        self.clock, before = relieve(self.clock, self.almanac.outages, scene=scene)
        self.clock, said = ring(self.clock, upto=upto or now, scene=scene)
        self.said += before + said
        return self

    @property
    def facts(self) -> list[ClockChanged]:
        return [said.changed for said in self.said]

    @property
    def story(self) -> list[str]:
        """What was said, in a word each."""
        return [word(fact) for fact in self.facts]

    @property
    def orders(self) -> list[DeskOrdered]:
        """What was ordered, in order."""
        return [order for said in self.said for order in said.orders]

    @property
    def due(self) -> datetime:
        """The deadline as it was told last."""
        return self.facts[-1].deadline

    @property
    def standing(self) -> list[tuple[int, str]]:
        """Round and name of every rung that stands."""
        assert self.clock is not None
        return [(step.round, step.rung) for step in self.clock.steps if step.stands]


def running(**fields: Any) -> Bench:
    return Bench().hears(task(**fields), at=MORNING)


def done(revision: int = 2, **fields: Any) -> Task:
    return task(revision=revision, state="done", change="done", **fields)


def climbing(**fields: Any) -> Bench:
    """A clock on the whole ladder, ten hours around the clock from the MORNING on."""
    return Bench(almanac=FULL).hears(task(**fields), at=MORNING)
