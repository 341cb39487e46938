"""The words of the transition table: who, on which condition, with what effect, and what one hears else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wangge_contracts.v1 import Act, IncidentChange, TaskChange, TaskKind, TaskState, Verdict

Who = Literal["holder", "desk", "stranger"]
"""
Who speaks, as seen from the task: its holder; the desk, for a unit that is reached by telephone only; or
anybody else, who may nothing.
"""
Life = Literal["open", "closed", "ended"]
"""Where the incident is: somebody has the turn; closed (结案); or void, merged or not accepted."""
Given = Literal["more-stages", "last-stage"]
"""What tells two lines with the same question apart: whether another stage comes after this one."""
Guard = Literal[
    "fresh",
    "reasoned",
    "evidence",
    "may-return",
    "returns-left",
    "known-unit",
    "desk-above",
    "unit-above",
    "inside",
    "in-time",
    "may-extend",
    "extension-fits",
    "may-suspend",
    "suspension-fits",
    "supervised",
    "order-named",
    "own-work",
    "own-request",
    "grant-fits",
    "may-appeal",
    "appeal-in-time",
    "appealing",
    "this-request",
    "decided-before",
]
"""A condition besides kind and state; `GUARDS` says what one hears without it, `conditions` when it holds."""
Effect = Literal[
    "ask-check",
    "next-stage",
    "to-desk",
    "take-back",
    "to-desk-above",
    "to-unit-above",
    "hand-down",
    "ask-approval",
    "drop-request",
    "grant",
    "refuse",
    "explain",
    "end-supervision",
    "take-up",
    "doubt",
    "pass",
    "rework",
]
"""
What follows for the incident: the lead's work is checked, or goes on in the next stage; a desk decides anew,
or what the ladder gave is taken back and the next desk does; the unit above takes over, or one inside; a desk
is asked, is asked no longer, or has ruled; an explanation is kept; a leader has his reply; the incident is
dispatched as its rule says, or a desk looks at what the verification doubts; the check is passed, or the lead
does it again (返工).
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one hears where a guard does not hold: a code of the contracts, what it points at, and why."""

    code: str
    pointer: str = "/act"
    zh: str = ""
    en: str = ""


MOST_RETURNS = 3
"""
After so many returns by who leads a desk designates (指定), and nobody who leads returns it any more: it is
without an owner. What a helper returns has one, and does not count.
"""
MOST_EXTENSIONS = 2
"""
How often one limit may be extended, each time by its original value at most (the adaptation of GB/T 30428
that standard.toml follows).
"""
MOST_SUSPENSIONS = 1
"""How often one limit may be suspended (缓办; same source)."""

GUARDS: Mapping[Guard, Refusal] = {
    "fresh": Refusal("stale", "/based_on_revision"),
    "reasoned": Refusal("reason-required", "/text"),
    "evidence": Refusal("evidence-missing", "/evidence"),
    "may-return": Refusal("not-allowed-now", zh="指定的任务不得退回", en="it was designated: no return"),
    "returns-left": Refusal(
        "not-allowed-now", zh="已三次退回，不得再退", en="it was returned three times: no more returns"
    ),
    "known-unit": Refusal("unknown-holder", "/suggested_unit"),
    "desk-above": Refusal("not-allowed-now", zh="已是最高一级", en="no desk above"),
    "unit-above": Refusal("not-allowed-now", zh="没有上级单位", en="no unit above"),
    "inside": Refusal("invalid", "/to", zh="只能转给本单位下属", en="only to a unit inside the holder's own"),
    "in-time": Refusal("too-late", zh="须在期限届满前申请", en="ask before the deadline"),
    "may-extend": Refusal("used-up", zh="延期最多两次", en="a limit is extended twice at most"),
    "extension-fits": Refusal("too-much", "/requested_until", zh="最多延长一个原期限"),
    "may-suspend": Refusal("used-up", zh="缓办最多一次", en="a limit is suspended once at most"),
    "suspension-fits": Refusal("too-much", "/requested_until", zh="缓办须有规定期限内的截止日期"),
    "supervised": Refusal("not-allowed-now", zh="没有待回复的督办", en="nobody waits for a reply"),
    "order-named": Refusal("unknown-order", "/order_id", zh="不是该督办", en="not the order that asks"),
    "own-work": Refusal("own-work", "/actor/staff_id"),
    "own-request": Refusal("own-work", "/actor/staff_id", zh="申请人不得审批", en="who asks may not decide"),
    "grant-fits": Refusal("too-much", "/requested_until", zh="超出可批准的期限"),
    "may-appeal": Refusal("used-up", zh="只能申诉一次", en="one appeal only"),
    "appeal-in-time": Refusal("too-late", zh="已过申诉期限", en="appeal sooner after the incident is closed"),
    "appealing": Refusal("not-allowed-now", zh="没有待决的申诉", en="no appeal waits for its desk"),
    "this-request": Refusal(
        "stale", zh="所撤回的是此前的申请", en="it was said before that request was made"
    ),
    "decided-before": Refusal(
        "not-allowed-now", zh="此前已派遣，或已处置", en="it was decided before, or handled since"
    ),
}
HINDSIGHT: frozenset[Guard] = frozenset({"decided-before"})
"""Guards of what was said in time and is read too late: nobody is told beforehand that he may say it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """
    One line of the table: *who* says *act* of a task of *kinds* in *states*, and all its *guards* hold.

    What no line names is refused, and what is refused changes nothing.
    """

    act: Act
    kinds: tuple[TaskKind, ...]
    states: tuple[TaskState, ...]
    to: TaskState | Literal["before"] | None
    """None: the state stays; `before`: the one in which it was before the request."""
    change: TaskChange
    effects: tuple[Effect, ...] = ()
    guards: tuple[Guard, ...] = ()
    """Asked in this order; the first that does not hold is what the refusal names."""
    verdict: Verdict | None = None
    """The line is for answers with this verdict only."""
    given: Given | None = None
    counted: Literal["returns", "reworks"] | None = None
    """Which of the incident's counts it raises."""
    who: tuple[Who, ...] = ("holder", "desk")
    life: tuple[Life, ...] = ("open",)
    told: IncidentChange = "task-changed"
    """What the fact says of the incident, unless it is closed by it."""


TURN: tuple[TaskState, ...] = ("assigned", "acknowledged", "working")
"""The states in which its holder is at it."""
OPEN: tuple[TaskState, ...] = (*TURN, "pending", "suspended")
"""The states of a task that is not over: a desk is asked about it, or it waits for a day, in the last two."""
OVER: tuple[TaskState, ...] = ("done", "returned", "withdrawn")
WORK: tuple[TaskKind, ...] = ("handle", "assist")
HANDS: frozenset[Act] = frozenset(
    {"progress", "done", "explain", "request-extension", "request-suspension", "appeal"}
)
"""Who says this of a task has worked on it, or asked for it: he neither checks it nor approves of it."""
LIVING: tuple[TaskKind, ...] = ("handle", "assist", "attend", "verify", "check", "dispatch", "supervise")
"""Every kind but `approve`, which an appeal brings to life after its incident is closed."""
ALWAYS: tuple[Life, ...] = ("open", "closed", "ended")
"""Also where what it was merged into goes on again while an appeal about it waits."""
