"""Who goes in the place of somebody of the grid (就近): the nearest grids of its community, then desks."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.router.maps import EAST, WEST, city, report
from tests.unit.router.scenes import PARTS, Play, ladder, order
from wangge_router.directory import Directory

HERE, NORTH, NORTH_EAST, ABROAD = f"{WEST}001001", f"{WEST}001002", f"{WEST}001003", f"{EAST}001001"
SQUARES = {HERE: (0, 0), NORTH: (0, 1000), NORTH_EAST: (1000, 1000), ABROAD: (1000, 0)}
"""Three grids of one community round a corner; the fourth belongs to another."""
WORKSTATION, STREET, DISTRICT = f"desk:{WEST}001", f"desk:{WEST}", f"desk:{WEST[:6]}"


def posts(*holders: str) -> dict[str, Any]:
    """A roster of those posts, each filled by a person of its own."""
    names = {"zh": "岗", "en": "post"}
    return {
        "terminal": "pda",
        "posts": [{"holder": holder, "name": names, "staff_id": f"of {holder}"[:64]} for holder in holders],
    }


def manager(grid: str) -> str:
    return f"officer:{grid}/manager"


def done(directory: Directory, *, by: str = "", **where: Any) -> Play:
    """A burst pipe in the first grid, near its eastern side, that its lead says is mended."""
    place = {"east": 900, "north": 500} | where
    return Play(directory).hear(report(**place)).says("handle", "done", at=5, **({"by": by} if by else {}))


def asked(play: Play) -> str:
    return play.task("check").holder


ALL = posts(*map(manager, SQUARES))


def test_the_head_of_the_grid_is_the_nearest() -> None:
    play = done(city(squares=SQUARES, rosters=ALL))

    assert asked(play) == manager(HERE)
    assert play.task("check").decision.reason.endswith("as its rule has it")


def test_else_it_is_the_head_of_the_grid_that_is_nearest_to_the_spot() -> None:
    play = done(city(squares=SQUARES, rosters=ALL), by=f"of {manager(HERE)}")

    assert asked(play) == manager(NORTH)
    reason = play.task("check").decision.reason
    assert "of the nearest grid of the community" in reason
    assert f"not {manager(HERE)}: had a part in it" in reason


def test_what_is_nearer_counts_and_not_the_number_of_the_grid() -> None:
    squares = SQUARES | {NORTH: (1000, 1000), NORTH_EAST: (0, 1000)}
    play = done(city(squares=squares, rosters=ALL), by=f"of {manager(HERE)}", east=100, north=900)

    assert asked(play) == manager(NORTH_EAST)


@pytest.mark.parametrize("flag", ["default-point", "imprecise"])
def test_a_doubtful_point_does_not_say_what_is_near(flag: str) -> None:
    squares = SQUARES | {NORTH: (3000, 3000), NORTH_EAST: (0, 1000)}
    play = done(
        city(squares=squares, rosters=ALL),
        by=f"of {manager(HERE)}",
        east=3500,
        north=3500,
        area=HERE,
        flags=(flag,),
    )

    assert asked(play) == manager(NORTH_EAST)


def test_where_nobody_fills_the_posts_of_the_grid_the_next_grid_checks() -> None:
    play = done(city(squares=SQUARES, rosters=posts(manager(NORTH_EAST), manager(ABROAD))))

    assert asked(play) == manager(NORTH_EAST)


def test_a_grid_of_another_community_is_not_asked_but_the_desk_above() -> None:
    play = done(city(squares=SQUARES, rosters=posts(manager(ABROAD))))

    assert asked(play) == WORKSTATION
    assert "the community's desk" in play.task("check").decision.reason


def test_a_rule_that_asks_for_a_desk_gets_it() -> None:
    rules = [rule | {"then": rule["then"] | {"check": "street"}} for rule in PARTS["rulebook"]["rules"]]
    rulebook = PARTS["rulebook"] | {"rules": [rule for rule in rules if rule["name"] == "burst-pipe"]}

    assert asked(done(city(squares=SQUARES, rosters=ALL, rulebook=rulebook))) == STREET


def test_without_a_map_the_grids_of_the_community_are_asked_by_their_codes() -> None:
    play = done(
        city(squares=SQUARES, rosters=ALL, boundaries=None),
        by=f"of {manager(HERE)}",
        area=HERE,
    )

    assert asked(play) == manager(NORTH)


def test_the_desks_follow_when_everybody_near_had_a_part_in_it() -> None:
    staffed = posts(*map(manager, SQUARES), WORKSTATION, STREET)
    play = Play(city(squares=SQUARES, rosters=staffed)).hear(report(900, 500))
    hands = (*map(manager, (HERE, NORTH, NORTH_EAST)), WORKSTATION, STREET)
    for number, holder in enumerate(hands):
        play.says("handle", "progress", at=2 + number, by=f"of {holder}")
    play.says("handle", "done", at=20)

    assert asked(play) == DISTRICT
    assert play.task("check").decision.reason.count("had a part in it") == len(hands)


def called(play: Play, *, at: float) -> Play:
    last = [held.task for held in play.case.held if held.task.kind == "attend"][-1]
    return play.hear(ladder("attendance-unconfirmed", at=at, task_ids=[last.task_id], on_behalf_of=STREET))


def attending(roster: Sequence[str]) -> Play:
    play = Play(city(squares=SQUARES, rosters=posts(*roster))).hear(report(500, 900))
    if not any(held.task.kind == "attend" for held in play.case.held):
        play.hear(order("call", f"attend {roster[0]}", at=1, on_behalf_of=STREET))
    return play


def test_who_does_not_confirm_is_replaced_by_the_same_post_of_the_nearest_grid() -> None:
    police = [f"officer:{grid}/police" for grid in (HERE, NORTH, NORTH_EAST, ABROAD)]
    play = called(attending(police), at=5)
    assert play.task("attend").holder == police[1]

    assert called(play, at=10).task("attend").holder == police[2]
    called(play, at=15)
    assert ("dispatch", STREET) in play.open_tasks
    assert "of the nearest grid" in play.task("attend", police[1]).decision.reason
