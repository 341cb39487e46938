"""Where a bench stands: one broker and one cluster of its own, and the programs that it starts on them."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests import ground
from tests.bench import skeleton
from tests.ground import FreshDatabase
from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT
from wangge_local import topics
from wangge_local.daemon import Daemon
from wangge_local.ground import plain_environment, poll
from wangge_local.house_folder import ROOT, HouseFolder
from wangge_local.kafka import Kafka
from wangge_local.listening import Log
from wangge_local.postgres import Postgres
from wangge_local.publish import Outsiders

HOPS = ("bench.in", "bench.between", "bench.out")
"""The skeletons' topics: in a chain of two, each reads one and writes the next."""
_STOPS_WITHIN_S = 25.0


@dataclass(slots=True)
class Program:
    """One process of ours; it ends with us."""

    name: str
    folder: Path
    module: str
    settings: Mapping[str, str]
    _daemon: Daemon = field(init=False)
    _begins: int = 0

    def __post_init__(self) -> None:
        self._daemon = Daemon(self.name, self.folder)

    def start(self) -> psutil.Process:
        """Start it and return its process."""
        environment = {**plain_environment(), "PYTHONPATH": str(ROOT), **self.settings}
        command = [sys.executable, "-m", self.module]
        self._begins = self._daemon.launch(command, environment=environment, bound=True, options={})
        program = self._daemon.program()
        assert program is not None
        return program

    def stop(self) -> None:
        """Let it end in order, so that the database learns its last counts; kill it when it does not."""
        self._daemon.ask_to_end()
        self._daemon.ended(timeout=_STOPS_WITHIN_S)

    def last_words(self) -> str:
        """The end of its log, for who wonders why it got nowhere."""
        return " | ".join(list(self._daemon.lines(since=self._begins))[-3:])[-600:]


@dataclass(frozen=True, slots=True)
class Site:
    """The ground of one bench, in a folder of its own."""

    folder: HouseFolder
    kafka: Kafka
    postgres: Postgres

    def lay_topics(self, of: Outsiders) -> None:
        """Remove every topic and group that stands, and make those of the table and of the skeletons."""
        ground.renew_topics(self.kafka.bootstrap, terminals=of.terminals, departments=of.departments)
        self._make(HOPS)

    def empty(self, names: Sequence[str], of: Outsiders) -> None:
        """Make topics *names* anew, so that nothing stands on them and their offsets begin at nought."""
        client = self._client()
        for removed in client.delete_topics(list(names)).values():
            removed.result()
        for _ in poll(timeout=30):
            if not client.list_topics(timeout=10).topics.keys() & set(names):
                break
        topics.create(self.kafka.bootstrap, terminals=of.terminals, departments=of.departments)
        self._make([name for name in names if name in HOPS])

    def standing(self, names: Iterable[str]) -> int:
        """How many records have ever been put on topics *names*."""
        return sum(Log(self.kafka.bootstrap).next(names).values())

    @contextmanager
    def database(self) -> Iterator[FreshDatabase]:
        """A database in which no service has run, and no group has told Kafka of another."""
        ground.remove_groups(self.kafka.bootstrap)
        with ground.fresh_database(self.postgres) as fresh:
            yield fresh

    def service(self, name: str, database: FreshDatabase, **own: str) -> Program:
        """One room as a process, as production would set it, but without a door."""
        given = {"kafka": self.kafka.bootstrap, "postgres": database.dsn(name), "log_level": "warning", **own}
        settings = {f"WANGGE_{name.upper()}_{key.upper()}": value for key, value in given.items()}
        return Program(name, self.folder.root, f"wangge_{name}", settings)

    def skeleton(self, database: FreshDatabase, *, hop: int = 1) -> Program:
        """The bare relay on the way from one of `HOPS` to the next; its tables lie in a schema of its own."""
        group = f"hop{hop}"
        database.sql(f"CREATE SCHEMA {group}; SET search_path = {group}; {skeleton.TABLES}")
        settings = {
            "SKELETON_KAFKA": self.kafka.bootstrap,
            "SKELETON_POSTGRES": database.dsn(),
            "SKELETON_SOURCE": HOPS[hop - 1],
            "SKELETON_TARGET": HOPS[hop],
            "SKELETON_GROUP": group,
        }
        return Program(f"skeleton-{hop}", self.folder.root, "tests.bench.skeleton", settings)

    def _make(self, names: Sequence[str]) -> None:
        made = [
            NewTopic(name, num_partitions=INSIDE_PARTITIONS_DEFAULT, replication_factor=1) for name in names
        ]
        client = self._client()
        for answer in client.create_topics(made, operation_timeout=30).values() if made else ():
            try:
                answer.result(30)
            except KafkaException as error:
                raise RuntimeError(f"a topic of the bench cannot be made: {error}") from error

    def _client(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.kafka.bootstrap, "log_level": 0})


@contextmanager
def site() -> Iterator[Site]:
    """A site that is gone with the bench."""
    with ground.folder() as made:
        folder = HouseFolder(made)
        kafka, postgres = ground.new_kafka(folder.kafka), ground.new_postgres(folder.postgres)
        kafka.start()
        try:
            postgres.start()
            yield Site(folder, kafka, postgres)
        finally:
            kafka.stop()
            postgres.stop()
