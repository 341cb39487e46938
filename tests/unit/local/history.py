"""A small city's past for the tests of drafting and backtesting: Boston's columns, rows of our own."""

import csv
import io
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wangge_local import cli

BOSTON = Path(__file__).parents[3] / "deploy/config/boston311"
MAPPING = BOSTON / "mapping.toml"
COLUMNS = [
    *("id", "opened", "target", "closed", "on_time", "source", "reason", "type", "department"),
    *("pwd_district", "lat", "lon", "duplicate_of"),
]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ran:
    """What a command said."""

    exit_code: int
    output: str
    errors: str


def row(number: int, **cells: str) -> dict[str, str]:
    """One request of a street light, one a day from New Year on; *cells* replace what stands in it."""
    whole = {
        "id": str(number),
        "opened": f"{datetime(2015, 1, 1, 9, tzinfo=UTC) + number * DAY:%Y-%m-%dT%H:%M:%S}",
        "source": "Constituent Call",
        "reason": "Street Lights",
        "type": "Light Out",
        "department": "PWDx",
        "pwd_district": "03",
    }
    return whole | cells


def rows(*parts: tuple[int, Mapping[str, str]], since: int = 0) -> list[dict[str, str]]:
    """So many rows of each kind, one a day each, all from day *since* on."""
    return [
        row(since + day, id=f"{kind}-{day}", **cells)
        for kind, (n, cells) in enumerate(parts)
        for day in range(n)
    ]


def write(file: Path, past: Iterable[Mapping[str, str]], *, without: str = "") -> Path:
    """Write *past* as a CSV, all columns but *without*."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [name for name in COLUMNS if name != without], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(past)
    file.write_text(out.getvalue(), encoding="utf-8")
    return file


def config_with(folder: Path, rulebook: Path | None = None) -> Path:
    """Boston's configuration in *folder*, with another rulebook."""
    shutil.copytree(BOSTON, folder)
    if rulebook is not None:
        shutil.copy(rulebook, folder / "rulebook.toml")
    return folder


def lights_to_transportation(config: Path, *, name: str, when: str) -> None:
    """Let Transportation have the lights that fulfil the condition *when*, by a first rule of that *name*."""
    file = config / "rulebook.toml"
    rule = (
        f'[[rules]]\nname = "{name}"\nthen.lead = "btdt"\nwhen.{when}\n\n'
        '[[rules.when.classes]]\nscheme = "boston311"\ncodes = ["Street Light Outages"]\n\n'
    )
    head, found, rest = file.read_text("utf-8").partition("[[rules]]")
    file.write_text(f"{head}{rule}{found}{rest}", "utf-8")


def by_source(config: Path) -> None:
    """Let Transportation have the lights that officers report."""
    lights_to_transportation(config, name="officers-lights", when='sources = ["officer"]')


def only_residents(config: Path) -> None:
    """Let no report of the city's system claim to be an officer's."""
    file = config / "terminals.toml"
    text = file.read_text("utf-8")
    assert '"officer"' in text
    file.write_text(re.sub(r"sources = .*", 'sources = ["resident"]', text), "utf-8")


def wangge(*arguments: object) -> Ran:
    """Run a command in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        exit_code = cli.run([str(argument) for argument in arguments])
    return Ran(exit_code, output.getvalue(), errors.getvalue())
