"""What outsiders say -> incidents accepted or rejected, reports attached, tasks answered; and receipts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wangge_chassis import Connection, Outgoing, Received, Room, Unread
from wangge_chassis.postgres import beside
from wangge_chassis.reference import NotPublished, Reference
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered
from wangge_intake import store
from wangge_intake.acceptance import judge, report_of
from wangge_intake.answering import take
from wangge_intake.books import Answer, Books, Report, Spoken, answer_of
from wangge_intake.city import City
from wangge_intake.speakers import speaker_of
from wangge_intake.unreadables import tell

CityOf = Callable[[], City]
"""Gives what is known of the city; raises NotPublished before anything is."""


@dataclass(slots=True)
class Batch:
    """What was heard, by the identity of its record, the books about it, and the city it is about."""

    books: Books
    city: City
    heard: dict[int, Report | Answer] = field(default_factory=dict)


class Intake(Room):
    """Judges what outsiders say: reports it numbers or refuses, answers it stamps and passes on."""

    def __init__(self, *, district: str, city_of: CityOf) -> None:
        self._unpublished = City(district)
        self._city_of = city_of

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Batch:
        """Enter what is new, and read what was said before about the rest."""
        batch = Batch(Books(now), self._city())
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
            numbers = f"{batch.city.district}-{batch.city.year(now)}"
            claim = store.claim(connection, batch.books, reports=reports, answers=answers, numbers=numbers)
            async with beside(claim):
                for report in reports.values():
                    batch.books.place(report, batch.city)
        relations = [(report, report.said.relation) for report in reports.values() if report.said.relation]
        if relations:
            await store.recall(connection, batch.books, relations)
        return batch

    def _city(self) -> City:
        """Return the city as it is published; reports are taken before that as well."""
        try:
            return self._city_of()
        except NotPublished:
            return self._unpublished

    def decide(self, state: Batch, received: Received) -> Iterable[Outgoing]:
        """Judge one report, or pass one answer on."""
        heard = state.heard[id(received)]
        if isinstance(heard, Report):
            return judge(heard, state.books, city=state.city)
        return take(heard, state.books)

    def unreadable(self, state: Batch, unread: Unread) -> Iterable[Outgoing]:
        """Tell the speaker, and those inside who wait for reports."""
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
        return report_of(spoken, record.message, record.ignored)
    if isinstance(record.message, TaskAnswered):
        return answer_of(spoken, record.message)
    raise LookupError(f"{record.message.TYPE} is nothing that intake hears")


def topics_of(city: CityOf) -> Callable[[], frozenset[str]]:
    """Return what gives the topics on which outsiders are to speak; none before anything is published."""

    def named() -> frozenset[str]:
        try:
            return city().topics
        except NotPublished:
            return frozenset()

    return named


def city_of(reference: Reference) -> CityOf:
    """Return what gives the city as it is published, worked out once per version."""
    return reference.reading(lambda bundle: City.of(bundle.version, bundle.parts))
