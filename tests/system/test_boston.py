"""Another city by data alone: Boston's requests of 2015 through a whole house, every one accounted for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import ROOT, RunningHouse, a_house
from tests.unit.outside import BOSTON_FILE, needs_boston

ROWS = int(os.environ.get("WANGGE_BOSTON_ROWS", "1000"))


@pytest.fixture(scope="module")
def boston() -> Iterator[RunningHouse]:
    """A house of Boston's."""
    with a_house("--config", str(ROOT / "deploy/config/boston311")) as running:
        yield running


@needs_boston
def test_real_requests_are_accepted_and_routed_and_none_is_lost(boston: RunningHouse) -> None:
    told = boston.asked("replay", str(BOSTON_FILE), "--limit", str(ROWS))

    assert told["sent"] == told["accepted"] == ROWS
    assert told["lost"] == 0
    assert sum(told["routed"].values()) == ROWS
    assert told["as_the_city_did"]["same"] / told["as_the_city_did"]["of"] > 0.9


@needs_boston
def test_the_same_requests_again_are_duplicates(boston: RunningHouse) -> None:
    told = boston.asked("replay", str(BOSTON_FILE), "--limit", "100", "--speed", "200")

    assert (told["duplicates"], told["accepted"], told["lost"]) == (100, 0, 0)


@needs_boston
def test_another_citys_mapping_is_refused_in_one_line(boston: RunningHouse, tmp_path: Path) -> None:
    mapping = (ROOT / "deploy/config/boston311/mapping.toml").read_text()
    (tmp_path / "mapping.toml").write_text(
        mapping.replace('terminal = "boston311"', 'terminal = "elsewhere"')
    )
    refused = boston.run("replay", str(BOSTON_FILE), "--mapping", str(tmp_path / "mapping.toml"))

    assert refused.exit_code == 1
    assert refused.errors.startswith("wangge: this house has no terminal elsewhere")
