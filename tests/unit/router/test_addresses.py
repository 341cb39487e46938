"""What an address names: the longest name wins, what stays open is told, and nobody guesses."""

from typing import Any

import pytest

from tests.unit.router.scenes import COMMUNITY, DISTRICT, GRID, PARTS, STREET, Play, accepted, directory
from wangge_contracts.v1 import Address
from wangge_router.addresses import normalised

OTHER_STREET, OTHER, OTHER_GRID = "110101010", "110101010001", "110101010001001"


def place(code: str, level: str, parent: str, name: str) -> dict[str, Any]:
    return {
        "code": code,
        "scheme": "bj15",
        "level": level,
        "parent": parent,
        "name": {"zh": name, "en": name},
    }


THERE = directory(
    places=[
        *PARTS["places"][:1],
        place(STREET, "street", DISTRICT, "东直门街道"),
        place(COMMUNITY, "community", STREET, "工人体育馆社区"),
        place(GRID, "grid", COMMUNITY, "工人体育馆第4网格"),
        place("110101009015001", "grid", COMMUNITY, "工人体育馆第1网格"),
        place(OTHER_STREET, "street", DISTRICT, "和平里街道"),
        place(OTHER, "community", OTHER_STREET, "和平里1号社区"),
        place(OTHER_GRID, "grid", OTHER, "和平里1号第1网格"),
    ],
    addresses=[
        {"place": GRID, "buildings": [37, 48], "names": ["工体北路", "Workers' Stadium North Road 4"]},
        {"place": "110101009015001", "buildings": [1, 12], "names": ["工体北路甲2号"]},
        {"place": OTHER_GRID, "buildings": [1, 48]},
    ],
)


def lies(text: str, **fields: Any) -> tuple[str, tuple[str, ...]]:
    site = THERE.sorting.registry.by_address(Address(text=text, **fields))
    return site.located.codes[0], site.flags


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("工人体育馆社区38号楼2单元602", GRID),
        ("东城区 东直门街道，工人体育馆社区（３８＃楼）", GRID),
        ("工人体育馆社区8号楼", "110101009015001"),
        ("工体北路", GRID),
        ("工体北路甲2号", "110101009015001"),
        ("WORKERS' STADIUM North  Road 4", GRID),
        ("工人体育馆社区", COMMUNITY),
        ("工人体育馆社区300号楼", COMMUNITY),
        ("东直门街道办事处门口", STREET),
    ],
)
def test_the_names_in_an_address_say_where_it_is(text: str, code: str) -> None:
    assert lies(text) == (code, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("38号楼", DISTRICT),
        ("东直门街道和平里街道", DISTRICT),
        ("工体北路与工体北路甲2号之间", COMMUNITY),
        ("和平里1号社区 工体北路", DISTRICT),
    ],
)
def test_what_stays_open_lies_in_what_holds_all_of_it(text: str, code: str) -> None:
    assert lies(text) == (code, ("imprecise",))


@pytest.mark.parametrize("text", ["火星路1号", "?", "体", "号楼", "138号楼"])
def test_what_names_nothing_is_nowhere(text: str) -> None:
    assert lies(text) == (DISTRICT, ())


def test_the_building_may_stand_in_its_own_field() -> None:
    assert lies("工人体育馆社区", building="38") == (GRID, ())
    assert lies("工人体育馆社区38号楼", building="38") == (GRID, ())


def test_an_address_counts_only_where_there_is_neither_point_nor_area() -> None:
    address = {"text": "和平里1号社区12号楼"}
    registry = THERE.sorting.registry
    alone = accepted(place={"address": address})
    beside_an_area = accepted(place={"address": address, "area": {"scheme": "bj15", "code": GRID}})

    assert [site.located.codes[0] for site in registry.sites((alone, beside_an_area))] == [OTHER_GRID, GRID]


def test_an_incident_known_by_address_is_routed_by_its_grid() -> None:
    play = Play(directory=THERE).hear(accepted("0502", place={"address": {"text": "工人体育馆社区38号楼"}}))

    assert play.open_tasks == [("dispatch", f"desk:{COMMUNITY}")]
    assert play.case.incident.place.grid is not None
    assert play.case.incident.place.grid.code == GRID


def test_an_incident_whose_address_says_nothing_is_the_districts_desk() -> None:
    play = Play(directory=THERE).hear(accepted("0502", place={"address": {"text": "火星路1号"}}))

    assert play.open_tasks == [("dispatch", f"desk:{DISTRICT}")]


def test_an_address_of_no_registered_place_is_refused() -> None:
    with pytest.raises(ValueError, match="999999, which is not registered"):
        directory(addresses=[{"place": "999999", "names": ["火星路"]}])


def test_width_case_blanks_and_marks_do_not_count() -> None:
    assert normalised("３８＃楼（A座），北门") == normalised("38号楼a座 北门") == "38号楼a座北门"
