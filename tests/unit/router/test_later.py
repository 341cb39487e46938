"""Who reported it and wants a reply hears what becomes of it, on the receipts of his terminal system."""

from typing import Any

import pytest

from tests.unit.router.families import Family
from tests.unit.router.scenes import (
    AFTER,
    CENTRE,
    MORNING,
    PARTS,
    Play,
    accepted,
    attached,
    begun,
    directory,
    minutes,
    order,
    text,
)
from tests.unit.router.test_stages import ROW
from wangge_chassis.records import Outgoing
from wangge_contracts.v1 import ReportAttached, ReportReceipt
from wangge_router.docket import Scene
from wangge_router.sayings import Said

LEAK = {"scheme": "gb-event", "version": "1", "code": "0501", "condition": "1"}


def wanted(code: str = "0501", **fields: Any) -> Play:
    return begun(code, **{"wants_reply": True} | fields)


def heard(play: Play) -> list[ReportReceipt]:
    return [
        said
        for topic, said in play.told
        if isinstance(said, ReportReceipt) and topic == "terminals.pda.receipts.v1"
    ]


def changes(play: Play) -> list[str | None]:
    return [receipt.later_change for receipt in heard(play)]


def test_who_handles_it_and_by_when_is_told() -> None:
    (receipt,) = heard(wanted())

    assert (receipt.outcome, receipt.later_change, receipt.report_id) == (
        "later-change",
        "assigned",
        "report",
    )
    assert (receipt.incident_id, receipt.case_number) == ("incident", "110101-2026-0000001")
    assert receipt.unit_name is not None
    assert (receipt.unit_name.zh, receipt.expected_by) == ("water", minutes(240))
    assert receipt.result_text == text("您反映的问题已交由water办理。")


def test_of_what_is_handled_in_stages_nobody_says_by_when_it_is_done() -> None:
    there = directory(standard=[ROW, *PARTS["standard"][1:]])
    (receipt,) = heard(Play(there).hear(accepted(wants_reply=True)))

    assert (receipt.later_change, receipt.expected_by) == ("assigned", None)


def test_who_wants_no_reply_hears_nothing() -> None:
    play = begun().says("attend", "arrived", at=2).says("handle", "done", at=3).says("check", "check", at=4)

    assert heard(play) == []


def test_from_filing_to_the_close_and_back_each_change_is_told_once() -> None:
    play = wanted("9999").hear(order("file", at=2, class_ref=LEAK))
    play.hear(order("dispatch", "handle department:gas", at=3))
    play.hear(order("designate", "handle department:roads", at=4, on_behalf_of=CENTRE))
    play.says("handle", "progress", at=5).says("handle", "done", at=6).says("check", "check", at=7)
    play.hear(order("reopen", at=8, reason={"text": "又漏了"}))

    assert changes(play) == ["filed", "assigned", "assigned", "closed", "reopened"]
    assert heard(play)[-1].result_text == text("您反映的问题已重新办理：又漏了")
    assert [receipt.effective_at for receipt in heard(play)] == [minutes(at) for at in (2, 3, 4, 7, 8)]


def test_of_a_matter_that_was_settled_and_closed_at_once_the_close_is_told() -> None:
    before = {"slot": "2", "purpose": "before", "sha256": "b" * 64}
    evidence = [AFTER.model_dump(), AFTER.model_dump() | before]
    done = {"done_at": MORNING, "result": "已清理", "evidence": evidence}
    unsampled = directory(rulebook=PARTS["rulebook"] | {"terms": {"self_handled_sample": 0.0}})
    play = Play(unsampled).hear(accepted(wants_reply=True, self_handled=done))

    assert (play.case.incident.state, changes(play)) == ("closed", ["closed"])


def test_a_corrected_class_does_not_file_it_once_more() -> None:
    play = wanted("9999").hear(order("file", at=2, class_ref=LEAK))
    play.hear(order("correct", at=3, class_ref=LEAK | {"code": "0503"}))

    assert (play.verdict, changes(play)) == (("applied",), ["filed"])


@pytest.mark.parametrize(
    ("code", "ended", "change", "told"),
    [
        ("9999", "not-accept", "not-accepted", "您反映的问题不予受理：属私人纠纷"),
        ("0501", "void", "voided", "您反映的问题经研判无需处置：属私人纠纷"),
    ],
)
def test_what_a_person_decides_is_told_with_his_reason(code: str, ended: str, change: str, told: str) -> None:
    play = wanted(code).hear(order(ended, at=5, reason={"text": "属私人纠纷"}))

    assert (heard(play)[-1].later_change, heard(play)[-1].result_text) == (change, text(told))


def test_of_a_restricted_matter_neither_unit_nor_reason_is_told() -> None:
    play = wanted(sensitivity="restricted").hear(order("void", at=5, reason={"text": "属私人纠纷"}))

    given, voided = heard(play)
    assert (given.unit_name, given.result_text) == (None, text("您反映的问题已交由有关单位办理。"))
    assert voided.result_text == text("您反映的问题经研判无需处置。")


def again(
    report_id: str, terminal: str = "hotline", *, at: float, wants_reply: bool = True
) -> ReportAttached:
    return attached("supplement", at=at, terminal=terminal, report_id=report_id, wants_reply=wants_reply)


def receipts(play: Play) -> list[tuple[str, str | None, str | None]]:
    """Where, of which report and what: every receipt of a later change."""
    return [
        (topic.split(".")[1], said.report_id, said.later_change)
        for topic, said in play.told
        if isinstance(said, ReportReceipt)
    ]


def test_whoever_reported_it_again_hears_from_then_on_each_by_his_own_terminal_and_once() -> None:
    play = wanted("9999").hear(order("file", at=2, class_ref=LEAK))
    play.hear(
        again("call-7", at=3), again("call-8", "pda-2", at=3.5), again("quiet", at=4, wants_reply=False)
    )
    play.hear(order("dispatch", "handle department:roads", at=5))
    play.hear(again("late", "pda", at=6), again("call-7", at=7))
    play.says("handle", "done", at=8).says("check", "check", at=9)

    everybody = [("pda", "report"), ("hotline", "call-7"), ("pda-2", "call-8")]
    assert receipts(play) == [
        ("pda", "report", "filed"),
        *((*who, "assigned") for who in everybody),
        *((*who, "closed") for who in (*everybody, ("pda", "late"))),
    ]


def test_who_reported_it_again_hears_though_who_reported_it_first_wants_no_reply() -> None:
    play = begun().hear(again("call-7", at=2)).hear(order("void", at=5))

    assert receipts(play) == [("hotline", "call-7", "voided")]


def test_the_receipts_of_one_change_are_messages_of_their_own() -> None:
    play = wanted().hear(again("call-7", at=2), again("report", at=3))

    void = Said(id="void", effective_at=minutes(5), order=order("void", at=5))
    told = list(play.docket.hear(void, Scene(play.directory, play.now), play.register))

    ids = [each.id for each in told if each.message.TYPE == ReportReceipt.TYPE]
    assert len(ids) == len(set(ids)) == 3


class Told(Family):
    """A family whose receipts are kept."""

    receipts: list[tuple[str | None, str | None]]
    texts: list[str]

    def keep(self, outgoing: Outgoing) -> None:
        if outgoing.message.TYPE == ReportReceipt.TYPE:
            receipt = ReportReceipt.read(outgoing.message.write())
            self.receipts.append((receipt.incident_id, receipt.later_change))
            self.texts += [receipt.result_text.text] if receipt.result_text else []


def merged(*others: str, **sensitivity: str) -> Told:
    """The first is merged into the second, each as sensitive as is said, and all reporters want a reply."""
    family = Told()
    family.receipts, family.texts = [], []
    for name in ("a", "b", *others):
        fields = {"sensitivity": sensitivity.get(name, "normal"), "wants_reply": True}
        family.hear(accepted("0505", incident_id=name, case_number=f"case-{name}", **fields))
    family.merge("a", "b").settle()
    return family


@pytest.mark.parametrize(
    ("sensitivity", "number", "told"),
    [
        ({}, "case-b", "您反映的问题与案件case-b合并办理。"),
        ({"a": "restricted"}, "case-b", "您反映的问题与同一事项的另一案件合并办理。"),
        ({"b": "restricted"}, None, "您反映的问题与同一事项的另一案件合并办理。"),
    ],
)
def test_what_was_merged_is_told_with_the_number_it_goes_on_under_unless_one_of_the_two_is_restricted(
    sensitivity: dict[str, str], number: str | None, told: str
) -> None:
    family = merged(**sensitivity)

    assert family.case("a").incident.merged_into_number == number
    assert family.texts[-1] == told


@pytest.mark.parametrize(
    ("sensitivity", "number", "told"),
    [({}, "case-d", "案件case-d"), ({"d": "restricted"}, None, "同一事项的另一案件")],
)
def test_what_was_merged_hears_the_number_that_is_alive_when_its_parent_is_merged_on(
    sensitivity: dict[str, str], number: str | None, told: str
) -> None:
    family = merged("c", "d", **sensitivity)
    family.merge("b", "c").settle()
    assert family.case("a").incident.merged_into_number == "case-c"

    family.merge("c", "d").settle()
    incident = family.case("a").incident
    assert (incident.merged_into, incident.merged_into_number, incident.state) == ("b", number, "merged")
    assert (family.receipts[-1], family.texts[-1]) == (("a", "merged"), f"您反映的问题与{told}合并办理。")
    family.finish("d").settle()
    assert {family.state(name) for name in "abcd"} == {"closed"}

    told = number or "b"
    family.ordered("a", "reopen")
    assert f"属于案件{told}" in family.verdicts[-1]


@pytest.mark.parametrize(("sensitivity", "told"), [({}, "：属私人纠纷"), ({"b": "restricted"}, "。")])
def test_what_ends_with_the_matter_it_was_merged_into_is_told_why_unless_that_is_restricted(
    sensitivity: dict[str, str], told: str
) -> None:
    family = merged(**sensitivity)
    family.ordered("b", "void", reason={"text": "属私人纠纷"}).settle()

    assert family.receipts[-1] == ("a", "voided")
    assert family.texts[-1] == f"您反映的问题经研判无需处置{told}"


def test_what_is_closed_with_its_parent_has_no_reason_of_its_own() -> None:
    family = merged()
    family.step("b")
    family.ordered("b", "close", reason={"text": "现场已复原"})

    assert [(order.order, order.reason) for order in family.underway] == [("close", None)]


def test_what_was_merged_is_told_so_and_closed_with_its_parent_and_a_part_by_itself_is_not() -> None:
    family = merged()
    part = family.split("b")
    family.settle()
    family.finish(part).finish("b").settle()

    assert family.receipts == [
        ("a", "assigned"),
        ("b", "assigned"),
        ("a", "merged"),
        ("b", "closed"),
        ("a", "closed"),
    ]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (None, "Your report was given to water."),
        ("void", "There is nothing to be done about your report: 属私人纠纷"),
    ],
)
def test_a_reporter_hears_it_in_the_language_of_his_city(act: str | None, told: str) -> None:
    play = Play(directory(district={"language": "en"})).hear(accepted("0501", wants_reply=True))
    if act is not None:
        play.hear(order(act, at=5, reason={"text": "属私人纠纷"}))

    result = heard(play)[-1].result_text
    assert result is not None
    assert (result.text, result.lang) == (told, "en")
