"""What follows from an attempt, an answer or a crash. No clock, no network, no chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from wangge_contracts.message import MAX_WORD, derive_id, known
from wangge_contracts.v1 import (
    NoticeAnswer,
    NoticeAnswered,
    NoticeChanged,
    NoticeState,
    OtherTurn,
    Person,
    TaskAnswered,
)

Doubt = Literal["resend", "query", "person"]
"""When nobody knows whether a receiver has a notice: try again under the same id, ask, or tell a desk."""
_PROGRESS: tuple[NoticeState, ...] = ("delivered", "read", "confirmed")
"""What may come back after a notice was sent, each saying more than the one before."""
_MEANS: dict[str, NoticeState] = {
    "delivered": "delivered",
    "read": "read",
    "declined": "read",
    "replied": "read",
    "confirmed": "confirmed",
    "failed": "given-up",
    "unsubscribed": "given-up",
}
"""What an answer says of its notice."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went, as far as its means of transport can tell."""

    code: str
    accepted: bool = False
    hopeless: bool = False
    """No repeat can help."""
    doubtful: bool = False
    """The receiver may have it all the same: what was sent was sent, and no answer came."""
    sick: bool = False
    """The endpoint itself is to blame, and not this notice."""
    gone: bool = False
    """The endpoint will not come back (410)."""
    retry_after: timedelta | None = None
    """How long the receiver wants to be left alone."""
    reference: str | None = None
    """What the provider calls it."""
    untried: bool = False
    """Nothing was sent, and our own house is to blame: it does not count as an attempt."""
    delivered: bool = False
    """A query says that it has reached its recipient."""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often, and how far apart in house time, a notice is tried."""

    attempts: int
    first_wait: timedelta
    longest_wait: timedelta

    def wait(self, notice_id: str, attempt: int) -> timedelta:
        """
        Return the wait after failed *attempt* (from 1): doubled each time, then cut by up to a half.

        The cut follows from notice and attempt, so that what failed together does not come back together
        and a test knows the schedule.
        """
        share = int(derive_id("wait", notice_id, str(attempt))[:8], 16) / 0xFFFFFFFF
        full: timedelta = min(self.first_wait * 2.0 ** min(attempt - 1, 30), self.longest_wait)
        return full * (1.0 - share / 2.0)

    def after(
        self,
        outcome: Outcome,
        *,
        notice_id: str,
        attempt: int,
        now: datetime,
        until: datetime | None = None,
        doubt: Doubt = "resend",
    ) -> tuple[NoticeState, datetime | None]:
        """
        Return the notice's state after *attempt* of this round, and when it is to be tried again if it is.

        What was not even tried never ends it.

        What the receiver asks for (Retry-After) lengthens a wait and never shortens it. After *until*
        nothing is tried any more. *doubt* is what its channel does with what is doubtful; unknown and never
        to be tried again is what a person must see to.
        """
        if outcome.accepted:
            return ("delivered" if outcome.delivered else "sent"), None
        due_at = now + max(self.wait(notice_id, attempt), outcome.retry_after or timedelta(0))
        late = until is not None and due_at > until
        if outcome.doubtful and doubt != "resend":
            return "unknown", None if late or doubt == "person" else due_at
        if outcome.untried:
            return "failed", due_at
        if outcome.hopeless or attempt >= self.attempts or late:
            return "given-up", None
        return ("unknown" if outcome.doubtful else "failed"), due_at


def answered_state(before: str, answered: NoticeAnswered) -> NoticeState | None:
    """Return the state that an answer moves a notice to; None when it says nothing new."""
    answer = known(NoticeAnswer, answered.answer)
    if answer == "resend":
        return None
    after = _MEANS[answer]
    if before == "folded" or (
        before in _PROGRESS and (after not in _PROGRESS or _PROGRESS.index(after) <= _PROGRESS.index(before))
    ):
        return None
    return after if after != before else None


def confirmation(notice: NoticeChanged, *, at: datetime) -> Iterator[TaskAnswered]:
    """Yield what a confirmed call says for its recipient: that each of his turns is signed for (签收)."""
    if notice.confirm_by is None or notice.task_id is None or notice.holder is None:
        return
    told = notice.recipient
    own = OtherTurn(task_id=notice.task_id, task_revision=notice.task_revision or 0, holder=notice.holder)
    for turn in (own, *notice.also):
        yield TaskAnswered(
            answer_id=derive_id("confirmed", notice.notice_id, *([turn.task_id] if turn is not own else [])),
            task_id=turn.task_id,
            incident_id=notice.incident_id,
            based_on_revision=turn.task_revision,
            act="acknowledge",
            actor=Person(staff_id=told.staff_id or told.ref[:MAX_WORD], name=told.name),
            on_behalf_of=turn.holder,
            effective_at=at,
        )
