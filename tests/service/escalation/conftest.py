"""What tests of the escalation room share: a ground of each module's own, and a morning for each test."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests import ground
from tests.service.escalation.running import EscalationRun, escalation_run
from tests.unit.escalation.builders import MORNING
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres


@pytest.fixture(scope="module")
def empty_house(
    kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EscalationRun]:
    """Topics and a database of this module alone: nothing is published yet, and no room runs."""
    ground.renew_topics(kafka.bootstrap)
    with (
        ground.fresh_database(postgres) as database,
        escalation_run(kafka, database, tmp_path_factory.mktemp("escalation")) as run,
    ):
        yield run


@pytest.fixture
def morning(house: EscalationRun, request: pytest.FixtureRequest) -> datetime:
    """A morning after all that earlier tests of the module have lived through; it is house time now."""
    here = [item for item in request.session.items if item.path == request.node.path]
    at = MORNING + timedelta(days=100 * here.index(request.node))
    house.advance(at)
    return at
