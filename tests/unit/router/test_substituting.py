"""Who is called instead of one who does not confirm: his deputy, the next on the list, the desk."""

from tests.unit.router.scenes import (
    DESK,
    INSPECTOR,
    MANAGER,
    PARTS,
    POLICE,
    Play,
    accepted,
    directory,
    ladder,
    order,
)

NEXT = ["grid/judicial", "grid/police", "grid/manager", "grid/inspector"]
"""The judicial post is not filled, and the police officer is called first."""
DIRECTORY = directory(rulebook=PARTS["rulebook"] | {"substitutes": NEXT})


def unconfirmed(play: Play, holder: str, *, at: float) -> Play:
    return play.hear(ladder("attendance-unconfirmed", at=at, task_ids=[play.task("attend", holder).task_id]))


def replaced() -> Play:
    return unconfirmed(Play(DIRECTORY).hear(accepted()), POLICE, at=5)


def test_the_next_post_that_is_filled_is_called_and_the_first_stays_called() -> None:
    play = replaced()
    first, second = play.task("attend", POLICE), play.task("attend", MANAGER)

    assert play.verdict == ("applied",)
    assert (first.state, first.successor) == ("assigned", second.task_id)
    assert (second.state, second.predecessor) == ("assigned", first.task_id)
    assert POLICE in second.decision.reason


def test_the_deputy_of_the_post_is_called_before_the_others() -> None:
    rosters = PARTS["rosters"] | {"deputies": {"grid/police": "grid/inspector"}}
    deputed = directory(rulebook=PARTS["rulebook"] | {"substitutes": NEXT}, rosters=rosters)
    play = unconfirmed(Play(deputed).hear(accepted()), POLICE, at=5)

    assert play.task("attend", POLICE).successor == play.task("attend", INSPECTOR).task_id


def test_when_the_next_does_not_confirm_either_the_one_behind_him_is_called() -> None:
    play = unconfirmed(replaced(), MANAGER, at=10)

    assert play.task("attend", INSPECTOR).predecessor == play.task("attend", MANAGER).task_id


def test_when_nobody_is_left_the_desk_must_see_to_it() -> None:
    play = unconfirmed(unconfirmed(replaced(), MANAGER, at=10), INSPECTOR, at=15)

    assert ("dispatch", DESK) in play.open_tasks
    assert play.task("dispatch").concerns == play.task("attend", INSPECTOR).task_id
    assert play.case.incident.state == "handling"


def test_nobody_waits_for_who_did_not_confirm_once_his_stand_in_is_there() -> None:
    play = replaced().says("handle", "done", at=20).says("check", "check", at=21)
    assert ("attend", POLICE) in play.open_tasks

    play.says("attend", "arrived", holder=MANAGER, at=30)
    assert play.case.incident.state == "closed"


def test_the_desk_has_nothing_to_see_to_once_the_force_comes_after_all_or_is_released() -> None:
    play = unconfirmed(unconfirmed(replaced(), MANAGER, at=10), INSPECTOR, at=15)
    play.says("attend", "arrived", holder=INSPECTOR, at=16)
    assert (play.task("dispatch").state, play.task("dispatch").reason_code) == ("withdrawn", "task-over")

    play = unconfirmed(unconfirmed(replaced(), MANAGER, at=10), INSPECTOR, at=15)
    play.hear(order("withdraw", at=16, task_ids=[play.task("attend", INSPECTOR).task_id]))
    assert ("dispatch", DESK) in play.open_tasks  # The grid head did not confirm either.
    play.hear(order("withdraw", at=17, task_ids=[play.task("attend", MANAGER).task_id]))
    play.hear(order("withdraw", at=18, task_ids=[play.task("attend", POLICE).task_id]))
    assert play.open_tasks == [("handle", "department:water")]


def test_the_desk_may_be_content_with_nobody_instead() -> None:
    play = unconfirmed(unconfirmed(replaced(), MANAGER, at=10), INSPECTOR, at=15)
    play.hear(order("dispatch", at=16, task_ids=[play.task("dispatch").task_id]))
    assert (play.verdict, play.task("dispatch").state) == (("applied",), "done")

    play.says("handle", "done", at=20).hear(order("close", at=21, actor={"staff_id": "leader"}))
    assert play.case.incident.state == "closed"


def test_nobody_waits_for_those_before_him_once_the_last_stand_in_is_there() -> None:
    play = unconfirmed(replaced(), MANAGER, at=10).says("attend", "arrived", holder=INSPECTOR, at=12)
    play.says("handle", "done", at=20)
    play.hear(order("close", at=21, actor={"staff_id": "leader"}))

    assert (play.case.incident.state, play.open_tasks) == ("closed", [])


def test_who_stands_in_for_one_that_is_released_stands_in_for_the_first() -> None:
    play = unconfirmed(replaced(), MANAGER, at=10)
    play.hear(order("withdraw", at=11, task_ids=[play.task("attend", MANAGER).task_id]))
    assert play.task("attend", POLICE).successor == play.task("attend", INSPECTOR).task_id

    play.says("attend", "arrived", holder=INSPECTOR, at=12).says("handle", "done", at=20)
    play.hear(order("close", at=21, actor={"staff_id": "leader"}))
    assert play.case.incident.state == "closed"


def test_a_desk_that_only_thinks_about_it_stands_in_for_nobody() -> None:
    play = unconfirmed(unconfirmed(replaced(), MANAGER, at=10), INSPECTOR, at=15)
    play.says("dispatch", "progress", at=16).says("handle", "done", at=20).says("check", "check", at=21)

    assert play.case.incident.state == "checking"
    assert ("dispatch", DESK) in play.open_tasks


def test_who_comes_after_all_counts_and_the_stand_in_may_be_taken_back() -> None:
    play = replaced().says("attend", "arrived", holder=POLICE, at=6)
    play.hear(
        ladder(
            "withdraw",
            at=7,
            task_ids=[play.task("attend", MANAGER).task_id],
            reason_code="rung-withdrawn",
        )
    )

    assert (play.task("attend", POLICE).state, play.task("attend", POLICE).successor) == ("working", None)
    assert play.task("attend", MANAGER).state == "withdrawn"


def test_who_is_there_or_was_replaced_already_is_not_replaced() -> None:
    play = unconfirmed(replaced(), POLICE, at=6)
    assert play.verdict == ("refused", "not-allowed-now")

    play = Play(DIRECTORY).hear(accepted()).says("attend", "arrived", at=2)
    assert unconfirmed(play, POLICE, at=5).verdict == ("refused", "not-allowed-now")


def test_only_the_ladder_says_that_somebody_did_not_confirm() -> None:
    play = Play(DIRECTORY).hear(accepted())
    play.hear(order("attendance-unconfirmed", task_ids=[play.task("attend").task_id]))

    assert play.complaint == ("not-yours", "/actor")
