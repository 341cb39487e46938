"""On which boards a task stands, since when and until when, and on which of them a rung undoes it."""

import pytest

from tests.unit.escalation.bench import climbing, running
from tests.unit.escalation.builders import FULL_LADDER, HOUR, MORNING, PLACE, almanac, limit, task
from wangge_contracts.v1 import Listing, NamedPlace, Names

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

    undone = [(order.board, order.effective_at) for order in bench.orders if order.order == "unlist"]
    assert undone == [("street", STREET.since), ("district", DISTRICT.since)]


@pytest.mark.parametrize("listing_heard", [False, True])
def test_a_listing_is_undone_wherever_it_was_though_the_place_was_put_right_since(
    *, listing_heard: bool
) -> None:
    bench = climbing().swings(MORNING + 12 * HOUR)
    listed = (STREET, DISTRICT) if listing_heard else ()
    elsewhere = PLACE.model_copy(
        update={"street": NamedPlace(code="110101010", names=Names(zh="东四", en="Dongsi"))}
    )
    corrected = task(revision=2, change="revised", place=elsewhere, listed=listed)
    bench.hears(corrected, at=MORNING + 12.5 * HOUR)
    longer = corrected.model_copy(update={"revision": 3, "change": "extended", "limit": limit(20)})
    bench.hears(longer, at=MORNING + 9 * HOUR, now=MORNING + 13 * HOUR)

    undone = [(order.board, order.board_place) for order in bench.orders if order.order == "unlist"]
    assert undone == [("street", None), ("district", None)]


def test_a_matter_of_which_nobody_knows_the_street_is_listed_by_the_district() -> None:
    bench = climbing(place=PLACE.model_copy(update={"street": None})).swings(MORNING + 12 * HOUR)

    assert [(order.order, order.board) for order in bench.orders] == [("list", "district")]
