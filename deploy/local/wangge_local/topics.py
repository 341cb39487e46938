"""The topic table -> topics on a broker: what is missing is made, what is there is compared."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from wangge_contracts.topics import (
    INSIDE_PARTITIONS_DEFAULT,
    SERVICES,
    TERMINAL_ANSWERS,
    TERMINAL_TASKS,
    TOPICS,
    Topic,
    find,
)
from wangge_local.ground import GroundError


def names(
    *, terminals: Iterable[str] = (), departments: Iterable[str] = (), reporters: Iterable[str] = ()
) -> dict[str, Topic]:
    """Every concrete topic of the house with these outsiders, and its row; *reporters* have no tasks."""
    slugs = {"terminals.": tuple(terminals), "departments.": tuple(departments)}
    needless = {row.named(slug) for row in (TERMINAL_TASKS, TERMINAL_ANSWERS) for slug in reporters}
    found: dict[str, Topic] = {}
    for topic in TOPICS:
        if "{service}" in topic.name:
            concrete = [topic.named(service) for service in SERVICES]
        elif "{slug}" in topic.name:
            concrete = [
                topic.named(slug)
                for start, of in slugs.items()
                if topic.name.startswith(start)
                for slug in of
            ]
        else:
            concrete = [topic.name]
        # A particular row (intake's dead letters) goes before the general one.
        found |= {name: find(name) or topic for name in concrete if name not in needless}
    return found


def create(
    bootstrap: str,
    *,
    partitions: int = INSIDE_PARTITIONS_DEFAULT,
    terminals: Sequence[str] = (),
    departments: Sequence[str] = (),
    reporters: Sequence[str] = (),
    replicas: int = 1,
    timeout: float = 30,
) -> list[str]:
    """
    Make the topics that *bootstrap* lacks and give their names, when they can be written to.

    :param partitions: of every inside topic; fixed once and for all when the house is first started.
    :param terminals: slugs of terminal systems; :param departments: slugs of departments with a mailbox.
    :param reporters: of the terminal systems those that only report.
    :raises GroundError: an inside topic exists with another number of partitions, or the broker refuses.
    """
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    rows = names(terminals=terminals, departments=departments, reporters=reporters)
    try:
        standing = {
            name: len(of.partitions) for name, of in client.list_topics(timeout=timeout).topics.items()
        }
        for name, row in rows.items():
            if row.inside and standing.get(name, partitions) != partitions:
                raise GroundError(
                    f"topic {name} has {standing[name]} partitions, not {partitions}: the first start decides"
                )
        lacking = [
            NewTopic(
                name,
                num_partitions=partitions if row.inside else row.partitions,
                replication_factor=replicas,
                config=settings(row, replicas=replicas),
            )
            for name, row in rows.items()
            if name not in standing
        ]
        made: list[str] = []
        answers = client.create_topics(lacking, operation_timeout=timeout) if lacking else {}
        for name, answer in answers.items():
            try:
                answer.result(timeout)
            except KafkaException as error:
                # Somebody was quicker, or what was made a moment ago was not listed yet.
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
            else:
                made.append(name)
    except KafkaException as error:
        raise GroundError(f"topics cannot be made at {bootstrap}: {error.args[0].str()}") from error
    return made


def settings(topic: Topic, *, replicas: int) -> dict[str, str]:
    """Settings of the topic itself, `min.insync.replicas` too: a cluster-wide one cannot be relied on."""
    forever = topic.retention is None or topic.cleanup == "compact"
    return {
        "cleanup.policy": topic.cleanup,
        "retention.ms": "-1"
        if forever
        else str((topic.retention or timedelta()) // timedelta(milliseconds=1)),
        "max.message.bytes": str(topic.batch_bytes),
        "message.timestamp.type": topic.timestamps,
        "min.insync.replicas": str(2 if replicas >= 3 else 1),
    }
