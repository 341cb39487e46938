"""What an operator may say of a part that stands still, before any house is asked."""

from pathlib import Path

import pytest

from wangge_local import partition_shown
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.partition import find
from wangge_local.postgres import Postgres


def test_a_service_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(GroundError, match="there is no service 'rooter'; there is intake"):
        find(Postgres(tmp_path), "rooter", None)


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_skipped_without_a_reason(tmp_path: Path, reason: str) -> None:
    with pytest.raises(GroundError, match="say why"):
        partition_shown.skip(HouseFolder(tmp_path), "router", None, reason=reason)
