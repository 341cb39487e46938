"""What outsiders say -> incidents accepted or rejected, reports attached, tasks answered; and receipts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import structlog

from wangge_chassis import Connection, Outgoing, Received, Room, Unread
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered
from wangge_intake import store
from wangge_intake.acceptance import judge, report_of
from wangge_intake.answering import take
from wangge_intake.books import Answer, Books, Report, Spoken, answer_of
from wangge_intake.speakers import speaker_of
from wangge_intake.unreadables import tell
from wangge_intake.whereabouts import Bounds

CHINA = timezone(timedelta(hours=8))
"""China Standard Time, without summer time: the year of a case number is the year there."""


@dataclass(slots=True)
class Batch:
    """What was heard, by the identity of its record, and the books about it."""

    books: Books
    heard: dict[int, Report | Answer] = field(default_factory=dict)


class Intake(Room):
    """Judges what outsiders say: reports it numbers or refuses, answers it stamps and passes on."""

    def __init__(self, *, district: str, bounds: Bounds) -> None:
        self._district = district
        self._bounds = bounds
        self._log = structlog.get_logger()

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Batch:
        """Enter what is new, and read what was said before about the rest."""
        batch = Batch(Books(now))
        reports: dict[str, Report] = {}
        answers: dict[str, Answer] = {}
        for record in received:
            heard = _heard(record)
            batch.heard[id(record)] = heard
            # Of several with one id in a batch the first one stands.
            if isinstance(heard, Report):
                reports.setdefault(heard.id, heard)
            else:
                answers.setdefault(heard.id, heard)
        if received:
            numbers = f"{self._district}-{now.astimezone(CHINA).year}"
            await store.claim(connection, batch.books, reports=reports, answers=answers, numbers=numbers)
        relations = [(report, report.said.relation) for report in reports.values() if report.said.relation]
        if relations:
            await store.recall(connection, batch.books, relations)
        return batch

    def decide(self, state: Batch, received: Received) -> Iterable[Outgoing]:
        """Judge one report, or pass one answer on."""
        heard = state.heard[id(received)]
        if isinstance(heard, Report):
            return judge(heard, state.books, district=self._district, bounds=self._bounds)
        return take(heard, state.books)

    def unreadable(self, state: Batch, unread: Unread) -> Iterable[Outgoing]:
        """Tell the speaker, and those inside who wait for reports."""
        self._log.info(
            "message_unreadable",
            topic=unread.topic,
            partition=unread.partition,
            offset=unread.offset,
            code=unread.code,
        )
        return tell(unread, state.books.now)

    async def save(self, connection: Connection, state: Batch) -> None:
        """Write what became of it, as far as the books do not have it yet."""
        await store.save(connection, state.books)


def _heard(record: Received) -> Report | Answer:
    """Return what *record* says and who says it. Raises LookupError when it is no outsider's to say."""
    speaker = speaker_of(record.topic)
    if speaker is None:
        raise LookupError(f"nobody outside speaks on {record.topic}")
    spoken = Spoken(speaker, record.topic, record.partition, record.offset, record.appended_at)
    if isinstance(record.message, ReportSubmitted):
        return report_of(spoken, record.message)
    if isinstance(record.message, TaskAnswered):
        return answer_of(spoken, record.message)
    raise LookupError(f"{record.message.TYPE} is nothing that intake hears")
