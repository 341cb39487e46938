"""The topic table: complete, named by rule, and flowing only forward."""

import re
from datetime import timedelta

import pytest

from wangge_contracts import topics, v1
from wangge_contracts.message import Message
from wangge_contracts.topic import CLIENT_BATCH_BYTES
from wangge_contracts.topics import DEAD_LETTERS, INSIDE_PARTITIONS_DEFAULT, SERVICES, TOPICS, Topic, find

every_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)

CARRYING = [topic for topic in TOPICS if topic.messages]
OUTSIDE = ("terminals.", "departments.")
MS = timedelta(milliseconds=1)


def is_outside(topic: Topic) -> bool:
    return topic.name.startswith(OUTSIDE)


@every_topic
def test_a_name_follows_the_rule(topic: Topic) -> None:
    assert re.fullmatch(
        r"((terminals|departments)\.\{slug\}|\{service\}|[a-z]+)\.[a-z]+\.v1|(\{service\}|intake)\.dead-letters",
        topic.name,
    )


@every_topic
def test_a_topic_has_writers_and_readers_that_exist(topic: Topic) -> None:
    principals = {*SERVICES, "operator", "terminal:{slug}", "department:{slug}", "{service}"}

    assert topic.writers
    assert topic.readers
    assert {*topic.writers, *topic.readers} <= principals


@every_topic
def test_facts_only_flow_forward(topic: Topic) -> None:
    """An outsider is before everything as a writer, after everything as a reader; so is its HTTP door."""
    if topic.carries == "acts":
        return
    rank = {service: number for number, service in enumerate(SERVICES)}
    readers = [reader for reader in topic.readers if not (is_outside(topic) and reader == "intake")]

    for writer in topic.writers:
        for reader in readers:
            assert rank.get(writer, -1) < rank.get(reader, len(SERVICES))


def test_acts_are_what_is_asked_of_who_decides() -> None:
    """The arrows that may go back: this list is the whole of them."""
    assert {topic.name for topic in TOPICS if topic.carries == "acts"} == {
        "terminals.{slug}.reports.v1",
        "terminals.{slug}.answers.v1",
        "departments.{slug}.answers.v1",
        "tasks.answered.v1",
        "desk.ordered.v1",
        "notices.composed.v1",
        "notices.answered.v1",
        "reference.published.v1",
        "intake.replays.v1",
        "{service}.replays.v1",
    }


def test_an_outsider_owns_one_prefix_and_nothing_else() -> None:
    for topic in TOPICS:
        for principal in (*topic.writers, *topic.readers):
            kind, _, slug = principal.partition(":")
            assert not slug or topic.name.startswith(f"{kind}s.{slug}.")


def test_only_intake_reads_what_outsiders_write() -> None:
    for topic in TOPICS:
        if any(":" in writer for writer in topic.writers):
            assert topic.readers == ("intake",)
            assert topic.timestamps == "LogAppendTime"
            assert topic.quota_bytes_per_s
            assert topic.key == ""


def test_reports_are_gone_within_seven_days_and_so_are_their_dead_letters() -> None:
    """A record goes with its file, that with its newest record, and a broker looks every few minutes."""
    for topic in (topics.TERMINAL_REPORTS, topics.INTAKE_DEAD_LETTERS, topics.INTAKE_REPLAYS):
        told = topic.settings
        oldest = timedelta(milliseconds=int(told["retention.ms"]) + int(told["segment.ms"]))
        assert timedelta(days=6) < oldest <= timedelta(days=7) - timedelta(minutes=10)


@pytest.mark.parametrize("service", SERVICES)
def test_that_a_letter_was_replayed_is_known_as_long_as_there_is_the_letter(service: str) -> None:
    letters, replays = find(f"{service}.dead-letters"), find(f"{service}.replays.v1")
    assert letters
    assert replays

    assert int(replays.settings["retention.ms"]) >= int(letters.settings["retention.ms"])


@every_topic
def test_what_is_to_go_lies_in_files_of_a_day_and_else_stays_as_long_as_is_told(topic: Topic) -> None:
    kept, file = topic.settings["retention.ms"], topic.settings.get("segment.ms")

    assert (topic.retention is None) == (kept == -1) == (file is None)
    assert file is None or int(file) <= timedelta(days=1) // MS
    assert topic.retention is None or topic.at_most or kept == topic.retention // MS


def test_mailboxes_are_never_compacted() -> None:
    for topic in (topics.DEPARTMENT_TASKS, topics.TERMINAL_TASKS):
        assert topic.cleanup == "delete"
        assert topic.numbered


def test_numbered_are_only_topics_whose_keys_have_one_owner() -> None:
    """A mailbox has two writers, each numbering for itself."""
    assert {topic.name for topic in TOPICS if topic.numbered} == {
        "incidents.changed.v1",
        "clocks.changed.v1",
        "notices.changed.v1",
        "terminals.{slug}.tasks.v1",
        "departments.{slug}.tasks.v1",
    }


def test_dead_letters_take_twice_what_any_input_takes() -> None:
    largest = max(topic.max_bytes for topic in TOPICS if not topic.name.endswith("dead-letters"))

    assert DEAD_LETTERS.max_bytes >= 2 * largest
    assert topics.INTAKE_DEAD_LETTERS.max_bytes >= 2 * largest


def test_a_batch_may_be_as_large_as_the_largest_message_and_as_clients_make_them() -> None:
    for row in TOPICS:
        assert row.batch_bytes >= row.max_bytes
        assert row.batch_bytes >= CLIENT_BATCH_BYTES


@pytest.mark.parametrize("topic", CARRYING, ids=lambda topic: topic.name)
def test_a_key_is_a_field_of_every_message(topic: Topic) -> None:
    fields = topic.key.split(" | ") if topic.key else []
    for message in topic.messages:
        there = set(message.model_fields) | (
            set(v1.Incident.model_fields) if message is v1.IncidentChanged else set()
        )
        assert not fields or there & set(fields)


def test_inside_topics_share_the_number_of_partitions() -> None:
    inside = [topic for topic in TOPICS if topic.inside]

    assert {topic.partitions for topic in inside} == {INSIDE_PARTITIONS_DEFAULT}
    assert not [topic for topic in inside if is_outside(topic)]
    assert {topic.partitions for topic in TOPICS if not topic.inside} == {1}


def test_every_message_is_carried_by_some_topic() -> None:
    carried = {message for topic in TOPICS for message in topic.messages}
    defined = {
        each
        for each in vars(v1).values()
        if isinstance(each, type) and issubclass(each, Message) and each is not Message
    }

    assert defined == carried


def test_types_are_told_apart_on_every_topic() -> None:
    for topic in TOPICS:
        assert len({message.TYPE for message in topic.messages}) == len(topic.messages)
    assert topics.DEPARTMENT_TASKS.message("wangge.ClockChanged.v1") is v1.ClockChanged
    assert topics.DEPARTMENT_TASKS.message("wangge.SomethingNew.v1") is None


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("terminals.pda.reports.v1", topics.TERMINAL_REPORTS),
        ("departments.gas-2.tasks.v1", topics.DEPARTMENT_TASKS),
        ("router.dead-letters", topics.DEAD_LETTERS),
        ("intake.dead-letters", topics.INTAKE_DEAD_LETTERS),
        ("router.replays.v1", topics.REPLAYS),
        ("intake.replays.v1", topics.INTAKE_REPLAYS),
        ("incidents.changed.v1", topics.INCIDENTS_CHANGED),
        ("stranger.dead-letters", None),
        ("departments.Gas.tasks.v1", None),
        ("departments.a.b.tasks.v1", None),
        ("departments.-gas.tasks.v1", None),
        ("departments.gas.tasks.v1\n", None),
        ("departments.gas.tasks.v2", None),
    ],
)
def test_a_concrete_name_finds_its_row(name: str, row: Topic | None) -> None:
    assert find(name) is row


def test_a_name_is_made_from_a_slug_and_gives_it_back() -> None:
    name = topics.DEPARTMENT_TASKS.named("gas")

    assert name == "departments.gas.tasks.v1"
    assert topics.DEPARTMENT_TASKS.owner(name) == "gas"
    assert topics.INCIDENTS_CHANGED.owner("incidents.changed.v1") is None


@pytest.mark.parametrize("slug", ["", "Gas", "a.b", "-a", "a--b", "x" * 300, "gas\n"])
def test_a_slug_that_is_none_makes_no_name(slug: str) -> None:
    with pytest.raises(ValueError, match="does not name a topic"):
        topics.DEPARTMENT_TASKS.named(slug)
