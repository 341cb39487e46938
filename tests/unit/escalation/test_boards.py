"""On which boards a task stands, since when and until when, and on which of them a rung undoes it."""

from tests.unit.escalation.bench import climbing, running
from tests.unit.escalation.builders import FULL_LADDER, HOUR, MORNING, PLACE, almanac, task
from wangge_contracts.v1 import Listing

STREET = Listing(board="street", place="110101009", since=MORNING + 12 * HOUR)
DISTRICT = Listing(board="district", place="110101", since=MORNING + 12 * HOUR)


def test_what_left_one_board_left_it_then_whenever_it_leaves_the_other() -> None:
    bench = running()
    for revision, listed in enumerate(((STREET, DISTRICT), (DISTRICT,), ()), 2):
        bench.hears(task(revision=revision, listed=listed), at=MORNING + (10 + revision) * HOUR)

    spans = {each.board: each.until for each in bench.facts[-1].listings or ()}
    assert spans == {"street": MORNING + 13 * HOUR, "district": MORNING + 14 * HOUR}


def test_each_of_two_listings_is_undone_on_its_own_board() -> None:
    bench = climbing().swings(MORNING + 12 * HOUR)
    bench.hears(task(revision=2, change="listed", listed=(STREET, DISTRICT)), at=MORNING + 12 * HOUR)
    outage = {"since": MORNING + HOUR, "until": MORNING + 5 * HOUR, "reason": "outage"}
    bench.almanac = almanac(ladder={**FULL_LADDER, "outages": [outage]})
    bench.swings(MORNING + 13 * HOUR)

    undone = [(order.board, order.board_place) for order in bench.orders if order.order == "unlist"]
    assert undone == [("street", "110101009"), ("district", "110101")]


def test_a_matter_of_which_nobody_knows_the_street_is_listed_by_the_district() -> None:
    bench = climbing(place=PLACE.model_copy(update={"street": None})).swings(MORNING + 12 * HOUR)

    assert [(order.order, order.board) for order in bench.orders] == [("list", "district")]
