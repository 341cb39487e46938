"""Lives of an incident that somebody could have lived, and other orders in which they may be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.unit.router.scenes import (
    DESK,
    MANAGER,
    POLICE,
    WORKSTATION,
    Play,
    accepted,
    answer,
    attached,
    order,
)
from wangge_contracts.message import Message
from wangge_contracts.v1 import DeskOrdered, IncidentAccepted, TaskAnswered
from wangge_router.case import Case

HELPERS = ("assist department:roads", "assist department:gas", f"attend {MANAGER}", f"attend {POLICE}")
LEADS = ("handle department:water", "handle department:gas", "handle department:housing")
ACTS: Sequence[str] = (
    "acknowledge",
    "progress",
    "arrived",
    "left",
    "done",
    "return",
    "refer-up",
    "check",
    "contact-logged",
)
FORWARD = {"handle": "done", "assist": "done", "attend": "arrived", "check": "check"}
Speaker = Callable[[st.DrawFn, Play, float], Message]


@dataclass
class Step:
    """Something said, with what it looked at and what it changed: two steps that share nothing may swap."""

    message: Message
    looked_at: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def must_follow(self, earlier: "Step") -> bool:
        """Whether this step could not have been said, or would have come out otherwise, before *earlier*."""
        if type(self.message) is type(earlier.message):
            return True  # one topic keeps its order
        mine, theirs = self.looked_at | self.changed, earlier.looked_at | earlier.changed
        return bool(mine & earlier.changed or theirs & self.changed)


@st.composite
def histories(draw: st.DrawFn, *, most: int = 16) -> list[Step]:
    """One incident's life, told in the order in which it took effect; the report is its first step."""
    report = accepted(draw(st.sampled_from(["0501", "0502", "9999"])))
    play = Play().hear(report)
    steps = [Step(report)]
    for number in range(draw(st.integers(4, most))):
        message = draw(st.sampled_from(_SPEAKERS))(draw, play, number + 1.0)
        before = play.case
        play.hear(message)
        steps.append(_step(message, before, play.case))
    return steps


@st.composite
def interleavings(draw: st.DrawFn) -> tuple[list[Step], list[Step]]:
    """
    A history, and another order in which its four topics may be read.

    The incident may come as late as it likes; of two other steps the later must follow where it could not
    have been said otherwise.
    """
    history = draw(histories())
    left, read = list(range(len(history))), []
    while left:
        ready = [
            later
            for later in left
            if not any(
                history[later].must_follow(history[earlier]) for earlier in left if 0 < earlier < later
            )
        ]
        read.append(draw(st.sampled_from(ready)))
        left.remove(read[-1])
    return history, [history[number] for number in read]


@st.composite
def shuffles(draw: st.DrawFn) -> list[Message]:
    """The messages of a history in any order at all but that of their topics, conflicts or not."""
    topics: dict[type[Message], list[Message]] = {}
    for step in draw(histories()):
        topics.setdefault(type(step.message), []).append(step.message)
    shuffled = []
    while waiting := [topic for topic in topics.values() if topic]:
        shuffled.append(draw(st.sampled_from(waiting)).pop(0))
    return shuffled


def _answered(draw: st.DrawFn, play: Play, at: float) -> Message:
    """Mostly what brings the incident on, sometimes what its holder may say, sometimes anything."""
    task = draw(
        st.sampled_from([held.task for held in play.case.held if held.open] or [play.case.held[0].task])
    )
    mood = draw(st.integers(0, 9))
    act = FORWARD.get(task.kind, "progress")
    if mood > 5:
        act = draw(st.sampled_from((*task.allowed_acts, "progress")))
    if mood == 9:
        act, task = draw(st.sampled_from(ACTS)), draw(st.sampled_from(play.case.held)).task
    verdict = {"verdict": draw(st.sampled_from(["passed", "passed", "failed"]))} if act == "check" else {}
    return answer(task, act, at=at, **verdict)


def _asked_again(draw: st.DrawFn, _: Play, at: float) -> Message:
    return attached(draw(st.sampled_from(["reminder", "supplement", "dissatisfied"])), at=at)


def _called(draw: st.DrawFn, _: Play, at: float) -> Message:
    return order("call", draw(st.sampled_from(HELPERS)), at=at)


def _decided(draw: st.DrawFn, play: Play, at: float) -> Message:
    looking = any(held.open and held.task.kind == "dispatch" for held in play.case.held)
    kind = "dispatch" if looking else draw(st.sampled_from(["dispatch", "designate", "void"]))
    parties = () if kind == "void" else (draw(st.sampled_from(LEADS)),)
    return order(kind, *parties, at=at, on_behalf_of=draw(st.sampled_from([DESK, DESK, WORKSTATION])))


_SPEAKERS: list[Speaker] = [*[_answered] * 7, _asked_again, _called, _called, _decided]


def _step(message: Message, before: Case, after: Case) -> Step:
    told = {held.task.task_id: held.task.revision for held in before.held}
    moved = [held.task for held in after.held if told.get(held.task.task_id) != held.task.revision]
    step = Step(message, changed={task.task_id for task in moved})
    # Whether somebody may be called depends on whether he is there already.
    step.changed |= {f"{task.kind} {task.holder}" for task in moved}
    if any(task.kind == "attend" for task in moved):
        step.changed.add("forces")
    if (before.incident.state, before.passed) != (after.incident.state, after.passed):
        step.changed |= {"course", "forces"}
    if before.over != after.over:
        step.changed.add("life")
    if isinstance(message, TaskAnswered):
        step.looked_at |= {message.task_id, "life"}
        if message.act == "check" or "forces" in step.changed:
            step.looked_at |= {"course", "forces"}
    elif isinstance(message, DeskOrdered):
        step.looked_at.add("life")
        step.looked_at |= {f"{party.kind} {party.holder}" for party in message.parties}
        if message.order != "call":
            # Who decides looks at everything that was said of any task.
            step.changed |= {held.task.task_id for held in after.held} | {"life", "course", "forces"}
    else:
        assert not isinstance(message, IncidentAccepted)
        # Who asks again is told to whoever has the turn.
        step.looked_at |= {held.task.task_id for held in before.held} | {"life", "course"}
    return step
