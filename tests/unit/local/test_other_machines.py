"""A machine may speak another language: what lies in files and goes to programs is UTF-8 there too."""

import os
import subprocess
import sys
from pathlib import Path

_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-8"}
"""To such a machine every Chinese character is an error; one that speaks GBK takes it for others."""


def there(program: str, *arguments: str) -> str:
    """What *program* says on such a machine."""
    command = [sys.executable, "-c", program, *arguments]
    told = subprocess.run(
        command, env=os.environ | _ASCII, capture_output=True, encoding="utf-8", check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "router-0.log").write_text("东城区\n", "utf-8")

    told = there("from wangge_local.__main__ import app; app()", "logs", "router", "--data", str(tmp_path))

    assert told == "东城区\n"


def test_what_an_operator_wrote_among_the_secrets_stays(tmp_path: Path) -> None:
    make = "import sys; from pathlib import Path; from wangge_local.house_folder import HouseFolder;"
    make += "from wangge_local.house_keys import make; make(HouseFolder(Path(sys.argv[1])), ())"
    there(make, str(tmp_path))
    secrets = tmp_path / "keys" / "notifier.toml"
    written = secrets.read_text("utf-8") + "# 街道短信网关\n"
    secrets.write_text(written, "utf-8")

    there(make, str(tmp_path))

    assert secrets.read_text("utf-8") == written


def test_a_program_is_told_and_heard_as_what_was_said() -> None:
    run = "from wangge_local.ground import run;"
    run += "print(run(['cat'], what='', environment={}, text_in='\\u7f51\\u683c'))"

    assert there(run) == "网格\n"
