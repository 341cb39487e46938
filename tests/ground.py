"""What tests of services and of the house stand on: a broker and a cluster of this run alone."""

import os
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from wangge_contracts.topics import INSIDE_PARTITIONS_DEFAULT, SERVICES
from wangge_local import topics
from wangge_local.ground import GroundError
from wangge_local.kafka import Kafka
from wangge_local.listening import Log
from wangge_local.ports import kept_ports
from wangge_local.postgres import Postgres

TERMINALS = ("hotline", "pda", "sensor")
DEPARTMENTS = ("district-disabled-federation", "gas", "property", "street-disabled-federation", "water")
"""Outsiders that have topics on every broker of the tests; a test that needs others calls `topics.create`."""
_numbers = count(1)


def containers() -> bool:
    """Whether the ground comes from a container engine (`WANGGE_TEST_BACKEND=containers`)."""
    backend = os.environ.get("WANGGE_TEST_BACKEND", "packages")
    if backend not in ("packages", "containers"):
        raise GroundError(f"WANGGE_TEST_BACKEND={backend}: it is packages (the default) or containers")
    return backend == "containers"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of this run alone, removed after it (or by a later run) unless `WANGGE_TEST_KEEP` is set."""
    _sweep()
    made = Path(tempfile.mkdtemp(prefix=f"wangge-test-{os.getpid()}-"))
    made.chmod(0o755)  # so that the database's user may pass
    try:
        yield made
    finally:
        if not os.environ.get("WANGGE_TEST_KEEP"):
            shutil.rmtree(made, ignore_errors=True)


def _sweep() -> None:
    """Remove the folders of runs that were killed."""
    for left in Path(tempfile.gettempdir()).glob("wangge-test-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)) and not os.environ.get("WANGGE_TEST_KEEP"):
            shutil.rmtree(left, ignore_errors=True)


def new_kafka(at: Path) -> Kafka:
    """A broker in the folder *at*, not yet started; it ends with the test run, however that ends."""
    if containers():
        from tests.containers import ContainerKafka

        return ContainerKafka(at)
    return Kafka(at, bound=True)


def new_postgres(at: Path) -> Postgres:
    """A cluster in the folder *at*, not yet started; it ends with the test run, however that ends."""
    if containers():
        from tests.containers import ContainerPostgres

        return ContainerPostgres(at)
    return Postgres(at, bound=True)


def renew_topics(
    bootstrap: str, *, terminals: Sequence[str] = TERMINALS, departments: Sequence[str] = DEPARTMENTS
) -> None:
    """
    Leave the broker without a group, with the table's topics and no other, all of them empty.

    A topic into which nobody ever wrote stays as it is: to make all of them anew takes the broker a second.
    """
    remove_groups(bootstrap)
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    rows = topics.names(terminals=terminals, departments=departments)
    wanted = {name: INSIDE_PARTITIONS_DEFAULT if row.inside else row.partitions for name, row in rows.items()}
    log = Log(bootstrap)
    spent = _spent(log, wanted)
    while standing := sorted(spent & log.counts().keys()):
        for removed in client.delete_topics(standing).values():
            try:
                removed.result()
            except KafkaException:
                continue  # gone, or seen as gone, in the next round
        time.sleep(0.02)
    topics.create(bootstrap, terminals=terminals, departments=departments)


def _spent(log: Log, wanted: Mapping[str, int]) -> set[str]:
    """Topics that are not *wanted*, or not with so many partitions, or into which somebody has written."""
    counts = log.counts()
    written = {topic for (topic, _), offset in log.next(counts).items() if offset}
    return {name for name, count in counts.items() if wanted.get(name) != count} | written


def remove_groups(bootstrap: str) -> None:
    """
    Remove every consumer group of the broker: on a fresh database a room refuses what its group has told.

    A member with a static name stays until its session ends, though its service was stopped: it is sent away.

    :raises GroundError: a program of this run still speaks to the broker, or members come back.
    """
    _refuse_speaking(bootstrap)
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    ends = time.monotonic() + 30
    while groups := [group.group_id for group in client.list_consumer_groups().result().valid]:
        for group, told in client.describe_consumer_groups(groups).items():
            for member in told.result().members:
                _send_away(bootstrap, group, member.member_id)
        for group, removed in client.delete_consumer_groups(groups).items():
            try:
                removed.result()
            except KafkaException as error:
                if time.monotonic() > ends:
                    raise GroundError(
                        f"the group {group} still has members: was its service stopped?"
                    ) from error
        if time.monotonic() > ends:
            break
        time.sleep(0.02)


def _refuse_speaking(bootstrap: str) -> None:
    for child in psutil.Process().children(recursive=True):
        try:
            speaks = bootstrap in child.environ().values()
        except psutil.Error:
            continue  # it has ended meanwhile
        if speaks:
            raise GroundError(f"{' '.join(child.cmdline())} still speaks to {bootstrap}: was it stopped?")


def _send_away(bootstrap: str, group: str, member_id: str) -> None:
    """Say LeaveGroup (13, version 0 of Kafka's protocol) for a member; the admin clients of Python cannot."""
    texts = (text.encode() for text in ("tests", group, member_id))
    request = struct.pack(">hhi", 13, 0, 0) + b"".join(struct.pack(">h", len(text)) + text for text in texts)
    host, _, port = bootstrap.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(struct.pack(">i", len(request)) + request)
        line.recv(64)


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """One test's database, with a role and a schema for every service and house time in `house`."""

    postgres: Postgres
    name: str

    def dsn(self, service: str = "postgres") -> str:
        """The address for a service's role; without a name, for the owner of all."""
        return self.postgres.dsn(service, database=self.name)

    def sql(self, text: str, *, role: str = "postgres") -> list[str]:
        """Rows of *text*, columns parted by `|`."""
        return self.postgres.sql(text, database=self.name, role=role)


@contextmanager
def fresh_database(postgres: Postgres) -> Iterator[FreshDatabase]:
    """A database copied from one in which all services have their places: some 50 ms."""
    pattern = "pattern_of_tests"
    if not postgres.sql(f"SELECT 1 FROM pg_database WHERE datname = '{pattern}'"):
        postgres.provision(SERVICES, database=pattern)
    name = f"test_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name} TEMPLATE {pattern}; REVOKE ALL ON DATABASE {name} FROM PUBLIC;")
    postgres.sql(f"GRANT CONNECT ON DATABASE {name} TO {', '.join(SERVICES)}")
    try:
        yield FreshDatabase(postgres, name)
    finally:
        if postgres.pid:
            postgres.drop_database(name)


def free_ports_of(at: Path, *names: str) -> dict[str, int]:
    """Ports for a service's doors, the same for the same folder."""
    at.mkdir(parents=True, exist_ok=True)
    return kept_ports(at / "ports.json", names)
