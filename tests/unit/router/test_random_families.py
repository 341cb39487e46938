"""Anybody says anything of several incidents that are merged and split: what must hold of each still does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.unit.router.drawing import LATER, MOOD, PICK, drive
from tests.unit.router.exploring import ACTS, DIRECTORY, REPORTS, Situation, complete, orders
from tests.unit.router.families import NAMES, Family, breaches, unsettled
from tests.unit.router.scenes import CENTRE, accepted, minutes
from wangge_chassis.records import Outgoing
from wangge_contracts.message import Message
from wangge_contracts.v1 import DeskOrdered, IncidentAccepted, IncidentChanged, TaskAnswered, TaskChanged
from wangge_router.case import Case, Held
from wangge_router.ordering import ORDERS
from wangge_router.store import docket_of, packed

ON = {"handle": "done", "check": "check", "attend": "arrived", "verify": "verify"}
"""What brings a task of each kind on."""
SELDOM = ("void", "not-accept", "merge", "split")
"""What ends a matter, or makes another of it, is ordered by rules of its own, or seldom."""


@dataclass
class Rows(Family):
    """A family whose rows are written and read again between any two words, and all that it has told."""

    facts: dict[str, list[IncidentChanged]] = field(default_factory=dict)
    away: dict[str, Held] = field(default_factory=dict)

    def hear(self, message: Message) -> None:
        assert isinstance(message, IncidentAccepted | TaskAnswered | DeskOrdered)
        name = message.incident_id
        named = {getattr(message, "task_id", None), *getattr(message, "task_ids", ())}
        if name in self.dockets:
            self.dockets[name].bring_back([held for key, held in self.away.items() if key in named])
        super().hear(message)
        docket = self.dockets[name]
        self.away |= {held.task.task_id: held for held in docket.put_away()}
        self.dockets[name] = docket_of(name, packed(docket.document), packed(docket.waiting_document))

    def keep(self, outgoing: Outgoing) -> None:
        if outgoing.topic == "incidents.changed.v1":
            fact = IncidentChanged.read(outgoing.message.write())
            self.facts.setdefault(fact.incident.incident_id, []).append(fact)

    def waits_for_another(self, name: str, case: Case) -> bool:
        """
        Whether another matter has the turn, or an answer is on its way, so that nobody here needs one.

        That may be only of a matter that is passed: while a part that was split from it is not over, or is
        not there yet, or has ended and says so; and while another was asked to take it in and the question
        or the answer is on its way.
        """
        if not case.passed:
            return False
        said = [order for order in self.underway if name in (order.incident_id, order.other_incident_id)]
        if case.asking is not None:
            return any(case.asking in (order.incident_id, order.other_incident_id) for order in said)
        return bool(case.children) and all(
            child not in self.dockets
            or (born := self.dockets[child].case) is None
            or not born.over
            or any(child in (order.incident_id, order.other_incident_id) for order in said)
            for child in case.children
        )


class Families(RuleBasedStateMachine):
    """Two to five incidents; what one orders of another arrives when it likes, and sometimes twice."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = Rows(directory=DIRECTORY)
        self.minute = 0.0
        self.looked_at: dict[str, int] = {}

    @initialize(reports=st.lists(st.sampled_from(REPORTS), min_size=2, max_size=5))
    def reported(self, reports: list[tuple[str, str]]) -> None:
        for name, (code, source) in zip(NAMES, reports, strict=False):
            self.rows.hear(accepted(code, source=source, incident_id=name, case_number=f"case-{name}"))

    @rule(which=PICK, pick=PICK, word=PICK, mood=MOOD, later=LATER)
    def answered(self, which: int, pick: int, word: int, mood: int, later: int) -> None:
        """Mostly what the holder of an open task may say, sometimes anything of any task."""
        name, case = self._one(which)
        self.minute += later
        likely = [each for each in case.held if each.open] if mood < 9 else []
        task = (likely or case.held)[pick % len(likely or case.held)].task
        said = [each for each in ACTS if each[0] in task.allowed_acts] if mood < 8 else []
        act, verdict = (said or ACTS)[word % len(said or ACTS)]
        told = {"incident_id": name, "answer_id": f"a {self.minute}"}
        self.rows.hear(complete(task, act, verdict, at=self.minute, **told))

    @rule(which=PICK, later=LATER)
    def brought_on(self, which: int, later: int) -> None:
        """Who has the main turn goes on with it, so that matters come to their end."""
        name, case = self._one(which)
        self.minute += later
        for held in case.held:
            act = {"handle": "done", "check": "check", "attend": "arrived", "verify": "verify"}.get(
                held.task.kind
            )
            if held.open and act in held.task.allowed_acts:
                told = {"incident_id": name, "answer_id": f"a {self.minute} {held.task.task_id}"}
                verdict = "passed" if act in ("check", "verify") else None
                self.rows.hear(complete(held.task, str(act), verdict, at=self.minute, **told))

    @rule(which=PICK, pick=PICK, kind=st.sampled_from([*ORDERS]), mood=MOOD, later=LATER)
    def ordered(self, which: int, pick: int, kind: str, mood: int, later: int) -> None:
        if kind in SELDOM and mood < 9:
            return
        name, case = self._one(which)
        self.minute += later
        here = Situation(case, ("",) * int(self.minute), case.held)
        found = [*orders(here, kind)]
        told = found[pick % len(found)]
        update: dict[str, Any] = {
            "incident_id": name,
            "effective_at": minutes(self.minute),
            "on_behalf_of": CENTRE,
            "order_id": f"{kind} {self.minute}",
        }
        if told.actor is not None and told.other_incident_id is not None:
            update["other_incident_id"] = self._one(pick)[0]
        self.rows.hear(told.model_copy(update=update))

    @rule(child=PICK, parent=PICK)
    def merged(self, child: int, parent: int) -> None:
        self.rows.at = max(self.rows.at, int(self.minute))
        self.rows.merge(self._one(child)[0], self._one(parent)[0])
        self.minute += 1

    @precondition(lambda self: len(self.rows.dockets) < 12)
    @rule(which=PICK)
    def split(self, which: int) -> None:
        self.rows.at = max(self.rows.at, int(self.minute))
        self.rows.split(self._one(which)[0])
        self.minute += 1

    @precondition(lambda self: self.rows.underway)
    @rule(which=PICK, mood=MOOD)
    def arrived(self, which: int, mood: int) -> None:
        """Any of what is on its way, not the oldest; of ten one comes once more."""
        self.rows.deliver(which % len(self.rows.underway), again=mood == 9)

    def _one(self, which: int) -> tuple[str, Case]:
        here = [*self.rows.cases]
        return here[which % len(here)]

    @invariant()
    def there_is_no_circle_no_orphan_and_nothing_open_under_its_end(self) -> None:
        assert not [*breaches(self.rows)]

    @invariant()
    def somebody_has_the_turn_until_it_is_over_here_or_in_another_matter(self) -> None:
        for name, case in self.rows.cases:
            kinds = {held.task.kind for held in case.held if held.open}
            if case.over:
                assert kinds <= {"approve"}, name
            elif not kinds - {"approve", "supervise"}:
                assert self.rows.waits_for_another(name, case), name

    @invariant()
    def no_fact_is_missing_and_the_facts_rebuild_what_is_stored(self) -> None:
        for name, case in self.rows.cases:
            facts = self.rows.facts[name]
            if self.looked_at.get(name) != len(facts):
                self.looked_at[name] = len(facts)
                assert [*_broken(facts, case, self.rows.away)] == [], name

    def teardown(self) -> None:
        """Whatever was ordered: when everything has arrived, everything fits together."""
        self.rows.settle()
        assert not [*breaches(self.rows), *unsettled(self.rows)]


def _broken(facts: list[IncidentChanged], case: Case, away: dict[str, Held]) -> Iterator[str]:
    if [fact.incident.revision for fact in facts] != list(range(1, len(facts) + 1)):
        yield "a fact is missing"
    tasks: dict[str, TaskChanged] = {}
    for fact in facts:
        for task in fact.tasks:
            if task.revision != (tasks[task.task_id].revision + 1 if task.task_id in tasks else 1):
                yield f"{task.task_id} jumps"
            tasks[task.task_id] = TaskChanged.model_validate(task.model_dump())
    mine = {key: held for key, held in away.items() if key in tasks}
    stored = mine | {held.task.task_id: held for held in case.held}
    if facts[-1].incident != case.incident:
        yield "the last fact tells another incident than is stored"
    if {key: task.model_dump() for key, task in tasks.items()} != {
        key: held.task.model_dump() for key, held in stored.items()
    }:
        yield "the facts tell other tasks than are stored"


def test_whatever_is_merged_and_split_and_whenever_it_arrives_what_must_hold_does() -> None:
    drive(Families, examples=12, steps=30)


@pytest.mark.long
def test_ten_thousand_words_later_families_still_fit_together() -> None:
    drive(Families, examples=200, steps=50)
