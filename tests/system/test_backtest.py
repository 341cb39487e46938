"""A new city from its own history: drafted from its past, the rulebook finds what the city then decided."""

import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from tests.system.running import ROOT
from tests.unit.outside import BOSTON_FILE, needs_boston
from wangge_local import cli

BOSTON = ROOT / "deploy/config/boston311"


def _wangge(*arguments: object) -> str:
    output, errors = StringIO(), StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        exit_code = cli.run([str(argument) for argument in arguments])
    assert exit_code == 0, errors.getvalue()
    return output.getvalue()


@needs_boston
def test_drafted_from_january_to_april_the_rulebook_is_right_about_may_and_june(tmp_path: Path) -> None:
    config = tmp_path / "boston"
    shutil.copytree(BOSTON, config)
    (config / "rulebook.toml").unlink()
    drafted = config / "rulebook.toml"
    mapping = config / "mapping.toml"
    _wangge("rules", "draft", BOSTON_FILE, "--mapping", mapping, "--until", "2015-05-01", "--out", drafted)
    _wangge("check-config", config)

    told = json.loads(
        _wangge("backtest", BOSTON_FILE, "--config", config, "--since", "2015-05-01").splitlines()[-1]
    )

    assert told["rows"] == 20_768
    assert told["department_right"] / told["rows"] >= 0.95
    assert told["with_target"] == 16_968
    assert told["deadline_within_5_min"] / told["with_target"] >= 0.927
    assert told["verdict_contradictions"] == 0
