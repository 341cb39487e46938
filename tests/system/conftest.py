"""A house that tells stories; the one that most tests share stands in `house/`."""

from collections.abc import Iterator

import pytest

from tests.system.running import RunningHouse, a_house


@pytest.fixture(scope="module")
def told_house() -> Iterator[RunningHouse]:
    """A house as `make run` starts it: in the past, with its stories being told."""
    with a_house("--stories") as running:
        yield running
