"""What who reads tasks must bear: each trial, what his connector is told, and what its answers show. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from wangge_contracts.v1 import ClockChanged, TaskAnswered, TaskChanged
from wangge_local.conformance_told import (
    Mailbox,
    Record,
    clock_of,
    foretold,
    record_of,
    refusal,
    task_of,
    withdrawn,
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer of the connector's; *late*: it was heard after the last that the trial tells."""

    answer: TaskAnswered
    late: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that happens to every connector sooner or later."""

    name: str
    must: str
    """What a connector does with its task then, for people."""
    task: TaskChanged
    """As it stands when it is to be acknowledged."""
    tells: Sequence[Record]
    then: Callable[[TaskAnswered], Sequence[Record]] = lambda _: ()
    """What is told once it has answered, and how."""
    fault: Callable[[Sequence[Spoken]], str | None] = lambda _: None
    """What is wrong with the answers to the task, besides; None: nothing."""

    def why_failed(self, heard: Sequence[Spoken]) -> str | None:
        """Return what is wrong with the answers that were *heard*; None: nothing."""
        acknowledged = [each.answer for each in heard if each.answer.act == "acknowledge"]
        if not acknowledged:
            return f"it was answered, but not acknowledged: {heard[0].answer.act}"
        newest = self.task.revision
        if any(each.based_on_revision != newest for each in acknowledged):
            told = sorted({each.based_on_revision for each in acknowledged})
            return f"acknowledged by revision {', '.join(map(str, told))}; the newest was {newest}"
        return self.fault(heard)

    def withdrawal(self, mailbox: Mailbox, *, at: datetime) -> Record:
        """Return what takes the task back, so that it does not stay among the holder's."""
        taken = withdrawn(self.task, revision=self.task.revision + 2, at=at)
        return record_of(taken, mailbox, sequence=9, at=at)


def trials(mailbox: Mailbox, district: str, run: str, *, at: datetime) -> Iterator[Trial]:
    """
    Yield the trials of who reads *mailbox*, each with a task of its own (`mode` test).

    :param run: makes ids and numbers of one play unlike those of another. :param at: house time, UTC.
    """

    def task(name: str) -> TaskChanged:
        return task_of(mailbox.holder, district, f"{run}-{name}", at=at)

    def told(message: TaskChanged | ClockChanged, sequence: int = 1, **strange: str) -> Record:
        return record_of(message, mailbox, at=at, sequence=sequence, **strange)

    new = task("new")
    yield Trial("new", "acknowledge it", new, (told(new), told(clock_of(new))))

    twice = task("duplicate")
    again = told(twice)
    yield Trial(
        "duplicate",
        "acknowledge it once, or with the same answer_id",
        twice,
        (again,),
        then=lambda _: (again, again),
        fault=_one_id,
    )

    first = task("stale")
    newer = first.model_copy(update={"revision": 2, "change": "revised"})
    yield Trial(
        "stale",
        "keep to the highest revision when an older one comes after it",
        newer,
        (told(newer, sequence=2), told(first)),
        fault=_one_id,
    )

    early = task("clock-first")
    yield Trial(
        "clock first",
        "acknowledge it, though its clock came before it",
        early,
        (told(clock_of(early)), told(early, sequence=2)),
    )

    strange = task("unknown")
    yield Trial(
        "unknown",
        "pass over a field, a word and a type of message that it does not know",
        strange,
        (
            foretold(strange, mailbox, at=at),
            told(strange, sequence=2, weather="rain", change="re-evaluated", urgency="soon"),
        ),
    )

    taken = task("withdrawn")
    yield Trial(
        "withdrawn",
        "leave it alone from then on",
        taken,
        (told(taken),),
        then=lambda _: (told(withdrawn(taken, revision=2, at=at), sequence=2),),
        fault=lambda heard: _nothing_after(heard, "it was withdrawn"),
    )

    unheard = task("refused")
    yield Trial(
        "refused",
        "send an answer that was refused for good no more",
        unheard,
        (told(unheard),),
        then=lambda answer: (refusal(mailbox, answer, at=at),),
        fault=lambda heard: _nothing_after(heard, "its answer had been refused"),
    )


def _one_id(heard: Sequence[Spoken]) -> str | None:
    ids = {each.answer.answer_id for each in heard}
    return f"answered {len(ids)} times, each under an answer_id of its own" if len(ids) > 1 else None


def _nothing_after(heard: Sequence[Spoken], what: str) -> str | None:
    late = [each.answer.act for each in heard if each.late]
    return f"still answered after {what}: {', '.join(late)}" if late else None
