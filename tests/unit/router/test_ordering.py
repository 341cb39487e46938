"""Desks' orders: who may give them, what they change, and what is refused."""

from typing import Any

import pytest

from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    HOUR,
    MANAGER,
    POLICE,
    STREET,
    WORKSTATION,
    Play,
    begun,
    minutes,
    order,
)
from wangge_contracts.message import words
from wangge_contracts.v1 import ActJudged, ClassRef, DeskOrdered, Limit, Order
from wangge_router.ordering import ORDERS, RELATED


def undispatched() -> Play:
    """An incident that the workstation has referred up, so that the street's desk decides."""
    return begun("0502").says("dispatch", "refer-up", at=0.5)


def test_the_desk_that_decides_gives_everybody_a_task_at_once() -> None:
    play = undispatched().hear(
        order("dispatch", "handle department:water", "assist department:gas", f"attend {POLICE}")
    )

    assert play.verdict == ("applied",)
    assert play.open_tasks == [
        ("handle", "department:water"),
        ("assist", "department:gas"),
        ("attend", POLICE),
    ]
    assert (play.case.incident.state, play.case.incident.lead) == ("handling", "department:water")


def test_the_dispatch_task_is_done_by_the_order() -> None:
    play = undispatched().hear(order("dispatch", "handle department:water", at=2))

    assert (play.task("dispatch").state, play.task("dispatch").effective_at) == ("done", minutes(2))


def test_whoever_gets_a_task_is_told_who_else_is_there_and_by_what_telephone() -> None:
    play = undispatched().hear(order("dispatch", "handle department:water", "assist department:gas"))

    assert [(party.holder, party.role) for party in play.task("assist").parties] == [
        ("department:water", "lead")
    ]
    assert [party.duty_phone for party in play.task("handle").parties] == ["010-1"]


def test_an_order_may_set_class_urgency_limit_and_instructions() -> None:
    class_ref = ClassRef(scheme="gb-event", version="1", code="0503", condition="1")
    limit = Limit.model_validate(HOUR | {"value": 0.5})
    party: dict[str, Any] = {"holder": "department:water", "kind": "handle", "role": "lead"}
    party |= {"limit": limit, "instructions": {"text": "关阀"}}
    play = undispatched().hear(
        order("dispatch", parties=[party], urgency="emergency", class_ref=class_ref.model_dump())
    )

    task, incident = play.task("handle"), play.case.incident
    assert (task.urgency, task.limit, task.instructions and task.instructions.text) == (
        "emergency",
        limit,
        "关阀",
    )
    assert incident.class_ref is not None
    assert (incident.class_ref.code, incident.limit and incident.limit.value) == ("0503", 4)
    assert [rule.purpose for rule in task.required_evidence] == ["after"]


def test_the_decision_names_the_order() -> None:
    play = undispatched().hear(order("dispatch", "handle department:water", order_id="o-1"))

    assert play.facts[-1].decision == play.task("handle").decision
    assert play.task("handle").decision.order_id == "o-1"


def test_an_order_without_words_is_told_by_who_gave_it_and_why() -> None:
    play = undispatched()
    play.hear(order("dispatch", "handle department:water", reason=None, reason_code="by-agreement"))

    assert play.task("handle").decision.reason == f"dispatch by {DESK}: by-agreement"


def test_who_dispatches_and_designates_is_kept_once_as_who_dispatched() -> None:
    play = undispatched().hear(order("dispatch", "handle department:roads"))
    play.hear(order("designate", "handle department:water", at=2))

    assert play.case.dispatchers == ("dispatcher",)


def test_a_desk_may_add_helpers_to_who_handles_already() -> None:
    play = begun().hear(
        order("dispatch", "assist department:roads", task_ids=[begun().task("handle").task_id])
    )

    assert play.verdict == ("applied",)
    assert ("assist", "department:roads") in play.open_tasks


def test_helpers_can_be_called_by_any_desk_of_the_place() -> None:
    play = begun().hear(order("call", f"attend {MANAGER}", on_behalf_of=WORKSTATION))

    assert play.verdict == ("applied",)


def test_who_is_there_already_is_not_called_twice() -> None:
    play = begun().hear(order("call", f"attend {POLICE}"))

    assert play.verdict == ("refused", "not-allowed-now")


def test_a_designated_unit_takes_over_and_cannot_return_it() -> None:
    play = begun().hear(order("designate", "handle department:roads"))
    first = play.task("handle", "department:water")
    assert (first.state, first.reason_code) == ("withdrawn", "designated-anew")
    assert "return" not in play.task("handle").allowed_acts

    play.says("handle", "return", at=2)

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.case.incident.lead == "department:roads"


def test_a_bulk_designation_of_all_that_a_helper_holds_leaves_another_who_leads() -> None:
    play = begun("0505").hear(order("call", "assist department:water", at=1))
    helps, leads = play.task("assist").task_id, play.task("handle").task_id
    play.hear(order("designate", "handle department:housing", at=2, task_ids=[helps]))
    assert (play.complaint, play.task("handle").holder) == (
        ("not-allowed-now", "/task_ids"),
        "department:roads",
    )

    play.hear(order("designate", "handle department:housing", at=3, task_ids=[helps, leads]))
    assert (play.verdict, play.task("handle").holder) == (("applied",), "department:housing")


def test_who_is_called_beside_a_designated_unit_may_still_return_it() -> None:
    play = begun().hear(order("designate", "handle department:water", "assist department:roads"))

    assert (play.held("handle").designated, play.held("assist").designated) == (True, False)
    assert "return" in play.task("assist").allowed_acts


def test_after_a_return_the_desk_may_designate() -> None:
    play = begun().says("handle", "return").hear(order("designate", "handle department:water", at=2))

    assert ("handle", "department:water") in play.open_tasks
    assert play.task("dispatch").state == "done"


def test_a_void_incident_lets_everybody_go() -> None:
    play = begun().hear(order("void"))

    assert (play.case.incident.state, play.open_tasks, play.facts[-1].change) == ("void", [], "voided")
    assert {held.task.reason_code for held in play.case.held} == {"incident-void"}


def test_a_force_that_never_came_is_released_and_the_incident_closes_without_it() -> None:
    play = begun().says("handle", "done", at=2).says("check", "check", at=3)
    play.hear(order("withdraw", at=9, task_ids=[play.task("attend").task_id]))

    assert (play.case.incident.state, play.case.incident.closed_at) == ("closed", minutes(9))
    assert play.facts[-1].change == "closed"
    assert play.task("attend").reason_code == "withdrawn-by-desk"


def test_who_has_helped_already_is_not_released() -> None:
    play = begun().hear(order("call", "assist department:roads")).says("assist", "done", at=2)
    before = play.case
    play.hear(order("withdraw", at=3, task_ids=[play.task("assist").task_id]))

    assert play.verdict == ("refused", "not-allowed-now")
    assert play.case == before


@pytest.mark.parametrize("kind", sorted(set(words(Order)) - ORDERS.keys()))
def test_what_is_not_for_people_to_order_is_refused(kind: str) -> None:
    play = begun()
    before = play.case
    play.hear(order(kind))

    code = "invalid" if kind == "bulk" else "not-yours"
    assert (play.verdict, play.case) == (("refused", code), before)


def test_every_order_of_the_contract_is_somebodys() -> None:
    assert ORDERS.keys() | RELATED.keys() | {"bulk"} == set(words(Order))


def test_an_order_of_a_later_version_is_refused_as_unknown() -> None:
    raw = order("call").write().replace(b'"order":"call"', b'"order":"teleport"')

    assert begun().hear(DeskOrdered.read(raw)).verdict == ("refused", "unknown-order")


def refusals() -> Any:
    lead, roads = "handle department:water", "handle department:roads"
    wrong_role = [{"holder": "department:roads", "kind": "assist", "role": "lead"}]
    return [
        # (fresh or routed, order, code, pointer)
        ("0502", order("dispatch", lead, on_behalf_of=None), "missing", "/on_behalf_of"),
        ("0502", order("dispatch", lead, on_behalf_of="desk:110101010"), "not-yours", "/on_behalf_of"),
        ("0502", order("dispatch", lead, on_behalf_of="department:water"), "not-yours", "/on_behalf_of"),
        ("0502", order("dispatch"), "missing", "/parties"),
        ("0502", order("dispatch", "assist department:water"), "missing", "/parties"),
        ("0502", order("dispatch", lead, roads), "invalid", "/parties"),
        ("0502", order("dispatch", "handle department:no-such"), "unknown-holder", "/parties/0/holder"),
        ("0502", order("dispatch", f"handle officer:{STREET}/x"), "unknown-holder", "/parties/0/holder"),
        ("0502", order("dispatch", "check department:water"), "invalid", "/parties/0/kind"),
        ("0502", order("dispatch", lead, task_ids=["nothing"]), "unknown-task", "/task_ids/0"),
        (
            "0502",
            order("dispatch", lead, class_ref={"scheme": "gb-event", "version": "1", "code": "9"}),
            "invalid",
            "/class_ref",
        ),
        ("0501", order("dispatch", roads), "not-allowed-now", "/parties/0"),
        ("0501", order("call", parties=wrong_role), "invalid", "/parties/0/kind"),
        ("0501", order("call", roads), "invalid", "/parties/0/kind"),
        ("0501", order("designate", roads, on_behalf_of=WORKSTATION), "not-yours", "/on_behalf_of"),
        ("0501", order("designate", roads, reason=None), "reason-required", "/reason"),
        ("0501", order("designate", "assist department:roads"), "invalid", "/parties"),
        ("0501", order("void", reason=None), "reason-required", "/reason"),
        ("0501", order("withdraw"), "missing", "/task_ids"),
        ("0501", order("void", mode="exercise"), "invalid", "/mode"),
        (
            "0501",
            order("withdraw", task_ids=[begun().task("handle").task_id]),
            "not-allowed-now",
            "/task_ids",
        ),
    ]


@pytest.mark.parametrize(("code", "ordered", "fault", "pointer"), refusals())
def test_what_is_refused_says_why_and_changes_nothing(
    code: str, ordered: DeskOrdered, fault: str, pointer: str
) -> None:
    play = begun(code)
    before = play.case
    play.hear(ordered)

    verdict = play.told[-1][1]
    assert isinstance(verdict, ActJudged)
    assert [(error.code, error.pointer) for error in verdict.errors] == [(fault, pointer)]
    assert (play.case, len(play.facts)) == (before, 1)


def test_a_workstation_does_not_decide_over_the_streets_head() -> None:
    play = undispatched().hear(order("dispatch", "handle department:water", on_behalf_of=WORKSTATION))

    assert play.verdict == ("refused", "not-yours")


def test_the_district_may_decide_what_lies_with_the_street() -> None:
    play = undispatched().hear(order("dispatch", "handle department:water", on_behalf_of=CENTRE))

    assert play.verdict == ("applied",)


def test_what_is_being_checked_is_not_given_to_another_unit() -> None:
    play = begun().says("handle", "done").hear(order("designate", "handle department:roads", at=2))

    assert play.verdict == ("refused", "not-allowed-now")


def test_no_order_reaches_an_incident_that_is_over() -> None:
    play = begun().hear(order("void")).hear(order("call", "assist department:roads", at=2))

    assert play.verdict == ("refused", "closed")


def test_a_dispatch_task_that_was_decided_is_not_decided_again() -> None:
    play = undispatched().hear(order("dispatch", "handle department:water"))
    task_id = play.task("dispatch", DESK).task_id
    play.hear(order("dispatch", "assist department:roads", at=2, task_ids=[task_id]))

    assert play.verdict == ("refused", "not-allowed-now")


def test_the_verdict_on_an_order_names_the_incidents_revision() -> None:
    topic, verdict = begun().hear(order("void")).told[-1]

    assert topic == "acts.judged.v1"
    assert isinstance(verdict, ActJudged)
    assert (verdict.order_id, verdict.revision, verdict.effective_at) == ("void 1", 2, minutes(1))
