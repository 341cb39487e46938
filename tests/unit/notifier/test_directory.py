"""The city's own configuration names and reaches everybody whom a story calls."""

from pathlib import Path

import pytest

from tests.unit.notifier.telling import PARTS, WATER
from tests.unit.router.scenes import PARTS as ROUTED
from wangge_local.bundle import load
from wangge_notifier.channels import Policy
from wangge_notifier.contacts import Endpoint
from wangge_notifier.directory import Address, Directory, endpoint_key
from wangge_router.parts import Parts

CONFIG = Path(__file__).parents[3] / "deploy" / "config" / "dongcheng"


@pytest.fixture(scope="module")
def directory() -> Directory:
    bundle = load(CONFIG)
    return Directory.of(bundle.version, bundle.parts)


@pytest.mark.parametrize(
    "holder",
    [
        "desk:110101",
        "desk:110101009",
        "desk:110101009015",
        "officer:110101009015004/secretary",
        "officer:110101009015004/police",
        "officer:110101009015/security-head",
        "department:beijing-gas",
        "department:gongti-property",
    ],
)
def test_everybody_in_the_gas_story_has_a_name(directory: Directory, holder: str) -> None:
    assert directory.name(holder).zh != holder


def test_a_community_has_a_workstation_and_a_street_a_command_centre() -> None:
    names = {"zh": "工体社区", "en": "Gongti"}
    community = {"code": "110101009015", "scheme": "bj15", "level": "community", "name": names}
    found = Directory.of("1", {**PARTS, "places": [*PARTS["places"], community]})

    assert found.name("desk:110101009015").en == "Gongti workstation"
    assert found.name("desk:110101009").en == "Dongzhimen command centre"


def test_where_no_district_says_what_time_it_is_the_room_that_routes_thinks_so_too() -> None:
    parts = {name: part for name, part in ROUTED.items() if name != "district"}

    zone = Parts.of(parts).sorting.setting.time_zone
    assert Directory.of("0", {}).zone == Policy.of({}).zone == zone


def test_units_without_a_system_are_called_by_the_desk(directory: Directory) -> None:
    assert {"department:beijing-gas", "department:gongti-property"} <= directory.contact_only
    assert directory.phones["department:beijing-gas"]


def test_the_gas_company_has_a_telephone_only_and_the_property_manager_a_line(directory: Directory) -> None:
    assert not directory.has_a_line("department:beijing-gas")
    assert directory.has_a_line("department:gongti-property")


def test_the_warning_tells_the_holder_and_the_red_light_the_desk_too(directory: Directory) -> None:
    assert "tell-holder" in directory.effects("ordinary-1", "warning")
    assert {"tell-holder", "tell-desk"} <= directory.effects("attendance-1", "overdue")


def test_a_ladder_is_not_taken_for_one_whose_name_begins_alike() -> None:
    ladders = [
        {"name": name, "rungs": [{"name": "overdue", "effects": effects}]}
        for name, effects in (("urgent", ["tell-holder"]), ("urgent-gas", ["tell-desk"]))
    ]
    found = Directory.of("1", {**PARTS, "ladder": {"ladders": ladders}})

    assert found.effects("urgent-gas-2026.1", "overdue") == {"tell-desk"}
    assert found.effects("urgent-2026.1", "overdue") == {"tell-holder"}


def test_an_address_is_found_by_the_key_of_its_endpoint() -> None:
    water = Directory.of("1", PARTS)
    endpoint = Endpoint(channel="webhook", address=WATER)
    key = endpoint_key("department:water", endpoint)
    address = water.address(key, ref="department:water", staff_id=None)

    assert address == Address("department:water", "webhook", WATER)


def test_of_those_who_share_an_endpoint_each_has_his_own_address_there() -> None:
    at: list[dict[str, object]] = [{"channel": "webhook", "address": WATER}]
    contacts = {
        "contacts": [{"holder": f"department:{unit}", "endpoints": at} for unit in ("water", "gas")],
        "people": [{"staff_id": "syn-1", "endpoints": at}],
    }
    shared = Directory.of("1", {**PARTS, "contacts": contacts})
    key = endpoint_key("department:water", Endpoint(channel="webhook", address=WATER))

    def whose(ref: str, staff_id: str | None = None) -> str | None:
        address = shared.address(key, ref=ref, staff_id=staff_id)
        return address.holder if address is not None else None

    assert [whose("department:water"), whose("department:gas")] == ["department:water", "department:gas"]
    assert (whose("officer:1/police", "syn-1"), whose("department:gas", "syn-1")) == ("syn-1", "syn-1")
    assert whose("department:gas", "syn-2") == "department:gas"
    assert whose("department:heat") is None
