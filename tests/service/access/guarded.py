"""A broker that refuses what no rule allows, and what a principal can do there with any Kafka client."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from tests.service.access.sealing import Authority
from tests.waiting import wait_for
from wangge_contracts.schemas import ROOT
from wangge_local.jars import runtime
from wangge_local.kafka import JVM, Kafka
from wangge_local.ports import LOOPBACK, kept_ports

SCRIPT = ROOT / "access-rules.sh"
_SCRAM = "SCRAM-SHA-512"
_REFUSED = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}


class GuardedKafka(Kafka):
    """
    A node with three listeners: `bootstrap` for the hand of the tests, `guarded` for principals, `sealed` for
    principals by TLS, with a certificate of the tests' own authority.

    Who comes by the first is anonymous and may do everything; by the others only who proves who he is, and
    only what he is allowed.
    """

    def __init__(self, folder: Path) -> None:
        ports = kept_ports(folder / "ports.json", ("broker", "controller"))
        own = kept_ports(folder / "guarded.json", ("guarded", "sealed"))
        self.guarded, self.sealed = (f"{LOOPBACK}:{own[name]}" for name in ("guarded", "sealed"))
        self.authority = Authority("authority of the tests")
        self.trusted = self.authority.write(folder / "authority.pem")
        clients = f"PLAINTEXT://{LOOPBACK}:{ports['broker']},GUARDED://{self.guarded},SEALED://{self.sealed}"
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        settings = {
            "listeners": f"{clients},CONTROLLER://{LOOPBACK}:{ports['controller']}",
            "advertised.listeners": clients,
            "listener.security.protocol.map": (
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT,SEALED:SASL_SSL"
            ),
            "sasl.enabled.mechanisms": _SCRAM,
            f"listener.name.guarded.{_SCRAM.lower()}.sasl.jaas.config": login,
            f"listener.name.sealed.{_SCRAM.lower()}.sasl.jaas.config": login,
            "listener.name.sealed.ssl.keystore.type": "PEM",
            "listener.name.sealed.ssl.keystore.location": str(self.authority.vouch(folder / "broker.pem")),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": "User:ANONYMOUS",
        }
        super().__init__(folder, bound=True, settings=settings)
        self.calls = folder / "calls"

    def vouched_by(self, authority: Authority) -> bytes:
        """Start again with a certificate of *authority*, and return the one by which that is trusted."""
        authority.vouch(self.folder / "broker.pem")
        groups = self._groups()
        self.restart()
        # It lists none while it reads them, and who removes them all then removes nothing.
        wait_for("the broker knows its groups again", lambda: groups <= self._groups())
        return authority.write(self.folder / "vouches.pem").read_bytes()

    def _groups(self) -> set[str]:
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        return {group.group_id for group in client.list_consumer_groups().result().valid}

    def admit(self, principals: Iterable[str], *, proof: str | None = None) -> None:
        """Let these prove who they are, by *proof* instead of each one's own secret."""
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        wanted: list[UserScramCredentialAlteration] = [
            UserScramCredentialUpsertion(each, info, (proof or secret_of(each)).encode(), os.urandom(16))
            for each in principals
        ]
        for done in client.alter_user_scram_credentials(wanted).values():
            done.result(30)

    def grant(self, *words: str) -> None:
        """Run the generated script, and do what it asks of Kafka's tools."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        before = len(self.asked())
        for name in ("kafka-acls.sh", "kafka-configs.sh"):
            (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {self.calls}\n')
            (tools / name).chmod(0o755)
        subprocess.run(
            ["sh", str(SCRIPT), *words],
            env={"PATH": f"{tools}:{os.environ['PATH']}", "KAFKA": self.bootstrap, "OPERATOR": "none"},
            check=True,
        )
        fresh = [words[1:] for words in self.asked()[before:] if words[0] == "kafka-acls.sh"]
        bindings = [binding for asked in fresh for binding in _bindings(asked)]
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for done in client.create_acls(bindings).values():
            done.result(30)

    @contextmanager
    def without(self, principal: str, name: str, *, group: bool = False) -> Iterator[None]:
        """Take the right to read a topic or a group away from *principal*, and give it back."""
        kind = ResourceType.GROUP if group else ResourceType.TOPIC
        words = (f"User:{principal}", "*", AclOperation.READ, AclPermissionType.ALLOW)
        right = AclBinding(kind, name, ResourcePatternType.LITERAL, *words)
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        taken = AclBindingFilter(kind, name, ResourcePatternType.LITERAL, *words)
        for done in client.delete_acls([taken]).values():
            assert done.result(30) == [right]
        try:
            yield
        finally:
            for done in client.create_acls([right]).values():
                done.result(30)

    def asked(self) -> list[list[str]]:
        """Return every call of Kafka's tools that the script has made."""
        return [line.split() for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

    def configs(self, *arguments: str) -> str:
        """Run Kafka's own `kafka-configs.sh` as an operator would, and return what it prints."""
        software = runtime()
        tool = (str(software.java), *JVM, "-cp", software.class_path, "kafka.admin.ConfigCommand")
        done = subprocess.run([*tool, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def environment(self, principal: str, *, trusted: Path | None = None) -> dict[str, str]:
        """What a room is told of how it proves who it is; with *trusted*, by TLS, and who vouches."""
        file = self.folder / f"{principal}.password"
        file.write_text(secret_of(principal) + "\n")
        file.chmod(0o600)
        sealed = {"WANGGE_KAFKA_CA_FILE": str(trusted)} if trusted else {}
        return sealed | {
            "WANGGE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL" if trusted else "SASL_PLAINTEXT",
            "WANGGE_KAFKA_SASL_MECHANISM": _SCRAM,
            "WANGGE_KAFKA_USER": principal,
            "WANGGE_KAFKA_PASSWORD_FILE": str(file),
        }

    def client(self, principal: str, *, sealed: bool = False) -> dict[str, str | int | bool]:
        """Settings of a client that is *principal*, as librdkafka names them; *sealed*: by TLS."""
        return ({"ssl.ca.location": str(self.trusted)} if sealed else {}) | {
            "bootstrap.servers": self.sealed if sealed else self.guarded,
            "security.protocol": "SASL_SSL" if sealed else "SASL_PLAINTEXT",
            "sasl.mechanism": _SCRAM,
            "sasl.username": principal,
            "sasl.password": secret_of(principal),
            "log_level": 0,
        }

    def fill(self, names: Iterable[str]) -> None:
        """Put a record on each of *names*, by the hand of the tests."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for name in names:
            producer.produce(name, b"there", b"key", partition=0)
        assert producer.flush(30) == 0

    def writable(self, principal: str, names: Iterable[str]) -> set[str]:
        """Write to each of *names* as *principal*, and return those on which it was kept."""
        told: dict[str | None, KafkaError | None] = {}
        producer = Producer(self.client(principal) | {"message.timeout.ms": 30_000})
        for name in names:
            producer.produce(
                name,
                b"tried",
                b"key",  # a compacted topic takes nothing without
                partition=0,
                on_delivery=lambda error, record: told.update({record.topic(): error}),
            )
        assert producer.flush(40) == 0
        refused = {name: error.code() for name, error in told.items() if error is not None}
        assert set(refused.values()) <= _REFUSED, refused
        return {name for name in told if name is not None and name not in refused}

    def readable(self, principal: str, names: Iterable[str]) -> set[str]:
        """Read each of *names*, which must hold a record, as *principal*; return those that were told."""
        consumer = Consumer(self.client(principal) | {"group.id": "nobody", "enable.auto.commit": False})
        told: dict[str, Any] = {}
        for name in names:
            # librdkafka says nothing of what it reads from a topic that it may not even describe.
            if (error := consumer.list_topics(name, timeout=20).topics[name].error) is not None:
                told[name] = error.code()
        wanted = set(names)
        consumer.assign([TopicPartition(name, 0, 0) for name in wanted - told.keys()])

        def everything() -> bool:
            for record in consumer.consume(500, timeout=0.2):
                error = record.error()
                topic = record.topic()
                if topic is not None:
                    told.setdefault(topic, error and error.code())
            return told.keys() >= wanted

        try:
            wait_for(f"an answer for each topic to {principal}", everything)
        finally:
            consumer.close()
        refused = {name: code for name, code in told.items() if code is not None}
        assert set(refused.values()) <= _REFUSED, refused
        return told.keys() - refused.keys()

    def joins(self, principal: str, group: str, topic: str) -> bool:
        """Whether *principal* may read *topic* as a member of *group*."""
        consumer = Consumer(
            self.client(principal) | {"group.id": group, "auto.offset.reset": "earliest"}  # none committed
        )
        consumer.subscribe([topic])
        try:
            [record] = wait_for("a record or a refusal", lambda: consumer.consume(1, timeout=0.2))
            error = record.error()
            assert error is None or error.code() in _REFUSED, error
            return error is None
        finally:
            consumer.close()


def secret_of(principal: str) -> str:
    """The password of a principal of the tests."""
    return f"of-{principal}"


@contextmanager
def guarded(folder: Path) -> Iterator[GuardedKafka]:
    """A guarded node that runs; it ends with the block."""
    node = GuardedKafka(folder)
    node.start()
    try:
        yield node
    finally:
        node.stop()


def _bindings(asked: list[str]) -> Iterator[AclBinding]:
    """What one call of `kafka-acls.sh` asks for; fails on an option that it does not know."""
    known: Mapping[str, ResourceType] = {"--topic": ResourceType.TOPIC, "--group": ResourceType.GROUP}
    who = operation = ""
    pattern = ResourcePatternType.LITERAL
    resources: list[tuple[ResourceType, str]] = []
    words = iter(asked)
    for word in words:
        if word in known:
            resources.append((known[word], next(words)))
        elif word == "--cluster":
            resources.append((ResourceType.BROKER, "kafka-cluster"))
        elif word == "--resource-pattern-type":
            pattern = ResourcePatternType[next(words).upper()]
        elif word == "--allow-principal":
            who = next(words)
        elif word == "--operation":
            operation = next(words)
        elif word in ("--bootstrap-server", "--command-config"):
            next(words)
        else:
            assert word == "--add", word
    names = {"AlterConfigs": "ALTER_CONFIGS", "DescribeConfigs": "DESCRIBE_CONFIGS"}
    allowed = AclOperation[names.get(operation, operation.upper())]
    for kind, name in resources:
        yield AclBinding(kind, name, pattern, who, "*", allowed, AclPermissionType.ALLOW)
