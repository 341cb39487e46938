"""Configurations to make mistakes in: Dongcheng with one street in full, read in a third of the time."""

import json
import re
import shutil
from pathlib import Path

CONFIG = Path(__file__).parents[3] / "deploy" / "config"
DONGCHENG, BOSTON = CONFIG / "dongcheng", CONFIG / "boston311"
STREET = "110101009"
"""The street that keeps its communities and grids: Dongzhimen."""
_DIGITS_OF_A_STREET = 9
_ROW = re.compile(r'  \{ (?:code|place) = "(\d+)"')


def one_street(folder: Path) -> Path:
    """Lay Dongcheng out in *folder*: all its streets, but communities, grids and addresses of one alone."""
    shutil.copytree(DONGCHENG, folder)
    for name in ("places.toml", "addresses.toml"):
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
        kept = (line for line in lines if (row := _ROW.match(line)) is None or _stays(row[1]))
        (folder / name).write_text("".join(kept), encoding="utf-8")
    outlines = folder / "boundaries.geojson"
    drawn = json.loads(outlines.read_text("utf-8"))
    kept_outlines = (each for each in drawn.pop("features") if _stays(each["properties"]["code"]))
    rows = ",\n".join(json.dumps(each, separators=(",", ":")) for each in kept_outlines)
    head = json.dumps(drawn, separators=(",", ":")).removesuffix("}")
    outlines.write_text(f'{head},"features":[\n{rows}\n]}}\n', encoding="utf-8")
    return folder


def _stays(code: str) -> bool:
    return len(code) <= _DIGITS_OF_A_STREET or code.startswith(STREET)
