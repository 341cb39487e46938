"""What the contract lists, by its names: nothing of it goes, and nothing required is left out."""

from typing import Any

import pytest

from wangge_contracts import topics, v1
from wangge_contracts.message import Part, words
from wangge_contracts.topics import TOPICS

ALWAYS: dict[type[Part], str] = {
    v1.ReportSubmitted: "report_id source captured_at place reporter",
    v1.Reporter: "role",
    v1.Point: "lon lat crs",
    v1.Attachment: "slot sha256 bytes media_type purpose status",
    v1.IncidentAccepted: """
        incident_id case_number district terminal report_id mode source nature sensitivity confidential
        accepted_at effective_at captured_at place place_flags reporter_role wants_reply reference_versions
        repeat_count
    """,
    v1.ReportAttached: "incident_id report_id mode sensitivity confidential effective_at relation",
    v1.TaskChanged: """
        task_id incident_id case_number district revision change state kind role round holder mode urgency
        sensitivity assigned_at effective_at limit required_evidence description place contact_allowed parties
        desk decision counts allowed_acts
    """,
    v1.Limit: "value clock_kind calendar calendar_version",
    v1.Party: "holder role name",
    v1.Decision: "reason",
    v1.Counts: "returns reworks extensions repeats",
    v1.ClockChanged: """
        task_id incident_id clock_id revision change deadline effective_at segments elapsed_s remaining_s
        catch_up mode sensitivity
    """,
    v1.TaskAnswered: "answer_id task_id incident_id based_on_revision act actor",
    v1.ReportReceipt: "outcome at effective_at errors attachments_missing",
    v1.AnswerJudged: "outcome at effective_at errors",
    v1.IncidentChanged: "incident tasks change cause effective_at decided_at reference_versions",
    v1.Incident: "state place counts mode sensitivity confidential",
    v1.Cause: "id kind",
    v1.DeskOrdered: "order_id order incident_id task_ids mode effective_at",
    v1.ActJudged: "incident_id mode outcome errors at",
    v1.NoticeComposed: """
        notice_id incident_id recipient channel endpoint_key urgency cap template text state attempt at mode
        sensitivity confidential
    """,
    v1.NoticeChanged: "notice_id state attempt at mode",
    v1.Recipient: "kind ref",
    v1.Cap: "severity urgency certainty status",
    v1.Template: "name version lang",
    v1.NoticeAnswered: "notice_id answer by at mode",
    v1.IncidentRejected: "incident_id terminal mode errors",
    v1.ReferencePublished: "kind hash version effective_from content published_by",
    v1.Fault: "code pointer text_zh text_en retryable",
    v1.Text: "text lang",
    v1.ClassRef: "scheme version code",
}
"""What is on every record, whatever it tells."""
SOMETIMES: dict[type[Part], str] = {
    v1.ReportSubmitted: """
        mode relation nature description class_ref attributes urgency_claimed occurred_at sent_at recorded_by
        device external_refs mandated_deadline sensitivity subjects self_handled attachments
    """,
    v1.Relation: "report_id case_number external_ref",
    v1.Reporter: "staff_id name phone anonymous confidential wants_reply",
    v1.Point: "accuracy_m provider fix_age_s mock",
    v1.Address: "building unit room",
    v1.ReportedPlace: "point address area component unknown",
    v1.Attachment: "captured_at url",
    v1.IncidentAccepted: """
        occurred_at clock_skew_ms contact_ref external_refs mandated_deadline subjects self_handled
        attachments repeat_of
    """,
    v1.IncidentPlace: "wgs84",
    v1.TaskChanged: """
        stage acknowledge_by class_ref standard_version closing_condition instructions contact_ref attachments
        suspended_until listed supervised external_refs your_reference predecessor successor merged_into
        reason_code console_url confidential
    """,
    v1.Party: "duty_phone",
    v1.Decision: "rulebook_version rule order_id",
    v1.ClockChanged: "rung withdrawn_rung",
    v1.TaskAnswered: """
        on_behalf_of recorded_by acted_at text reason_code suggested_unit basis requested_until milestone
        planned_completion verdict result_code evidence position contact order_id your_reference
    """,
    v1.ReportReceipt: """
        report_id incident_id case_number kept_content_sha256 received_content_sha256 original later_change
        unit_name expected_by result_text
    """,
    v1.AnswerJudged: "answer_id task_id incident_id original approval_task revision",
    v1.IncidentChanged: "decision",
    v1.Incident: "class_ref limit ladder",
    v1.Cause: "actor on_behalf_of",
    v1.DeskOrdered: "actor on_behalf_of recorded_by role reason based_on_revision bulk_id",
    v1.ActJudged: "order_id answer_id revision",
    v1.NoticeComposed: "task_id outcome not_before",
    v1.TransportOutcome: "detail",
    v1.ReferencePublished: "confirmed_by",
    v1.ClassRef: "condition names",
}
"""What may be absent: whoever does without it is understood."""
WORDS: list[tuple[Any, str]] = [
    (v1.Mode, "actual exercise test"),
    (v1.Sensitivity, "normal restricted"),
    (v1.Source, "officer volunteer hotline resident sensor video leader media inspection migrated"),
    (v1.Nature, "problem request complaint consultation suggestion praise"),
    (v1.RelationKind, "correction supplement reminder withdrawal dissatisfied"),
    (v1.PlaceFlag, "default-point imprecise border outside"),
    (v1.TaskKind, "handle assist attend verify check dispatch approve supervise"),
    (v1.TaskChange, "assigned revised returned rework withdrawn ended"),
    (v1.Role, "lead assist"),
    (v1.Stage, "fence repair restore"),
    (v1.ClockKind, "urgent-hours natural-days working-hours working-days"),
    (
        v1.Act,
        """acknowledge arrived left progress done return forward refer-up request-extension request-suspension
        withdraw-request explain reply appeal verify check approve contact-logged""",
    ),
    (v1.ReportOutcome, "accepted rejected duplicate conflict attached unreadable later-change"),
    (v1.ActOutcome, "applied pending-approval refused repeated unreadable"),
    (v1.LaterChange, "filed not-accepted assigned merged voided closed reopened"),
    (
        v1.IncidentChange,
        """accepted-into-router verified filed not-accepted dispatched task-changed attached listed unlisted
        merging adopted merged split closed reopened voided transferred""",
    ),
    (
        v1.Order,
        """dispatch designate approve refuse supervise merge split void reopen forward resume call list unlist
        correct exclude bulk""",
    ),
    (
        v1.NoticeState,
        "composed deferred sending sent delivered read confirmed failed unknown given-up folded",
    ),
    (v1.ReferenceKind, "part manifest"),
    (v1.Reach, "mailbox console contact-only"),
]
NEEDED: dict[str, str] = {
    "text": "done return explain reply appeal",
    "reason_code": "return request-extension request-suspension appeal",
    "requested_until": "request-extension request-suspension",
    "verdict": "verify check approve",
    "result_code": "done",
    "contact": "contact-logged",
    "order_id": "reply",
}
ARROWS: dict[str, tuple[str, str]] = {
    "terminals.{slug}.reports.v1": ("terminal:{slug} intake", "intake"),
    "terminals.{slug}.answers.v1": ("terminal:{slug} intake", "intake"),
    "terminals.{slug}.tasks.v1": ("router escalation", "terminal:{slug} intake"),
    "terminals.{slug}.receipts.v1": ("intake router", "terminal:{slug} intake"),
    "departments.{slug}.answers.v1": ("department:{slug} intake", "intake"),
    "departments.{slug}.tasks.v1": ("router escalation", "department:{slug} intake"),
    "departments.{slug}.receipts.v1": ("intake router", "department:{slug} intake"),
    "incidents.accepted.v1": ("intake", "router ledger"),
    "incidents.rejected.v1": ("intake", "notifier ledger"),
    "reports.attached.v1": ("intake", "router ledger"),
    "tasks.answered.v1": ("intake notifier ledger", "router ledger"),
    "desk.ordered.v1": ("router escalation ledger", "router ledger"),
    "acts.judged.v1": ("router", "escalation ledger"),
    "incidents.changed.v1": ("router", "escalation notifier ledger"),
    "clocks.changed.v1": ("escalation", "notifier ledger"),
    "notices.composed.v1": ("notifier", "notifier ledger"),
    "notices.changed.v1": ("notifier", "ledger"),
    "notices.answered.v1": ("notifier", "notifier ledger"),
    "reference.published.v1": ("operator ledger", "intake router escalation notifier ledger operator"),
    "intake.replays.v1": ("operator", "intake"),
    "{service}.replays.v1": ("operator", "{service}"),
    "intake.dead-letters": ("intake", "operator"),
    "{service}.dead-letters": ("{service}", "operator"),
}
"""The map's table of rooms, each topic with who writes and who reads it."""


def absent(kind: type[Part], name: str) -> bool:
    """Whether a writer may leave *name* out, or nothing is written where nothing is known."""
    field = kind.model_fields[name]
    return not field.is_required() and field.get_default() is None


@pytest.mark.parametrize(("kind", "names"), ALWAYS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_what_the_contract_requires_is_on_every_record(kind: type[Part], names: str) -> None:
    assert set(names.split()) <= kind.model_fields.keys()
    assert [name for name in names.split() if absent(kind, name)] == []


@pytest.mark.parametrize(("kind", "names"), SOMETIMES.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_what_the_contract_leaves_open_is_there_and_not_required(kind: type[Part], names: str) -> None:
    assert set(names.split()) <= kind.model_fields.keys()
    assert [name for name in names.split() if kind.model_fields[name].is_required()] == []


def test_a_report_needs_nothing_but_what_the_contract_requires() -> None:
    required = {name for name, field in v1.ReportSubmitted.model_fields.items() if field.is_required()}
    answering = {name for name, field in v1.TaskAnswered.model_fields.items() if field.is_required()}

    assert required == set(ALWAYS[v1.ReportSubmitted].split())
    assert answering == set(ALWAYS[v1.TaskAnswered].split())


@pytest.mark.parametrize(("kind", "listed"), WORDS)
def test_every_word_of_the_contract_is_known(kind: Any, listed: str) -> None:
    assert set(listed.split()) - set(words(kind)) == set()


def test_an_act_needs_what_the_contract_says() -> None:
    for field, acts in NEEDED.items():
        assert {act for act, fields in v1.REQUIRED_BY_ACT.items() if field in fields} == set(acts.split())


def test_no_personal_field_of_a_reporter_leaves_intake() -> None:
    personal = {"reporter", "reporter_name", "phone", "email", "staff_id"}
    for kind in (v1.IncidentAccepted, v1.ReportAttached, v1.IncidentRejected, v1.Incident, v1.TaskChanged):
        assert not personal & kind.model_fields.keys()


def test_the_arrows_are_those_of_the_map_and_no_others() -> None:
    drawn = {row.name: (set(row.writers), set(row.readers)) for row in TOPICS}

    assert drawn == {
        name: (set(writers.split()), set(readers.split())) for name, (writers, readers) in ARROWS.items()
    }


def test_what_is_one_incidents_is_keyed_by_it() -> None:
    by_incident = {row.name for row in TOPICS if row.key == "incident_id"}

    assert by_incident == {
        *(name for name in ARROWS if name.startswith(("incidents.", "clocks."))),
        *("reports.attached.v1", "tasks.answered.v1", "desk.ordered.v1", "acts.judged.v1"),
        *(topics.TERMINAL_TASKS.name, topics.DEPARTMENT_TASKS.name),
    }
