"""The one house that all tests of this folder share, in any order: they leave it as they would find it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import DONGCHENG, RunningHouse, a_house


@pytest.fixture(scope="session")
def house() -> Iterator[RunningHouse]:
    """A house of Dongcheng that has heard nothing yet but what tests say; its time only goes forward."""
    with a_house() as running:
        yield running


@pytest.fixture
def city(tmp_path: Path, house: RunningHouse) -> Iterator[Path]:
    """The city's configuration, to be edited and published; afterwards the house has the city's own again."""
    folder = tmp_path / "city"
    shutil.copytree(DONGCHENG, folder)
    yield folder
    house.wangge("publish", str(DONGCHENG))
