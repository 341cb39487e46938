"""Our clocks against the deadlines that a real city gave its real requests."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.unit.outside import boston_requests, needs_boston
from wangge_contracts.calendars import Calendars
from wangge_contracts.v1 import Limit
from wangge_contracts.worktime import Worktime, deadline
from wangge_local.bundle import load

pytestmark = needs_boston

BOSTON = Path(__file__).parents[3] / "deploy" / "config" / "boston311"
ZONE = ZoneInfo("America/New_York")
TOLERANCE = timedelta(minutes=5)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture(scope="module")
def reproduced() -> tuple[Counter[str], Counter[str]]:
    """By type of request: how many have a target, and how many of them our limit and calendar reproduce."""
    bundle = load(BOSTON)
    (calendar,) = Calendars.model_validate(bundle.part("calendars")).calendars
    worktime = Worktime(calendar)
    limits = {row["class_ref"]["code"]: Limit.model_validate(row["limit"]) for row in bundle.part("standard")}
    with_target, hit = Counter[str](), Counter[str]()
    for request in boston_requests():
        if request["target"]:
            kind = request["type"]
            with_target[kind] += 1
            if kind in limits:
                ours = deadline(instant(request["opened"]), limits[kind], worktime)
                hit[kind] += abs(ours - instant(request["target"])) <= TOLERANCE
    return with_target, hit


def test_nine_targets_in_ten_are_reproduced_to_the_minute(
    reproduced: tuple[Counter[str], Counter[str]],
) -> None:
    with_target, hit = reproduced

    assert hit.total() / with_target.total() == pytest.approx(0.9337, abs=0.0005)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("CE Collection", 0.99),
        ("Building Inspection Request", 1.0),
        ("Sign Repair", 0.99),
        ("Street Light Outages", 0.97),
        ("Pick up Dead Animal", 0.99),
        ("Unsatisfactory Living Conditions", 1.0),
        ("Rodent Activity", 1.0),
        ("Heat - Excessive  Insufficient", 1.0),
        ("Unsafe Dangerous Conditions", 1.0),
    ],
)
def test_types_with_one_limit_are_reproduced_almost_wholly(
    reproduced: tuple[Counter[str], Counter[str]], kind: str, least: float
) -> None:
    with_target, hit = reproduced

    assert hit[kind] / with_target[kind] >= least
