"""
The ground that tests share. Nothing starts until a test asks for it, so the unit tier starts nothing.

A test of a service asks for `fresh_topics` (the broker) and `database`; one that kills or freezes them asks
for `own_kafka` or `own_postgres`, which no other module sees.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests import ground
from tests.ground import FreshDatabase
from wangge_chassis.collecting import collect_seldom
from wangge_contracts.message import Part
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

# A drawn example that takes long says that the machine is slow, and no test may fail for that.
settings.register_profile("wangge", deadline=None)
settings.load_profile("wangge")

# A suite that is started in the background ignores Ctrl-C, and what it starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What tests ask for is on loopback, to which a proxy of the developer's does not lead.
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"

ON_ONE_HOUSE = "tests/system/house/"
"""Where tests share one house: starting a second costs more than running them side by side saves."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal files to workers as `--dist loadfile` does, but those on one house to one worker."""
    if config.getvalue("dist") != "loadfile":
        return None
    dealing: Any = LoadFileScheduling(config, log)
    by_file = dealing._split_scope
    dealing._split_scope = lambda test: ON_ONE_HOUSE if test.startswith(ON_ONE_HOUSE) else by_file(test)
    return dealing


def pytest_collection_finish() -> None:
    """Look for garbage as our rooms do: among thousands of tests it takes a fifth of what they cost."""
    collect_seldom()


@pytest.fixture(scope="session", autouse=True)
def of_checked_is_checked() -> Iterator[None]:
    """Check what is made of checked fields all the same: a test that brings others fails."""
    unchecked = vars(Part)["of_checked"].__func__

    def checking(cls: type[Part], fields: Mapping[str, Any]) -> Part:
        made: Part = unchecked(cls, fields)
        assert cls.model_validate(dict(vars(made))) == made
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Part, "of_checked", classmethod(checking))
        yield


@pytest.fixture(scope="session")
def ground_folder() -> Iterator[Path]:
    """A folder of this run alone, so that two runs at once never meet."""
    with ground.folder() as made:
        yield made


@pytest.fixture(scope="session")
def kafka(ground_folder: Path) -> Iterator[Kafka]:
    """The broker of this run (`.bootstrap`); it has no topics until `fresh_topics` makes them."""
    node = ground.new_kafka(ground_folder / "kafka")
    node.start()
    yield node
    node.stop()


@pytest.fixture(scope="session")
def postgres(ground_folder: Path) -> Iterator[Postgres]:
    """The cluster of this run; a test takes a `database` in it."""
    cluster = ground.new_postgres(ground_folder / "postgres")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def fresh_topics(kafka: Kafka) -> Kafka:
    """The run's broker, every topic of the house empty and no consumer group left: half a second."""
    ground.renew_topics(kafka.bootstrap)
    return kafka


@pytest.fixture
def database(postgres: Postgres) -> Iterator[FreshDatabase]:
    """A database of this test alone, with a role and a schema for every service (`.dsn("router")`)."""
    with ground.fresh_database(postgres) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of this module alone, with the house's topics: may be killed, frozen and started again."""
    node = ground.new_kafka(tmp_path_factory.mktemp("own-kafka"))
    node.start()
    ground.renew_topics(node.bootstrap)
    yield node
    node.stop()


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """A cluster of this module alone, started: may be killed and started again."""
    with ground.folder() as made:
        cluster = ground.new_postgres(made)
        cluster.start()
        yield cluster
        cluster.stop()
