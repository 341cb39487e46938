"""What tests of the command line share: a city's configuration of each test's own, to spoil."""

from pathlib import Path

import pytest

from tests.unit.local.cities import one_street


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return one_street(tmp_path / "dongcheng")
