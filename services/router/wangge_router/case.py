"""
One incident as the router keeps it: what was last told about it, and what only judging needs.

Nothing here is bounded: these rows are ours, and a bound that is met when a row is read would only lose it.
"""

from collections.abc import Sequence

from wangge_contracts.message import Instant, Part
from wangge_contracts.v1 import (
    INCIDENT_OVER,
    Act,
    CheckKind,
    Count,
    Decision,
    EvidenceRule,
    Flag,
    Holder,
    Id,
    Incident,
    Limit,
    Line,
    Listing,
    OrderedParty,
    Owner,
    Segment,
    Slug,
    StageLimit,
    Suggestion,
    Supervision,
    TaskChanged,
    TaskState,
)
from wangge_router.turns import OPEN

MOST_OPEN = 1000
"""How many tasks of one matter may be open at once: an order that would open more is refused."""
MOST_FURTHER = 1000
"""To how many further reports is told what becomes of their matter."""


class Asked(Part):
    """A request that waits for its desk: who made it hears a second time when it has ruled."""

    act: Act
    answer_id: Id
    origin: Owner | None = None
    """Whose topic it came by; absent when it was spoken inside."""
    cause: Id
    at: Instant
    """When it took effect: what is granted holds from here, however long the desk takes."""


class Further(Part):
    """A further report that was attached, whose reporter wants to hear what becomes of the matter."""

    terminal: Slug
    report_id: Id


class Given(Part):
    """A task that the ladder gave, and how: as the rule had suggested."""

    task_id: Id
    party: OrderedParty


class Awaited(Part):
    """A reply to a supervision (督办) that was waited for, by the task whose holder was to give it."""

    task_id: Id
    supervision: Supervision


class Watched(Part):
    """What stood over a task when it was returned: it stands there again if the return is refused."""

    listed: tuple[Listing, ...] = ()
    replies: tuple[Awaited, ...] = ()


class Held(Part):
    """A task as it was last told to its holder, and what its next answer is judged by."""

    task: TaskChanged
    since: Count = 1
    """The revision at which it was last given: an answer to an older one may be stale."""
    designated: Flag = False
    """Given by designation (指定): it cannot be returned."""
    hands: tuple[Id, ...] = ()
    """The people who worked on it, so that none of them checks it or approves of what it asks for."""
    before: TaskState | None = None
    """The state to go back to after a request, a suspension, or a return that is shuffling."""
    watched: Watched | None = None
    """What stood over it when it was returned last, if anything did."""
    asked: Asked | None = None
    """What its holder asks the desk for."""
    original: Limit | None = None
    """The limit that was extended since; absent: the task's is it."""
    extensions: Count = 0
    """How often the limit that runs was extended; every round and stage begins anew."""
    suspensions: Count = 0
    """How often it was suspended, likewise."""
    segments: tuple[Segment, ...] = ()
    """How the time since `assigned_at` counts, where not all of it does."""
    stages: tuple[StageLimit, ...] = ()
    """The stages that come after the one that runs."""
    by_ladder: Flag | None = None
    """True of a reply (督办) that the ladder wants: it is about the round whose limit ran out."""
    appealed: Flag = False
    """There was an appeal (申诉) about its round: there is one only."""
    given: tuple[Given, ...] = ()
    """
    What the ladder gave when it ended this `dispatch` task by itself. Empty: a desk decided; then nothing of
    it is undone.
    """

    @property
    def open(self) -> bool:
        """Whether it is not over: somebody has the turn, or a desk is asked, or it waits for its day."""
        return self.task.state in OPEN


def leading(tasks: Sequence[Held]) -> Held | None:
    """Return the task of who handles, or has done so; none while a desk looks for somebody."""
    leads = (held for held in reversed(tasks) if held.task.kind == "handle")
    return next((held for held in leads if held.open or held.task.state == "done"), None)


class Past(Part):
    """What a case keeps of tasks that it has put away: only what the judging of others asks about them."""

    tasks: Count
    workers: tuple[Id, ...] = ()
    """The people who worked on what was to be handled."""
    hands: tuple[Id, ...] = ()
    """The people who worked on anything else."""
    holders: tuple[Holder, ...] = ()
    """Who handled or dispatched."""
    units: tuple[Holder, ...] = ()
    """Whose people worked on what was to be handled; what was put away before this was kept is not in it."""
    called: tuple[Holder, ...] = ()
    """The forces that were called."""
    until: Instant | None = None
    """When the last of those was over that a closing waits for."""


class Case(Part):
    """
    An incident, every task it ever had, and how it was routed.

    The incident and the tasks are exactly what the facts told last, so whoever read all facts holds the same.
    """

    incident: Incident
    held: tuple[Held, ...] = ()
    """In the order in which they were given; what was put away is in `past`, until it is spoken of again."""
    past: Past | None = None
    decision: Decision
    """How it was routed when it came; kept, so that it is never decided twice."""
    checker: Holder
    """Who is to check, unless he handled it himself."""
    check_kind: CheckKind = "on-the-spot"
    """How it is to be checked."""
    on_foot: Flag | None = None
    """Its rule lets an officer look there, and no desk by name; absent in cases of before this was kept."""
    stages: tuple[StageLimit, ...] = ()
    """The stages of whoever leads, each with its limit; empty: one go."""
    desk: Holder
    """The desk that decides."""
    closing_condition: Line | None = None
    required_evidence: tuple[EvidenceRule, ...] = ()
    dispatchers: tuple[Id, ...] = ()
    """The people who dispatched it: none of them closes it."""
    planned: tuple[OrderedParty, ...] = ()
    """Whom the rule wants to have it, once it is verified on the spot."""
    suggestion: Suggestion | None = None
    """What the desk is to confirm then; its instant is as of the report."""
    passed: Flag = False
    """The check is passed; only called forces and incidents that were split off are still waited for."""
    not_before: Instant | None = None
    """It is not closed before this instant: a desk closed it then, or what was split off ended then."""
    asking: Id | None = None
    """The incident that it wants to be merged into and that has not answered yet."""
    followed: Count = 0
    """The revision of the incident it was merged into that it last followed: what is older comes too late."""
    children: tuple[Id, ...] = ()
    """The incidents that were split off and are not over yet."""
    placed_at: Instant | None = None
    """Since when its place is the one that a desk put right; absent: it is as it was reported."""
    further: tuple[Further, ...] = ()
    """The further reports whose reporters want a reply, in the order in which they were read."""

    @property
    def over(self) -> bool:
        """Whether nobody has to do anything any more."""
        return self.incident.state in INCIDENT_OVER

    def find(self, task_id: str) -> Held | None:
        """The task of that id."""
        for held in self.held:
            if held.task.task_id == task_id:
                return held
        return None
