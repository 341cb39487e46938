"""An owner of the bell that is frozen or killed amid its rings: each rung rings once all the same."""

import asyncio
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import ground
from tests.bench.arming import Armoury, holder_of
from tests.bench.ringing import Ears, soon
from tests.bench.takeovers import ring_through_kills
from tests.ground import FreshDatabase
from tests.replicas import Replicas
from tests.waiting import wait_for
from wangge_local.bundle import Bundle, load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.kafka import Kafka
from wangge_local.publish import publish

RINGS = 3000


@pytest.fixture
def bundle(kafka: Kafka) -> Iterator[Bundle]:
    """Dongcheng's configuration, published; of its departments one has topics."""
    found = load(DEFAULT_CONFIG)
    ground.renew_topics(kafka.bootstrap, departments=(holder_of(found),))
    publish(kafka.bootstrap, found, at=datetime.now(UTC))
    yield found
    ground.renew_topics(kafka.bootstrap)


@pytest.mark.parametrize(
    ("place", "then"),
    [
        ("mid-publish@20", "killed"),
        *(
            pytest.param(place, then, marks=pytest.mark.long)
            for place, then in (
                ("mid-publish@20", "resumed"),
                ("after-lock@4", "killed"),
                ("after-lock@4", "resumed"),
                ("before-commit@4", "killed"),
                ("before-commit@4", "resumed"),
                ("after-commit@4", "killed"),
                ("after-commit@4", "resumed"),
            )
        ),
    ],
)
def test_an_owner_frozen_amid_its_rings_leaves_each_to_ring_once(
    kafka: Kafka, database: FreshDatabase, bundle: Bundle, tmp_path: Path, place: str, then: str
) -> None:
    owned = "SELECT count(*) FROM escalation.ownership"
    with Replicas(kafka, database, tmp_path) as replicas, Ears(kafka.bootstrap) as ears:
        replicas.launch("first", "escalation", replica="z")
        wait_for("its tables", lambda: database.sql("SELECT to_regclass('escalation.ownership')") != [""])
        wait_for("its parts", lambda: database.sql(owned) == ["12"])
        replicas.stop_all()
        since = soon(-60)
        dues = [since + number * timedelta(milliseconds=10) for number in range(RINGS)]
        keys = asyncio.run(Armoury(bundle, database).arm(dues))

        settings: dict[str, Any] = {"session_timeout_s": 3, "frozen_after_s": 3, "rings_per_turn": 200}
        replicas.launch("z", "escalation", replica="z", stop_point=place, **settings)
        wait_for("the owner is frozen", lambda: replicas.frozen("z"))
        assert len(ears.rungs) < RINGS
        replicas.launch("n", "escalation", replica="n", **settings)
        epoch = "SELECT max(epoch) FROM escalation.ownership"  # 1: the first, 2: z
        wait_for("the heir has a part", lambda: int(database.sql(epoch)[0]) > 2)
        if then == "killed":
            replicas.kill("z")
        else:
            replicas.signal("z", signal.SIGCONT)

        heard = ears.wait(keys, within_s=40)
        assert heard.count() | {"copies": 0} == {"lost": 0, "doubled": 0, "copies": 0}


@pytest.mark.long
def test_five_minutes_of_rings_with_a_replica_killed_every_five_seconds(
    kafka: Kafka, database: FreshDatabase, bundle: Bundle
) -> None:
    del bundle
    found = ring_through_kills(kafka, database, seconds=300)

    assert found["kills"] >= 50
    assert (found["lost"], found["doubled"]) == (0, 0)
