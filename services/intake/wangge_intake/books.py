"""What was said before, as far as a batch needs it, and what the batch adds to it."""

from dataclasses import dataclass, field
from datetime import datetime

from wangge_chassis import Outgoing
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import (
    AnswerJudged,
    IncidentPlace,
    Mode,
    Origin,
    PlaceFlag,
    Relation,
    ReportReceipt,
    ReportSubmitted,
    TaskAnswered,
)
from wangge_contracts.v1.parts import ExternalRef, Fault
from wangge_intake.city import City
from wangge_intake.content import content_sha256
from wangge_intake.speakers import Speaker
from wangge_intake.whereabouts import located

ACTUAL: Mode = "actual"
"""What counts; of it nothing is kept, for nearly all do."""

# All but contacts are made for every record, and frozen by custom only.


@dataclass(slots=True)
class Spoken:
    """Where a record lies, who owns the topic, and since when the broker has it (house time, UTC)."""

    speaker: Speaker
    topic: str
    partition: int
    offset: int
    effective_at: datetime

    @property
    def record(self) -> tuple[str, str, str]:
        """Which record it is, as ids follow from it."""
        return self.topic, str(self.partition), str(self.offset)

    @property
    def origin(self) -> Origin:
        """The same, as a message tells it."""
        return Origin(topic=self.topic, partition=self.partition, offset=self.offset)

    def judged(
        self, about: str, verdict: ReportReceipt | AnswerJudged, *, subject: str | None = None
    ) -> Outgoing:
        """Tell the speaker what became of it; the id follows from where it lies: a record has one verdict."""
        receipt_id = derive_id("receipt", *self.record, verdict.outcome)
        return Outgoing(self.speaker.receipts, about, verdict, receipt_id, subject=subject)


@dataclass(slots=True)
class Report:
    """A readable report; *faults* are what it lacks all the same."""

    spoken: Spoken
    said: ReportSubmitted
    id: str
    """The incident that it is or would be; the same for every repeat."""
    content: bytes
    faults: tuple[Fault, ...]
    mode: Mode = ACTUAL
    """As it is told inside."""
    ignored: tuple[str, ...] = ()
    """Pointers to fields of it that nobody here knows."""


@dataclass(slots=True)
class Answer:
    """A readable answer to a task; *id* is the same for every repeat of it by its owner."""

    spoken: Spoken
    said: TaskAnswered
    id: str
    content: bytes


@dataclass(slots=True)
class Case:
    """An incident of ours and its number for people."""

    incident_id: str
    number: str
    mode: Mode = ACTUAL


@dataclass(slots=True)
class Kept:
    """What is remembered of a report once judged: its content, and the incident it led to, if any."""

    content: bytes
    case: Case | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Personal data that stays here: of the reporter, and names of the people a report is about."""

    ref: str
    report: str
    name: str | None
    phone: str | None
    email: str | None
    staff_id: str | None
    subjects: str | None
    """JSON: the name of each subject, in the report's order, null where there is none."""


Reference = tuple[str, str, str]
"""Who gave a number of somebody else's to a case, a terminal or `ANYBODY`; whose it is, and the number."""
ANYBODY = ""
"""Whoever gave it first."""


@dataclass(slots=True)
class Books:
    """
    The working set of a batch.

    *fresh* holds the ids of reports and answers that this batch is the first to say and that are not judged
    yet; what is judged leaves it. *reports* holds every report of the batch, and those that relations name.
    """

    now: datetime
    reports: dict[str, Kept] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    cases: dict[str, Case] = field(default_factory=dict)
    """By number."""
    elsewhere: dict[Reference, Case] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    attached: list[tuple[str, Case]] = field(default_factory=list)
    """Report and the case it went to."""
    referred: dict[Reference, Case] = field(default_factory=dict)
    """Those that came with the batch."""
    _places: dict[str, tuple[IncidentPlace, tuple[PlaceFlag, ...]]] = field(default_factory=dict)

    def place(self, report: Report, city: City) -> tuple[IncidentPlace, tuple[PlaceFlag, ...]]:
        """Return where *report* lies, and what is doubtful about it; worked out once for a report."""
        found = self._places.get(report.id)
        if found is None:
            found = self._places[report.id] = located(
                report.said.place, bounds=city.bounds, defaults=city.defaults
            )
        return found

    def case_named(self, relation: Relation, *, report: Report) -> Case | None:
        """
        Return the case that *relation* leads to, None when we do not know it.

        A report that comes later in the log is not known yet, also when it lies in the same batch: what a
        relation leads to must not depend on where batches begin. A drill's report does not belong to a real
        matter, nor a real one to a drill.
        """
        case = None
        if relation.report_id is not None:
            kept = self.reports.get(report_key(report.spoken.speaker, relation.report_id))
            case = kept.case if kept is not None else None
        elif relation.case_number is not None:
            case = self.cases.get(relation.case_number)
        elif relation.external_ref is not None:
            # What its speaker gave the number to goes first: anybody may name any number.
            mine, first = _keys(relation.external_ref, report.spoken.speaker)
            case = self.elsewhere.get(mine) or self.elsewhere.get(first)
        if case is None or case.incident_id == report.id or case.incident_id in self.fresh:
            return None
        return case if case.mode == report.mode else None

    def attach(self, report: Report, case: Case) -> None:
        """Note that *report* is no incident of its own but belongs to *case*."""
        self.reports[report.id] = Kept(report.content, case)
        self.attached.append((report.id, case))

    def refer(self, reference: ExternalRef, case: Case, *, by: Speaker) -> None:
        """Note that somebody else's number stands for *case*, unless it stood for another before."""
        for key in _keys(reference, by):
            self.elsewhere.setdefault(key, case)
            self.referred.setdefault(key, case)


def _keys(reference: ExternalRef, speaker: Speaker) -> tuple[Reference, Reference]:
    named = reference.system, reference.number
    return (speaker.slug, *named), (ANYBODY, *named)


def report_key(speaker: Speaker, report_id: str) -> str:
    """Return the id of the incident that a report of *speaker* is or would be."""
    return derive_id("incident", speaker.slug, report_id)


def answer_key(speaker: Speaker, answer_id: str) -> str:
    """Return what repeats of an answer of *speaker* are recognised by."""
    return derive_id("answer", speaker.owner, answer_id)


def answer_of(spoken: Spoken, said: TaskAnswered) -> Answer:
    """Return *said* with what it is recognised by."""
    return Answer(spoken, said, answer_key(spoken.speaker, said.answer_id), content_sha256(said))
