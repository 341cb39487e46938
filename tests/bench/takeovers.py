"""Four replicas ring, and every five seconds one of them is killed and started again."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

from tests.bench.arming import Armoury
from tests.bench.figures import Say
from tests.bench.ringing import Ears, soon
from tests.bench.site import Site
from tests.ground import FreshDatabase
from tests.replicas import Replicas
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local.bundle import load
from wangge_local.ground import poll
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.kafka import Kafka
from wangge_local.publish import outsiders, publish

NAMES = ("a", "b", "c", "d")
KILLED_EVERY_S = 5.0
RATE = 50
_LAST_WITHIN_S = 60.0


def figures(site: Site, *, seconds: float, say: Say) -> dict[str, Any]:
    """Measure it on a site whose topics are made anew."""
    bundle = load(DEFAULT_CONFIG)
    site.lay_topics(outsiders(bundle, DEFAULT_CONFIG))
    with site.database() as database:
        found = ring_through_kills(site.kafka, database, seconds=seconds)
    say(f"{found['kills']} kills in {seconds:.0f} s of {RATE} rings/s: {found}")
    return found


def ring_through_kills(kafka: Kafka, database: FreshDatabase, *, seconds: float) -> dict[str, Any]:
    """
    Let `RATE` clocks a second fall due for *seconds*, kill one replica after the other, and count.

    The topics of `DEFAULT_CONFIG` must be there. A replica that is killed starts again at once under its
    name, as an orchestrator would start it.
    """
    bundle = load(DEFAULT_CONFIG)
    publish(kafka.bootstrap, bundle, at=datetime.now(UTC))
    armoury = Armoury(bundle, database)
    with _four(kafka, database) as replicas, Ears(kafka.bootstrap) as ears:
        begins = soon(3 + seconds * RATE / 2000)
        gap = timedelta(seconds=1) / RATE
        keys = asyncio.run(armoury.arm([begins + gap * number for number in range(round(seconds * RATE))]))
        _move(database)
        ends, kills = begins.timestamp() + seconds, 0
        for name in cycle(NAMES):
            time.sleep(KILLED_EVERY_S)
            if time.time() > ends:
                break
            replicas.kill(name)
            _launch(replicas, name)
            kills += 1
        heard = ears.wait(keys, within_s=_LAST_WITHIN_S)
    return heard.lateness() | heard.count() | {"kills": kills, "per_s": RATE, "seconds": seconds}


@contextmanager
def _four(kafka: Kafka, database: FreshDatabase) -> Iterator[Replicas]:
    """Four replicas that hold three parts each."""
    with Replicas(kafka, database) as replicas:
        for name in NAMES:
            _launch(replicas, name)
        shared = "SELECT count(*) FROM escalation.ownership"
        for _ in poll(timeout=60, every=0.2):
            there = database.sql("SELECT to_regclass('escalation.ownership') IS NOT NULL") == ["t"]
            if there and database.sql(shared) == [str(INSIDE_PARTITIONS_DEFAULT)]:
                break
        yield replicas


def _launch(replicas: Replicas, name: str) -> None:
    replicas.launch(name, "escalation", replica=name, session_timeout_s=6, log_level="error")


def _move(database: FreshDatabase) -> None:
    """Let every replica look again: rows that a bench writes are told to nobody."""
    database.sql("INSERT INTO house.anchor (real_at, house_at) SELECT at, at FROM clock_timestamp() AS at")
