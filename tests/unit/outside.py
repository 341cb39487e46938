"""Data that nobody here wrote: read where they lie, never copied, and done without where they are absent."""

import csv
import gzip
import os
from functools import cache
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("WANGGE_OUTSIDE_DATA", Path(__file__).parents[3] / "shared" / "data"))
BOSTON_FILE = _FOLDER / "boston311_2015_h1.csv.gz"
STREETS_FILE = _FOLDER / "dongcheng_17_streets_gcj02.geojson"


def _needs(file: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not file.exists(), reason=f"outside data are absent: {file.name}")


needs_boston = _needs(BOSTON_FILE)
"""For tests that read Boston's requests of 2015 (City of Boston, open data)."""
needs_streets = _needs(STREETS_FILE)
"""For tests that read the 17 real streets of Dongcheng, in GCJ-02."""


@cache
def boston_requests() -> tuple[dict[str, str], ...]:
    """Every service request of the first half of 2015, by the names of its columns."""
    with gzip.open(BOSTON_FILE, "rt", encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
