"""Anybody says anything at any time: whatever comes of it, what must hold of every incident holds."""

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
from tests.unit.router.scenes import CENTRE, DESK, WORKSTATION, Play, accepted, attached, minutes
from wangge_contracts.message import Message, words
from wangge_contracts.v1 import Order
from wangge_router.case import Held
from wangge_router.ordering import ORDERS
from wangge_router.store import docket_of, packed


class Lives(RuleBasedStateMachine):
    """
    One incident whose row is written and read again between any two words, as between two batches.

    Everything is read long after it was said; what is said must come out as if it had been read at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(DIRECTORY)
        self.away: dict[str, Held] = {}
        self.at = 0.0

    @initialize(report=st.sampled_from(REPORTS))
    def reported(self, report: tuple[str, str]) -> None:
        code, source = report
        self._hear(accepted(code, source=source))

    @rule(pick=PICK, word=PICK, mood=MOOD, later=LATER)
    def answered(self, pick: int, word: int, mood: int, later: int) -> None:
        """Mostly what the holder of an open task may say, sometimes anything of any task by anybody."""
        self.at += later
        held = self.play.case.held
        likely = [each for each in held if each.open] if mood < 9 else []
        task = (likely or held)[pick % len(likely or held)].task
        said = [each for each in ACTS if each[0] in task.allowed_acts] if mood < 8 else []
        act, verdict = (said or ACTS)[word % len(said or ACTS)]
        strange: dict[str, Any] = {"origin": "departments.stranger"} if mood == 9 and pick % 2 else {}
        self._hear(complete(task, act, verdict, at=self.at, answer_id=f"a {self.at}", **strange))

    @rule(pick=PICK, kind=st.sampled_from([*ORDERS, *ORDERS, *words(Order)]), mood=MOOD, later=LATER)
    def ordered(self, pick: int, kind: str, mood: int, later: int) -> None:
        """Mostly the street's desk, about whatever task; it seldom gives a matter up."""
        if kind in ("void", "not-accept") and mood < 9:
            return
        self.at += later
        here = Situation(self.play.case, ("",) * int(self.at), self.play.case.held)
        found = [*orders(here, kind)]
        desk = DESK if mood < 8 else (CENTRE, WORKSTATION)[pick % 2]
        told = found[pick % len(found)]
        update: dict[str, Any] = {"effective_at": minutes(self.at)}
        if told.on_behalf_of == DESK:
            update["on_behalf_of"] = desk
        self._hear(told.model_copy(update=update))

    @precondition(lambda self: self.at < 60)
    @rule(kind=st.sampled_from(["reminder", "supplement", "dissatisfied"]), later=LATER)
    def asked_again(self, kind: str, later: int) -> None:
        self.at += later
        self._hear(attached(kind, at=self.at))

    def _hear(self, message: Message) -> None:
        """Hear it at night, and hear it on a second copy of the row at once: it comes out the same."""
        named = {getattr(message, "task_id", None), *getattr(message, "task_ids", ())}
        back = [held for name, held in self.away.items() if name in named]
        at_once = Play(DIRECTORY, now=minutes(self.at), register=dict(self.play.register))
        at_once.docket = self._read()
        for play in (self.play, at_once):
            play.docket.bring_back(back)
        before = self.play.docket.case
        facts = len(self.play.facts)
        self.play.hear(message)
        at_once.hear(message)
        assert at_once.docket.case == self.play.docket.case
        told = len(self.play.facts) - facts
        assert told == (self.play.docket.case is not before)
        assert told <= 1
        self.away |= {held.task.task_id: held for held in self.play.docket.put_away()}
        self.play.docket = self._read()

    def _read(self) -> Any:
        docket = self.play.docket
        return docket_of("incident", packed(docket.document), packed(docket.waiting_document))

    @invariant()
    def somebody_has_the_turn_until_it_is_over(self) -> None:
        """Or, once it is passed, another incident has: asked to take it in, or split from it."""
        case, kinds = self.play.case, {kind for kind, _ in self.play.open_tasks}
        if case.over:
            assert kinds <= {"approve"}
        elif not (case.passed and (case.asking or case.children)):
            assert kinds - {"approve", "supervise"}

    @invariant()
    def no_fact_is_missing_and_the_facts_rebuild_what_is_stored(self) -> None:
        facts = self.play.facts
        assert [fact.incident.revision for fact in facts] == list(range(1, len(facts) + 1))
        tasks: dict[str, Any] = {}
        for fact in facts:
            for task in fact.tasks:
                assert task.revision == (tasks[task.task_id].revision + 1 if task.task_id in tasks else 1)
                tasks[task.task_id] = task
        stored = self.away | {held.task.task_id: held for held in self.play.case.held}
        assert facts[-1].incident == self.play.case.incident
        assert {name: task.model_dump() for name, task in tasks.items()} == {
            name: held.task.model_dump() for name, held in stored.items()
        }


def test_whatever_anybody_says_every_incident_keeps_what_must_hold() -> None:
    drive(Lives, examples=15, steps=30)


@pytest.mark.long
def test_ten_thousand_words_later_it_still_holds() -> None:
    drive(Lives, examples=200, steps=50)
