"""What cannot be retried does not stop a part: poison, repeats, replays and gaps, one replica."""

import json
from datetime import UTC, datetime

import pytest
from confluent_kafka.admin import AdminClient

from tests.checker import check
from tests.ground import FreshDatabase, free_ports_of
from tests.service.chassis.running import (
    ANSWERS,
    DEAD_LETTERS,
    REPLAYS,
    EchoRun,
    answer,
    echo_run,
    get_json,
    order,
    read_all,
)
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import ClockChanged, TaskAnswered
from wangge_local import topics as house_topics
from wangge_local.kafka import Kafka

KEY = b"i1"
SOUND = answer(0, "i1")[3].write()


def headers_of(
    message_id: str, *, type_name: str = TaskAnswered.TYPE, sequence: int | None = None
) -> list[tuple[str, bytes]]:
    """Return sound CloudEvents headers."""
    return to_headers(Envelope(message_id, "/tests", type_name, datetime.now(UTC), sequence=sequence))


def changed(**fields: object) -> bytes:
    """Return a sound answer with some fields replaced."""
    return json.dumps({**json.loads(SOUND), **fields}).encode()


def big(size: int) -> bytes:
    """Return an answer of exactly *size* bytes; its text is longer than the contract admits."""
    bare = changed(text={"text": "", "lang": "zh"})
    return changed(text={"text": "x" * (size - len(bare)), "lang": "zh"})


POISON: dict[str, tuple[bytes | None, list[tuple[str, bytes]]]] = {
    "invalid JSON": (b"{", headers_of("p1")),
    "wrong shape": (b"{}", headers_of("p2")),
    "a header that is not UTF-8": (SOUND, [*headers_of("p3")[1:], ("ce_specversion", b"\xff\xfe")]),
    "no headers at all": (SOUND, []),
    "NUL in the id": (SOUND, headers_of("a\0b")),
    "an id of 500 kB": (SOUND, headers_of("." * 500_000)),
    "tombstone": (None, headers_of("p4")),
    "unknown major version": (SOUND, headers_of("p5", type_name="wangge.TaskAnswered.v2")),
    "1 MB of nesting": (b"[" * 1_000_000, headers_of("p6")),
    "NUL in a text": (changed(text={"text": "a\0b", "lang": "zh"}), headers_of("p7")),
    "just under the size limit": (big(topics.TASKS_ANSWERED.max_bytes - 512), headers_of("p8")),
    "the room raises": (changed(text={"text": "the head raises", "lang": "en"}), headers_of("p9")),
    "a number that PostgreSQL cannot hold": (changed(based_on_revision=2**70), headers_of("p10")),
}


def test_each_poison_becomes_one_dead_letter_and_the_rest_is_handled(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    with echo_run(fresh_topics, database) as run:
        run.say([answer(1, "i1")])
        for value, headers in POISON.values():
            where = run.put(ANSWERS, value, key=KEY, headers=headers)
            run.gathered.poison[where] = value
        run.say([answer(2, "i1"), order(3, "i1"), answer(4, "i2")])

        run.start("a")

        run.wait_done(effects=4)
        run.stop_all()
        assert check(run.gather()) == []


def test_a_message_of_a_type_not_known_yet_is_skipped_and_no_dead_letter(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    with echo_run(fresh_topics, database) as run:
        run.put(ANSWERS, SOUND, key=KEY, headers=headers_of("n1", type_name="wangge.TaskHummed.v1"))
        run.say([answer(1, "i1")])

        run.start("a")

        run.wait_done(effects=1)
        run.stop_all()
        assert check(run.gather()) == []


def test_a_message_said_twice_has_its_effect_once(fresh_topics: Kafka, database: FreshDatabase) -> None:
    with echo_run(fresh_topics, database) as run:
        for _ in range(3):
            run.say([answer(1, "i1"), order(1, "i1")])
        run.say([answer(2, "i1")])

        run.start("a")

        run.wait_done(effects=3)
        run.stop_all()
        assert check(run.gather()) == []


def test_a_dead_letter_that_is_mended_and_replayed_counts_once(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    with echo_run(fresh_topics, database) as run:
        run.put(ANSWERS, b"{", key=KEY, headers=headers_of("a1"))
        run.start("a")
        letter = wait_for("the dead letter", lambda: read_all(run.kafka.bootstrap, DEAD_LETTERS))[0]
        origin = [(name, value) for name, value in letter.headers() if name.startswith("wangge_")]

        for _ in range(2):
            run.put(REPLAYS, answer(1, "i1")[3].write(), key=KEY, headers=[*headers_of("a1"), *origin])

        wait_for("the replay's effect", lambda: run.effects() == 1)
        run.say([answer(2, "i1")])
        run.wait_done(effects=2)


def test_what_made_the_room_raise_can_be_mended_under_its_own_id(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    with echo_run(fresh_topics, database) as run:
        run.put(ANSWERS, POISON["the room raises"][0], key=KEY, headers=headers_of("a1"))
        run.start("a")
        letter = wait_for("the dead letter", lambda: read_all(run.kafka.bootstrap, DEAD_LETTERS))[0]
        origin = [(name, value) for name, value in letter.headers() if name.startswith("wangge_")]
        assert dict(origin)["wangge_code"] == b"not-handled"

        run.put(REPLAYS, answer(1, "i1")[3].write(), key=KEY, headers=[*headers_of("a1"), *origin])

        wait_for("the replay's effect", lambda: run.effects() == 1)


@pytest.fixture
def told(fresh_topics: Kafka, database: FreshDatabase) -> EchoRun:
    """A run whose second hop listens on a port, with three facts about two keys before it."""
    return EchoRun(fresh_topics, database)


def fact(run: EchoRun, key: str, sequence: int) -> None:
    """Put a numbered fact before the second hop."""
    value = ClockChanged.read(FACT).model_copy(update={"incident_id": key, "revision": sequence}).write()
    run.put(
        topics.CLOCKS_CHANGED.name,
        value,
        key=key.encode(),
        headers=headers_of(f"{key}-{sequence}", type_name=ClockChanged.TYPE, sequence=sequence),
    )


def test_a_gap_stops_its_part_alone_until_an_operator_skips_it(
    told: EchoRun, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import asyncio

    from wangge_chassis import Database
    from wangge_chassis.halting import skip

    run = told
    port = free_ports_of(tmp_path_factory.mktemp("ports"), "ledger")["ledger"]
    effects = "SELECT count(*) FROM effect"
    try:
        run.start("a", hop=2, port=port)
        for key, sequence in (("k1", 1), ("k2", 1), ("k1", 3), ("k2", 2), ("k1", 4)):
            fact(run, key, sequence)
        wait_for("the other part goes on", lambda: run.count(effects, role="ledger") == 3)

        state = wait_for("the halt is told", lambda: get_json(port, "/health/ready", expect=503))
        halted = " ".join(state["ledger"]["halted"].values())
        assert "k1" in halted
        assert "expected sequence 2, seen 3" in halted
        assert topics.CLOCKS_CHANGED.name in halted

        async def skip_it() -> object:
            connection = await Database(run.database.dsn("ledger"), schema="ledger").connect()
            part = next(iter(state["ledger"]["halted"]))
            try:
                return await skip(connection, "ledger", part)
            finally:
                await connection.close()

        assert asyncio.run(skip_it()) is not None
        wait_for("the part goes on", lambda: run.count(effects, role="ledger") == 5)
        wait_for("it says ready", lambda: get_json(port, "/health/ready", expect=200))
    finally:
        run.stop_all()


def test_the_second_hop_hears_each_fact_once_though_it_is_repeated(told: EchoRun) -> None:
    run = told
    try:
        run.start("a", hop=2)
        for sequence in (1, 2, 1, 3, 2, 3, 4):
            fact(run, "k1", sequence)

        wait_for("four facts", lambda: run.count("SELECT count(*) FROM effect", role="ledger") == 4)
    finally:
        run.stop_all()


def _fact() -> bytes:
    from tests.service.chassis.echo import saying

    return saying("k", 1, "c").message.write()


FACT = _fact()


def test_what_was_refused_goes_out_before_what_was_promised_after_it(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    # Acknowledging a later position of a part would delete what still waits before it.
    client = AdminClient({"bootstrap.servers": fresh_topics.bootstrap, "log_level": 0})
    client.delete_topics([topics.CLOCKS_CHANGED.name])[topics.CLOCKS_CHANGED.name].result(30)
    wait_for("it is gone", lambda: topics.CLOCKS_CHANGED.name not in client.list_topics(timeout=10).topics)
    with echo_run(fresh_topics, database) as run:
        run.say([answer(1, "i1")])
        value, headers = POISON["the room raises"]
        run.gathered.poison[run.put(ANSWERS, value, key=KEY, headers=headers)] = value
        run.start("a")
        wait_for("both are promised", lambda: run.count("SELECT coalesce(sum(messages), 0) FROM outbox") == 2)
        house_topics.create(fresh_topics.bootstrap)
        run.wait_done(effects=1)
        run.stop_all()
        gathered = run.gather()
        assert check(gathered) == []
        assert [(fact.key, fact.sequence) for fact in gathered.facts] == [("i1", 1)]
        assert len(gathered.dead_letters) == 1
