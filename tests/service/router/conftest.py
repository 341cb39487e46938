"""One router for each module of these tests: its tests tell it of different incidents."""

from collections.abc import Iterator

import pytest

from tests import ground
from tests.service.router.running import RouterRun, router_run
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres


@pytest.fixture(scope="module")
def run(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouterRun]:
    """A router with its reference data, running; it waits three seconds for what never comes."""
    ground.renew_topics(kafka.bootstrap)
    with (
        ground.fresh_database(postgres) as database,
        router_run(kafka, database, tmp_path_factory.mktemp("router")) as running,
    ):
        running.publish()
        running.start()
        yield running
