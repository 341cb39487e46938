"""Somebody says more of a matter that was merged: whoever works on it hears, and it is counted there."""

from typing import Any

import pytest

from tests.unit.router.families import Family
from tests.unit.router.scenes import NIGHT, answer, attached, begun, minutes, order
from wangge_contracts.v1 import Cause, DeskOrdered
from wangge_router.attaching import attach as attach_to
from wangge_router.docket import Scene
from wangge_router.sayings import Said

CAUSE = Cause(id="attached", kind="attachment")


def chain() -> Family:
    """The first is merged into the second, and that into the third."""
    return Family.of(3).merge("a", "b").settle().merge("b", "c").settle()


def attach(family: Family, name: str, kind: str, *, at: float, settled: bool = True) -> Family:
    more = attached(kind, at=at).model_copy(update={"incident_id": name})
    said = Said(id=f"{kind} {at}", effective_at=minutes(at), attached=more)
    for outgoing in family.dockets[name].hear(said, Scene(family.directory, NIGHT), family.heard):
        if outgoing.topic == "desk.ordered.v1":
            family.underway += (DeskOrdered.read(outgoing.message.write()),)
    return family.settle() if settled else family


def repeats(family: Family) -> list[int]:
    return [case.incident.counts.repeats for _, case in family.cases]


def test_a_reminder_of_what_was_merged_twice_reaches_who_works_on_it() -> None:
    family = chain()
    before = repeats(family)
    attach(family, "a", "reminder", at=50)

    assert repeats(family) == [each + 1 for each in before]
    (lead,) = (held.task for held in family.case("c").held)
    assert (lead.change, lead.effective_at) == ("reminded", minutes(50))
    assert '"refused"' not in "".join(family.verdicts)


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("reminder", 1), ("dissatisfied", 1), ("supplement", 0), ("withdrawal", 0), ("correction", 0)],
)
def test_of_what_is_said_of_a_merged_matter_only_asking_again_counts(kind: str, counted: int) -> None:
    family = chain()
    before = repeats(family)
    attach(family, "a", kind, at=50)

    assert repeats(family) == [each + counted for each in before]
    (lead,) = (held.task for held in family.case("c").held)
    assert (lead.change, lead.counts.repeats) == ("reminded", before[-1] + counted)


@pytest.mark.parametrize("done", [True, False])
def test_a_reminder_reaches_who_has_the_turn_and_not_who_looks_for_other_help(done: bool) -> None:
    # Else whom it reaches would depend on which of two topics is read first.
    play = begun("0501" if done else "9999").hear(order("call", "assist department:roads", at=1))
    if done:
        play.hear(answer(play.task("handle"), "done", at=2))
    play.hear(answer(play.task("assist"), "return", at=3), attached(at=4))

    (reminded,) = play.facts[-1].tasks
    help_sought = play.task("dispatch")
    assert (reminded.kind, reminded.change) == ("check" if done else "dispatch", "reminded")
    assert help_sought.concerns == play.task("assist").task_id
    assert reminded.task_id != help_sought.task_id


@pytest.mark.parametrize(
    ("fields", "quoted"),
    [
        ({}, True),
        ({"confidential": True}, False),
        ({"sensitivity": "restricted"}, False),
    ],
)
def test_what_is_told_in_confidence_is_counted_and_never_quoted(fields: dict[str, Any], quoted: bool) -> None:
    story = attached("reminder", at=50, description={"text": "my neighbour does it", "lang": "en"}, **fields)
    family = Family.of(2).merge("a", "b").settle()
    outcome = attach_to(family.case("a"), story, family.directory, cause=CAUSE, now=NIGHT)

    (passed_on,) = outcome.orders
    assert [said.reason is not None for said in (passed_on, outcome.fact)] == [quoted, quoted]
    assert [said.reason_code for said in (passed_on, outcome.fact)] == ["reminder", "reminder"]


def test_what_is_said_of_a_restricted_matter_is_not_quoted_to_the_one_it_was_merged_into() -> None:
    family = Family.of(2).merge("a", "b").settle()
    case = family.case("a")
    incident = case.incident.model_copy(update={"sensitivity": "restricted"})
    restricted = case.model_copy(update={"incident": incident})
    outcome = attach_to(restricted, attached("reminder", at=50), family.directory, cause=CAUSE, now=NIGHT)

    assert [order.reason for order in outcome.orders] == [None]


def test_what_an_older_router_passes_on_counts_as_asking_again() -> None:
    family = Family.of(2).merge("a", "b").settle()
    before = repeats(family)
    attach(family, "a", "reminder", at=50, settled=False)
    (passed_on,) = family.underway
    family.hear(passed_on.model_copy(update={"reason_code": None}))

    assert repeats(family) == [each + 1 for each in before]


def test_a_reminder_that_arrives_after_the_end_is_counted_and_nobody_has_to_do_anything() -> None:
    family = Family.of(2).merge("a", "b").settle()
    family.ordered("b", "void")
    (waiting,) = family.underway
    family.underway = ()
    before = repeats(family)
    attach(family, "a", "reminder", at=50)

    assert repeats(family) == [each + 1 for each in before]
    assert not any(held.open for held in family.case("b").held)
    family.hear(waiting)
    assert family.state("a") == "void"
