"""Reports and answers for tests that name only what they are about, and books as the store has them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from wangge_chassis import Outgoing
from wangge_contracts.v1 import AnswerJudged, ReportReceipt, ReportSubmitted, TaskAnswered
from wangge_intake.acceptance import judge, report_of
from wangge_intake.answering import take
from wangge_intake.books import Books, Case, Contact, Kept, Reference, Report, Spoken, answer_of
from wangge_intake.city import City
from wangge_intake.speakers import speaker_of
from wangge_intake.whereabouts import Bounds, default_points

NOW = datetime(2026, 1, 6, 2, 2, 4, 160000, tzinfo=UTC)
APPENDED = datetime(2026, 1, 6, 2, 2, 4, 118000, tzinfo=UTC)
CITY = City(
    "110101",
    bounds=Bounds(116.36, 39.85, 116.46, 39.98),
    defaults=default_points([(116.404, 39.915)]),
)
POINT = {"lon": 116.44327, "lat": 39.93012, "crs": "WGS84"}


def content(**fields: Any) -> dict[str, Any]:
    """Return the JSON of a report; *fields* replace those of the sample, None leaves one out."""
    whole = {
        "report_id": "r-1",
        "source": "officer",
        "description": {"text": "井盖缺失"},
        "captured_at": "2026-01-06T02:02:00Z",
        "place": {"point": POINT},
        "reporter": {"role": "inspector"},
    } | fields
    return {name: value for name, value in whole.items() if value is not None}


def report(*, topic: str = "terminals.pda.reports.v1", offset: int = 0, **fields: Any) -> Report:
    """Return a report as it was heard."""
    return report_of(spoken(topic, offset), *ReportSubmitted.read_closely(to_json(content(**fields))))


def answer_content(**fields: Any) -> dict[str, Any]:
    """Return the JSON of an answer."""
    return {
        "answer_id": "a-1",
        "task_id": "t-1",
        "incident_id": "i-1",
        "based_on_revision": 1,
        "act": "acknowledge",
        "actor": {"staff_id": "G-114"},
    } | fields


def answered(topic: str = "departments.gas.answers.v1", offset: int = 0, **fields: Any) -> list[Any]:
    """Return [answer as it was heard]."""
    return [answer_of(spoken(topic, offset), TaskAnswered.read(to_json(answer_content(**fields))))]


def spoken(topic: str, offset: int = 0) -> Spoken:
    """Return where a record on *topic* lies."""
    speaker = speaker_of(topic)
    assert speaker is not None
    return Spoken(speaker, topic, 0, offset, APPENDED)


class Desk:
    """Judges reports batch by batch, with books kept in memory as the store keeps them in the database."""

    def __init__(self, city: City = CITY) -> None:
        self.city = city
        self.kept: dict[str, Kept] = {}
        self.cases: dict[str, Case] = {}
        self.elsewhere: dict[Reference, Case] = {}
        self.answers: dict[str, bytes] = {}
        self.contacts: list[Contact] = []
        self._numbers = 0

    def hear(self, *reports: Report) -> list[Outgoing]:
        """Judge one batch and return what was said."""
        books = Books(NOW)
        for heard in reports:
            if heard.id in self.kept:
                books.reports[heard.id] = self.kept[heard.id]
            elif heard.id not in books.fresh:
                books.fresh.add(heard.id)
                self._numbers += 1
                case = Case(heard.id, f"110101-2026-{self._numbers:07d}", heard.mode)
                books.reports[heard.id] = Kept(heard.content, None if heard.faults else case)
        books.reports = self.kept | books.reports
        books.cases, books.elsewhere = dict(self.cases), dict(self.elsewhere)
        told = [out for heard in reports for out in judge(heard, books, city=self.city)]
        assert not books.fresh
        self.kept = books.reports
        self.elsewhere = books.elsewhere
        own = (kept.case for key, kept in self.kept.items() if kept.case and kept.case.incident_id == key)
        self.cases = {case.number: case for case in own}
        self.contacts += books.contacts
        return told

    def take(self, *answers: Any) -> list[Outgoing]:
        """Pass a batch of answers on and return what was said."""
        books = Books(NOW, answers=self.answers)
        for heard in answers:
            if heard.id not in self.answers:
                self.answers[heard.id] = heard.content
                books.fresh.add(heard.id)
        return [out for heard in answers for out in take(heard, books)]


def verdicts(told: Iterable[Outgoing]) -> list[str]:
    """Return the outcomes on receipts topics."""
    messages = [out.message for out in told if out.topic.endswith(".receipts.v1")]
    return [m.outcome for m in messages if isinstance(m, ReportReceipt | AnswerJudged)]


def inside(told: Iterable[Outgoing]) -> list[Outgoing]:
    """Return what was said inside."""
    return [out for out in told if not out.topic.endswith(".receipts.v1")]
