"""What follows from an attempt, an answer or a crash. No clock, no network, no chance."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wangge_contracts.message import derive_id, known
from wangge_contracts.v1 import NoticeAnswer, NoticeAnswered, NoticeChanged, NoticeState, Person, TaskAnswered

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
    """How an attempt went; *hopeless*: no repeat can help."""

    code: str
    accepted: bool = False
    hopeless: bool = False
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
        self, outcome: Outcome, *, notice_id: str, attempt: int, now: datetime
    ) -> tuple[NoticeState, datetime | None]:
        """Return the notice's state after *attempt*, and when it is to be tried again if it is."""
        if outcome.accepted:
            return "sent", None
        if outcome.hopeless or attempt >= self.attempts:
            return "given-up", None
        return "failed", now + self.wait(notice_id, attempt)


def answered_state(before: str, answered: NoticeAnswered) -> NoticeState | None:
    """Return the state that an answer moves a notice to; None when it says nothing new."""
    after = _MEANS[known(NoticeAnswer, answered.answer)]
    if before in _PROGRESS and (after not in _PROGRESS or _PROGRESS.index(after) <= _PROGRESS.index(before)):
        return None
    return after if after != before else None


def confirmation(notice: NoticeChanged, *, at: datetime) -> TaskAnswered | None:
    """Return what a confirmed call says for its holder: that the task is signed for (签收)."""
    if notice.confirm_by is None or notice.task_id is None or notice.holder is None:
        return None
    return TaskAnswered(
        answer_id=derive_id("confirmed", notice.notice_id),
        task_id=notice.task_id,
        incident_id=notice.incident_id,
        based_on_revision=notice.task_revision or 0,
        act="acknowledge",
        actor=Person(staff_id=notice.recipient.ref, name=notice.recipient.name),
        on_behalf_of=notice.holder,
        effective_at=at,
    )
