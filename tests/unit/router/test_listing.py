"""Public listing (挂账): by the ladder or a desk, on boards of the place, lifted only by who may."""

import pytest

from tests.unit.router.scenes import (
    CENTRE,
    COMMUNITY,
    DISTRICT,
    PARTS,
    STREET,
    Play,
    accepted,
    begun,
    directory,
    ladder,
    order,
)
from wangge_contracts.v1 import DeskOrdered

OVERDUE = {"reason_code": "overdue", "reason": None}


def listed() -> Play:
    return begun().hear(ladder("list", board="street", rung="listed-street", **OVERDUE))


def back(**fields: str) -> DeskOrdered:
    """What takes back what the ladder listed: effective at the same instant."""
    return ladder("unlist", at=1, reason=None, reason_code="rung-withdrawn", **fields)


def boards(play: Play) -> list[tuple[str, str | None]]:
    assert play.case.incident.listed == play.task("handle").listed
    return [(entry.board, entry.place) for entry in play.case.incident.listed]


def test_the_ladder_lists_who_handles_on_the_board_of_the_street_of_the_incident() -> None:
    play = listed()

    assert play.verdict == ("applied",)
    assert boards(play) == [("street", STREET)]
    assert (play.facts[-1].change, play.task("handle").change, play.task("handle").state) == (
        "listed",
        "listed",
        "assigned",
    )
    assert play.facts[-1].cause.actor is None


def test_it_is_listed_on_several_boards_but_only_once_on_each() -> None:
    play = listed().hear(ladder("list", at=2, board="district", rung="listed-district", **OVERDUE))
    assert boards(play) == [("street", STREET), ("district", DISTRICT)]

    play.hear(order("list", at=3, board="street"))
    assert play.verdict == ("refused", "not-allowed-now")


def test_who_handles_goes_on_working_while_he_is_listed() -> None:
    play = listed().says("handle", "acknowledge", at=2)

    assert play.task("handle").state == "acknowledged"
    assert boards(play) == [("street", STREET)]


def test_the_listing_ends_with_the_task() -> None:
    play = listed().says("handle", "done", at=2)

    assert boards(play) == []


def test_the_board_keeps_why_and_since_when() -> None:
    play = begun().hear(order("list", at=5, board="community"))
    entry = play.case.incident.listed[0]

    assert (entry.place, entry.since.minute, entry.reason and entry.reason.text) == (COMMUNITY, 5, "立即处置")


def test_a_street_lifts_what_is_on_its_board_and_leaves_the_districts() -> None:
    play = listed().hear(ladder("list", at=2, board="district", **OVERDUE))
    play.hear(order("unlist", at=3, board="street"))
    assert (boards(play), play.facts[-1].change) == ([("district", DISTRICT)], "unlisted")

    play.hear(order("unlist", at=4))
    assert play.verdict == ("refused", "not-yours")
    play.hear(order("unlist", at=5, on_behalf_of=CENTRE))
    assert boards(play) == []


def test_it_is_lifted_from_the_board_of_the_place_named_and_stays_on_anothers() -> None:
    elsewhere = "110101002"
    play = listed().hear(ladder("list", at=2, board="street", board_place=elsewhere, **OVERDUE))
    assert boards(play) == [("street", STREET), ("street", elsewhere)]

    play.hear(order("unlist", at=3, board="street", board_place=STREET))
    assert (play.verdict, boards(play)) == (("applied",), [("street", elsewhere)])


def test_the_ladder_takes_back_what_it_listed_too_soon() -> None:
    play = listed().hear(back(board="street"))

    assert (play.verdict, boards(play), play.facts[-1].reason_code) == (("applied",), [], "rung-withdrawn")


def test_the_ladder_takes_back_what_it_listed_though_the_place_was_put_right_since() -> None:
    play = listed().hear(back(board="street", board_place="110101002"))

    assert (play.verdict, boards(play)) == (("applied",), [])


ELSEWHERE = f"{DISTRICT}002"
SETTLED = directory(
    places=[
        *PARTS["places"],
        PARTS["places"][1] | {"code": ELSEWHERE, "name": {"zh": "东华门", "en": "Donghuamen"}},
    ]
)


@pytest.mark.parametrize("first", ["list", "correct"])
@pytest.mark.parametrize(("at", "board"), [(9, STREET), (10, ELSEWHERE), (11, ELSEWHERE)])
@pytest.mark.parametrize("returned", [False, True])
def test_what_the_ladder_lists_since_the_place_was_put_right_is_on_the_board_of_that_place(
    first: str, at: int, board: str, returned: bool
) -> None:
    play = Play(SETTLED).hear(accepted())
    listing = ladder(
        "list", at=at, board="street", board_place=STREET, task_ids=[play.task("handle").task_id], **OVERDUE
    )
    place = {"area": {"scheme": "bj15", "code": ELSEWHERE}}
    corrected = order("correct", at=10, place=place, on_behalf_of=CENTRE)
    if returned:
        play.says("handle", "return", at=12)

    play.hear(*((listing, corrected) if first == "list" else (corrected, listing)))
    if returned:
        play.hear(order("refuse", at=13, task_ids=[play.task("dispatch").task_id]))
    assert boards(play) == [("street", board)]

    play.hear(ladder("unlist", at=at, board="street", reason=None, reason_code="rung-withdrawn"))
    assert (play.verdict, boards(play)) == (("applied",), [])


def test_what_was_listed_on_both_boards_is_on_the_right_one_once() -> None:
    play = Play(SETTLED).hear(accepted())
    for at, place in ((11, ELSEWHERE), (12, STREET)):
        play.hear(ladder("list", at=at, board="street", board_place=place, **OVERDUE))
    right = {"area": {"scheme": "bj15", "code": ELSEWHERE}}
    play.hear(order("correct", at=10, place=right, on_behalf_of=CENTRE))

    assert boards(play) == [("street", ELSEWHERE)]
    assert play.case.incident.listed[0].since.minute == 11


def test_the_ladder_takes_back_no_listing_of_a_desk() -> None:
    play = begun().hear(order("list", at=0.5, board="street"))
    play.hear(ladder("list", at=1, board="street", rung="listed-street", **OVERDUE), back(board="street"))

    assert (play.verdict, boards(play)) == (("refused", "not-allowed-now"), [("street", STREET)])


@pytest.mark.parametrize(
    ("ordered", "code", "pointer"),
    [
        (order("list", board="street", reason=None), "reason-required", "/reason"),
        (order("list"), "missing", "/board"),
        (order("unlist"), "not-allowed-now", "/board"),
        (order("list", board="street", on_behalf_of=f"desk:{COMMUNITY}"), "not-yours", "/on_behalf_of"),
        (order("list", board="street", actor=None), "not-yours", "/actor"),
        (order("list", board="street", actor=None, role="nobody"), "not-yours", "/actor"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(ordered: DeskOrdered, code: str, pointer: str) -> None:
    play = begun()
    before = play.case

    assert play.hear(ordered).complaint == (code, pointer)
    assert play.case == before
