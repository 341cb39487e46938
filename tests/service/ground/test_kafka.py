"""A broker is its folder: there it finds its address and its records again."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewPartitions, NewTopic

from tests import ground
from tests.waiting import wait_for
from wangge_contracts.topics import TERMINAL_REPORTS
from wangge_local import kafka, topics
from wangge_local.ground import GroundError
from wangge_local.jars import Runtime, runtime
from wangge_local.kafka import Kafka
from wangge_local.listening import Log
from wangge_local.ports import read_ports

TOPIC = "terminals.pda.reports.v1"


def say(kafka: Kafka, *words: str) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
    for word in words:
        producer.produce(TOPIC, word.encode())
    assert producer.flush(30) == 0


def hear(kafka: Kafka, *, words: int) -> list[str]:
    settings = {"group.id": "listener", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "log_level": 0} | settings)
    consumer.subscribe([TOPIC])
    heard = []
    for _ in range(300):
        message = consumer.poll(0.1)
        if message and not message.error() and (value := message.value()):
            heard.append(bytes(value).decode())
        if len(heard) == words:
            break
    consumer.close()
    return heard


@pytest.mark.long
def test_what_was_acknowledged_is_there_after_a_restart_and_after_a_kill(own_kafka: Kafka) -> None:
    address = own_kafka.bootstrap
    say(own_kafka, "before")
    own_kafka.restart()
    say(own_kafka, "between")
    own_kafka.kill()

    own_kafka.start()

    assert own_kafka.bootstrap == address
    assert hear(own_kafka, words=2) == ["before", "between"]


def test_what_it_keeps_lies_in_its_folder_whatever_that_and_the_machines_tongue_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "C")
    node = Kafka(tmp_path / "东城, the grid" / "网格", bound=True)

    node.start()
    kept = [path.name for path in (node.folder / "records").iterdir()]
    node.kill()

    assert "meta.properties" in kept
    assert list(tmp_path.iterdir()) == [node.folder.parent]


def test_jars_in_a_cache_that_cannot_be_written_do(monkeypatch: pytest.MonkeyPatch) -> None:
    there = runtime()
    shut = Runtime(there.java, there.jars, Path("/proc/wangge/classes.jsa"))
    monkeypatch.setattr(kafka, "runtime", lambda *_: shut)

    assert kafka.prepare(lambda _: None) == shut


def test_a_second_hand_finds_the_running_node_by_its_folder(own_kafka: Kafka) -> None:
    second = Kafka(own_kafka.folder)

    second.start()

    assert second.pid == own_kafka.pid
    assert second.bootstrap == own_kafka.bootstrap


def test_listeners_lie_below_the_ports_that_the_kernel_gives_to_clients(own_kafka: Kafka) -> None:
    assert all(20000 <= port <= 32767 for port in read_ports(own_kafka.folder / "ports.json").values())


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (tmp_path / "ports.json").write_text(f'{{"broker": {port}}}')

        with pytest.raises(GroundError, match=rf"^port {port} \(broker\) is taken[^\n]*$"):
            Kafka(tmp_path, bound=True).start()


def test_a_node_that_ends_at_its_start_gives_its_reason_in_one_line(tmp_path: Path) -> None:
    no_kafka = Runtime(Path("/bin/false"), (), tmp_path / "none")

    with pytest.raises(GroundError, match=r"^Kafka's storage cannot be prepared: [^\n]*$"):
        Kafka(tmp_path, bound=True, software=no_kafka).start()


def test_topics_are_made_once_and_as_the_table_says(own_kafka: Kafka) -> None:
    assert sorted(topics.create(own_kafka.bootstrap, terminals=["pda"], departments=["fire"])) == [
        "departments.fire.answers.v1",
        "departments.fire.receipts.v1",
        "departments.fire.tasks.v1",
    ]
    assert topics.create(own_kafka.bootstrap, terminals=["pda"], departments=["fire"]) == []


def test_a_topic_that_is_there_becomes_what_the_table_says(own_kafka: Kafka) -> None:
    client = AdminClient({"bootstrap.servers": own_kafka.bootstrap, "log_level": 0})
    told = topics.settings(TERMINAL_REPORTS, replicas=1)

    def held(name: str) -> str | None:
        there = ConfigResource("topic", TOPIC)
        value: str | None = client.describe_configs([there])[there].result(30)[name].value
        return value

    longer = ConfigEntry("retention.ms", "9999999999", incremental_operation=AlterConfigOpType.SET)
    file = ConfigEntry("segment.ms", "9999999999", incremental_operation=AlterConfigOpType.SET)
    before = ConfigResource("topic", TOPIC, incremental_configs=[longer, file])
    client.incremental_alter_configs([before])[before].result(30)
    wait_for("it is otherwise", lambda: held("segment.ms") == held("retention.ms") == "9999999999")

    assert topics.differing(own_kafka.bootstrap) == [
        f"topic {TOPIC} has {name} 9999999999, not {told[name]}" for name in ("retention.ms", "segment.ms")
    ]
    assert topics.create(own_kafka.bootstrap) == []

    wait_for("it is as told", lambda: {name: held(name) for name in told} == told)
    assert topics.differing(own_kafka.bootstrap) == []


def test_another_number_of_partitions_is_refused(own_kafka: Kafka) -> None:
    with pytest.raises(GroundError, match=r"has 12 partitions, not 6: the first start decides$"):
        topics.create(own_kafka.bootstrap, partitions=6)


def test_renewed_topics_have_forgotten_records_and_groups(own_kafka: Kafka) -> None:
    say(own_kafka, "old")
    hear(own_kafka, words=1)

    ground.renew_topics(own_kafka.bootstrap)
    say(own_kafka, "new")

    assert hear(own_kafka, words=1) == ["new"]


def test_renewed_topics_are_the_tables_and_no_other(own_kafka: Kafka) -> None:
    before = Log(own_kafka.bootstrap).counts()
    client = AdminClient({"bootstrap.servers": own_kafka.bootstrap, "log_level": 0})
    client.create_topics([NewTopic("stranger", num_partitions=1)])["stranger"].result(30)
    client.create_partitions([NewPartitions(TOPIC, 3)])[TOPIC].result(30)
    wait_for("both are seen", lambda: before | {"stranger": 1, TOPIC: 3} == Log(own_kafka.bootstrap).counts())

    ground.renew_topics(own_kafka.bootstrap)

    assert Log(own_kafka.bootstrap).counts() == before


def test_topics_are_not_renewed_under_a_room_that_was_not_stopped(own_kafka: Kafka) -> None:
    speaks = {**os.environ, "WANGGE_ROUTER_BOOTSTRAP": own_kafka.bootstrap}
    room = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=speaks)
    try:
        with pytest.raises(GroundError, match=r"still speaks to .*: was it stopped\?$"):
            ground.renew_topics(own_kafka.bootstrap)
    finally:
        room.communicate(b"\n")

    ground.renew_topics(own_kafka.bootstrap)
