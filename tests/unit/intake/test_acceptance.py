"""What becomes of a report."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.intake.builders import APPENDED, NOW, POINT, Desk, inside, report, verdicts
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import IncidentAccepted, IncidentRejected, ReportAttached, ReportReceipt


def receipt(told: list[Any]) -> ReportReceipt:
    (message,) = (out.message for out in told if isinstance(out.message, ReportReceipt))
    return message


def test_a_report_becomes_an_incident_with_a_number_and_its_speaker_hears_of_it() -> None:
    accepted, told = Desk().hear(report(report_id="r-1"))

    incident_id = derive_id("incident", "pda", "r-1")
    assert isinstance(accepted.message, IncidentAccepted)
    assert (accepted.topic, accepted.key, accepted.subject) == (
        "incidents.accepted.v1",
        incident_id,
        incident_id,
    )
    assert accepted.message.case_number == "110101-2026-0000001"
    assert accepted.message.terminal == "pda"
    assert (told.topic, told.key) == ("terminals.pda.receipts.v1", "r-1")
    assert told.message == ReportReceipt(
        outcome="accepted",
        report_id="r-1",
        incident_id=incident_id,
        case_number="110101-2026-0000001",
        at=NOW,
        effective_at=APPENDED,
    )


def test_the_clock_that_counts_is_the_brokers_and_the_terminals_lead_is_noted() -> None:
    accepted, _ = Desk().hear(report(sent_at="2026-01-06T02:12:04.118Z"))

    assert isinstance(accepted.message, IncidentAccepted)
    assert accepted.message.effective_at == APPENDED
    assert accepted.message.accepted_at == NOW
    assert accepted.message.clock_skew_ms == timedelta(minutes=10) / timedelta(milliseconds=1)


def test_a_picture_taken_in_the_future_shows_a_clock_that_runs_ahead_and_one_in_the_past_nothing() -> None:
    ahead, _ = Desk().hear(report(captured_at="2026-01-06T02:02:05.118Z"))
    behind, _ = Desk().hear(report(captured_at="2026-01-06T02:02:00Z"))

    assert isinstance(ahead.message, IncidentAccepted)
    assert isinstance(behind.message, IncidentAccepted)
    assert (ahead.message.clock_skew_ms, behind.message.clock_skew_ms) == (1000, None)


def test_a_report_that_says_nothing_is_rejected_and_says_where_it_lies() -> None:
    rejected, told = Desk().hear(report(description=None, offset=7))

    assert isinstance(rejected.message, IncidentRejected)
    assert [error.pointer for error in rejected.message.errors] == ["/description"]
    assert (rejected.message.original.topic, rejected.message.original.offset) == (
        "terminals.pda.reports.v1",
        7,
    )
    assert isinstance(told.message, ReportReceipt)
    assert (told.message.outcome, told.message.incident_id, told.message.case_number) == (
        "rejected",
        None,
        None,
    )


def test_blanks_say_nothing_either_unless_there_is_a_class() -> None:
    class_ref = {"scheme": "s", "version": "1", "code": "0203"}

    assert verdicts(Desk().hear(report(description={"text": " \n"}))) == ["rejected"]
    assert verdicts(Desk().hear(report(description={"text": " "}, class_ref=class_ref))) == ["accepted"]
    assert verdicts(Desk().hear(report(description=None, class_ref=class_ref))) == ["accepted"]


def test_a_place_of_which_nothing_is_said_is_rejected_and_an_unknown_one_is_not() -> None:
    assert verdicts(Desk().hear(report(place={}))) == ["rejected"]
    assert verdicts(Desk().hear(report(place={"unknown": True}))) == ["accepted"]


def test_a_repeat_gets_the_same_number_again_and_makes_no_second_incident() -> None:
    desk = Desk()
    first = desk.hear(report())
    again = desk.hear(report(sent_at="2026-01-06T02:30:00Z", offset=1))

    assert verdicts(again) == ["duplicate"]
    assert not inside(again)
    assert receipt(again).case_number == receipt(first).case_number


def test_a_repeat_in_the_same_batch_is_judged_like_one_in_the_next() -> None:
    told = Desk().hear(report(), report(offset=1), report(offset=2, description={"text": "别的"}))

    assert verdicts(told) == ["accepted", "duplicate", "conflict"]
    assert len({out.id for out in told}) == len(told)


def test_a_repeat_of_a_rejected_report_hears_the_same_faults_again() -> None:
    desk = Desk()
    first = desk.hear(report(description=None))
    again = desk.hear(report(description=None, offset=1))

    assert receipt(again).outcome == "duplicate"
    assert receipt(again).errors == receipt(first).errors


def test_other_content_under_the_same_id_is_a_conflict_with_both_hashes() -> None:
    desk = Desk()
    first = report()
    second = report(description={"text": "别的"}, offset=1)
    desk.hear(first)
    told = receipt(desk.hear(second))

    assert told.outcome == "conflict"
    assert (told.kept_content_sha256, told.received_content_sha256) == (
        first.content.hex(),
        second.content.hex(),
    )


def test_the_same_id_of_another_terminal_is_another_report() -> None:
    desk = Desk()
    desk.hear(report())

    assert verdicts(desk.hear(report(topic="terminals.hotline.reports.v1"))) == ["accepted"]


def test_a_reminder_is_attached_to_the_report_it_names_by_its_id() -> None:
    desk = Desk()
    desk.hear(report())
    attached, told = desk.hear(report(report_id="r-2", relation={"kind": "reminder", "report_id": "r-1"}))

    incident_id = derive_id("incident", "pda", "r-1")
    assert isinstance(attached.message, ReportAttached)
    assert (attached.topic, attached.key) == ("reports.attached.v1", incident_id)
    assert (attached.message.incident_id, attached.message.report_id) == (incident_id, "r-2")
    assert isinstance(told.message, ReportReceipt)
    assert (told.message.outcome, told.message.case_number) == ("attached", "110101-2026-0000001")


def test_a_reminder_is_attached_by_case_number_and_by_somebody_elses_number_too() -> None:
    desk = Desk()
    desk.hear(report(external_refs=[{"system": "12345", "number": "77"}]))
    by_number = report(
        report_id="r-2",
        topic="terminals.hotline.reports.v1",
        relation={"kind": "reminder", "case_number": "110101-2026-0000001"},
    )
    by_reference = report(
        report_id="r-3", relation={"kind": "withdrawal", "external_ref": {"system": "12345", "number": "77"}}
    )

    assert verdicts(desk.hear(by_number, by_reference)) == ["attached", "attached"]


def test_a_number_of_somebody_elses_leads_first_to_what_its_speaker_gave_it_to() -> None:
    desk, number = Desk(), {"system": "12345", "number": "H-1"}
    hotline, reminder = "terminals.hotline.reports.v1", {"kind": "reminder", "external_ref": number}
    desk.hear(report(topic="terminals.residents.reports.v1", external_refs=[number]))
    desk.hear(report(topic=hotline, external_refs=[number]))
    own, *_ = desk.hear(report(topic=hotline, report_id="r-2", relation=reminder))
    others, *_ = desk.hear(report(report_id="r-3", relation=reminder))

    assert own.key == derive_id("incident", "hotline", "r-1")
    assert others.key == derive_id("incident", "residents", "r-1")


def test_what_is_attached_to_an_attached_report_belongs_to_the_incident() -> None:
    desk = Desk()
    desk.hear(report())
    desk.hear(report(report_id="r-2", relation={"kind": "supplement", "report_id": "r-1"}))
    attached, _ = desk.hear(report(report_id="r-3", relation={"kind": "reminder", "report_id": "r-2"}))

    assert attached.key == derive_id("incident", "pda", "r-1")


def test_a_relation_that_leads_nowhere_is_accepted_as_new_with_the_relation_noted() -> None:
    desk = Desk()
    desk.hear(report(report_id="empty", description=None))
    for named in (
        {"report_id": "never-said"},
        {"report_id": "empty"},
        {"case_number": "110101-2020-0000009"},
    ):
        relation = {"kind": "reminder", **named}
        accepted, _ = desk.hear(report(report_id=str(named), relation=relation))

        assert isinstance(accepted.message, IncidentAccepted)
        assert accepted.message.relation is not None
        assert accepted.message.relation.model_dump(exclude_none=True) == relation


@pytest.mark.parametrize(
    ("its", "theirs"), [("exercise", "actual"), ("actual", "test"), ("test", "exercise")]
)
@pytest.mark.parametrize(
    "named",
    [
        {"report_id": "r-1"},
        {"case_number": "110101-2026-0000001"},
        {"external_ref": {"system": "12345", "number": "77"}},
    ],
    ids=lambda named: next(iter(named)),
)
def test_a_drill_does_not_press_a_real_matter_and_nothing_real_is_lost_in_a_drill(
    its: str, theirs: str, named: dict[str, Any]
) -> None:
    desk, relation = Desk(), {"kind": "reminder", **named}
    desk.hear(report(mode=theirs, external_refs=[{"system": "12345", "number": "77"}]))
    accepted, _ = desk.hear(report(report_id="r-2", mode=its, relation=relation))
    of_its_own = report(report_id="r-3", mode=theirs, relation=relation)

    assert isinstance(accepted.message, IncidentAccepted)
    assert accepted.message.mode == its
    assert accepted.message.relation is not None
    assert verdicts(desk.hear(of_its_own)) == ["attached"]


def test_a_report_that_names_itself_or_a_later_one_is_new() -> None:
    desk = Desk()
    itself = report(report_id="r-1", relation={"kind": "reminder", "report_id": "r-1"})
    early = report(report_id="r-2", relation={"kind": "reminder", "report_id": "r-3"})
    late = report(report_id="r-3", relation={"kind": "reminder", "report_id": "r-2"})

    assert verdicts(desk.hear(itself, early, late)) == ["accepted", "accepted", "attached"]


def test_a_relation_by_two_names_or_none_is_rejected() -> None:
    both = {"kind": "reminder", "report_id": "a", "case_number": "b"}

    for relation in (both, {"kind": "reminder"}):
        told = Desk().hear(report(relation=relation))
        assert [(e.code, e.pointer) for e in receipt(told).errors] == [("invalid", "/relation")]


def test_words_that_we_do_not_know_are_told_inside_by_their_fallback() -> None:
    accepted, _ = Desk().hear(
        report(mode="rehearsal", source="drone", nature="poem", sensitivity="secret", urgency_claimed="asap")
    )

    told = accepted.message
    assert isinstance(told, IncidentAccepted)
    assert (told.mode, told.source, told.nature, told.sensitivity, told.urgency_claimed) == (
        "test",
        "resident",
        "problem",
        "restricted",
        "urgent",
    )


def test_a_terminal_hears_which_of_its_words_were_taken_for_another() -> None:
    desk = Desk()
    words: dict[str, Any] = {"mode": "Actual", "place": {"point": POINT | {"crs": "gcj02"}}}
    first, again = (receipt(desk.hear(report(**words))) for _ in range(2))

    assert (first.outcome, again.outcome) == ("accepted", "duplicate")
    assert [(fault.code, fault.pointer) for fault in first.errors] == [
        ("unknown-word", "/mode"),
        ("unknown-word", "/place/point/crs"),
    ]
    assert first.errors[0].text_en.endswith(": test")
    assert again.errors == first.errors


def test_a_terminal_hears_which_of_its_fields_were_passed_over_whatever_became_of_it() -> None:
    desk = Desk()
    typo = report(attachement=[])
    nothing = report(report_id="r-2", description=None, class_reference="0101")
    told = [out for heard in (typo, typo, nothing, report(report_id="r-3")) for out in desk.hear(heard)]

    receipts = [out.message for out in told if isinstance(out.message, ReportReceipt)]
    assert [(each.outcome, each.ignored) for each in receipts] == [
        ("accepted", ("/attachement",)),
        ("duplicate", ("/attachement",)),
        ("rejected", ("/class_reference",)),
        ("accepted", None),
    ]


def test_name_and_phone_of_the_reporter_stay_in_intake() -> None:
    desk = Desk()
    told = desk.hear(
        report(
            reporter={"role": "resident", "name": "某甲", "phone": "13800000000", "confidential": True},
            subjects=[{"kind": "person", "name": "某乙", "ref": "p-1"}, {"kind": "vehicle", "name": "京A"}],
        )
    )

    said = b"".join(out.message.write() for out in told).decode()
    accepted = told[0].message
    assert isinstance(accepted, IncidentAccepted)
    assert not any(secret in said for secret in ("某甲", "13800000000", "某乙"))
    assert "京A" in said
    (contact,) = desk.contacts
    assert (contact.name, contact.phone, contact.subjects) == ("某甲", "13800000000", '["某乙","京A"]')
    assert accepted.contact_ref == contact.ref == derive_id("contact", derive_id("incident", "pda", "r-1"))
    assert accepted.confidential


def test_of_what_is_nobodys_name_nothing_is_kept_back() -> None:
    desk = Desk()
    told, _ = desk.hear(report(subjects=[{"kind": "enterprise", "name": "燃气公司"}]))

    assert isinstance(told.message, IncidentAccepted)
    assert (told.message.contact_ref, desk.contacts) == (None, [])


def test_an_officers_report_names_the_officer_by_number_unless_that_is_confidential() -> None:
    open_, _ = Desk().hear(report(reporter={"role": "inspector", "staff_id": "S-1"}))
    hidden, _ = Desk().hear(report(reporter={"role": "inspector", "staff_id": "S-1", "anonymous": True}))

    assert isinstance(open_.message, IncidentAccepted)
    assert isinstance(hidden.message, IncidentAccepted)
    assert open_.message.recorded_by is not None
    assert open_.message.recorded_by.staff_id == "S-1"
    assert (open_.message.contact_ref, hidden.message.recorded_by) == (None, None)
    assert hidden.message.confidential


def recorded(recorder: dict[str, Any] | None, **reporter: Any) -> dict[str, Any] | None:
    """Return who is told inside to have typed a report of S-1, 王某."""
    who = {"role": "inspector", "staff_id": "S-1", "name": "王某"} | reporter
    who = {name: value for name, value in who.items() if value is not None}
    told, _ = Desk().hear(report(reporter=who, recorded_by=recorder))
    assert isinstance(told.message, IncidentAccepted)
    by = told.message.recorded_by
    return by.model_dump(exclude_none=True) if by is not None else None


@pytest.mark.parametrize("wish", ["anonymous", "confidential"])
def test_who_does_not_want_to_be_known_is_not_known_as_who_typed_it_either(wish: str) -> None:
    himself, clerk = {"staff_id": "S-1", "name": "王某"}, {"staff_id": "C-7", "name": "李某"}

    assert recorded(himself, **{wish: True}) is None
    assert recorded({"staff_id": "S-1"}, **{wish: True}) is None
    assert recorded({"staff_id": "C-7", "name": " 王某"}, **{wish: True}) is None
    assert recorded(himself, staff_id=None, **{wish: True}) is None
    assert recorded(clerk, **{wish: True}) == clerk
    assert recorded(clerk, staff_id=None, name=None, **{wish: True}) == clerk


def test_a_reporters_name_stays_here_also_as_the_name_of_who_typed_it() -> None:
    himself, clerk = {"staff_id": "S-1", "name": "王某"}, {"staff_id": "C-7", "name": "李某"}

    assert recorded(himself | {"role": "inspector"}) == {"staff_id": "S-1", "role": "inspector"}
    assert recorded({"staff_id": "S-1", "name": "小王"}) == {"staff_id": "S-1"}
    assert recorded({"staff_id": "app", "name": "王某 "}, staff_id=None) == {"staff_id": "app"}
    assert recorded(clerk) == clerk


@pytest.mark.parametrize("wish", ["anonymous", "confidential"])
def test_who_does_not_want_to_be_known_is_not_known_by_the_number_of_his_device(wish: str) -> None:
    handset = {"kind": "PDA", "serial": "SN-77"}
    for reporter, device, known in (
        ({"role": "inspector"}, handset, handset),
        ({"role": "inspector", wish: True}, handset, {"kind": "PDA"}),
        ({"role": "inspector", wish: True}, {"serial": "SN-77"}, None),
        ({"role": "inspector", wish: True}, {"software": "4.2"}, {"software": "4.2"}),
    ):
        told, _ = Desk().hear(report(reporter=reporter, device=device))

        assert isinstance(told.message, IncidentAccepted)
        found = told.message.device
        assert (found and found.model_dump(exclude_none=True)) == known


def test_slots_that_were_declared_and_have_not_arrived_are_listed() -> None:
    slots = [
        {"slot": slot, "sha256": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "purpose": "scene"} | more
        for slot, more in (("a", {}), ("b", {"status": "arrived"}))
    ]

    assert receipt(Desk().hear(report(attachments=slots))).attachments_missing == ("a",)


def test_what_shows_that_it_was_settled_on_the_spot_may_be_missing_too_and_each_slot_is_named_once() -> None:
    def slots(*names: str) -> list[dict[str, Any]]:
        return [
            {"slot": name, "sha256": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "purpose": "after"}
            for name in names
        ]

    settled = {"done_at": "2026-01-06T02:01:00Z", "result": "已清理"}
    told = Desk().hear(
        report(attachments=slots("a", "a"), self_handled=settled | {"evidence": slots("b", "a")})
    )
    only = Desk().hear(report(self_handled=settled | {"evidence": slots("b")}))
    none = Desk().hear(report(self_handled=settled))
    most = slots(*(f"s-{number}" for number in range(50)))
    more = Desk().hear(report(attachments=most, self_handled=settled | {"evidence": slots("b")}))

    assert receipt(told).attachments_missing == ("a", "b")
    assert receipt(only).attachments_missing == ("b",)
    assert receipt(none).attachments_missing == ()
    assert ReportReceipt.read(receipt(more).write()).attachments_missing[-1] == "s-49"
