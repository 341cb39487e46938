"""The city's own configuration names and reaches everybody whom a story calls."""

from pathlib import Path

import pytest

from wangge_local.bundle import load
from wangge_notifier.directory import CONSOLE, Directory, Endpoint, endpoint_key

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
def test_everybody_in_the_gas_story_has_a_name_and_a_line(directory: Directory, holder: str) -> None:
    assert directory.name(holder).zh != holder
    assert directory.endpoints(holder)


def test_units_without_a_system_are_called_by_the_desk(directory: Directory) -> None:
    assert {"department:beijing-gas", "department:gongti-property"} <= directory.contact_only
    assert directory.phones["department:beijing-gas"]


def test_the_warning_tells_the_holder_and_the_red_light_the_desk_too(directory: Directory) -> None:
    assert directory.effects("ordinary-1", "warning") == {"tell-holder"}
    assert directory.effects("attendance-1", "overdue") == {"tell-holder", "tell-desk"}


def test_who_is_not_listed_is_told_at_the_console(directory: Directory) -> None:
    assert directory.endpoints("officer:999/nobody") == (CONSOLE,)


def test_two_holders_at_one_address_share_its_key() -> None:
    there = Endpoint(channel="webhook", address="http://unit.example/in")

    assert endpoint_key("department:a", there) == endpoint_key("department:b", there)
    assert endpoint_key("department:a", CONSOLE) != endpoint_key("department:b", CONSOLE)
