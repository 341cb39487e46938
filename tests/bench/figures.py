"""What was measured, beside what was promised: one JSON line, one table, and the machine that it was on."""

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from wangge_local.house_folder import ROOT

Say = Callable[[str], None]
"""Tells who watches how far it is."""
_SCREEN = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One figure that was promised; *where* leads to it, by dots."""

    where: str
    what: str
    unit: str
    least: float | None = None
    most: float | None = None

    def verdict(self, value: float) -> str:
        """Return `ok` or `short`; nothing where nothing was promised."""
        if self.least is not None:
            return "ok" if value >= self.least else "short"
        if self.most is not None:
            return "ok" if value <= self.most else "short"
        return ""

    @property
    def wish(self) -> str:
        """The promise in words."""
        if self.least is not None:
            return f">= {_number(self.least)}"
        return f"<= {_number(self.most)}" if self.most is not None else ""


TARGETS = (
    Target("skeleton.rows_per_s", "bare skeleton, rows of state and outbox", "rows/s"),
    Target("intake.records_per_s", "intake, from a backlog", "reports/s", least=6000),
    Target("intake.rows_per_s", "intake, rows", "rows/s"),
    Target("intake.of_skeleton", "intake, rows/s of the skeleton's", "x", least=0.6),
    Target("router.records_per_s", "router, from a backlog", "incidents/s", least=4000),
    Target("router.rows_per_s", "router, rows", "rows/s"),
    Target("router.of_skeleton", "router, rows/s of the skeleton's", "x", least=0.6),
    Target("units.intake.records_per_s", "intake, 100 units, reports and answers", "records/s", least=6000),
    Target("units.intake.of_skeleton", "intake, 100 units, of the skeleton's", "x", least=0.6),
    Target("units.router.records_per_s", "router, 100 units, incidents and answers", "records/s", least=4000),
    Target("units.router.of_skeleton", "router, 100 units, of the skeleton's", "x", least=0.6),
    Target("places.us", "point to grid, in a batch of 500", "us", most=10),
    Target("lives.per_s", "acts of a mixed life, by a router from a backlog", "acts/s", least=4000),
    Target("lives.lost", "acts that a router lost", "", most=0),
    Target("acts.per_s", "acts of a mixed life, head and rows alone, remembered", "acts/s", least=4000),
    Target("acts.read_per_s", "the same, every row parsed", "acts/s"),
    Target("acts.long_us", "an act in an incident of 200 tasks and 2,000 facts", "us"),
    Target("acts.long_of_short", "the same, of one in a small incident", "x", most=3),
    Target("rules.decision_ms", "decision with its reasons, 600 rules", "ms", most=0.1),
    Target("rules.whole_ms", "whole explanation of a decision, 600 rules", "ms"),
    Target("door.accepts_per_s", "HTTP door, one report a request", "accepts/s", least=4000),
    Target("door.batched_per_s", "HTTP door, batches of 50", "reports/s", least=20000),
    Target("door.with_house_accepts_per_s", "HTTP door, all rooms at work", "accepts/s"),
    Target("door.p99_ms", "HTTP door at 200/s, all rooms at work, p99", "ms", most=30),
    Target("mailbox.p50_ms", "terminal's topic to mailbox at 200/s, p50", "ms"),
    Target("mailbox.p99_ms", "terminal's topic to mailbox at 200/s, p99", "ms", most=50),
    Target("skeleton_hops.p99_ms", "skeleton's two hops at 200/s, p99", "ms"),
    Target("mailbox.of_skeleton", "mailbox p99 of the skeleton's two hops", "x", most=3),
    Target("door_to_mailbox.p99_ms", "HTTP door to mailbox at 200/s, p99", "ms", most=100),
    Target("clocks.steady.p50_ms", "1 M clocks armed, 200 rings/s, lateness p50", "ms"),
    Target("clocks.steady.p99_ms", "1 M clocks armed, 200 rings/s, lateness p99", "ms", most=300),
    Target("clocks.at_once.last_s", "20,000 due at one instant, the last one", "s", most=5),
    Target("clocks.after_a_stop.last_s", "10,000 due during a stop, the last after the start", "s", most=10),
    Target("clocks.start_to_first_ring_s", "1 M clocks armed, start to first ring", "s", most=20),
    Target("clocks.idle.core_percent", "1 M clocks armed, idle with PostgreSQL, of one core", "%", most=10),
    Target("clocks.rss_mb", "1 M clocks armed, memory", "MB", most=400),
    Target("clocks.lost", "rungs lost", "", most=0),
    Target("clocks.doubled", "rungs doubled", "", most=0),
    Target("clocks.deadline_us", "a deadline in working time, one year ahead", "us", most=20),
    Target("takeovers.p50_ms", "one of four killed every 5 s, 50 rings/s, lateness p50", "ms"),
    Target("takeovers.p99_ms", "one of four killed every 5 s, 50 rings/s, lateness p99", "ms"),
    Target("takeovers.max_ms", "one of four killed every 5 s, 50 rings/s, the latest", "ms"),
    Target("takeovers.lost", "one of four killed every 5 s, rungs lost", "", most=0),
    Target("takeovers.doubled", "one of four killed every 5 s, rungs doubled", "", most=0),
    Target("notices.full.per_s", "notices to 200 endpoints, 1,200/s composed", "notices/s", least=1000),
    Target("notices.full.core", "notices at 1,200/s, of one core", "x"),
    Target("notices.beside_ratio", "notices at 500/s, others' p99 beside a sick endpoint", "x", most=1.5),
    Target("notices.fact.p99_ms", "fact to first attempt at 100/s, p99", "ms", most=200),
    Target("notices.at_once.last_s", "20,000 notices at once, the last", "s"),
    Target("notices.most_at_once", "most under way to one endpoint", "", most=8),
    Target("notices.rss_mb", "notifier after all of that, memory", "MB", most=150),
    Target("notices.lost", "notices lost", "", most=0),
    Target("emergency.last_s", "gas leak, order to the last of five told, the slowest", "s", most=2),
    Target("memory.largest_mb", "memory of the largest service", "MB", most=120),
    Target("idle.core_percent", "idle house with PostgreSQL, of one core", "%", most=10),
)


def report(figures: dict[str, Any], *, names: Sequence[str], seconds: float) -> None:
    """Print the JSON line on standard output and the table on standard error."""
    judged = {
        target.where: value for target in TARGETS if (value := _found(figures, target.where)) is not None
    }
    whole = {
        "bench": sorted(names),
        "seconds": round(seconds),
        "machine": machine(),
        "targets": {
            target.where: {"value": value, "target": target.wish, "verdict": target.verdict(value)}
            for target in TARGETS
            if (value := judged.get(target.where)) is not None and target.wish
        },
        **figures,
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("figure", "value", "unit", "target", ""):
        table.add_column(column, justify="right" if column == "value" else "left")
    for target in TARGETS:
        if target.where in judged:
            value = judged[target.where]
            verdict = target.verdict(value)
            style = "red" if verdict == "short" else ""
            table.add_row(target.what, _number(value), target.unit, target.wish, verdict, style=style)
    _SCREEN.print(table)
    sys.stdout.write(json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n")


def machine() -> dict[str, Any]:
    """What it was measured on, and what else that machine was doing when we came."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cpu": next(models, platform.processor()),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit or "unknown",
    }


def median_of(values: Sequence[float]) -> float:
    """The middle one of *values*."""
    return round(statistics.median(values), 3)


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The milliseconds that half, and 99 in a hundred, of *seconds* stay below, and the longest."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(ordered[(len(ordered) - 1) // 2] * 1e3, 2),
        "p99_ms": round(ordered[(len(ordered) * 99 - 1) // 100] * 1e3, 2),
        "max_ms": round(ordered[-1] * 1e3, 2),
        "samples": len(ordered),
    }


def _found(figures: dict[str, Any], where: str) -> float | None:
    value: Any = figures
    for step in where.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, int | float) else None


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"
