"""An outsider's answer -> tasks.answered, stamped with who spoke and when; the router says if it counts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from wangge_chassis import Outgoing
from wangge_contracts import topics
from wangge_contracts.v1 import AnswerJudged, fault
from wangge_contracts.v1.parts import Fault
from wangge_intake.books import Answer, Books


def take(answer: Answer, books: Books) -> Iterator[Outgoing]:
    """
    Publish *answer* once, or tell its speaker that it was said before.

    Fields that claim who and when are overwritten. A word that we do not know passes: the
    router refuses it by its name.
    """
    said, spoken = answer.said, answer.spoken
    if answer.id not in books.fresh:
        yield _again(answer, books.answers[answer.id], books.now)
        return
    books.fresh.discard(answer.id)
    stamped = said.model_copy(update={"origin": spoken.speaker.owner, "effective_at": spoken.effective_at})
    yield Outgoing(topics.TASKS_ANSWERED.name, said.incident_id, stamped, answer.id, subject=said.incident_id)


def _again(answer: Answer, kept: bytes, now: datetime) -> Outgoing:
    if kept == answer.content:
        return _verdict(answer, now, outcome="repeated")
    return _verdict(answer, now, outcome="refused", errors=(fault("id-reused", "/answer_id"),))


def _verdict(
    answer: Answer, now: datetime, *, outcome: Literal["repeated", "refused"], errors: tuple[Fault, ...] = ()
) -> Outgoing:
    said, spoken = answer.said, answer.spoken
    message = AnswerJudged(
        outcome=outcome,
        answer_id=said.answer_id,
        task_id=said.task_id,
        incident_id=said.incident_id,
        at=now,
        effective_at=spoken.effective_at,
        errors=errors,
    )
    return spoken.judged(said.answer_id, message, subject=said.incident_id)
