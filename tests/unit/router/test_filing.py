"""An accepted report: how it is routed, filed and told."""

import pytest

from tests.unit.router.scenes import (
    AFTER,
    DESK,
    DIRECTORY,
    GRID,
    MORNING,
    PARTS,
    POLICE,
    Play,
    accepted,
    attached,
    begun,
    directory,
    minutes,
    order,
)
from wangge_contracts.v1 import IncidentAccepted, TaskChanged
from wangge_router.routes import Routes
from wangge_router.routing import route


def test_a_known_class_is_filed_under_its_row() -> None:
    incident = begun().case.incident

    assert incident.filed_at == MORNING
    assert incident.class_ref is not None
    assert incident.class_ref.names is not None
    assert (incident.class_ref.names.en, incident.standard_version) == ("class 0501", "1")
    assert incident.limit is not None
    assert (incident.limit.value, incident.limit.clock_kind) == (4, "urgent-hours")


def test_an_unknown_class_is_not_filed_and_a_desk_decides() -> None:
    play = begun("9999")

    assert (play.case.incident.filed_at, play.case.incident.limit) == (None, None)
    assert play.open_tasks == [("dispatch", DESK)]


def test_the_tasks_have_the_limits_of_the_standard_by_value() -> None:
    play = begun()

    assert (play.task("handle").limit.value, play.task("attend").limit.value) == (4, 1)


def test_of_all_who_have_a_part_in_it_only_who_handles_owes_the_evidence() -> None:
    play = begun("0503").hear(order("call", "assist department:roads"))

    owing = {held.task.kind: bool(held.task.required_evidence) for held in play.case.held}
    assert owing == {"handle": True, "attend": False, "assist": False}


def test_the_first_fact_tells_everything_at_once() -> None:
    (fact,) = begun().facts

    assert (fact.change, fact.incident.state, fact.incident.revision) == (
        "accepted-into-router",
        "handling",
        1,
    )
    assert [(task.kind, task.holder) for task in fact.tasks] == [
        ("handle", "department:water"),
        ("attend", POLICE),
    ]
    assert fact.cause.kind == "report"


def test_the_decision_says_which_rule_matched_and_why() -> None:
    decision = begun().facts[0].decision

    assert decision is not None
    assert (decision.rule, decision.rulebook_version) == ("burst-pipe", "2026.1")
    assert "class gb-event:0501" in decision.reason


def test_a_decision_is_never_made_twice() -> None:
    play = begun()
    before, told = play.case, len(play.told)
    play.directory = directory(rulebook={**_rulebook(), "rules": []})
    play.hear(accepted())

    assert (play.case, len(play.told)) == (before, told)


def _rulebook() -> dict[str, object]:
    return dict(PARTS["rulebook"])


def test_urgency_mode_and_sensitivity_travel_to_the_tasks() -> None:
    task = begun("0502", mode="exercise", sensitivity="restricted").task("dispatch")

    assert (task.urgency, task.mode, task.sensitivity) == ("urgent", "exercise", "restricted")


@pytest.mark.parametrize(
    ("confidential", "shown"), [(False, ("contact", True, None)), (True, (None, False, True))]
)
def test_a_confidential_reporter_cannot_be_reached_from_a_task_which_says_so(
    confidential: bool, shown: object
) -> None:
    task = begun(confidential=confidential).task("handle")

    assert (task.contact_ref, task.contact_allowed, task.confidential) == shown


def test_an_incident_without_words_is_described_by_its_class() -> None:
    description = begun(description=None).task("handle").description

    assert description.text == "class 0501"


@pytest.mark.parametrize("known_before", [False, True])
def test_words_of_a_newer_writer_are_told_as_what_they_stand_for(known_before: bool) -> None:
    raw = accepted(place_flags=["border"]).write()
    raw = raw.replace(b'"source":"officer"', b'"source":"telepathy"').replace(b'"border"', b'"haunted"')
    report = IncidentAccepted.read(raw)
    there = directory()
    if known_before:
        Play(there).hear(report)

    incident = Play(there).hear(report).case.incident
    assert (incident.source, incident.place_flags) == ("resident", ("imprecise",))


def test_a_word_deep_in_a_report_that_nobody_knows_travels_on() -> None:
    raw = accepted(attachments=[AFTER]).write().replace(b'"purpose":"after"', b'"purpose":"hologram"')
    play = Play().hear(IncidentAccepted.read(raw)).says("handle", "acknowledge")

    assert [attachment.purpose for attachment in play.task("handle").attachments] == ["hologram"]


def test_what_is_over_is_told_to_nobody_and_still_counted() -> None:
    fact = begun().hear(order("void")).hear(attached(at=2)).facts[-1]

    assert (fact.change, fact.tasks, fact.incident.counts.repeats) == ("attached", (), 1)


def test_tasks_told_later_show_how_often_somebody_asked() -> None:
    play = begun().hear(attached()).says("handle", "progress", at=2)

    assert play.task("handle").counts.repeats == 1


def test_remembered_routes_are_those_that_were_worked_out() -> None:
    routes = Routes(DIRECTORY.sorting, "2026.1")
    for code in ("0501", "0502", "9999", "0501"):
        report = accepted(code)
        (site,) = DIRECTORY.sorting.registry.sites((report,))

        assert routes.find(report, site).route == route(report, DIRECTORY.sorting)


def test_a_route_that_a_text_decided_is_not_remembered() -> None:
    rules = [{"name": "smell", "when": {"texts": ["煤气味"]}, "then": {"lead": "gas"}}]
    there = directory(rulebook=_rulebook() | {"rules": rules})
    smelt = accepted(description={"text": "楼道有煤气味"})

    assert Play(there).hear(smelt).case.incident.lead == "department:gas"
    assert Play(there).hear(accepted()).case.incident.lead is None


def test_the_bytes_of_a_fact_are_those_of_its_message() -> None:
    play = begun().says("handle", "acknowledge")
    fact = play.facts[-1]

    assert type(fact).read(fact.write()) == fact
    assert isinstance(play.told[-2][1], TaskChanged)


@pytest.mark.parametrize("code", ["0501", "0502", "9999"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"incident_id": "other", "case_number": "110101-2026-0000002", "repeat_count": 3},
        {"confidential": True, "sensitivity": "restricted", "mode": "exercise"},
        {"description": None, "contact_ref": None, "external_refs": [{"system": "s", "number": "1"}]},
        {"effective_at": minutes(7), "place": {"area": {"scheme": "bj15", "code": GRID}, "unknown": True}},
    ],
)
def test_an_incident_that_goes_the_way_of_another_is_told_as_if_it_were_the_first(
    code: str, fields: dict[str, object]
) -> None:
    later, alone = directory(), directory()
    Play(later).hear(accepted(code, incident_id="first", confidential=False, attachments=[AFTER]))

    assert Play(later).hear(accepted(code, **fields)).told == Play(alone).hear(accepted(code, **fields)).told
