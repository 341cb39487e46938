"""A million armed clocks: how late they ring, many at once, after a stop, and what it costs to keep them."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from tests.bench.arming import Armoury
from tests.bench.draining import cpu_s
from tests.bench.figures import Say, median_of
from tests.bench.ringing import Ears, soon
from tests.bench.site import Program, Site
from tests.ground import FreshDatabase
from wangge_contracts.calendars import Calendars
from wangge_contracts.v1 import ClockKind, Limit
from wangge_contracts.worktime import Worktime, deadline
from wangge_local.bundle import load
from wangge_local.ground import poll
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.publish import outsiders, publish

RATE = 200
AT_ONCE = 20_000
DURING_A_STOP = 10_000
_MS, _SECOND, _DAY = timedelta(milliseconds=1), timedelta(seconds=1), timedelta(days=1)
_STARTS_WITHIN_S = 30.0
_IDLE_S = 15.0
_DEADLINES = 2000


def figures(site: Site, *, armed: int, seconds: float, say: Say) -> dict[str, Any]:
    """Measure the room alone, with *armed* clocks that ring later beside those that ring now."""
    bundle = load(DEFAULT_CONFIG)
    site.lay_topics(outsiders(bundle, DEFAULT_CONFIG))
    publish(site.kafka.bootstrap, bundle, at=datetime.now(UTC))
    found: dict[str, Any] = {"deadline_us": _deadline_us(bundle.part("calendars"))}
    with site.database() as database:
        room = site.service("escalation", database)
        with _running(room):
            _wait_until_held(database)
        armoury = Armoury(bundle, database)
        began = time.monotonic()
        later = soon(0) + _DAY
        asyncio.run(armoury.arm([later + number % 1000 * 100 * _SECOND for number in range(armed)]))
        for table in ("clock", "numbering"):  # as it would stand had they been armed over weeks
            database.sql(f"VACUUM (ANALYZE) escalation.{table}")
        say(f"{armed:,} clocks armed in {time.monotonic() - began:.0f} s")
        with Ears(site.kafka.bootstrap) as ears:
            found |= _punctual(site, armoury, room, ears, seconds=seconds, say=say)
            found |= _after_a_stop(armoury, room, ears, say=say)
    phases = (found["steady"], found["at_once"], found["after_a_stop"])
    found |= {which: sum(phase[which] for phase in phases) for which in ("lost", "doubled")}
    return found | {"armed": armed}


def _punctual(
    site: Site, armoury: Armoury, room: Program, ears: Ears, *, seconds: float, say: Say
) -> dict[str, Any]:
    """Start; at rest; so many a second, each at its own instant; so many at one instant."""
    steady_at = soon(_STARTS_WITHIN_S + _IDLE_S + 5)
    instants = [steady_at + number * _SECOND / RATE for number in range(round(seconds * RATE))]
    instants = [at.replace(microsecond=at.microsecond // 1000 * 1000) for at in instants]
    mass_at = instants[-1] + 5 * _SECOND
    first, steady, mass = (
        asyncio.run(armoury.arm(dues)) for dues in ([soon(-1)], instants, [mass_at] * AT_ONCE)
    )
    found: dict[str, Any] = {}
    with _running(room) as process:
        started = time.time()
        found["start_to_first_ring_s"] = ears.wait(first, within_s=60).after(started)["first_s"]
        say(f"first ring {found['start_to_first_ring_s']} s after its start")
        time.sleep(3)
        found["idle"] = _idle(site, process)
        say(f"idle, per cent of a core: {found['idle']}")
        _sleep_until(instants[-1])
        heard = ears.wait(steady, within_s=30)
        found["steady"] = heard.lateness() | heard.count() | {"per_s": RATE}
        say(f"{RATE}/s: {found['steady']}")
        _sleep_until(mass_at)
        heard = ears.wait(mass, within_s=60)
        found["at_once"] = heard.after(mass_at.timestamp()) | heard.count()
        say(f"{AT_ONCE:,} at one instant: {found['at_once']}")
        found["rss_mb"] = _rss_mb(process)
    return found


def _after_a_stop(armoury: Armoury, room: Program, ears: Ears, *, say: Say) -> dict[str, Any]:
    """While nobody was there so many fell due, over ten minutes."""
    since = soon(-600)
    missed = asyncio.run(armoury.arm([since + number * 60 * _MS for number in range(DURING_A_STOP)]))
    with _running(room) as process:
        started = time.time()
        heard = ears.wait(missed, within_s=60)
        found = heard.after(started) | heard.count() | {"rss_mb": _rss_mb(process)}
    say(f"{DURING_A_STOP:,} due during a stop: {found}")
    return {"after_a_stop": found}


def _idle(site: Site, process: psutil.Process) -> dict[str, float]:
    assert site.postgres.pid is not None
    database = psutil.Process(site.postgres.pid)

    def used() -> tuple[float, float]:
        return cpu_s(process), cpu_s(database) + sum(map(cpu_s, database.children(recursive=True)))

    before, began = used(), time.monotonic()
    time.sleep(_IDLE_S)
    lasted = time.monotonic() - began
    room, postgres = ((now - then) / lasted * 100 for now, then in zip(used(), before, strict=True))
    return {"room": round(room, 2), "postgres": round(postgres, 2), "core_percent": round(room + postgres, 2)}


def _deadline_us(calendars: Any) -> float:
    """Microseconds for a deadline a year ahead, the slower of the two working kinds."""
    calendar = Calendars.model_validate(calendars).calendars[0]
    worktime = Worktime(calendar)
    starts = [
        datetime(2026, 1, 5, 1, tzinfo=UTC) + number * timedelta(minutes=7) for number in range(_DEADLINES)
    ]

    def took(kind: ClockKind, value: float) -> float:
        limit = Limit(value=value, clock_kind=kind, calendar=calendar.name, calendar_version=calendar.version)
        rounds = []
        for _ in range(5):
            began = time.perf_counter()
            for start in starts:
                deadline(start, limit, worktime)
            rounds.append((time.perf_counter() - began) / len(starts) * 1e6)
        return median_of(rounds)

    return max(took("working-hours", 1900), took("working-days", 240))


def _wait_until_held(database: FreshDatabase) -> None:
    """Wait until the room has made its tables and holds its parts."""
    for _ in poll(timeout=60, every=0.2):
        there = database.sql("SELECT to_regclass('escalation.ownership') IS NOT NULL")
        if there == ["t"] and database.sql("SELECT count(*) > 0 FROM escalation.ownership") == ["t"]:
            return


def _rss_mb(process: psutil.Process) -> float:
    return round(process.memory_info().rss / 1e6, 1)


def _sleep_until(at: datetime) -> None:
    time.sleep(max(at.timestamp() - time.time(), 0))


@contextmanager
def _running(room: Program) -> Iterator[psutil.Process]:
    process = room.start()
    try:
        yield process
    finally:
        room.stop()
