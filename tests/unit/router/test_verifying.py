"""What comes from outside is verified first (核实); what its reporter settled is sampled (自处置)."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.router.families import Family
from tests.unit.router.scenes import (
    DESK,
    HOUR,
    MANAGER,
    PARTS,
    POLICE,
    Play,
    accepted,
    answer,
    attached,
    directory,
    minutes,
    order,
    text,
    without,
)
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import DeskOrdered, IncidentAccepted
from wangge_router.case import Case


def terms(**fields: Any) -> dict[str, Any]:
    return {"rulebook": PARTS["rulebook"] | {"terms": {"verify_sources": ["hotline", "resident"], **fields}}}


def from_hotline(code: str = "0501", **fields: Any) -> Play:
    return Play(directory(**terms())).hear(accepted(code, source="hotline", **fields))


def test_what_comes_from_outside_is_looked_at_on_the_spot_before_it_is_filed() -> None:
    play = from_hotline()

    assert play.open_tasks == [("verify", MANAGER)]
    incident = play.case.incident
    assert (incident.state, incident.filed_at, incident.standard_version) == ("verifying", None, None)
    assert "first verified on the spot" in play.case.decision.reason
    assert play.case.decision.rule == "burst-pipe"


@pytest.mark.parametrize(("source", "code"), [("officer", "0501"), ("hotline", "0502")])
def test_what_an_officer_reports_or_is_urgent_does_not_wait(source: str, code: str) -> None:
    play = Play(directory(**terms())).hear(accepted(code, source=source))

    assert play.case.incident.state in ("handling", "dispatching")


def test_two_reports_of_a_kind_are_verified_alike() -> None:
    found = directory(**terms())
    first, second = (Play(found).hear(accepted(source="resident")) for _ in range(2))

    assert first.case == second.case
    assert first.facts == second.facts


def test_a_unit_that_went_while_it_was_looked_at_is_given_nothing_and_the_desk_decides() -> None:
    play = from_hotline()
    play.directory = without("water")

    play.says("verify", "verify", at=7)

    assert play.open_tasks == [("dispatch", DESK), ("attend", POLICE)]
    assert (
        "department:water, whom the rule burst-pipe wanted, is no longer"
        in play.task("dispatch").decision.reason
    )


def test_of_helpers_and_forces_that_went_meanwhile_the_desk_is_told_and_may_name_others_or_none() -> None:
    rules = [
        {
            "name": "burst-pipe",
            "when": {"classes": [{"scheme": "gb-event", "codes": ["0501"]}]},
            "then": {"lead": "water", "assists": ["roads", "housing"], "attends": ["grid/police"]},
        }
    ]
    rulebook = PARTS["rulebook"] | {"rules": rules, "terms": {"verify_sources": ["hotline"]}}
    play = Play(directory(rulebook=rulebook)).hear(accepted(source="hotline"))
    play.directory = without("roads", "housing")

    play.says("verify", "verify", at=7)

    asked = play.task("dispatch")
    assert play.open_tasks == [("dispatch", DESK), ("handle", "department:water"), ("attend", POLICE)]
    assert play.case.incident.state == "handling"
    assert asked.decision.reason == (
        "department:roads, whom the rule burst-pipe wanted to assist, is no longer there; "
        "department:housing, whom the rule burst-pipe wanted to assist, is no longer there"
    )
    play.hear(order("dispatch", task_ids=[asked.task_id], at=9))
    assert play.verdict == ("applied",)
    assert play.open_tasks == [("handle", "department:water"), ("attend", POLICE)]


def test_what_is_confirmed_is_filed_and_goes_where_its_rule_says() -> None:
    play = from_hotline().says("verify", "verify", at=7)

    assert play.open_tasks == [("handle", "department:water"), ("attend", POLICE)]
    incident = play.case.incident
    assert (incident.state, incident.filed_at, incident.standard_version) == ("handling", minutes(7), "1")
    assert (play.facts[-1].change, play.task("verify").verdict) == ("verified", "passed")
    assert play.task("handle").assigned_at == minutes(7)
    assert play.task("handle").decision.rule == "burst-pipe"


def test_what_is_not_confirmed_goes_to_a_desk_with_the_reason() -> None:
    play = from_hotline().says("verify", "verify", at=7, verdict="failed", text=text("现场未见漏水"))

    task = play.task("dispatch")
    assert (task.holder, task.instructions) == (DESK, text("现场未见漏水"))
    assert task.concerns == play.task("verify").task_id
    assert play.case.incident.state == "dispatching"


def test_nothing_is_doubted_without_a_reason() -> None:
    play = from_hotline().says("verify", "verify", verdict="failed", text=None)

    assert play.verdict == ("refused", "reason-required")


def test_a_desk_may_dispatch_all_the_same_and_that_files_it() -> None:
    play = from_hotline().says("verify", "verify", at=7, verdict="failed")
    play.hear(order("dispatch", "handle department:roads", at=9))

    assert play.verdict == ("applied",)
    assert play.case.incident.filed_at == minutes(9)


ANOTHER_CLASS = {"scheme": "gb-event", "version": "1", "code": "0503", "condition": "1"}


@pytest.mark.parametrize("doubted", [False, True])
@pytest.mark.parametrize(
    "ordered",
    [
        order("call", f"attend {POLICE}", at=9),
        order("call", f"attend {POLICE}", at=9, class_ref=ANOTHER_CLASS),
        order("correct", at=9, class_ref=ANOTHER_CLASS),
    ],
)
def test_nothing_but_a_lead_files_what_nobody_has_confirmed(ordered: DeskOrdered, doubted: bool) -> None:
    play = from_hotline()
    if doubted:
        play.says("verify", "verify", at=7, verdict="failed")
    play.hear(ordered)

    incident = play.case.incident
    assert play.verdict == ("applied",)
    assert (incident.filed_at, incident.standard_version, incident.limit) == (None, None, None)
    assert incident.class_ref is not None
    assert incident.class_ref.code == (ordered.class_ref.code if ordered.class_ref else "0501")


def test_what_was_corrected_before_it_is_confirmed_is_filed_under_its_right_class() -> None:
    play = from_hotline().hear(order("correct", at=2, class_ref=ANOTHER_CLASS)).says("verify", "verify", at=7)

    incident = play.case.incident
    assert incident.class_ref is not None
    assert (incident.filed_at, incident.class_ref.code) == (minutes(7), "0503")
    assert [rule.purpose for rule in play.task("handle").required_evidence] == ["after"]


def test_a_class_that_is_found_after_it_was_confirmed_files_it() -> None:
    play = from_hotline("9999").says("verify", "verify", at=7)
    assert play.case.incident.filed_at is None

    play.hear(order("correct", at=9, class_ref=ANOTHER_CLASS))
    assert play.case.incident.filed_at == minutes(9)


def test_what_is_designated_before_anybody_has_looked_is_filed() -> None:
    play = from_hotline().hear(order("designate", "handle department:roads", at=9))

    assert play.case.incident.filed_at == minutes(9)


def part_of(state: str, **fields: Any) -> Case:
    """A part of what a hotline reported, split off before or after somebody has looked."""
    family = Family(directory=directory(**terms()))
    family.hear(accepted("0505", incident_id="a", case_number="case-a", source="hotline"))
    if state == "confirmed":
        family.hear(answer(family.case("a").held[0].task, "verify", incident_id="a", at=2))
    family.ordered("a", "split", description={"text": "另一半"}, **fields).settle()
    return family.case(family.case("a").incident.split[0])


def test_a_part_of_what_nobody_has_looked_at_is_looked_at_itself() -> None:
    part = part_of("unseen")

    assert [(held.task.kind, held.task.holder) for held in part.held] == [("verify", MANAGER)]
    assert (part.incident.state, part.incident.filed_at) == ("verifying", None)


def test_a_part_that_was_looked_at_with_the_whole_goes_where_its_rule_says() -> None:
    part = part_of("confirmed")

    assert [held.task.kind for held in part.held] == ["handle"]
    assert part.incident.state == "handling"


def test_a_part_that_a_desk_gives_to_a_lead_is_handled() -> None:
    part = part_of("unseen", parties=[{"holder": "department:water", "kind": "handle", "role": "lead"}])

    assert [(held.task.kind, held.task.holder) for held in part.held] == [("handle", "department:water")]


def test_what_the_desk_has_to_confirm_it_confirms_after_the_verification() -> None:
    rules = [
        {
            "name": "burst-pipe",
            "when": {"classes": [{"scheme": "gb-event", "codes": ["0501"]}]},
            "then": {"lead": "water", "mode": "confirm", "automatic_after_minutes": 15},
        }
    ]
    rulebook = PARTS["rulebook"] | {"rules": rules, "terms": {"verify_sources": ["hotline"]}}
    play = Play(directory(rulebook=rulebook)).hear(accepted(source="hotline"))
    assert play.task("verify").suggestion is None

    suggestion = play.says("verify", "verify", at=30).task("dispatch").suggestion
    assert suggestion is not None
    assert suggestion.automatic_at == minutes(45)
    assert [party.holder for party in suggestion.parties] == ["department:water"]


def test_a_unit_that_is_designated_meanwhile_leads_alone_and_nobody_verifies_any_more() -> None:
    play = from_hotline().hear(order("designate", "handle department:roads", at=2))

    assert play.open_tasks == [("handle", "department:roads")]
    assert play.task("verify").reason_code == "designated-anew"
    assert (play.case.planned, play.case.suggestion) == ((), None)
    for verdict in ("passed", "failed"):
        play.says("verify", "verify", at=3, verdict=verdict, answer_id=verdict)
        assert play.verdict == ("refused", "not-allowed-now")
    play.says("handle", "done", at=4).says("check", "check", at=5)
    assert play.case.incident.state == "closed"


# ---- settled by who reported it ----


PHOTOS = {"before": "b" * 64, "after": "a" * 64, "scene": "5" * 64}


def photo(purpose: str, sha256: str) -> dict[str, Any]:
    return {"slot": purpose, "sha256": sha256, "bytes": 1, "media_type": "image/jpeg", "purpose": purpose}


def settled(*purposes: str, number: int = 0, sample: float = 1.0, same: bool = False) -> Play:
    report = _settled(purposes, same=same).model_copy(update={"incident_id": f"incident-{number}"})
    return Play(directory(**terms(self_handled_sample=sample))).hear(report)


def _settled(purposes: Sequence[str], *, same: bool = False) -> IncidentAccepted:
    evidence = [photo(purpose, "0" * 64 if same else PHOTOS[purpose]) for purpose in purposes]
    return accepted(self_handled={"done_at": minutes(-5), "result": "已清理", "evidence": evidence})


def test_what_its_reporter_has_settled_and_shown_is_closed_at_once() -> None:
    play = settled("before", "after", sample=0.0)

    incident = play.case.incident
    assert (incident.state, incident.closed_at, play.open_tasks) == ("closed", minutes(0), [])
    assert incident.self_handled is not None
    assert incident.revision == 1


def test_what_is_said_later_of_a_settled_matter_is_its_next_fact() -> None:
    play = settled("before", "after", sample=0.0).hear(attached())

    assert [fact.incident.revision for fact in play.facts] == [1, 2]


def test_a_desk_looks_at_a_sample_of_it() -> None:
    play = settled("before", "after")
    assert (play.open_tasks, play.case.incident.state) == ([("check", DESK)], "checking")

    play.says("check", "check", at=20)
    assert (play.case.incident.state, play.case.incident.closed_at) == ("closed", minutes(20))


def test_what_the_sample_finds_undone_goes_where_its_rule_says() -> None:
    play = settled("before", "after").says("check", "check", at=20, verdict="failed", text=text("没有清理"))

    assert play.open_tasks == [("handle", "department:water"), ("attend", POLICE)]
    assert (play.case.incident.counts.reworks, play.case.incident.state) == (1, "handling")
    assert play.case.incident.filed_at == minutes(0)


def test_who_looks_at_the_sample_is_shown_what_settled_it_also_in_the_second_matter_of_its_kind() -> None:
    first = settled("before", "after")
    second = Play(first.directory).hear(_settled(["after", "before"]))

    shown = [[each.purpose for each in play.task("check").attachments] for play in (first, second)]
    assert shown == [["before", "after"], ["after", "before"]]


def test_nobody_looks_at_the_sample_once_a_unit_is_designated() -> None:
    play = settled("before", "after").hear(order("designate", "handle department:roads", at=2))
    assert play.open_tasks == [("handle", "department:roads")]

    sample = play.task("check")
    play.says("check", "check", at=3)
    assert play.verdict == ("refused", "not-allowed-now")

    play.says("handle", "done", at=4)
    assert play.task("check").task_id != sample.task_id
    play.says("check", "check", at=5, verdict="failed")
    assert play.open_tasks == [("handle", "department:roads")]


@pytest.mark.parametrize("purposes", [(), ("before",), ("after", "scene")])
def test_without_a_photo_from_before_and_one_from_after_it_is_handled_as_usual(purposes: Any) -> None:
    play = settled(*purposes, sample=0.0)

    assert play.open_tasks == [("handle", "department:water"), ("attend", POLICE)]
    assert "without a photo" in play.case.decision.reason


def test_one_photo_does_not_show_before_and_after() -> None:
    play = settled("before", "after", "scene", sample=0.0, same=True)

    assert play.open_tasks == [("handle", "department:water"), ("attend", POLICE)]
    assert "without a photo" in play.case.decision.reason


def test_the_sample_is_the_share_that_was_asked_for_and_the_same_whoever_asks() -> None:
    found = directory(**terms(self_handled_sample=0.3)).terms
    ids = [derive_id("incident", str(number)) for number in range(1000)]
    picked = [each for each in ids if found.samples(each)]

    assert 240 < len(picked) < 360
    assert picked == [each for each in ids if found.samples(each)]


def test_who_wrote_down_that_it_is_settled_does_not_check_it() -> None:
    evidence = [photo(each, PHOTOS[each]) for each in ("before", "after")]
    report = accepted(
        self_handled={"done_at": minutes(-5), "result": "已清理", "evidence": evidence},
        recorded_by={"staff_id": "clerk"},
    )
    play = Play(directory(**terms(self_handled_sample=1.0))).hear(report)

    assert play.says("check", "check", by="clerk").verdict == ("refused", "own-work")


# ---- signing ----


def test_whoever_has_to_sign_is_told_by_when_and_anew_when_it_is_given_anew() -> None:
    signing = [{"kinds": ["handle"], "limit": HOUR | {"value": 0.5}}]
    play = Play(directory(**terms(acknowledge=signing))).hear(accepted())
    assert play.task("handle").acknowledge_by == minutes(30)
    assert play.task("attend").acknowledge_by is None

    play.says("attend", "arrived", at=2).says("handle", "done", at=100)
    play.says("check", "check", at=110, verdict="failed")
    assert play.task("handle").acknowledge_by == minutes(140)


def test_who_is_reached_by_telephone_only_has_nothing_to_sign() -> None:
    signing = [{"kinds": ["handle"], "limit": HOUR | {"value": 0.5}}]
    play = Play(directory(**terms(acknowledge=signing))).hear(accepted("0502"))

    play.hear(order("dispatch", "handle department:gas"))

    assert play.task("handle").acknowledge_by is None
