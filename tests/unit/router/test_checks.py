"""Who checks (核查), how, and who may not because he had a part in it."""

from typing import Any

import pytest

from tests.unit.router.scenes import (
    AFTER,
    BEFORE,
    CENTRE,
    DESK,
    INSPECTOR,
    MANAGER,
    PARTS,
    POLICE,
    WORKSTATION,
    Play,
    accepted,
    begun,
    directory,
    minutes,
    order,
    text,
    without,
)


def by_rule(reported: dict[str, Any] | None = None, /, **then: Any) -> Play:
    rules = [
        {
            "name": "burst-pipe",
            "when": {"classes": [{"scheme": "gb-event", "codes": ["0501"]}]},
            "then": {"lead": "water", **then},
        }
    ]
    return Play(directory(rulebook=PARTS["rulebook"] | {"rules": rules})).hear(accepted(**(reported or {})))


def test_who_checks_is_told_and_shown_what_was_done_and_so_is_who_checks_instead() -> None:
    play = by_rule({"attachments": [BEFORE]}, check_kind="photo")
    play.says("handle", "done", text=text("阀门已更换"), evidence=[AFTER])
    task = play.task("check")
    assert (task.instructions, task.attachments) == (text("阀门已更换"), (AFTER, BEFORE))

    play.hear(order("correct", at=3, urgency="urgent"))
    assert play.task("check").attachments == (AFTER, BEFORE)
    above = play.says("check", "refer-up", at=4).task("check")
    assert (above.holder != task.holder, above.attachments) == (True, (AFTER, BEFORE))


def test_a_check_says_how_it_is_to_be_done() -> None:
    assert by_rule().says("handle", "done").task("check").check_kind == "on-the-spot"
    telephone = by_rule(check_kind="telephone").says("handle", "done").task("check")

    assert (telephone.check_kind, telephone.holder) == ("telephone", DESK)


@pytest.mark.parametrize(
    ("reported", "why"),
    [
        ({"contact_ref": None}, "who reported left no contact"),
        ({"confidential": True}, "who reported may not be called"),
    ],
)
def test_who_cannot_be_called_is_spared_and_somebody_goes_there(reported: dict[str, Any], why: str) -> None:
    play = by_rule(reported, check_kind="telephone").says("handle", "done")
    task = play.task("check")

    assert (task.check_kind, task.holder) == ("on-the-spot", MANAGER)
    assert f"(on-the-spot, not by telephone: {why})" in task.decision.reason
    assert play.says("check", "check", at=4, verdict="passed").case.incident.state == "closed"


def test_who_looks_at_it_was_decided_when_it_came_whatever_its_rule_says_since() -> None:
    play, since = by_rule(check="street"), by_rule()

    play.directory = since.directory

    assert play.says("handle", "done").task("check").holder == DESK
    assert since.says("handle", "done").task("check").holder == MANAGER


def test_what_is_checked_by_its_photos_needs_one_from_after() -> None:
    play = by_rule(check_kind="photo").says("handle", "done")
    assert play.verdict == ("refused", "evidence-missing")

    assert play.says("handle", "done", at=2, evidence=(AFTER,)).task("check").check_kind == "photo"


def test_what_needs_no_check_is_closed_when_its_lead_is_done() -> None:
    play = by_rule(check_kind="none").says("handle", "done", at=9)

    assert (play.case.incident.state, play.case.incident.closed_at) == ("closed", minutes(9))
    assert play.open_tasks == []


def test_without_a_check_the_close_still_waits_for_called_forces() -> None:
    play = by_rule(check_kind="none", attends=["grid/police"]).says("handle", "done", at=9)
    assert play.open_tasks == [("attend", POLICE)]

    assert play.says("attend", "arrived", at=12).case.incident.closed_at == minutes(12)


def test_a_check_fails_with_a_reason() -> None:
    play = begun().says("attend", "arrived", at=2).says("handle", "done", at=3)
    play.says("check", "check", at=4, verdict="failed", text=None)
    assert play.verdict == ("refused", "reason-required")

    play.says("check", "check", at=5, verdict="failed", text=text("还在漏"))
    assert (play.task("check").verdict, play.task("handle").instructions) == ("failed", text("还在漏"))


def test_a_check_that_fails_after_the_unit_is_gone_brings_it_to_the_desk() -> None:
    play = begun().says("attend", "arrived", at=2).says("handle", "done", at=3)
    play.directory = without("water")
    play.says("check", "check", at=5, verdict="failed", text=text("还在漏"))

    asked = play.task("dispatch")
    assert play.verdict == ("applied",)
    assert ("dispatch", DESK) in play.open_tasks
    assert (play.task("handle").state, play.case.incident.state) == ("ended", "dispatching")
    assert (asked.instructions, play.case.incident.counts.reworks) == (text("还在漏"), 1)
    assert (
        asked.decision.reason
        == "the check failed, and department:water, whose work it was, is no longer there"
    )
    play.hear(order("dispatch", "handle department:roads", at=9))
    assert play.task("handle").holder == "department:roads"


def test_a_check_that_cannot_be_done_there_goes_up() -> None:
    play = begun().says("handle", "done", at=3).says("check", "refer-up", at=4)

    assert play.task("check").concerns == play.task("handle").task_id
    assert play.task("check").holder == WORKSTATION
    assert play.task("check").check_kind == "on-the-spot"


@pytest.mark.parametrize("act", ["progress", "explain", "request-extension"])
def test_whoever_worked_on_it_in_any_way_does_not_check_it(act: str) -> None:
    play = begun().says("handle", act, at=2, by="both")
    play.says("attend", "arrived", at=3).says("handle", "done", at=4, by="another")
    play.says("check", "check", at=5, by="both", on_behalf_of=MANAGER)

    assert play.verdict == ("refused", "own-work")


def test_a_post_whose_only_person_handled_it_is_passed_over() -> None:
    play = begun("0502").hear(order("dispatch", "handle department:housing"))
    play.says("handle", "done", at=3, by="manager")

    assert play.task("check").holder == INSPECTOR


def test_a_desk_of_one_who_dispatched_it_leaves_the_check_to_the_district() -> None:
    posts = [
        {"holder": desk, "name": {"zh": "值班", "en": "shift"}, "staff_id": "dispatcher"}
        for desk in (WORKSTATION, DESK)
    ]
    play = Play(directory(rosters={"posts": posts})).hear(accepted("0502"))
    play.hear(order("dispatch", "handle department:water")).says("handle", "done", at=3)

    assert play.task("check").holder == CENTRE
