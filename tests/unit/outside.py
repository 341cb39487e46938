"""Data that nobody here wrote: read where they lie, never copied, and done without where they are absent."""

import csv
import gzip
import os
from functools import cache
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("WANGGE_OUTSIDE_DATA", Path(__file__).parents[3] / "shared" / "data"))
_BOSTON = _FOLDER / "boston311_2015_h1.csv.gz"

needs_boston = pytest.mark.skipif(not _BOSTON.exists(), reason=f"outside data are absent: {_BOSTON.name}")
"""For tests that read Boston's requests of 2015 (City of Boston, open data)."""


@cache
def boston_requests() -> tuple[dict[str, str], ...]:
    """Every service request of the first half of 2015, by the names of its columns."""
    with gzip.open(_BOSTON, "rt", encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
