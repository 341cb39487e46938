"""What becomes of a matter later on, told to the terminal system of each report of it; fit for a resident."""

from collections.abc import Iterator
from datetime import datetime

from wangge_chassis.records import Outgoing
from wangge_contracts.message import derive_id
from wangge_contracts.topics import TERMINAL_RECEIPTS
from wangge_contracts.v1 import IncidentChanged, LaterChange, Names, ReportReceipt, Text, is_restricted
from wangge_router.case import Further, Held
from wangge_router.directory import Directory
from wangge_router.outcome import Outcome
from wangge_router.timing import due

_ENDS: dict[str, LaterChange] = {
    "not-accepted": "not-accepted",
    "merged": "merged",
    "voided": "voided",
    "closed": "closed",
    "reopened": "reopened",
}
"""What the fact says of the incident, and what that is to who reported it."""
_GIVEN = frozenset({"assigned", "forwarded", "referred-up"})
"""The changes of the lead's task that give it to another unit."""
_TEXTS: dict[LaterChange, Names] = {
    "filed": Names(zh="您反映的问题已立案", en="Your report has been filed"),
    "not-accepted": Names(zh="您反映的问题不予受理", en="Your report was not accepted"),
    "assigned": Names(zh="您反映的问题已交由{unit}办理", en="Your report was given to {unit}"),
    "merged": Names(zh="您反映的问题与{other}合并办理", en="Your report is handled together with {other}"),
    "voided": Names(zh="您反映的问题经研判无需处置", en="There is nothing to be done about your report"),
    "closed": Names(zh="您反映的问题已办结", en="Your report has been settled"),
    "reopened": Names(zh="您反映的问题已重新办理", en="Your report is open again"),
}
_SOME_UNIT = Names(zh="有关单位", en="the unit in charge")
_ANOTHER = Names(zh="同一事项的另一案件", en="another case about the same matter")
_WITH_REASON = frozenset({"not-accepted", "voided", "reopened"})
"""What a person decided and has to give a reason for."""


def later(outcome: Outcome, directory: Directory) -> Iterator[Outgoing]:
    """
    Yield what those who reported it are to hear of *outcome*, if anything: one receipt each, of the greatest
    change, first who made it an incident, then whoever reported it again.

    Only he hears who `wants_reply`, and of a matter split off his only as part of it: when the whole is over.
    Of a restricted matter neither unit, reason nor the number it goes on under is told. Raises
    `UnknownCalendar`.
    """
    fact, incident = outcome.fact, outcome.fact.incident
    reports = _reports(outcome)
    if not reports or incident.split_from is not None:
        return
    given = _given(outcome)
    change = _change(fact, given)
    if change is None:
        return
    open_told = not is_restricted(incident.sensitivity)
    unit = directory.name(given.task.holder) if given and open_told else None
    receipt = ReportReceipt(
        outcome="later-change",
        report_id=incident.report_id,
        incident_id=incident.incident_id,
        case_number=incident.case_number,
        at=fact.decided_at,
        effective_at=fact.effective_at,
        later_change=change,
        unit_name=unit if change == "assigned" else None,
        expected_by=_expected(given, directory) if change == "assigned" else None,
        result_text=_text(change, fact, unit, lang=directory.language, told=open_told),
    )
    for report in reports:
        yield Outgoing(
            topic=TERMINAL_RECEIPTS.named(report.terminal),
            key=report.report_id,
            message=receipt.model_copy(update={"report_id": report.report_id}),
            id=derive_id("later", incident.incident_id, fact.cause.id, report.terminal, report.report_id),
            subject=incident.incident_id,
        )


def _reports(outcome: Outcome) -> tuple[Further, ...]:
    """Return the reports of the matter whose reporters want a reply, each once."""
    incident, further = outcome.fact.incident, outcome.case.further
    if not incident.wants_reply:
        return further
    first = Further(terminal=incident.terminal, report_id=incident.report_id)
    return (first, *(report for report in further if report != first))


def _given(outcome: Outcome) -> Held | None:
    """Return the task of who leads, if this act gave it to him."""
    given = [task for task in outcome.tasks if task.kind == "handle" and task.change in _GIVEN]
    return outcome.case.find(given[-1].task_id) if given else None


def _change(fact: IncidentChanged, given: Held | None) -> LaterChange | None:
    if fact.change == "attached":
        return None  # Somebody said more; what became of it was told before.
    if fact.change in _ENDS:
        return _ENDS[fact.change]
    if fact.change == "accepted-into-router" and fact.incident.state == "closed":
        return "closed"  # Its reporter has settled it himself, and nobody looks again.
    if given is not None:
        return "assigned"
    return "filed" if fact.change == "filed" or fact.incident.filed_at == fact.effective_at else None


def _expected(given: Held | None, directory: Directory) -> datetime | None:
    """Return when the unit is to be through with the whole of it; of a later stage nothing is known yet."""
    return due(given, directory) if given is not None and not given.stages else None


def _text(change: LaterChange, fact: IncidentChanged, unit: Names | None, *, lang: str, told: bool) -> Text:
    """Say it in the city's language; what it has no words in is said in Chinese."""
    number = fact.incident.merged_into_number if told else None
    reason = fact.reason.text if told and fact.reason is not None and change in _WITH_REASON else ""
    if lang == "en":
        other = f"case {number}" if number else _ANOTHER.en
        said = _TEXTS[change].en.format(unit=(unit or _SOME_UNIT).en, other=other)
        return Text(text=f"{said}: {reason}"[:2000] if reason else f"{said}.", lang="en")
    other = f"案件{number}" if number else _ANOTHER.zh
    said = _TEXTS[change].zh.format(unit=(unit or _SOME_UNIT).zh, other=other)
    return Text(text=f"{said}：{reason}"[:2000] if reason else f"{said}。", lang="zh")
