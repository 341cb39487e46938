"""A matter moves to another street (移交, 更正): whichever desk is asked, or decides, goes on deciding."""

from tests.unit.router.scenes import (
    CENTRE,
    DESK,
    DISTRICT,
    PARTS,
    POLICE,
    Play,
    accepted,
    directory,
    ladder,
    minutes,
    order,
)

NEXT_STREET = "110101008"
NEXT_GRID = f"{NEXT_STREET}001001"
NEXT_DESK = f"desk:{NEXT_STREET}"
TWO_STREETS = directory(
    places=[
        *PARTS["places"],
        *(
            {
                "code": code,
                "scheme": "bj15",
                "level": level,
                "parent": parent,
                "name": {"zh": code, "en": code},
            }
            for code, level, parent in (
                (NEXT_STREET, "street", DISTRICT),
                (f"{NEXT_STREET}001", "community", NEXT_STREET),
                (NEXT_GRID, "grid", f"{NEXT_STREET}001"),
            )
        ),
    ]
)
NEXT_PLACE = {"area": {"scheme": "bj15", "code": NEXT_GRID}}


def transferred(code: str = "9999") -> Play:
    play = Play(TWO_STREETS).hear(accepted(code))
    return play.hear(order("transfer", at=2, to=NEXT_DESK, on_behalf_of=CENTRE))


def test_the_desk_that_a_matter_was_transferred_to_dispatches_it() -> None:
    play = transferred().hear(order("dispatch", "handle department:roads", at=3, on_behalf_of=NEXT_DESK))

    assert (play.verdict, play.case.incident.lead) == (("applied",), "department:roads")


def test_the_ladder_dispatches_for_the_desk_that_a_matter_was_transferred_to() -> None:
    play = transferred().hear(ladder("dispatch", "handle department:roads", at=3, on_behalf_of=NEXT_DESK))

    assert (play.verdict, play.case.incident.lead) == (("applied",), "department:roads")


def test_the_desk_that_decides_now_calls_reminds_and_rules_on_what_is_asked() -> None:
    play = transferred("0505").hear(order("call", f"attend {POLICE}", at=3, on_behalf_of=NEXT_DESK))
    assert play.verdict == ("applied",)
    assert play.hear(order("remind", at=4, on_behalf_of=NEXT_DESK)).verdict == ("applied",)

    play.says("handle", "request-extension", at=9, requested_until=minutes(100))
    asked = play.task("approve")
    assert asked.holder == NEXT_DESK
    play.hear(order("approve", at=10, on_behalf_of=NEXT_DESK, task_ids=[asked.task_id]))
    assert (play.verdict[0], play.task("approve").state) == ("applied", "done")


def test_the_desk_that_decides_now_rules_on_a_return() -> None:
    play = transferred("0505").says("handle", "return", at=3)
    play.hear(order("refuse", at=4, on_behalf_of=NEXT_DESK, task_ids=[play.task("dispatch").task_id]))

    assert (play.verdict, play.task("handle").state) == (("applied",), "assigned")


def test_another_is_called_for_who_does_not_confirm_after_a_transfer() -> None:
    play = transferred("0501")
    called = play.task("attend", POLICE).task_id
    play.hear(ladder("attendance-unconfirmed", at=9, on_behalf_of=NEXT_DESK, task_ids=[called]))

    assert (play.verdict, bool(play.task("attend", POLICE).successor)) == (("applied",), True)


def test_the_desk_that_was_asked_decides_though_the_place_was_put_right_since() -> None:
    play = Play(TWO_STREETS).hear(accepted("9999")).hear(order("correct", at=2, place=NEXT_PLACE))
    play.hear(order("dispatch", "handle department:roads", at=3))

    assert (play.verdict, play.case.incident.lead) == (("applied",), "department:roads")


def test_a_workstation_that_was_asked_decides_though_the_place_was_put_right_since() -> None:
    play = Play(TWO_STREETS).hear(accepted("0502")).hear(order("correct", at=2, place=NEXT_PLACE))
    desk = play.task("dispatch").holder
    assert desk not in (DESK, NEXT_DESK)

    play.hear(order("dispatch", "handle department:roads", at=3, on_behalf_of=desk))
    assert (play.verdict, play.case.incident.lead) == (("applied",), "department:roads")


def test_a_desk_that_no_longer_decides_dispatches_no_more() -> None:
    play = transferred().hear(order("dispatch", "handle department:roads", at=3))

    assert (play.verdict, play.open_tasks) == (("refused", "not-yours"), [("dispatch", NEXT_DESK)])
