"""The generated access rules on a broker that refuses all else: each may do what the table says, no more."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from cryptography.fernet import Fernet

from tests.ground import FreshDatabase, fresh_database, remove_groups
from tests.replicas import Replicas
from tests.service.access.guarded import SCRIPT, GuardedKafka, guarded, secret_of
from tests.service.access.sealing import Authority
from tests.waiting import wait_for
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import Message, derive_id
from wangge_contracts.topics import DESK_ORDERED, REFERENCE_PUBLISHED, SERVICES, find
from wangge_contracts.v1 import (
    Address,
    AnswerJudged,
    Area,
    ClassRef,
    Person,
    ReportedPlace,
    Reporter,
    ReportReceipt,
    ReportSubmitted,
    TaskAnswered,
    TaskChanged,
    Text,
)
from wangge_local import topics
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_local.postgres import Postgres
from wangge_local.publish import publish

TERMINALS, DEPARTMENTS = ("pda", "pda-2"), ("dongzhimen-dpf", "dongzhimen")
"""One slug is how another begins, twice: no right of the one may fit the other."""
OUTSIDERS = (*(f"terminals.{slug}" for slug in TERMINALS), *(f"departments.{slug}" for slug in DEPARTMENTS))
PRINCIPALS = (*SERVICES, "operator", *OUTSIDERS)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    """A guarded broker with the house's topics and every generated rule."""
    with guarded(tmp_path_factory.mktemp("guarded")) as node:
        topics.create(node.bootstrap, terminals=TERMINALS, departments=DEPARTMENTS)
        node.admit((*PRINCIPALS, "stranger"))
        node.grant("house")
        for kind, slugs in (("terminal", TERMINALS), ("department", DEPARTMENTS)):
            for slug in slugs:
                node.grant(kind, slug)
        yield node


def principals(topic: str, listed: tuple[str, ...]) -> set[str]:
    """Whom the topic table lists, as the broker knows them."""
    row = find(topic)
    assert row is not None
    owner = row.owner(topic) or ""
    return {
        who.replace("{slug}", owner)
        .replace("{service}", owner)
        .replace("terminal:", "terminals.")
        .replace("department:", "departments.")
        for who in listed
    }


def test_rooms_with_principals_of_their_own_carry_a_report_to_its_unit_and_back(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    publish(node.bootstrap, load(DEFAULT_CONFIG), at=now)
    with fresh_database(postgres) as database, ExitStack() as stack:
        rooms = stack.enter_context(Replicas(node, database, tmp_path))
        for service in SERVICES:
            launch(rooms, node, service)
        report = ramp("ramp-1", at=now)
        speak(node, "terminals.pda", "terminals.pda.reports.v1", report, message_id="ramp-1")
        receipt = ReportReceipt.read(first(node, "terminals.pda", "terminals.pda.receipts.v1"))
        task = TaskChanged.read(
            first(node, "departments.dongzhimen-dpf", "departments.dongzhimen-dpf.tasks.v1")
        )
        answer = TaskAnswered(
            answer_id="signed-1",
            task_id=task.task_id,
            incident_id=task.incident_id,
            based_on_revision=task.revision,
            act="acknowledge",
            actor=Person(staff_id="clerk-1"),
        )
        own = "departments.dongzhimen-dpf"
        speak(node, own, f"{own}.answers.v1", answer, message_id="signed-1")
        verdict = AnswerJudged.read(first(node, own, f"{own}.receipts.v1"))
        wait_for("the ledger has heard of clock and notice", lambda: heard(database) >= EVERYBODY)
        for service in SERVICES:
            rooms.living(service)
            assert "AuthorizationFailed" not in rooms.log(service)

    assert (receipt.outcome, task.holder) == ("accepted", "department:dongzhimen-dpf")
    assert (verdict.answer_id, verdict.outcome) == ("signed-1", "applied")


def ramp(report_id: str, *, at: datetime) -> ReportSubmitted:
    """What a grid head reports."""
    return ReportSubmitted(
        report_id=report_id,
        source="officer",
        nature="request",
        class_ref=ClassRef(scheme="dc-social", version="synthetic-1", code="0101", condition="1"),
        description=Text(text="四级台阶，申请修一条坡道"),
        captured_at=at,
        reporter=Reporter(role="manager", staff_id="syn-110101009010003-manager", wants_reply=True),
        place=ReportedPlace(
            area=Area(scheme="bj15", code="110101009010003"),
            address=Address(text="东外大街社区第3网格36号楼"),
        ),
    )


def test_a_report_is_carried_over_sealed_lines_to_a_broker_that_is_vouched_for(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    publish(node.bootstrap, load(DEFAULT_CONFIG), at=now)
    remove_groups(node.bootstrap)
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        for service in ("intake", "router"):
            launch(rooms, node, service, trusted=node.trusted)
        who, report = "terminals.pda-2", ramp("sealed-1", at=now)
        speak(node, who, f"{who}.reports.v1", report, message_id="sealed-1", sealed=True)
        receipt = ReportReceipt.read(first(node, who, f"{who}.receipts.v1", sealed=True))
        heard_of = "SELECT incident_id FROM router.incident"
        wait_for("the router has its ground", lambda: made(database, "router"))
        wait_for("the router has it", lambda: receipt.incident_id in database.sql(heard_of), within_s=60)

    assert (receipt.report_id, receipt.outcome) == ("sealed-1", "accepted")


def test_a_broker_for_whom_nobody_trusted_vouches_is_refused_and_named_and_so_is_a_wrong_password(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    trusted = Authority("somebody else").write(tmp_path / "other.pem")
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        launch(rooms, node, "router", trusted=trusted)
        refused = f"no line to {node.sealed}: "
        untrusted = f"{refused}unable to get local issuer certificate"
        wait_for("the router says whom it does not trust", lambda: untrusted in rooms.log("router"))
        rooms.living("router")

        password = node.folder / "router.password"
        password.write_text("mistyped")
        trusted.write_bytes(node.trusted.read_bytes())
        unproved = f"{refused}[Error 58] SaslAuthenticationFailed"
        wait_for("it says that nobody believes it", lambda: unproved in rooms.log("router"), within_s=60)
        password.write_text(secret_of("router"))
        wait_for("it goes on with the right one", lambda: made(database, "router"), within_s=60)


@pytest.mark.long
def test_what_is_renewed_while_a_room_runs_it_reads_from_its_files(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    publish(node.bootstrap, load(DEFAULT_CONFIG), at=datetime.now(UTC))
    remove_groups(node.bootstrap)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(node.trusted.read_bytes())
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        launch(rooms, node, "intake", trusted=trusted)
        known = "SELECT count(*) FROM intake.report"

        def judged(what: str) -> None:
            before = int(*database.sql(known))
            report = ramp(what, at=datetime.now(UTC))
            speak(node, "terminals.pda", "terminals.pda.reports.v1", report, message_id=what)
            wait_for(f"{what} is judged", lambda: int(*database.sql(known)) > before, within_s=60)

        def says(what: str) -> None:
            wait_for(f"it says {what}", lambda: what in rooms.log("intake"), within_s=60)

        wait_for("intake works", lambda: made(database, "intake"))
        wait_for("it has its parts", lambda: database.sql("SELECT 1 FROM intake.ownership") != [])
        judged("before")
        try:
            node.admit(["intake"], proof="renewed")
            other = node.vouched_by(Authority("another"))
            says(f"no line to {node.sealed}: unable to get local issuer certificate")
            trusted.write_bytes(other)
            says(f"no line to {node.sealed}: [Error 58] SaslAuthenticationFailed")
            (node.folder / "intake.password").write_text("renewed")
            judged("after")
            rooms.living("intake")
        finally:
            node.vouched_by(node.authority)
            node.admit(["intake"])


EVERYBODY = {"incidents.accepted.v1", "incidents.changed.v1", "clocks.changed.v1", "notices.composed.v1"}
"""What the ledger hears only if intake, router, escalation and notifier could all read and write."""


def launch(rooms: Replicas, node: GuardedKafka, service: str, *, trusted: Path | None = None) -> None:
    own: dict[str, Any] = {
        "intake": {"district": "110101", "door": "false", "dead_letter_key": Fernet.generate_key().decode()}
    }.get(service, {})
    rooms.besides = node.environment(service, trusted=trusted)
    rooms.launch(service, service, kafka=node.sealed if trusted else node.guarded, **own)


def heard(database: FreshDatabase) -> set[str]:
    """The topics of which the ledger has written down anything."""
    made = database.sql(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'ledger' AND tablename = 'timeline'"
    )
    return set(database.sql("SELECT DISTINCT topic FROM ledger.timeline")) if made == ["1"] else set()


def made(database: FreshDatabase, service: str) -> bool:
    """Whether *service* knows by now which cluster it works on."""
    there = database.sql(f"SELECT to_regclass('{service}.cluster') IS NOT NULL") == ["t"]
    return there and database.sql(f"SELECT count(*) FROM {service}.cluster") == ["1"]


def speak(
    node: GuardedKafka, who: str, topic: str, said: Message, *, message_id: str, sealed: bool = False
) -> None:
    """Say it as that outsider, with an idempotent producer."""
    producer = Producer(node.client(who, sealed=sealed) | {"enable.idempotence": True})
    headers: Any = to_headers(Envelope(message_id, f"/{who}", said.TYPE, datetime.now(UTC)))
    errors = []
    producer.produce(
        topic, said.write(), message_id, headers=headers, on_delivery=lambda error, _: errors.append(error)
    )
    assert producer.flush(30) == 0
    assert errors == [None]


def first(node: GuardedKafka, who: str, topic: str, *, sealed: bool = False) -> bytes:
    """The first record that the outsider reads there, as a member of a group of its own."""
    own = {"group.id": f"{who}.connector", "auto.offset.reset": "earliest"}
    consumer = Consumer(node.client(who, sealed=sealed) | own)
    consumer.subscribe([topic])
    try:
        [record] = wait_for(f"something on {topic}", lambda: consumer.consume(1, timeout=0.2), within_s=120)
        assert record.error() is None, record.error()
        value = record.value()
        assert value is not None
        return bytes(value)
    finally:
        consumer.close()


@pytest.mark.parametrize("who", PRINCIPALS)
def test_who_may_write_where_is_what_the_table_says(node: GuardedKafka, who: str) -> None:
    rows = topics.names(terminals=TERMINALS, departments=DEPARTMENTS)
    listed = {name for name, row in rows.items() if who in principals(name, row.writers)}

    assert node.writable(who, rows) == listed
    assert listed


@pytest.mark.parametrize("who", PRINCIPALS)
def test_who_may_read_where_is_what_the_table_says(node: GuardedKafka, who: str) -> None:
    rows = topics.names(terminals=TERMINALS, departments=DEPARTMENTS)
    node.fill(rows)
    listed = {name for name, row in rows.items() if who in principals(name, row.readers)}

    assert node.readable(who, rows) == listed
    assert listed


def test_who_is_known_and_nothing_more_may_nothing(node: GuardedKafka) -> None:
    rows = topics.names(terminals=TERMINALS, departments=DEPARTMENTS)
    node.fill(rows)

    assert node.writable("stranger", rows) == set()
    assert node.readable("stranger", rows) == set()


def test_an_outsiders_groups_begin_with_its_own_name_and_a_dot(node: GuardedKafka) -> None:
    mailbox = "departments.dongzhimen.tasks.v1"
    node.fill([mailbox])

    assert node.joins("departments.dongzhimen", "departments.dongzhimen.any", mailbox)
    assert not node.joins("departments.dongzhimen", "departments.dongzhimen-dpf.any", mailbox)
    assert not node.joins("departments.dongzhimen", "router", mailbox)


def test_kafkas_own_tool_takes_the_quota_of_an_outsider_and_tells_it(node: GuardedKafka) -> None:
    [asked] = [
        call[1:]
        for call in node.asked()
        if call[0] == "kafka-configs.sh" and "departments.dongzhimen" in call
    ]
    without_login = [word for word in asked if word not in ("--command-config", "none")]
    node.configs(*without_login)

    told = node.configs("--bootstrap-server", node.bootstrap, "--describe", *without_login[3:7])
    assert "producer_byte_rate=8388608" in told
    assert "consumer_byte_rate=8388608" in told


@pytest.mark.parametrize("words", [(), ("house", "x"), ("terminal",), ("department", "Gas"), ("unit", "gas")])
def test_the_script_refuses_what_it_does_not_know(words: tuple[str, ...]) -> None:
    done = subprocess.run(["sh", str(SCRIPT), *words], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")


def test_a_room_that_is_refused_waits_and_says_why(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        rooms.besides = node.environment("stranger")
        rooms.launch("router", "router", kafka=node.guarded)
        refused = f"no right to read: {DESK_ORDERED.name}"
        wait_for("the router says what it waits for", lambda: refused in rooms.log("router"))
        rooms.living("router")


@pytest.mark.long
def test_a_topic_that_may_not_be_read_is_named_and_keeps_no_other_outsider_waiting(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    remove_groups(node.bootstrap)
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        launch(rooms, node, "intake")

        def say(slug: str, what: str) -> None:
            report = ramp(what, at=datetime.now(UTC))
            speak(node, f"terminals.{slug}", f"terminals.{slug}.reports.v1", report, message_id=what)

        def judged(slug: str, what: str) -> bool:
            known = f"SELECT id FROM intake.report WHERE id = '{derive_id('incident', slug, what)}'"
            return database.sql(known) != []

        wait_for("intake works", lambda: made(database, "intake"))
        wait_for("it has its parts", lambda: database.sql("SELECT 1 FROM intake.ownership") != [])
        refused, other = TERMINALS
        with node.without("intake", "terminals.pda.reports.v1"):
            wait_for("it says what it may not read", lambda: "no right to read" in rooms.log("intake"))
            say(refused, "refused")
            for each in (f"other-{number}" for number in range(1, 6)):
                say(other, each)
                wait_for(f"{each} is judged", partial(judged, other, each), within_s=4)
            assert not judged(refused, "refused")
        wait_for("what was refused is judged as well", lambda: judged(refused, "refused"))
        assert "no right to read terminals.pda.reports.v1" in rooms.log("intake")


@pytest.mark.long
def test_a_room_that_may_hear_of_no_newer_configuration_says_so_and_asks_seldom(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    publish(node.bootstrap, load(DEFAULT_CONFIG), at=datetime.now(UTC))
    remove_groups(node.bootstrap)
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        launch(rooms, node, "router")
        wait_for("the router has its ground", lambda: made(database, "router"))
        wait_for("it works", lambda: database.sql("SELECT 1 FROM router.ownership") != [], within_s=60)
        with node.without("router", REFERENCE_PUBLISHED.name):
            refused = f"{REFERENCE_PUBLISHED.name}: is it there, and may we read it?"
            wait_for("it says what it cannot read", lambda: refused in rooms.log("router"))
            assert rooms.log("router").count("reference_unreachable") <= 2


@pytest.mark.long
def test_a_room_that_loses_its_group_says_so_and_goes_on_when_it_has_it_again(
    node: GuardedKafka, postgres: Postgres, tmp_path: Path
) -> None:
    publish(node.bootstrap, load(DEFAULT_CONFIG), at=datetime.now(UTC))
    remove_groups(node.bootstrap)
    with fresh_database(postgres) as database, Replicas(node, database, tmp_path) as rooms:
        for service in ("intake", "router"):
            launch(rooms, node, service)
        wait_for("the router has its ground", lambda: made(database, "router"))
        known = "SELECT count(*) FROM router.incident"
        wait_for(
            "it has its parts", lambda: database.sql("SELECT 1 FROM router.ownership") != [], within_s=60
        )
        with node.without("router", "router", group=True):
            wait_for(
                "it says what it lost", lambda: "no right to be of the group router" in rooms.log("router")
            )
            before = int(*database.sql(known))
            report = ramp("groupless", at=datetime.now(UTC))
            speak(node, "terminals.pda", "terminals.pda.reports.v1", report, message_id="groupless")
        wait_for("it goes on", lambda: int(*database.sql(known)) > before, within_s=60)
        rooms.living("router")
