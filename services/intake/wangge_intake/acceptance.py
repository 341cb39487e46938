"""Do we stand behind this report? No clock, no database: what was said before is in the books."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from wangge_chassis import Outgoing
from wangge_contracts import topics
from wangge_contracts.message import derive_id, known, most, words
from wangge_contracts.v1 import (
    IncidentAccepted,
    IncidentRejected,
    Mode,
    Nature,
    ReportAttached,
    ReportReceipt,
    ReportSubmitted,
    Sensitivity,
    Source,
    Urgency,
    fault,
    lacking_in_report,
    unknown_in_report,
)
from wangge_contracts.v1.parts import Fault
from wangge_intake.books import Books, Case, Kept, Report, Spoken, report_key
from wangge_intake.city import City
from wangge_intake.content import content_sha256
from wangge_intake.discretion import discreet_device, discreet_recorder, discreet_subjects, kept_back

Outcome = Literal["accepted", "rejected", "duplicate", "conflict", "attached"]
_ACCEPTED: Outcome = "accepted"
_ATTACHED: Outcome = "attached"
_MOST_MISSING = most(ReportReceipt, "attachments_missing")
"""A report may declare twice as many."""


def _known(kind: Any) -> Callable[[str], Any]:
    """Return `known` for one enum, looked up instead of searched."""
    ours = {word: word for word in words(kind)}
    otherwise = known(kind, "")
    return lambda word: ours.get(word, otherwise)


mode_of, source_of, nature_of = _known(Mode), _known(Source), _known(Nature)
sensitivity_of, urgency_of = _known(Sensitivity), _known(Urgency)


def report_of(spoken: Spoken, said: ReportSubmitted, ignored: tuple[str, ...] = ()) -> Report:
    """Return *said* with what it is recognised by, what it lacks, and what of it was *ignored*."""
    key = report_key(spoken.speaker, said.report_id)
    return Report(spoken, said, key, content_sha256(said), faults_in(said), mode_of(said.mode), ignored)


def faults_in(report: ReportSubmitted) -> tuple[Fault, ...]:
    """
    Return why intake cannot stand behind *report*: it says nothing, or not what it belongs to.

    An unknown class or place is none of these: a desk can ask.
    """
    pointers = lacking_in_report(report)
    if report.description is not None and report.class_ref is None and not report.description.text.strip():
        pointers = ("/description/text", *pointers)
    return tuple(fault("invalid" if pointer == "/relation" else "missing", pointer) for pointer in pointers)


def judge(report: Report, books: Books, *, city: City) -> Iterator[Outgoing]:
    """
    Say what becomes of *report*, and write it into *books*.

    Exactly one verdict goes to its speaker's receipts. What a relation leads to nowhere is accepted as new,
    with the relation noted: somebody wants something, and a desk can find out what it belongs to.
    """
    kept = books.reports[report.id]
    if report.id not in books.fresh:
        yield _again(report, kept, books.now)
        return
    books.fresh.discard(report.id)
    if report.faults or kept.case is None:
        yield _rejected(report, books.now)
        yield verdict(report, "rejected", at=books.now, errors=report.faults)
        return
    relation = report.said.relation
    earlier = books.case_named(relation, report=report) if relation is not None else None
    case = earlier or kept.case
    for reference in report.said.external_refs:
        books.refer(reference, case, by=report.spoken.speaker)
    message: IncidentAccepted | ReportAttached
    if earlier is not None:
        books.attach(report, earlier)
        message = ReportAttached.of_checked(_told(report, case, books, city=city))
        topic, outcome = topics.REPORTS_ATTACHED, _ATTACHED
    else:
        message = vouched(report, case, books, city=city)
        topic, outcome = topics.INCIDENTS_ACCEPTED, _ACCEPTED
    yield Outgoing(
        topic.name, case.incident_id, message, derive_id(outcome, report.id), subject=case.incident_id
    )
    yield verdict(report, outcome, at=books.now, case=case, errors=_misread(report))


def _again(report: Report, kept: Kept, now: datetime) -> Outgoing:
    """Give the same answer again to the same content; the same id with other content stands for nothing."""
    if kept.content == report.content:
        return verdict(report, "duplicate", at=now, case=kept.case, errors=report.faults or _misread(report))
    return verdict(
        report,
        "conflict",
        at=now,
        case=kept.case,
        errors=(fault("id-reused", "/report_id"),),
        conflict=(kept.content.hex(), report.content.hex()),
    )


def vouched(report: Report, case: Case, books: Books, *, city: City) -> IncidentAccepted:
    """Return what *report* becomes under the number of *case*; what is personal goes into *books*."""
    return IncidentAccepted.of_checked({**_told(report, case, books, city=city), "repeat_count": 0})


def _told(report: Report, case: Case, books: Books, *, city: City) -> dict[str, Any]:
    """Return what inside may know of *report*; what is personal goes into the books and no further."""
    said, reporter, effective_at = report.said, report.said.reporter, report.spoken.effective_at
    place, flags = books.place(report, city)
    contact = kept_back(report.id, said)
    if contact is not None:
        books.contacts.append(contact)
    return {
        "incident_id": case.incident_id,
        "case_number": case.number,
        "district": city.district,
        "terminal": report.spoken.speaker.slug,
        "report_id": said.report_id,
        "mode": report.mode,
        "source": city.source(report.spoken.speaker.slug, source_of(said.source)),
        "nature": nature_of(said.nature),
        "sensitivity": sensitivity_of(said.sensitivity),
        "confidential": reporter.confidential or reporter.anonymous,
        "accepted_at": books.now,
        "effective_at": effective_at,
        "captured_at": said.captured_at,
        "occurred_at": said.occurred_at,
        "clock_skew_ms": _skew_ms(said, effective_at),
        "description": said.description,
        "class_ref": said.class_ref,
        "attributes": said.attributes,
        "urgency_claimed": said.urgency_claimed and urgency_of(said.urgency_claimed),
        "device": discreet_device(said),
        "recorded_by": discreet_recorder(said),
        "place": place,
        "place_flags": flags,
        "contact_ref": contact and contact.ref,
        "reporter_role": reporter.role,
        "wants_reply": reporter.wants_reply,
        "external_refs": said.external_refs,
        "mandated_deadline": said.mandated_deadline,
        "subjects": discreet_subjects(said.subjects),
        "self_handled": said.self_handled,
        "attachments": said.attachments,
        "reference_versions": city.versions,
        "relation": said.relation,
    }


def _skew_ms(report: ReportSubmitted, effective_at: datetime) -> int | None:
    """Return how far the terminal's clock ran ahead, by the time of sending, or at least if it ran ahead."""
    claimed = report.sent_at
    if claimed is None and report.captured_at > effective_at:
        claimed = report.captured_at
    return None if claimed is None else round((claimed - effective_at).total_seconds() * 1000)


def _rejected(report: Report, now: datetime) -> Outgoing:
    spoken = report.spoken
    message = IncidentRejected(
        incident_id=report.id,
        terminal=spoken.speaker.slug,
        report_id=report.said.report_id,
        mode=report.mode,
        effective_at=spoken.effective_at,
        at=now,
        errors=report.faults,
        original=spoken.origin,
    )
    return Outgoing(topics.INCIDENTS_REJECTED.name, report.id, message, derive_id("rejected", report.id))


def _misread(report: Report) -> tuple[Fault, ...]:
    """Return what a terminal has to hear though its report stands: `Actual` makes a test of it."""
    return tuple(fault("unknown-word", at, detail_en=taken) for at, taken in unknown_in_report(report.said))


def _missing(said: ReportSubmitted) -> tuple[str, ...]:
    """Return the slots of which something has not arrived, each once, as far as a receipt has room."""
    declared = (*said.attachments, *(said.self_handled.evidence if said.self_handled else ()))
    slots = dict.fromkeys(attachment.slot for attachment in declared if attachment.status != "arrived")
    return tuple(islice(slots, _MOST_MISSING))


def verdict(
    report: Report,
    outcome: Outcome,
    *,
    at: datetime,
    case: Case | None = None,
    errors: tuple[Fault, ...] = (),
    conflict: tuple[str, str] | None = None,
) -> Outgoing:
    """
    Tell the speaker what became of *report*.

    :param conflict: hashes of the kept and of the received content.
    """
    said, spoken = report.said, report.spoken
    kept, received = conflict or (None, None)
    incident_id = case.incident_id if case else None
    message = ReportReceipt.of_checked(
        {
            "outcome": outcome,
            "report_id": said.report_id,
            "incident_id": incident_id,
            "case_number": case.number if case else None,
            "at": at,
            "effective_at": spoken.effective_at,
            "errors": errors,
            "attachments_missing": _missing(said) if said.attachments or said.self_handled else (),
            "kept_content_sha256": kept,
            "received_content_sha256": received,
            "ignored": report.ignored or None,
        }
    )
    return spoken.judged(said.report_id, message, subject=incident_id)
