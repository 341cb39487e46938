"""Houses that tests of the whole share; each is started when a test first asks."""

from collections.abc import Iterator

import pytest

from tests.system.running import RunningHouse, a_house


@pytest.fixture(scope="session")
def house() -> Iterator[RunningHouse]:
    """A house of Dongcheng that lives in the present and has heard nothing yet but what tests say."""
    with a_house() as running:
        yield running


@pytest.fixture(scope="module")
def told_house() -> Iterator[RunningHouse]:
    """A house as `make run` starts it: in the past, with its stories being told."""
    with a_house("--stories") as running:
        yield running
