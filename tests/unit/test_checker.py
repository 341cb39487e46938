"""The checker itself: a sound run passes, and each seeded breach is found under its own name."""

from collections.abc import Callable

import pytest

from tests.checker import DeadLetter, Fact, Gathered, Rung, check


def sound() -> Gathered:
    """Return what a run with one repeat in the log and one poison record leaves behind."""
    first, second = Fact("f", "k", 1, "m1"), Fact("f", "k", 2, "m2")
    return Gathered(
        spoken={"r1", "r2"},
        verdicts=[("r1", "v1"), ("r1", "v1"), ("r2", "v2")],
        effects=["r1", "r2"],
        facts=[first, second, first],
        expected_facts={"m1", "m2"},
        tasks=[("k", "t1")],
        stored_offsets={("in", 0): 3},
        log_ends={("in", 0): 3},
        committed_offsets={("in", 0): 3},
        rungs=[Rung("c", "80", 10.0, 10.2)],
        poison={("in", 0, 1): b"{"},
        dead_letters=[DeadLetter("d1", "in", 0, 1, "wrong-shape", b"{")],
    )


def test_a_sound_run_has_no_breach() -> None:
    assert check(sound()) == []


def _lose_verdict(run: Gathered) -> None:
    run.verdicts.pop()
    run.effects.remove("r2")


def _gap(run: Gathered) -> None:
    del run.facts[1]
    run.facts.append(Fact("f", "k", 3, "m2"))


SEEDED: list[tuple[str, Callable[[Gathered], object]]] = [
    ("I1", _lose_verdict),
    ("I1", lambda run: run.facts.pop(1)),
    ("I2", lambda run: run.effects.append("r1")),
    ("I2", lambda run: run.verdicts.append(("r1", "other"))),
    ("I2", lambda run: run.tasks.append(("k", "t1"))),
    ("I2", lambda run: run.facts.append(Fact("f", "k", 3, "m3"))),
    ("I3", _gap),
    ("I3", lambda run: run.facts.insert(0, run.facts.pop(1))),
    ("I3", lambda run: run.facts.append(Fact("f", "k", 2, "m2", b"other"))),
    ("I4", lambda run: run.stored_offsets.update({("in", 0): 4})),
    ("I4", lambda run: run.committed_offsets.update({("in", 0): 4})),
    ("I5", lambda run: run.rungs.append(Rung("c", "100", 20.0, 19.9))),
    ("I5", lambda run: run.rungs.append(run.rungs[0])),
    ("I7", lambda run: run.dead_letters.clear()),
    ("I7", lambda run: run.dead_letters.append(DeadLetter("d2", "in", 0, 1, "again", b"{"))),
    ("I7", lambda run: run.poison.update({("in", 0, 1): b"other"})),
    ("I7", lambda run: run.dead_letters.append(DeadLetter("d3", "in", 0, 2, "sound record", b"{}"))),
    ("I9", lambda run: run.log_ends.update({("in", 0): 5})),
    ("I9", lambda run: setattr(run, "unpublished", 1)),
    ("I9", lambda run: run.halted.append("part 3")),
    ("I9", lambda run: setattr(run, "ready", False)),
]


@pytest.mark.parametrize(("invariant", "breach"), SEEDED)
def test_each_seeded_breach_is_found(invariant: str, breach: Callable[[Gathered], object]) -> None:
    run = sound()

    breach(run)

    assert any(line.startswith(invariant) for line in check(run)), check(run)
