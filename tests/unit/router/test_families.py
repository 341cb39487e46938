"""Merging and splitting: whatever is ordered, and however the messages between incidents go."""

from collections.abc import Callable, Iterator
from itertools import permutations

import pytest
from hypothesis import given, settings, strategies as st

from tests.unit.router.families import CODE, Family, breaches, unsettled
from tests.unit.router.scenes import DIRECTORY, NIGHT, accepted, answer, without
from wangge_contracts.v1 import DeskOrdered
from wangge_router.docket import Scene

Ordered = Callable[[Family], object]


def assert_sound(family: Family) -> None:
    assert not [*breaches(family)]


def everywhere(family: Family, todo: tuple[Ordered, ...], seen: set[object]) -> Iterator[Family]:
    """Go every way in which *todo* and what is on its way may follow each other; yield every end."""
    key = (len(todo), tuple(order.order_id for order in family.underway), _standing(family))
    if key in seen:
        return
    seen.add(key)
    assert_sound(family)
    if not todo and not family.underway:
        yield family
    if todo:
        further = family.copy()
        todo[0](further)
        yield from everywhere(further, todo[1:], seen)
    for number in range(len(family.underway)):
        further = family.copy()
        further.deliver(number)
        yield from everywhere(further, todo, seen)


def _standing(family: Family) -> object:
    return tuple(
        (name, case.incident.revision, case.incident.state, case.incident.merged_into, case.incident.merged)
        for name, case in family.cases
    )


def merged(child: str, parent: str) -> Ordered:
    return lambda family: family.merge(child, parent)


def ended(name: str, how: str) -> Ordered:
    if how == "finish":
        return lambda family: family.finish(name)
    return lambda family: family.ordered(name, how)


def split(name: str) -> Ordered:
    return lambda family: family.split(name)


def parts_finished(name: str) -> Ordered:
    """Whatever was split off and is there is brought to its end."""

    def finish(family: Family) -> None:
        for child in family.case(name).incident.split:
            if child in family.dockets and family.dockets[child].case:
                family.finish(child)

    return finish


@pytest.mark.parametrize("how", ["finish", "void"])
def test_two_that_are_merged_into_each_other_while_one_ends_every_interleaving(how: str) -> None:
    for script in permutations([merged("a", "b"), merged("b", "a"), ended("a", how)]):
        for family in everywhere(Family.of(2), script, set()):
            assert not [*unsettled(family)]


def test_three_in_a_ring_every_interleaving() -> None:
    ring = (merged("a", "b"), merged("b", "c"), merged("c", "a"), ended("b", "finish"))
    for family in everywhere(Family.of(3), ring, set()):
        assert not [*unsettled(family)]


def test_a_chain_that_is_closed_and_opened_again_every_interleaving() -> None:
    chain = (merged("a", "b"), merged("b", "c"), ended("c", "finish"), ended("c", "reopen"))
    states = set()
    for family in everywhere(Family.of(3), chain, set()):
        assert not [*unsettled(family)]
        states.add(tuple(family.state(name) for name in "abc"))
    assert ("merged", "merged", "handling") in states


def test_one_is_split_merged_and_closed_every_interleaving() -> None:
    script = (
        split("a"),
        ended("a", "finish"),
        merged("b", "a"),
        parts_finished("a"),
        merged("a", "b"),
        parts_finished("a"),
    )
    ends = set()
    for family in everywhere(Family.of(2), script, set()):
        assert not [*unsettled(family)]
        ends.add(family.state("a"))
    assert "closed" in ends


def test_what_was_split_off_and_is_merged_back_ends_with_a_parent_that_waited_for_nothing_else() -> None:
    script = (split("a"), ended("a", "finish"), back_to("a"))
    for family in everywhere(Family.of(1), script, set()):
        assert not [*unsettled(family)]


def test_a_part_that_was_merged_back_is_not_opened_again_and_waited_for_without_end() -> None:
    family = Family.of(1)
    part = family.split("a")
    family.settle().merge(part, "a").settle()
    family.ordered("a", "reopen", other_incident_id=part).settle()

    assert not [*unsettled(family)]
    assert '"not-allowed-now"' in family.verdicts[-1]


def back_to(name: str) -> Ordered:
    """Merge whatever was split off and is there into what it was split from."""

    def merge(family: Family) -> None:
        for child in family.case(name).incident.split:
            if child in family.dockets and family.dockets[child].case:
                family.merge(child, name)

    return merge


def actions(count: int) -> st.SearchStrategy[tuple[str, int, int]]:
    kinds = [
        "merge",
        "merge",
        "split",
        "step",
        "step",
        "step",
        "void",
        "reopen",
        "deliver",
        "deliver",
        "twice",
    ]
    return st.tuples(st.sampled_from(kinds), st.integers(0, 30), st.integers(0, count - 1))


def act(family: Family, kind: str, which: int, other: int) -> None:
    names = [name for name, _ in family.cases]
    name = names[which % len(names)]
    if kind == "merge":
        family.merge(name, names[other % len(names)])
    elif kind == "split":
        family.split(name)
    elif kind == "step":
        family.step(name)
    elif kind in ("void", "reopen"):
        family.ordered(name, kind)
    elif family.underway:
        family.deliver(which % len(family.underway), again=kind == "twice")


@given(st.integers(2, 5).flatmap(lambda n: st.tuples(st.just(n), st.lists(actions(n), max_size=30))))
@settings(max_examples=150)
def test_two_to_five_that_are_merged_split_ended_and_opened_again_in_any_order(
    life: tuple[int, list[tuple[str, int, int]]],
) -> None:
    count, script = life
    family = Family.of(count)
    for kind, which, other in script:
        act(family, kind, which, other)
        assert_sound(family)
    family.settle()
    assert_sound(family)
    assert not [*unsettled(family)]


@pytest.mark.parametrize(
    ("gone", "given", "wanted"),
    [
        ("roads", ["dispatch", "handle"], "department:roads, whom the desk wanted to assist,"),
        ("water", ["dispatch", "assist"], "department:water, whom the desk wanted,"),
    ],
)
def test_the_desk_hears_of_whom_it_named_for_a_part_and_who_has_gone_meanwhile(
    gone: str, given: list[str], wanted: str
) -> None:
    parties = (
        {"holder": "department:water", "kind": "handle", "role": "lead"},
        {"holder": "department:roads", "kind": "assist", "role": "assist"},
    )
    family = Family.of(1).ordered("a", "split", parties=parties, description={"text": "另一半"})
    family.directory = without(gone)
    (part,) = family.settle().case("a").incident.split

    tasks = [held.task for held in family.case(part).held]
    assert [task.kind for task in tasks] == given
    assert tasks[0].decision.reason == f"{wanted} is no longer there"


def test_a_merged_report_lets_its_holders_go_and_the_parent_hears_of_one_more() -> None:
    family = Family.of(2).merge("a", "b").settle()
    child, parent = family.case("a"), family.case("b")

    assert [(held.task.state, held.task.change, held.task.merged_into) for held in child.held] == [
        ("withdrawn", "merged", "b")
    ]
    assert child.asking is None
    assert (parent.incident.merged, parent.incident.counts.repeats) == (("a",), 1)
    assert parent.held[0].task.change == "reminded"


def test_what_is_void_with_the_one_it_was_merged_into_was_never_closed() -> None:
    family = Family.of(2).merge("a", "b").settle().ordered("b", "void").settle()

    incident = family.case("a").incident
    assert (incident.state, incident.closed_at) == ("void", None)


def test_what_is_asked_of_an_incident_that_never_comes_is_refused_at_last() -> None:
    family = Family.of(1).merge("a", "nowhere")
    family.deliver(0)
    assert family.state("a") == "merging"

    for outgoing in family.dockets["nowhere"].give_up(Scene(DIRECTORY, NIGHT)):
        if outgoing.topic == "desk.ordered.v1":
            family.underway += (DeskOrdered.read(outgoing.message.write()),)
    family.settle()
    assert (family.state("a"), family.case("a").asking) == ("handling", None)


def test_a_part_that_was_closed_wrongly_is_opened_again_under_its_open_parent() -> None:
    family = Family.of(1)
    part = family.split("a")
    family.settle().finish(part).settle()
    assert (family.state(part), family.case("a").children) == ("closed", ())
    for fields in ({}, {"other_incident_id": "a"}):
        family.ordered(part, "reopen", **fields)
        assert '"refused"' in family.verdicts[-1]

    family.ordered("a", "reopen", other_incident_id=part).settle()
    assert (family.state(part), family.case("a").children) == ("handling", (part,))
    family.finish("a").settle()
    assert family.state("a") == "checking"
    family.finish(part).settle()
    assert (family.state(part), family.state("a")) == ("closed", "closed")
    assert_sound(family)


@pytest.mark.parametrize("how", ["void", "merge"])
def test_nobody_waits_for_a_part_that_cannot_be_opened_again(how: str) -> None:
    family = Family.of(2)
    part = family.split("a")
    family.settle()
    (family.merge(part, "b") if how == "merge" else family.ordered(part, how)).settle()
    assert family.case("a").children == ()

    family.ordered("a", "reopen", other_incident_id=part)
    assert family.case("a").children == (part,)
    family.settle()
    assert family.case("a").children == ()
    assert not [*breaches(family), *unsettled(family)]


def test_a_part_is_opened_again_once_while_it_is_waited_for() -> None:
    family = Family.of(1)
    part = family.split("a")
    family.settle().ordered("a", "reopen", other_incident_id=part)
    assert '"refused"' in family.verdicts[-1]


def test_a_part_closed_and_opened_again_every_interleaving() -> None:
    first = Family.of(1)
    part = first.split("a")
    first.settle()
    todo = (ended(part, "finish"), lambda family: family.ordered("a", "reopen", other_incident_id=part))
    for family in everywhere(first, (*todo, ended("a", "finish")), set()):
        assert not [*breaches(family), *unsettled(family)]


def test_a_part_of_another_class_goes_where_that_class_leads() -> None:
    other = {"scheme": "gb-event", "version": "1", "code": "0502", "condition": "1"}
    family = Family.of(1).ordered("a", "split", class_ref=other).settle()
    (part,) = family.case("a").incident.split
    child = family.case(part).incident

    assert child.class_ref is not None
    assert (child.class_ref.code, child.split_from, child.state, child.lead) == (
        "0502",
        "a",
        "dispatching",
        None,
    )


def test_a_part_goes_to_whom_the_desk_names() -> None:
    party = {"holder": "department:water", "kind": "handle", "role": "lead"}
    family = Family.of(1).ordered("a", "split", parties=[party]).settle()
    (part,) = family.case("a").incident.split

    assert (family.case("a").incident.lead, family.case(part).incident.lead) == (
        "department:roads",
        "department:water",
    )


def test_what_is_said_of_a_restricted_matter_is_not_told_of_the_one_it_is_merged_into() -> None:
    family = Family()
    family.hear(accepted(CODE, incident_id="a", case_number="case-a", sensitivity="restricted"))
    family.hear(accepted(CODE, incident_id="b", case_number="case-b"))
    family.ordered("a", "merge", other_incident_id="b", reason={"text": "whose flat it is"})
    (asked,) = family.underway
    family.settle()

    assert (family.state("a"), asked.order, asked.reason) == ("merged", "adopt", None)


def test_nor_is_it_told_of_a_part_of_it_that_is_opened_again() -> None:
    family = Family.of(1)
    part = family.split("a")
    family.settle()
    family.finish(part).settle()
    family.ordered("a", "correct", sensitivity="restricted")
    family.ordered("a", "reopen", other_incident_id=part, reason={"text": "whose flat it is"})

    assert [(order.order, order.reason) for order in family.underway] == [("reopen", None)]


def test_who_would_open_what_was_merged_is_told_by_its_number_which_matter_to_open() -> None:
    family = Family.of(2).merge("a", "b").settle().finish("b").settle()
    family.ordered("a", "reopen")

    assert (family.state("a"), family.state("b")) == ("closed", "closed")
    assert "it belongs to case-b: reopen that one" in family.verdicts[-1]
    assert "属于案件case-b" in family.verdicts[-1]


def test_who_acts_on_what_was_merged_is_told_by_its_number_where_it_goes_on() -> None:
    family = Family.of(2).merge("a", "b").settle()
    family.ordered("a", "void")
    late = answer(family.case("a").held[0].task, "done", at=9, incident_id="a")
    family.hear(late)

    assert all("The incident is over: it was merged into case-b" in each for each in family.verdicts[-2:])
    assert late.answer_id in family.verdicts[-1]
