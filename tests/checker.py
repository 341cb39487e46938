"""
The invariants of the house, stated once: what was gathered from logs and tables in, breaches out.

I1 no acknowledged loss, I2 every effect once, I3 facts of one key in order without a gap, I4 offsets never
ahead of their effects, I5 timers once and never early, I7 each poison record once and what follows is
handled, I9 quiet at the end. Identical records may appear again in a log at any time; what counts is the
sequence of first occurrences.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fact:
    """One record of a numbered topic, in log order within its partition."""

    topic: str
    key: str
    sequence: int
    message_id: str
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record of a dead-letter topic."""

    message_id: str
    topic: str
    partition: int
    offset: int
    reason: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung that rang: instants are house time in seconds."""

    clock: str
    rung: str
    due_at: float
    rang_at: float


@dataclass(slots=True)
class Gathered:
    """
    What a run left behind.

    *spoken* are the ids of messages that the broker acknowledged to their speakers; *verdicts* pairs of
    (spoken id, id of the verdict message); *effects* the ids whose effect is stored, one entry for each
    time; *expected_facts* ids of facts that the stored state says were promised.
    """

    spoken: set[str] = field(default_factory=set)
    verdicts: list[tuple[str, str]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    expected_facts: set[str] = field(default_factory=set)
    tasks: list[tuple[str, str]] = field(default_factory=list)
    """(incident, task id) of every stored task."""
    stored_offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    log_ends: dict[tuple[str, int], int] = field(default_factory=dict)
    committed_offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    rungs: list[Rung] = field(default_factory=list)
    poison: dict[tuple[str, int, int], bytes | None] = field(default_factory=dict)
    """Poison records that were put in: (topic, partition, offset) -> original bytes."""
    dead_letters: list[DeadLetter] = field(default_factory=list)
    unpublished: int = 0
    halted: list[str] = field(default_factory=list)
    ready: bool = True


def check(run: Gathered) -> list[str]:
    """Return one line per breach, each beginning with its invariant; none when all hold."""
    return [
        *_no_loss(run),
        *_effects_once(run),
        *_order(run.facts),
        *_offsets(run),
        *_timers(run.rungs),
        *_poison(run),
        *_quiet(run),
    ]


def _no_loss(run: Gathered) -> Iterable[str]:
    judged = {spoken for spoken, _ in run.verdicts} | set(run.effects)
    for lost in sorted(run.spoken - judged)[:10]:
        yield f"I1 {lost} was acknowledged and has neither verdict nor effect"
    published = {fact.message_id for fact in run.facts}
    for lost in sorted(run.expected_facts - published)[:10]:
        yield f"I1 fact {lost} was promised and never published"


def _effects_once(run: Gathered) -> Iterable[str]:
    for effect, times in Counter(run.effects).items():
        if times > 1:
            yield f"I2 {effect} had its effect {times} times"
    verdicts: dict[str, set[str]] = defaultdict(set)
    for spoken, verdict in run.verdicts:
        verdicts[spoken].add(verdict)
    for spoken, ids in verdicts.items():
        if len(ids) > 1:
            yield f"I2 {spoken} has {len(ids)} different verdicts"
    for task, times in Counter(task for _, task in run.tasks).items():
        if times > 1:
            yield f"I2 task {task} exists {times} times"
    if run.expected_facts:
        extra = {fact.message_id for fact in run.facts} - run.expected_facts
        for fact in sorted(extra)[:10]:
            yield f"I2 fact {fact} was published and is not in the stored state"


def _order(facts: Iterable[Fact]) -> Iterable[str]:
    last: dict[tuple[str, str], int] = defaultdict(int)
    known: dict[tuple[str, str, int], Fact] = {}
    for fact in facts:
        at = (fact.topic, fact.key)
        earlier = known.get((*at, fact.sequence))
        if earlier is not None:
            if earlier != fact:
                yield f"I3 {fact.topic} {fact.key}: sequence {fact.sequence} came with other content"
            continue
        known[*at, fact.sequence] = fact
        if fact.sequence != last[at] + 1:
            yield f"I3 {fact.topic} {fact.key}: sequence {fact.sequence} first came after {last[at]}"
        last[at] = max(last[at], fact.sequence)


def _offsets(run: Gathered) -> Iterable[str]:
    for at, stored in run.stored_offsets.items():
        if stored > run.log_ends.get(at, stored):
            yield f"I4 {at}: stored offset {stored} lies beyond the log's end {run.log_ends[at]}"
        if run.committed_offsets.get(at, 0) > stored:
            yield f"I4 {at}: Kafka was told {run.committed_offsets[at]}, effects reach {stored}"


def _timers(rungs: Iterable[Rung]) -> Iterable[str]:
    rang: Counter[tuple[str, str]] = Counter()
    for rung in rungs:
        rang[rung.clock, rung.rung] += 1
        if rung.rang_at < rung.due_at:
            yield f"I5 {rung.clock}/{rung.rung} rang {rung.due_at - rung.rang_at:.3f} s early"
    for (clock, name), times in rang.items():
        if times > 1:
            yield f"I5 {clock}/{name} rang {times} times"


def _poison(run: Gathered) -> Iterable[str]:
    found: dict[tuple[str, int, int], dict[str, DeadLetter]] = defaultdict(dict)
    for letter in run.dead_letters:
        found[letter.topic, letter.partition, letter.offset][letter.message_id] = letter
    for at, value in run.poison.items():
        letters = list(found.get(at, {}).values())
        if len(letters) != 1:
            yield f"I7 poison at {at} has {len(letters)} dead letters"
            continue
        if not letters[0].reason:
            yield f"I7 dead letter of {at} gives no reason"
        if letters[0].value != value:
            yield f"I7 dead letter of {at} does not hold the original bytes"
    for at in found.keys() - run.poison.keys():
        yield f"I7 {at} became a dead letter and is not poison"


def _quiet(run: Gathered) -> Iterable[str]:
    for at, end in run.log_ends.items():
        if at in run.stored_offsets and run.stored_offsets[at] < end:
            yield f"I9 {at}: {end - run.stored_offsets[at]} records were never handled"
    if run.unpublished:
        yield f"I9 {run.unpublished} outbox rows were never published"
    for why in run.halted:
        yield f"I9 halted: {why}"
    if not run.ready:
        yield "I9 not ready at the end"
