"""Who handles or dispatches does not confirm (回避): by person, and by unit for handling against checking."""

import pytest

from tests.unit.router.families import Family
from tests.unit.router.scenes import CENTRE, DESK, WORKSTATION, Play, begun, order
from wangge_router.case import Past


def handled_by_the_street() -> Play:
    """The street's desk has handled it itself, and the grid's head is to check it."""
    return (
        begun("0505")
        .hear(order("designate", f"handle {DESK}", at=2))
        .says("handle", "done", at=3, by="worker")
    )


def test_who_designates_over_a_lead_does_not_close_it() -> None:
    play = (
        begun("0505").hear(order("designate", "handle department:water", at=2)).says("handle", "done", at=3)
    )

    assert play.case.dispatchers == ("dispatcher",)
    assert play.hear(order("close", at=4)).complaint == ("own-work", "/actor")


def test_who_calls_helpers_to_a_lead_may_close_it() -> None:
    play = begun("0505").hear(order("call", "assist department:water", at=2)).says("handle", "done", at=3)

    assert play.hear(order("close", at=4)).case.incident.state == "closed"


@pytest.mark.parametrize(
    ("parties", "closed"),
    [
        (({"holder": "department:water", "kind": "handle", "role": "lead"},), False),
        ((), True),
    ],
)
def test_who_names_the_lead_of_a_part_does_not_close_the_part(
    parties: tuple[dict[str, str], ...], closed: bool
) -> None:
    family = Family.of(1).ordered("a", "split", parties=parties, description={"text": "另一半"}).settle()
    (part,) = family.case("a").incident.split
    family.step(part)

    family.ordered(part, "close")
    assert (family.state(part) == "closed") is closed


def test_a_check_that_goes_up_passes_by_the_desk_that_handled_it() -> None:
    play = handled_by_the_street().says("check", "refer-up", at=4)
    assert play.task("check").holder == WORKSTATION

    play.says("check", "refer-up", at=5)
    assert play.task("check").holder == CENTRE
    assert play.says("check", "check", at=6, by="colleague").case.incident.state == "closed"


def test_a_unit_does_not_check_what_it_has_helped_with_since() -> None:
    play = begun("0505").says("handle", "done", at=2).says("check", "refer-up", at=3)
    play.hear(order("call", f"assist {WORKSTATION}", at=4)).says("assist", "done", at=5, by="worker")
    before = play.case

    assert play.says("check", "check", at=6, by="colleague").complaint == ("own-work", "/actor/staff_id")
    assert play.case == before
    play.says("check", "refer-up", at=7).says("check", "check", at=8, by="street")
    assert play.case.incident.state == "closed"


def test_the_last_desk_there_is_checks_what_it_handled_by_another_person() -> None:
    play = begun("0505").hear(order("designate", f"handle {CENTRE}", at=2, on_behalf_of=CENTRE))
    play.says("handle", "done", at=3, by="worker")
    for number in range(3):
        play.says("check", "refer-up", at=4 + number)
    assert play.task("check").holder == CENTRE

    assert play.says("check", "check", at=8, by="worker").complaint == ("own-work", "/actor/staff_id")
    assert play.says("check", "check", at=9, by="colleague").case.incident.state == "closed"


def test_a_desk_does_not_close_what_it_handled_and_one_above_may() -> None:
    play = handled_by_the_street().hear(order("close", at=4, actor={"staff_id": "colleague"}))
    assert play.complaint == ("own-work", "/on_behalf_of")

    play.hear(order("close", at=5, actor={"staff_id": "colleague"}, on_behalf_of=CENTRE))
    assert play.case.incident.state == "closed"


def test_what_a_unit_did_is_remembered_when_its_task_is_put_away() -> None:
    play = begun("0505").hear(order("call", f"assist {DESK}", at=2)).says("assist", "done", at=3, by="worker")
    for number, unit in enumerate(("water", "housing", "gas")):
        play.hear(order("call", f"assist department:{unit}", at=4 + number))
        play.says("assist", "done", at=4.5 + number, by=unit)
        play.docket.put_away()
    assert play.case.find(play.facts[1].tasks[0].task_id) is None

    play.says("handle", "done", at=8).hear(order("close", at=9, actor={"staff_id": "colleague"}))
    assert play.complaint == ("own-work", "/on_behalf_of")


def test_a_case_of_before_units_were_remembered_is_read() -> None:
    assert (
        Past.model_validate_json('{"tasks":3,"workers":["worker"],"holders":["department:water"]}').units
        == ()
    )
