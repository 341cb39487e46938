"""What a report tells of people: kept in intake's own schema, and never said to anybody inside."""

from pydantic_core import to_json

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import Device, Person, ReportSubmitted
from wangge_contracts.v1.parts import Subject
from wangge_intake.books import Contact

NOT_PEOPLE = frozenset({"organization", "enterprise", "institution", "facility", "vehicle", "animal"})
"""Kinds of subjects whose names may be told; any other kind may be a person's."""


def kept_back(report: str, said: ReportSubmitted) -> Contact | None:
    """Return the personal data in *said* that stays here; None when there is none and no row is needed."""
    reporter = said.reporter
    names = any(subject.name for subject in said.subjects if subject.kind not in NOT_PEOPLE)
    said_of = (reporter.name, reporter.phone, reporter.email)
    if not names and all(each is None for each in said_of):
        return None
    return Contact(
        ref=derive_id("contact", report),
        report=report,
        name=reporter.name,
        phone=reporter.phone,
        email=reporter.email,
        staff_id=reporter.staff_id,
        subjects=to_json([subject.name for subject in said.subjects]).decode() if names else None,
    )


def discreet_subjects(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Return *subjects* with people by reference only."""
    if not subjects:
        return subjects
    return tuple(
        subject
        if subject.kind in NOT_PEOPLE or subject.name is None
        else Subject(kind=subject.kind, ref=subject.ref)
        for subject in subjects
    )


def discreet_recorder(said: ReportSubmitted) -> Person | None:
    """
    Return who typed the report: an officer by staff number when nobody else did.

    When it is the reporter himself, by number or by name, his name stays here, and it is nobody where he does
    not want to be known. A clerk of the same name is lost with him; nothing hangs on who typed.
    """
    recorder, reporter = said.recorded_by, said.reporter
    unnamed = reporter.anonymous or reporter.confidential
    if recorder is None:
        if unnamed or reporter.staff_id is None:
            return None
        return Person.of_checked({"staff_id": reporter.staff_id, "role": reporter.role})
    if recorder.staff_id != reporter.staff_id and not _same(recorder.name, reporter.name):
        return recorder
    return None if unnamed else recorder.model_copy(update={"name": None})


def _same(name: str | None, other: str | None) -> bool:
    return name is not None and other is not None and name.strip().casefold() == other.strip().casefold()


def discreet_device(said: ReportSubmitted) -> Device | None:
    """Return the device, without its serial number when its owner does not want to be known."""
    device, reporter = said.device, said.reporter
    if device is None or device.serial is None or not (reporter.anonymous or reporter.confidential):
        return device
    return device.model_copy(update={"serial": None}) if device.kind or device.software else None
