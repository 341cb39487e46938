"""Who stands in for whom, as every room reads it."""

import pytest

from wangge_contracts.posts import Seats, deputies
from wangge_contracts.v1 import Names, Place, PlaceLevel

GRID, COMMUNITY, STREET = "110101009015004", "110101009015", "110101009"


def place(code: str, level: PlaceLevel, parent: str | None = None) -> Place:
    return Place(code=code, scheme="bj15", level=level, name=Names(zh=code, en=code), parent=parent)


SEATS = Seats(
    [place(STREET, "street"), place(COMMUNITY, "community", STREET), place(GRID, "grid", COMMUNITY)]
)
POLICE, MANAGER = f"officer:{GRID}/police", f"officer:{GRID}/manager"
HEAD, DESK = f"officer:{COMMUNITY}/head", f"desk:{COMMUNITY}"
FILLED = {POLICE, MANAGER, HEAD, DESK, f"desk:{STREET}", "department:gas", "department:water"}


@pytest.mark.parametrize(
    ("entries", "holder", "deputy"),
    [
        ({"grid/police": "grid/manager"}, POLICE, MANAGER),
        ({"grid/police": "community/head"}, POLICE, HEAD),
        ({"grid/police": "community/head", POLICE: MANAGER}, POLICE, MANAGER),
        ({"community/desk": "street/desk"}, DESK, f"desk:{STREET}"),
        ({"department:gas": "department:water"}, "department:gas", "department:water"),
        ({"grid/police": "community/head"}, MANAGER, None),
        ({"grid/police": "community/fire"}, POLICE, None),
        ({"grid/police": "district/desk"}, POLICE, None),
    ],
)
def test_a_deputy_is_named_by_post_or_in_particular(
    entries: dict[str, str], holder: str, deputy: str | None
) -> None:
    assert deputies(entries, FILLED, SEATS).get(holder) == deputy


def test_a_vacant_deputy_passes_it_on_to_his_own() -> None:
    entries = {"grid/police": "grid/fire", "grid/fire": "grid/manager"}

    assert deputies(entries, FILLED, SEATS)[POLICE] == MANAGER


def test_nobody_stands_in_for_himself() -> None:
    entries = {"grid/police": "grid/fire", "grid/fire": "grid/police", "grid/manager": "grid/manager"}

    assert deputies(entries, FILLED, SEATS) == {}


def test_two_may_stand_in_for_one_another() -> None:
    entries = {"grid/police": "grid/manager", "grid/manager": "grid/police"}

    assert deputies(entries, FILLED, SEATS) == {POLICE: MANAGER, MANAGER: POLICE}
