"""The topic table -> topics on a broker: what is missing is made, what is there is brought into line."""

from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._metadata import TopicMetadata
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
    Make the topics that *bootstrap* lacks and give their names, when they can be written to; those that are
    there get the settings of the table.

    :param partitions: of every inside topic; fixed once and for all when the house is first started.
    :param terminals: slugs of terminal systems; :param departments: slugs of departments with a mailbox.
    :param reporters: of the terminal systems those that only report.
    :raises GroundError: an inside topic exists with another number of partitions, or the broker refuses.
    """
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    rows = names(terminals=terminals, departments=departments, reporters=reporters)
    try:
        there = client.list_topics(timeout=timeout).topics
        standing = {name: len(of.partitions) for name, of in there.items()}
        for name, row in rows.items():
            if row.inside and standing.get(name, partitions) != partitions:
                raise GroundError(
                    f"topic {name} has {standing[name]} partitions, not {partitions}: the first start decides"
                )
        _settle(client, there, timeout=timeout)
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


def differing(bootstrap: str, *, timeout: float = 30) -> list[str]:
    """
    Say of each setting of a topic that is there how it differs from the table's; nothing of what is missing.

    :raises GroundError: the broker gives no answer.
    """
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        wanted = _wanted(client.list_topics(timeout=timeout).topics)
        asked = [ConfigResource("topic", name) for name in wanted]
        answers = client.describe_configs(asked, request_timeout=timeout) if asked else {}
        found = {at.name: answer.result(timeout) for at, answer in answers.items()}
    except KafkaException as error:
        raise GroundError(f"Kafka at {bootstrap} does not tell its topics: {error.args[0].str()}") from error
    return [
        f"topic {name} has {setting} {found[name][setting].value}, not {value}"
        for name, own in sorted(wanted.items())
        for setting, value in own.items()
        if setting in found[name] and found[name][setting].value != value
    ]


def settings(topic: Topic, *, replicas: int) -> dict[str, str]:
    """Settings of the topic itself, `min.insync.replicas` too: a cluster-wide one cannot be relied on."""
    own = {name: str(value) for name, value in topic.settings.items()}
    return own | {"min.insync.replicas": str(2 if replicas >= 3 else 1)}


def _settle(client: AdminClient, standing: Mapping[str, TopicMetadata], *, timeout: float) -> None:
    """
    Tell topics that are there what the table says; the broker passes over what it has already.

    Also those of outsiders that no configuration names any more: what they wrote has to go all the same.
    """
    told = [
        ConfigResource("topic", name, incremental_configs=_set(own))
        for name, own in _wanted(standing).items()
    ]
    answers = client.incremental_alter_configs(told, request_timeout=timeout) if told else {}
    for answer in answers.values():
        answer.result(timeout)


def _wanted(standing: Mapping[str, TopicMetadata]) -> dict[str, dict[str, str]]:
    """What the table says of each topic that is there."""
    return {
        name: settings(row, replicas=_copies(of))
        for name, of in standing.items()
        if of.partitions and (row := find(name))
    }


def _set(own: Mapping[str, str]) -> list[ConfigEntry]:
    return [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in own.items()
    ]


def _copies(of: TopicMetadata) -> int:
    return min(len(part.replicas) for part in of.partitions.values())
