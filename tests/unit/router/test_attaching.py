"""Somebody says more of a matter that was merged: whoever works on it hears, and it is counted there."""

from typing import Any

import pytest

from tests.unit.router.families import Family
from tests.unit.router.scenes import AFTER, BEFORE, DESK, NIGHT, answer, attached, begun, minutes, order, text
from wangge_contracts.message import most
from wangge_contracts.v1 import Attachment, Cause, DeskOrdered, Task
from wangge_router.attaching import attach as attach_to
from wangge_router.docket import Scene
from wangge_router.sayings import Said

CAUSE = Cause(id="attached", kind="attachment")


def chain() -> Family:
    """The first is merged into the second, and that into the third."""
    return Family.of(3).merge("a", "b").settle().merge("b", "c").settle()


def attach(family: Family, name: str, kind: str, *, at: float, settled: bool = True, **fields: Any) -> Family:
    more = attached(kind, at=at, incident_id=name, **fields)
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


KINDS = [("reminder", True), ("dissatisfied", True), ("supplement", False), ("withdrawal", False)]
"""What a further report is, and whether it asks again."""


@pytest.mark.parametrize(("kind", "asks"), KINDS)
def test_a_further_report_is_counted_and_presses_who_has_the_turn_only_if_it_asks_again(
    kind: str, asks: bool
) -> None:
    fact = begun().hear(attached(kind)).facts[-1]

    counts = fact.incident.counts
    assert (fact.change, fact.reason_code) == ("attached", kind)
    assert (counts.repeats, counts.supplements) == ((1, 0) if asks else (0, 1))
    assert [(task.kind, task.change, task.state) for task in fact.tasks] == [
        ("handle", "reminded" if asks else "revised", "assigned")
    ]


@pytest.mark.parametrize(("kind", "asks"), KINDS)
def test_of_what_is_said_of_a_merged_matter_only_asking_again_counts_as_a_repeat(
    kind: str, asks: bool
) -> None:
    family = chain()
    before = repeats(family)
    attach(family, "a", kind, at=50)

    assert repeats(family) == [each + asks for each in before]
    (lead,) = (held.task for held in family.case("c").held)
    assert (lead.change, lead.counts.repeats) == ("reminded" if asks else "revised", before[-1] + asks)
    assert lead.further is not None
    assert (lead.further.kind, lead.further.at) == (kind, minutes(50))


def test_who_has_the_turn_gets_the_words_and_the_photos_of_a_further_report() -> None:
    more = attached("supplement", at=2, description=text("里面有孩子"), attachments=[AFTER])
    play = begun(attachments=[BEFORE]).hear(more)

    task = play.task("handle")
    assert task.further is not None
    assert (task.further.text, task.attachments) == (text("里面有孩子"), (BEFORE, AFTER))
    again = play.hear(attached("supplement", at=3, description=None, attachments=[AFTER])).task("handle")
    assert (again.attachments, again.further and again.further.text) == ((BEFORE, AFTER), None)


def test_what_is_shown_by_further_reports_never_outgrows_what_a_message_holds() -> None:
    def photos(name: str) -> list[Attachment]:
        return [AFTER.model_copy(update={"slot": f"{name} {number}"}) for number in range(30)]

    play = begun(attachments=photos("first")).hear(attached("supplement", attachments=photos("second")))

    shown = play.task("handle").attachments
    assert len(shown) == most(Task, "attachments")
    assert [each.slot for each in shown[:30]] == [f"first {number}" for number in range(30)]


@pytest.mark.parametrize("fields", [{"confidential": True}, {"sensitivity": "restricted"}])
def test_what_is_said_and_shown_in_confidence_goes_no_further(fields: dict[str, Any]) -> None:
    said = attached(
        "supplement", description={"text": "my neighbour", "lang": "en"}, attachments=[AFTER], **fields
    )
    task = begun().hear(said).task("handle")

    assert task.further is not None
    assert (task.further.text, task.further.attachments, task.attachments) == (None, None, ())


@pytest.mark.parametrize("fields", [{"confidential": True}, {"sensitivity": "restricted"}, {}])
def test_who_has_the_turn_in_a_restricted_matter_reads_what_is_said_in_confidence_and_nobody_else_does(
    fields: dict[str, Any],
) -> None:
    play = begun(sensitivity="restricted").hear(
        attached("supplement", description=text("里面有孩子"), **fields)
    )

    further = play.task("handle").further
    assert further is not None
    assert further.text == text("里面有孩子")
    assert play.facts[-1].reason is None or not fields


@pytest.mark.parametrize("fields", [{"confidential": True}, {"sensitivity": "restricted"}])
def test_who_has_the_turn_in_a_restricted_matter_sees_what_is_shown_in_confidence_and_nobody_else_does(
    fields: dict[str, Any],
) -> None:
    play = begun(sensitivity="restricted", attachments=[BEFORE]).hear(
        attached("supplement", at=2, attachments=[AFTER], **fields)
    )

    task = play.task("handle")
    assert task.further is not None
    assert (task.further.attachments, task.attachments) == ((AFTER,), (BEFORE,))
    assert play.facts[-1].incident.attachments == (BEFORE,)
    opened = play.hear(order("correct", at=3, sensitivity="normal")).task("handle")
    assert opened.further is not None
    assert (opened.further.attachments, opened.attachments) == (None, (BEFORE,))


def test_what_was_said_in_confidence_goes_from_the_task_when_the_matter_is_no_longer_restricted() -> None:
    play = begun("0505", sensitivity="restricted").hear(
        attached("supplement", description=text("里面有孩子"))
    )
    play.hear(order("correct", at=2, urgency="urgent"))
    kept = play.task("handle").further
    play.hear(order("correct", at=3, sensitivity="normal"))
    opened = play.task("handle").further

    assert kept is not None
    assert opened is not None
    assert (kept.text, opened.text, opened.kind) == (text("里面有孩子"), None, "supplement")


@pytest.mark.parametrize(("terminal", "hears"), [("pda", True), ("residents", False)])
def test_of_a_restricted_matter_only_the_terminal_that_reported_it_hears_what_becomes_of_it(
    terminal: str, hears: bool
) -> None:
    play = begun(sensitivity="restricted").hear(attached(terminal=terminal, wants_reply=True))

    assert [each.terminal for each in play.case.further] == ([terminal] if hears else [])


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


def test_a_reminder_of_what_was_returned_reaches_the_desk_that_looks_for_another() -> None:
    play = begun("0505").says("handle", "return", at=2).hear(attached(at=3))

    assert (play.task("dispatch").holder, play.task("dispatch").change) == (DESK, "reminded")


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


@pytest.mark.parametrize("fields", [{"confidential": True}, {"sensitivity": "restricted"}])
@pytest.mark.parametrize("restricted", [True, False])
def test_what_is_said_in_confidence_reaches_who_works_on_the_restricted_matter_it_was_merged_into(
    restricted: bool, fields: dict[str, Any]
) -> None:
    family = chain()
    if restricted:
        family.ordered("c", "correct", sensitivity="restricted")
    confided = {"description": text("里面有孩子"), "attachments": [AFTER], **fields}
    attach(family, "a", "supplement", at=50, **confided)

    (lead,) = (held.task for held in family.case("c").held)
    assert lead.further is not None
    assert (lead.change, lead.further.kind, lead.attachments) == ("revised", "supplement", ())
    assert (lead.further.text, lead.further.attachments) == (
        (text("里面有孩子"), (AFTER,)) if restricted else (None, None)
    )


def test_what_is_shown_openly_of_a_merged_matter_is_shown_where_it_is_worked_on() -> None:
    family = attach(chain(), "a", "supplement", at=50, attachments=[AFTER])

    (lead,) = (held.task for held in family.case("c").held)
    assert lead.attachments == family.case("c").incident.attachments == (AFTER,)


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
