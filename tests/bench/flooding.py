"""How much the HTTP door keeps per second when every caller sends again as soon as it is answered."""

import asyncio
from typing import Any

from tests.bench import backlog
from tests.bench.draining import cpu_s
from tests.bench.figures import median_of
from tests.bench.walking import CONNECTIONS
from tests.bench.whole import REPORTS, Whole
from wangge_local.house_replicas import Replica

BATCH = 50
_LONGEST_S = 5.0


def floods(whole: Whole) -> dict[str, Any]:
    """
    The house as it is, then its door alone, one report a request and in batches; stops the rooms.

    In the house the rooms take up at once what the door keeps, on the same processors. Alone is what is left
    of it when the rooms are busy elsewhere or not yet there: what it answers for is kept all the same.
    """
    told: dict[str, list[tuple[int, float]]] = {}
    told["with_house"] = [_flood(whole, whole.intake) for _ in range(whole.rounds)]
    with whole.door_alone() as door:
        told["accepts"] = [_flood(whole, door) for _ in range(whole.rounds)]
        told["batched"] = [_flood(whole, door, batch=BATCH) for _ in range(whole.rounds)]
    for name, runs in told.items():
        whole.say(f"door, {name}: {[per_s for per_s, _ in runs]} reports/s")
    return {
        "accepts_per_s": median_of([per_s for per_s, _ in told["accepts"]]),
        "batched_per_s": median_of([per_s for per_s, _ in told["batched"]]),
        "with_house_accepts_per_s": median_of([per_s for per_s, _ in told["with_house"]]),
        "runs_per_s": {name: [per_s for per_s, _ in runs] for name, runs in told.items()},
        "cpu_us_per_report": {name: median_of([cost for _, cost in runs]) for name, runs in told.items()},
    }


def _flood(whole: Whole, door: Replica, *, batch: int = 1) -> tuple[int, float]:
    """Return the reports that *door* kept per second, and the microseconds of processor each cost it."""
    program = door.program
    assert program is not None
    before, used = whole.site.standing([REPORTS]), cpu_s(program)
    caller, told = whole.caller(), 0

    def ids() -> list[str]:
        nonlocal told
        told += batch
        return [backlog.report_id(next(whole.numbers)) for _ in range(batch)]

    async def run() -> tuple[float, int]:
        await caller.dial(CONNECTIONS)
        kept = await caller.knock(ids, seconds=min(whole.seconds, _LONGEST_S))
        caller.hang_up()
        return kept

    per_s, refused = asyncio.run(run())
    used = cpu_s(program) - used
    kept = whole.site.standing([REPORTS]) - before
    whole.lost += told - kept - refused * batch
    if refused:
        whole.say(f"the door refused {refused} requests")
    return round(per_s * batch), round(used / max(kept, 1) * 1e6, 1)
