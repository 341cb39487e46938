"""Whoever gets a turn hears of it, and so does who loses one to somebody else's word, whatever the act."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.notifier.telling import scene
from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    HOUR,
    MANAGER,
    PARTS,
    POLICE,
    WORKSTATION,
    Play,
    accepted,
    answer,
    attached,
    begun,
    directory,
    minutes,
    order,
    text,
)
from tests.unit.router.test_transferring import NEXT_DESK, TWO_STREETS
from tests.unit.router.test_verifying import terms
from wangge_contracts.message import known, words
from wangge_contracts.v1 import DeskOrdered, IncidentChanged, NoticeComposed, TaskAnswered, TaskKind
from wangge_notifier.composing import of_incident
from wangge_notifier.phrasing import KnownTask, known_task
from wangge_notifier.templates import Templates
from wangge_notifier.writing import written

CALLED = {"kinds": ["attend"], "limit": HOUR}
"""Who is called has to confirm."""
CREW = [*PARTS["departments"], {**PARTS["departments"][0], "slug": "crew", "parent": "water"}]
WATER, ROADS = "department:water", "department:roads"


def kept(*facts: IncidentChanged) -> dict[str, KnownTask]:
    """What the composer has kept of the tasks that these tell of."""
    return {task.task_id: known_task(fact.incident, task) for fact in facts for task in fact.tasks}


@dataclass
class Act:
    """What came before, what is said then, and what was told of it."""

    play: Play
    said: TaskAnswered | DeskOrdered

    def __post_init__(self) -> None:
        before, facts = self._turns, len(self.play.facts)
        said = self.said
        self.speaker = said.on_behalf_of if isinstance(said, DeskOrdered) else dict(before).get(said.task_id)
        self.play.hear(self.said)
        earlier, then = self.play.facts[:facts], self.play.facts[facts:]
        self.lost, self.got = before - self._turns, self._turns - before
        known = kept(*earlier)
        letters = [letter for fact in then for letter in of_incident(fact, scene("en"), known)]
        self.notices = [notice for letter in letters for notice in written(letter, scene("en"))]

    @property
    def _turns(self) -> set[tuple[str, str]]:
        return {(held.task.task_id, held.task.holder) for held in self.play.case.held if held.open}

    def to(self, holder: str) -> list[NoticeComposed]:
        return [notice for notice in self.notices if notice.recipient.ref == holder]


def ordered(play: Play, kind: str, *parties: str, about: str | None = None, **fields: Any) -> Act:
    """An order at minute 9 about the newest task of a kind."""
    tasks = [play.task(about).task_id] if about else []
    return Act(play, order(kind, *parties, at=9, task_ids=tasks, **fields))


def answered(play: Play, kind: str, act: str, **fields: Any) -> Act:
    return Act(play, answer(play.task(kind), act, at=9, **fields))


def asked(code: str = "9999") -> Play:
    """The street's desk has to find somebody, or another has by then."""
    return Play(TWO_STREETS).hear(accepted(code))


def referred(play: Play) -> Play:
    return play.says("dispatch", "refer-up", at=2)


def waits(play: Play) -> Play:
    """The desk is to approve of an extension."""
    return play.says("handle", "request-extension", at=2, requested_until=minutes(100))


ACTS = {
    "forward by the unit": lambda: answered(
        Play(directory(departments=CREW)).hear(accepted("0501")), "handle", "forward", to="department:crew"
    ),
    "forward by order": lambda: ordered(
        Play(directory(departments=CREW)).hear(accepted("0501")),
        "forward",
        about="handle",
        to="department:crew",
    ),
    "forward of a called force": lambda: ordered(
        Play(directory(**terms(acknowledge=[CALLED]))).hear(accepted()), "forward", about="attend", to=MANAGER
    ),
    "forward of a check": lambda: ordered(
        begun("0505").says("handle", "done", at=2), "forward", about="check", to=POLICE
    ),
    "refer-up of a decision": lambda: answered(asked(), "dispatch", "refer-up"),
    "refer-up by the unit": lambda: answered(
        Play(directory(departments=CREW))
        .hear(accepted("0501"))
        .says("handle", "forward", at=2, to="department:crew"),
        "handle",
        "refer-up",
        on_behalf_of="department:crew",
        origin="departments.crew",
    ),
    "return": lambda: answered(begun("0505"), "handle", "return"),
    "return refused by the desk above": lambda: ordered(
        begun("0505").says("handle", "return", at=2), "refuse", about="dispatch", on_behalf_of=CENTRE
    ),
    "approve by the desk above": lambda: ordered(
        waits(begun("0505")), "approve", about="approve", on_behalf_of=CENTRE
    ),
    "designate elsewhere": lambda: ordered(begun("0505"), "designate", f"handle {WATER}"),
    "designate what was referred up": lambda: ordered(referred(asked()), "designate", f"handle {WATER}"),
    "dispatch over the workstation's head": lambda: ordered(
        begun("0502"), "dispatch", f"handle {WATER}", about="dispatch"
    ),
    "dispatch": lambda: ordered(asked(), "dispatch", f"handle {WATER}"),
    "transfer of a question": lambda: ordered(asked(), "transfer", to=NEXT_DESK, on_behalf_of=CENTRE),
    "transfer of a request": lambda: ordered(
        waits(asked("0505")), "transfer", to=NEXT_DESK, on_behalf_of=CENTRE
    ),
    "transfer by the desk itself": lambda: ordered(asked(), "transfer", to=CENTRE),
    "withdraw": lambda: ordered(begun(), "withdraw", about="attend"),
    "void": lambda: ordered(begun(), "void"),
    "close over another desk's head": lambda: ordered(
        Play(TWO_STREETS).hear(accepted("0505", nature="consultation")).says("handle", "return", at=2),
        "close",
        on_behalf_of=CENTRE,
        actor={"staff_id": "somebody else"},
    ),
    "close while a force is there": lambda: answered(
        begun().says("attend", "arrived", at=2).says("handle", "done", at=3), "check", "check"
    ),
    "split": lambda: ordered(begun("0505"), "split", f"handle {WATER}"),
}


@pytest.mark.parametrize("name", ACTS)
def test_who_gets_a_turn_hears_of_it_and_so_does_who_loses_one_unless_it_was_his_own_word(name: str) -> None:
    act = ACTS[name]()

    assert act.play.verdict[0] in ("applied", "pending-approval")
    hear = {holder for _, holder in act.got} | {holder for _, holder in act.lost} - {act.speaker}
    assert {holder for holder in hear if not act.to(holder)} == set()


@pytest.mark.parametrize("name", ACTS)
def test_who_gets_or_loses_a_turn_finds_the_task_as_it_is_now_in_his_mailbox(name: str) -> None:
    act = ACTS[name]()
    play = act.play

    for task_id, holder in act.got | act.lost:
        mailbox, held = play.directory.mailbox(holder), play.case.find(task_id)
        assert mailbox is None or (mailbox, held and held.task) in play.told


@pytest.mark.parametrize("name", ["forward by order", "forward of a called force", "forward of a check"])
def test_who_had_it_before_a_desk_passed_it_on_hears_who_has_it_now_and_has_nothing_to_confirm(
    name: str,
) -> None:
    act = ACTS[name]()
    ((_, before),), ((_, now),) = act.lost, act.got
    told, *_ = act.to(before)

    assert (told.template.name, told.holder, told.confirm_by) == ("task-passed-on", before, None)
    assert told.why is not None
    assert told.why.fact == "task-forwarded"
    assert act.to(now)[0].template.name != "task-passed-on"


def test_who_is_called_instead_of_another_has_to_confirm_as_if_he_had_been_called_first() -> None:
    (told,) = ACTS["forward of a called force"]().to(MANAGER)

    assert told.template.name == "attend"
    assert told.confirm_by is not None


def test_a_force_that_is_let_go_hears_that_it_need_not_come_any_more() -> None:
    (told,) = ACTS["close while a force is there"]().to(POLICE)

    assert (told.template.name, told.confirm_by) == ("attend-ended", None)
    assert "no need to go there any more" in told.text.text


def test_a_desk_that_another_decides_for_hears_that_there_is_nothing_left_to_decide() -> None:
    (told,) = ACTS["dispatch over the workstation's head"]().to(WORKSTATION)
    (also,) = ACTS["designate what was referred up"]().to(CENTRE)

    assert {told.template.name, also.template.name} == {"task-decided"}


def test_a_unit_whose_return_is_refused_hears_that_the_matter_is_its_own() -> None:
    (told,) = ACTS["return refused by the desk above"]().to(ROADS)

    assert "your return, is refused: it is yours" in told.text.text


def test_who_hands_on_or_decides_himself_is_not_told_so() -> None:
    assert not ACTS["forward by the unit"]().to(WATER)
    assert not ACTS["dispatch"]().to(DESK)
    assert not ACTS["transfer by the desk itself"]().to(DESK)


def test_the_desk_that_a_matter_goes_to_hears_of_it_and_so_does_the_one_it_is_taken_from() -> None:
    act = ordered(asked("0505"), "transfer", to=NEXT_DESK, on_behalf_of=CENTRE)

    assert not act.lost
    assert [[notice.template.name for notice in act.to(desk)] for desk in (NEXT_DESK, DESK, CENTRE)] == [
        ["desk-changed"],
        ["desk-changed"],
        [],
    ]
    assert f"{NEXT_DESK.removeprefix('desk:')} decides" in act.to(DESK)[0].text.text


def test_a_desk_that_gets_or_loses_a_turn_with_the_matter_hears_of_that_alone() -> None:
    act = ACTS["transfer of a question"]()

    assert [[notice.template.name for notice in act.to(desk)] for desk in (NEXT_DESK, DESK)] == [
        ["dispatch-given"],
        ["task-passed-on"],
    ]


def test_a_desk_whose_matter_another_opens_again_hears_of_it_once() -> None:
    done = begun("0505").says("handle", "done", at=2).says("check", "check", at=3)
    answered_only = begun("0505", nature="consultation").says("handle", "return", at=2)
    answered_only.hear(order("close", at=3, actor={"staff_id": "somebody else"}))

    for play, template in ((done, "desk-reopened"), (answered_only, "dispatch-given")):
        assert play.case.over
        act = ordered(play, "reopen", on_behalf_of=CENTRE)
        assert [[notice.template.name for notice in act.to(desk)] for desk in (DESK, CENTRE)] == [
            [template],
            [],
        ]


def test_a_desk_that_opens_a_matter_again_itself_is_not_told_so() -> None:
    act = ordered(begun("0505").says("handle", "done", at=2).says("check", "check", at=3), "reopen")

    assert [notice.template.name for notice in act.notices if notice.recipient.ref == DESK] == []


def said_more(play: Play, **fields: Any) -> list[NoticeComposed]:
    """What is told when somebody says at minute 9 that he is not content."""
    play.hear(attached("dissatisfied", at=9, description=text("又堵了"), **fields))
    letters = of_incident(play.facts[-1], scene(), kept(*play.facts[:-1]))
    return [notice for letter in letters for notice in written(letter, scene())]


def test_what_is_said_of_a_matter_that_is_over_is_told_to_the_desk_that_may_open_it_again() -> None:
    closed = begun("0505").says("handle", "done", at=2).says("check", "check", at=3)
    (notice,) = said_more(closed)

    assert (notice.template.name, notice.recipient.ref) == ("matter-said-more", DESK)
    assert "又堵了" in notice.text.text
    (elsewhere,) = said_more(begun(place={"unknown": True}).hear(order("void", at=2, on_behalf_of=CENTRE)))
    assert elsewhere.recipient.ref == CENTRE


def test_what_is_said_of_a_matter_in_somebodys_hands_is_told_to_him_alone() -> None:
    assert {notice.template.name for notice in said_more(begun("0505"))} == {"task-reminded"}


def test_what_is_said_of_a_merged_matter_is_told_where_it_goes_on() -> None:
    merged = begun("0505").hear(order("merge", at=2, other_incident_id="parent"))
    adopted = order("adopted", at=3, other_incident_id="parent", actor=None, on_behalf_of=None, role=None)
    assert merged.hear(adopted).case.incident.state == "merged"

    assert said_more(merged) == []


@pytest.mark.parametrize(
    ("number", "told"),
    [("110101-2026-0000002", "into case 110101-2026-0000002"), (None, "into another case")],
)
def test_whose_task_goes_into_another_matter_hears_into_which(number: str | None, told: str) -> None:
    play = begun("0505").hear(order("merge", at=2, other_incident_id="parent"))
    parent = {"other_incident_id": "parent", "other_case_number": number}
    act = Act(play, order("adopted", at=9, actor=None, on_behalf_of=None, role=None, **parent))

    (notice,) = act.to(ROADS)
    assert notice.template.name == "task-merged"
    assert told in notice.text.text


def test_of_who_had_a_task_that_was_kept_before_that_was_asked_for_nothing_is_guessed() -> None:
    act = ACTS["forward by order"]()
    (fact,) = act.play.facts[-1:]

    assert {
        notice.recipient.ref for letter in of_incident(fact, scene()) for notice in written(letter, scene())
    } == {"department:crew"}


@pytest.mark.parametrize("kind", words(TaskKind))
def test_what_is_passed_on_is_told_to_its_new_holder_as_what_is_given(kind: str) -> None:
    told = [
        Templates.shipped().told(fact, kind=known(TaskKind, kind)) or {}
        for fact in ("task-assigned", "task-forwarded")
    ]

    assert told[0]["holder"] == told[1]["holder"]
    assert "former" in told[1]
