"""The words of a turn: what happens to a task, where it is, what its holder says of it."""

from typing import Annotated, Literal

from pydantic import Field

from wangge_contracts.message import Open

TaskChange = Annotated[
    Literal[
        "assigned",
        "revised",
        "acknowledged",
        "arrived",
        "left",
        "progressed",
        "stage-done",
        "explained",
        "done",
        "returned",
        "rework",
        "forwarded",
        "referred-up",
        "request-pending",
        "request-refused",
        "request-withdrawn",
        "extended",
        "suspended",
        "resumed",
        "exempted",
        "supervised",
        "replied",
        "listed",
        "unlisted",
        "reminded",
        "merged",
        "withdrawn",
        "reopened",
        "ended",
    ],
    Open(otherwise="revised"),
]
"""What happened to the task. Unknown: revised; look at the snapshot."""
TaskState = Annotated[
    Literal[
        "assigned",
        "acknowledged",
        "working",
        "pending",
        "suspended",
        "done",
        "returned",
        "withdrawn",
        "ended",
    ],
    Open(otherwise="working"),
]
"""Where it is; in those of `TASK_OVER` no clock runs. Unknown: working, so still yours."""
TASK_OVER: frozenset[TaskState] = frozenset({"done", "returned", "withdrawn", "ended"})
"""The states in which nobody has the turn any more."""
Stage = Annotated[Literal["fence", "repair", "restore"], Open(otherwise="repair")]
"""Which of several limits runs (围挡, 抢修, 恢复). Unknown: repair."""
CheckKind = Annotated[
    Literal["on-the-spot", "telephone", "photo", "none"],
    Open(otherwise="on-the-spot"),
]
"""How work is checked: 现场核查, 电话回访 with who reported, by its photos, 免核查. Unknown: on-the-spot."""
Whistle = Annotated[Literal["routine", "tough", "emergency"], Open(otherwise="routine")]
"""How a street calls units to the spot (吹哨报到): 日常哨, 攻坚哨, 应急哨. Unknown: routine."""
Act = Annotated[
    Literal[
        "acknowledge",
        "arrived",
        "left",
        "progress",
        "done",
        "return",
        "forward",
        "refer-up",
        "request-extension",
        "request-suspension",
        "withdraw-request",
        "explain",
        "reply",
        "appeal",
        "verify",
        "check",
        "approve",
        "contact-logged",
    ],
    Open(otherwise="progress"),
]
"""What a holder says. Unknown: the router refuses it with `unknown-act`; others show it as progress."""
Verdict = Annotated[Literal["passed", "failed", "approved", "refused"], Open(otherwise="failed")]
"""The outcome of a verification, a check or an approval. Unknown: failed."""

Acts = Annotated[tuple[Act, ...], Field(max_length=30)]
