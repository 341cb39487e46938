"""Two replicas of intake on a real broker and a real database: what outsiders say, and what becomes of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Producer
from pydantic_core import to_json

from tests import ground
from tests.service.intake.running import (
    JSON,
    KEY,
    PDA,
    PDA_RECEIPTS,
    Heard,
    IntakeRun,
    event,
    report,
)
from wangge_chassis import partition_of
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import IncidentAccepted, ReportReceipt, ReportSubmitted
from wangge_intake.sealing import unseal
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

PARTITIONS = 4


@pytest.fixture(scope="module")
def intake(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IntakeRun]:
    ground.renew_topics(kafka.bootstrap)
    folder = tmp_path_factory.mktemp("intake")
    ports = ground.free_ports_of(folder, "one", "two")
    with ground.fresh_database(postgres) as database:
        run = IntakeRun(kafka, database, folder=folder)
        run.spread(PDA, PARTITIONS)
        run.spread("departments.gas.answers.v1", PARTITIONS)
        try:
            run.start("one", port=ports["one"], ready=False)
            run.start("two", port=ports["two"], ready=False)
            yield run
        finally:
            run.stop()


def one(found: list[Heard]) -> Heard:
    (only,) = found
    return only


def test_a_report_is_numbered_under_its_own_key_and_its_terminal_hears_of_it(intake: IntakeRun) -> None:
    intake.report("plain")

    told = one(intake.ears.wait(PDA_RECEIPTS, report_id="plain", within_s=40))
    accepted = one(intake.ears.wait("incidents.accepted.v1", report_id="plain"))
    incident_id = derive_id("incident", "pda", "plain")
    assert (accepted.key, accepted.partition) == (incident_id, partition_of(incident_id, 12))
    message = IncidentAccepted.read(accepted.bytes_)
    receipt = ReportReceipt.read(told.bytes_)
    assert (told.key, receipt.outcome, receipt.case_number) == ("plain", "accepted", message.case_number)
    assert message.case_number.startswith("110101-20")
    assert accepted.headers["ce_subject"].decode() == message.incident_id == incident_id


def test_one_report_on_every_partition_at_once_is_one_incident(intake: IntakeRun) -> None:
    ids = [f"race-{number}" for number in range(40)]
    intake.reports(
        (partition, report(id_, sent_at=f"2026-01-06T02:03:0{partition}Z"))
        for id_ in ids
        for partition in range(PARTITIONS)
    )

    for id_ in ids:
        told = intake.ears.wait(PDA_RECEIPTS, PARTITIONS, report_id=id_)
        assert sorted(one.value["outcome"] for one in told) == ["accepted"] + ["duplicate"] * (PARTITIONS - 1)
        assert len({one.value["case_number"] for one in told}) == 1
    intake.ears.quiet()
    assert all(len(intake.ears.on("incidents.accepted.v1", report_id=id_)) == 1 for id_ in ids)


def test_other_content_on_other_partitions_is_a_conflict_with_the_one_that_stands(intake: IntakeRun) -> None:
    for partition in range(PARTITIONS):
        intake.report("conflict", partition=partition, description={"text": f"第{partition}种"})

    told = intake.ears.wait(PDA_RECEIPTS, PARTITIONS, report_id="conflict")
    conflicts = [one.value for one in told if one.value["outcome"] == "conflict"]
    assert len(conflicts) == PARTITIONS - 1
    assert len({conflict["kept_content_sha256"] for conflict in conflicts}) == 1
    assert len({conflict["received_content_sha256"] for conflict in conflicts}) == PARTITIONS - 1


def test_what_belongs_to_an_incident_comes_under_its_key_by_any_name(intake: IntakeRun) -> None:
    intake.report("first", partition=0, external_refs=[{"system": "12345", "number": "77"}])
    number = one(intake.ears.wait(PDA_RECEIPTS, report_id="first")).value["case_number"]
    intake.report("by-id", partition=1, relation={"kind": "supplement", "report_id": "first"})
    intake.report(
        "by-number",
        topic="terminals.hotline.reports.v1",
        relation={"kind": "reminder", "case_number": number},
    )
    intake.report(
        "by-reference",
        partition=2,
        relation={"kind": "dissatisfied", "external_ref": {"system": "12345", "number": "77"}},
    )

    for id_ in ("by-id", "by-number", "by-reference"):
        attached = one(intake.ears.wait("reports.attached.v1", report_id=id_))
        assert attached.key == derive_id("incident", "pda", "first")
    intake.report("by-id", partition=3, relation={"kind": "supplement", "report_id": "first"})
    again = intake.ears.wait(PDA_RECEIPTS, 2, report_id="by-id")
    assert [one.value["outcome"] for one in again] == ["attached", "duplicate"]
    assert {one.value["case_number"] for one in again} == {number}


def test_a_reminder_of_nothing_is_a_new_incident_and_keeps_what_it_named(intake: IntakeRun) -> None:
    relation = {"kind": "reminder", "case_number": "110101-1999-0000001"}
    intake.report("reminder-of-nothing", relation=relation)

    accepted = one(intake.ears.wait("incidents.accepted.v1", report_id="reminder-of-nothing"))
    assert accepted.value["relation"] == relation


def test_a_report_that_says_nothing_is_rejected_again_and_again_for_the_same_reason(
    intake: IntakeRun,
) -> None:
    for partition in (0, 1):
        intake.report("empty", partition=partition, description=None)

    told = intake.ears.wait(PDA_RECEIPTS, 2, report_id="empty")
    rejected = one(intake.ears.wait("incidents.rejected.v1", report_id="empty"))
    assert sorted(one.value["outcome"] for one in told) == ["duplicate", "rejected"]
    assert all(one.value["errors"] == rejected.value["errors"] for one in told)


def test_personal_data_stays_in_the_schema_of_intake(intake: IntakeRun) -> None:
    reporter = {"role": "resident", "name": "某甲", "phone": "13800000000", "wants_reply": True}
    intake.report("private", reporter=reporter)

    accepted = one(intake.ears.wait("incidents.accepted.v1", report_id="private"))
    ref = accepted.value["contact_ref"]
    kept = intake.database.sql(f"SELECT name, phone FROM contact WHERE ref = '{ref}'", role="intake")
    assert kept == ["某甲|13800000000"]
    intake.ears.quiet()
    assert not [one for one in intake.ears.heard if b"13800000000" in one.bytes_]


def test_an_answer_is_passed_on_once_in_its_owners_name_wherever_it_lies(intake: IntakeRun) -> None:
    for partition in range(PARTITIONS):
        intake.answer("a-1", partition=partition, origin="departments.water", incident_id="i-7")
    intake.answer("a-1", topic="terminals.pda.answers.v1", incident_id="i-7")

    gas = one(intake.ears.wait("tasks.answered.v1", answer_id="a-1", origin="departments.gas"))
    pda = one(intake.ears.wait("tasks.answered.v1", answer_id="a-1", origin="terminals.pda"))
    assert (gas.key, gas.partition) == ("i-7", partition_of("i-7", 12))
    assert gas.id != pda.id
    assert gas.value["effective_at"] > "2026"
    repeats = intake.ears.wait("departments.gas.receipts.v1", PARTITIONS - 1, answer_id="a-1")
    assert {one.value["outcome"] for one in repeats} == {"repeated"}
    intake.answer("a-1", act="return", incident_id="i-7")
    (refused,) = intake.ears.wait("departments.gas.receipts.v1", answer_id="a-1", outcome="refused")
    assert refused.value["errors"][0]["code"] == "id-reused"


def test_a_structured_event_is_read_like_any_other(intake: IntakeRun) -> None:
    structured = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/terminals/pda",
        "type": ReportSubmitted.TYPE,
        "time": "2026-01-06T02:02:00Z",
        "data": report("structured"),
    }
    intake.say(PDA, to_json(structured), headers=[("content-type", b"application/cloudevents+json")])

    assert one(intake.ears.wait(PDA_RECEIPTS, report_id="structured")).value["outcome"] == "accepted"


def test_what_other_languages_write_is_accepted(intake: IntakeRun) -> None:
    attachment = {"slot": "a", "sha256": "0" * 64, "bytes": 7, "media_type": "image/jpeg", "purpose": "scene"}
    # As Jackson, a nil slice of Go, a number that was a double, and a text of JavaScript that was cut.
    nulls = {
        "mode": None,
        "relation": None,
        "external_refs": None,
        "reporter": {"role": "a", "staff_id": None},
    }
    said = {
        "of-java": to_json(report("of-java", **nulls)),
        "of-a-double": to_json(report("of-a-double", attachments=[attachment | {"bytes": 7.0}])),
        "of-javascript": to_json(report("of-javascript", description={"text": "#"})).replace(
            b"#", rb"\ud83d"
        ),
    }
    for name, value in said.items():
        intake.say(PDA, value, headers=event(name))

    for name in said:
        assert one(intake.ears.wait(PDA_RECEIPTS, report_id=name)).value["outcome"] == "accepted"
    cut = IncidentAccepted.read(
        one(intake.ears.wait("incidents.accepted.v1", report_id="of-javascript")).bytes_
    )
    assert cut.description is not None
    assert cut.description.text == "\ufffd"


POISON: dict[str, tuple[bytes | None, list[tuple[str, bytes | None]]]] = {
    "not-json": (b"{", event("p-1")),
    "wrong-shape": (to_json(report("p-2", captured_at=None)), event("p-2")),
    "header-not-utf8": (to_json(report("p-3")), event("p-3", source=b"\xff\xfe")),
    "tombstone": (None, event("p-4")),
    "unsupported-version": (to_json(report("p-5")), event("p-5", type_="wangge.ReportSubmitted.v9")),
    "unknown-type": (to_json(report("p-6")), event("p-6", type_="com.example.Thing")),
    "nested": (b"[" * 200_000, event("p-7")),
    "too-large": (to_json(report("p-8", description={"text": "长" * 9000})) + b" " * 900_000, event("p-8")),
    "nul-character": (to_json(report("p-9", description={"text": "a\0b"})), event("p-9")),
    "header-missing": (to_json(report("p-10")), [JSON]),
    "header-without-value": (to_json(report("p-11")), event("p-11", source=None)),
    "content-type-unknown": (to_json(report("p-12")), event("p-12")[:-1]),
    "empty": (b"", event("p-13")),
}


def test_each_poison_is_one_sealed_dead_letter_and_one_receipt_and_what_follows_is_handled(
    intake: IntakeRun,
) -> None:
    lies: dict[str, tuple[int, int]] = {}
    for name, (value, headers) in POISON.items():
        lies[name] = intake.say(PDA, value, headers=headers, partition=0)
    intake.report("after-the-poison", partition=0)

    intake.ears.wait(PDA_RECEIPTS, report_id="after-the-poison")
    letters = intake.ears.letters(len(POISON))
    intake.ears.quiet()
    for name, (partition, offset) in lies.items():
        original = {"topic": PDA, "partition": partition, "offset": offset}
        receipt = one(intake.ears.wait(PDA_RECEIPTS, outcome="unreadable", original=original))
        assert receipt.value["errors"], name
        rejected = one(intake.ears.on("incidents.rejected.v1", original=original))
        assert rejected.value["errors"] == receipt.value["errors"]
        letter = one([one for one in letters if one.headers["wangge_offset"].decode() == str(offset)])
        value, headers = POISON[name]
        assert unseal(letter.bytes_, keys=KEY) == (value or b"")
        assert (letter.headers["wangge_topic"].decode(), letter.headers["wangge_partition"]) == (PDA, b"0")
        assert letter.headers["wangge_reason"]
        for header, held in headers:
            kept = letter.headers[f"original_{header}"]
            assert (kept and unseal(kept, keys=KEY)) == held
    assert len(intake.ears.on("intake.dead-letters")) == len(POISON)


def test_what_no_letter_has_room_for_is_buried_all_the_same(intake: IntakeRun) -> None:
    intake.say(PDA, b"{", headers=[("a", b"")] * 250_000, partition=0)
    # Brokers limit batches as they come.
    stranger = Producer(
        {
            "bootstrap.servers": intake.kafka.bootstrap,
            "compression.type": "zstd",
            "message.max.bytes": 20_000_000,
            "log_level": 0,
        }
    )
    stranger.produce(PDA, b'{"a":"' + b"x" * 8_000_000 + b'"}', headers=[JSON], partition=0)
    assert not stranger.flush(30)
    intake.said += 1
    intake.report("after-the-large", partition=0)

    receipt = one(intake.ears.wait(PDA_RECEIPTS, report_id="after-the-large"))
    assert receipt.value["outcome"] == "accepted"
    letters = intake.ears.letters()
    headed = one([letter for letter in letters if "wangge_left_out" in letter.headers])
    assert int(headed.headers["wangge_left_out"]) > 100_000
    large = one([letter for letter in letters if "wangge_truncated" in letter.headers])
    assert large.headers["wangge_truncated"] == b"8000008"
    assert unseal(large.bytes_, keys=KEY).startswith(b'{"a":"xxx')


def test_who_says_gigabytes_in_kilobytes_keeps_nobody_else_waiting(intake: IntakeRun) -> None:
    stranger = Producer(
        {
            "bootstrap.servers": intake.kafka.bootstrap,
            "compression.type": "zstd",
            "message.max.bytes": 1_000_000_000,
            "log_level": 0,
        }
    )
    bombs = [100_000_000] * 3 + [15_000_000] * 3
    for size in bombs:
        stranger.produce(PDA, b" " * size, headers=[JSON], partition=1)
        assert not stranger.flush(60)
    intake.said += len(bombs)
    intake.report("meanwhile", topic="terminals.hotline.reports.v1")
    _, after = intake.report("after-the-bombs", partition=1)

    intake.ears.wait("terminals.hotline.receipts.v1", report_id="meanwhile")
    intake.ears.wait(PDA_RECEIPTS, report_id="after-the-bombs")
    first = after - len(bombs)
    letters = {
        int(letter.headers["wangge_offset"]) - first: letter
        for letter in intake.ears.letters()
        if letter.headers["wangge_partition"] == b"1"
    }
    assert sorted(letters) == list(range(len(bombs)))
    for place, letter in letters.items():
        assert letter.headers["wangge_code"] == b"too-large"
        shut = place < 3
        assert letter.headers.get("wangge_batch") == (b"1" if shut else None)
        assert letter.headers.get("wangge_truncated") == (None if shut else b"15000000")
        # What was left shut can still be opened by whoever has the room.
        assert unseal(letter.bytes_, keys=KEY)[16:17] == (b"\2" if shut else b" ")


def test_an_unreadable_answer_is_judged_too(intake: IntakeRun) -> None:
    partition, offset = intake.say(
        "departments.gas.answers.v1",
        b'{"answer_id":"a-9"}',
        headers=event("a-9", type_="wangge.TaskAnswered.v1"),
    )

    told = one(intake.ears.wait("departments.gas.receipts.v1", answer_id="a-9"))
    assert told.value["outcome"] == "unreadable"
    assert told.value["original"] == {
        "topic": "departments.gas.answers.v1",
        "partition": partition,
        "offset": offset,
    }


def test_a_mended_letter_counts_as_said_by_its_owner_when_it_was_first_said(intake: IntakeRun) -> None:
    _, offset = intake.say(PDA, b'{"report_id":"mended"', headers=event("mended"), partition=3)
    original: dict[str, Any] = {"topic": PDA, "partition": 3, "offset": offset}
    intake.ears.wait(PDA_RECEIPTS, outcome="unreadable", original=original)
    headers = {
        "wangge_topic": PDA.encode(),
        "wangge_partition": b"3",
        "wangge_offset": str(offset).encode(),
        "wangge_appended_at": b"2026-01-05T00:00:00+00:00",
    }
    intake.say(
        "intake.replays.v1",
        to_json(report("mended")),
        headers=[*event("mended"), *headers.items()],
    )

    told = one(intake.ears.wait(PDA_RECEIPTS, report_id="mended", outcome="accepted"))
    accepted = one(intake.ears.wait("incidents.accepted.v1", report_id="mended"))
    assert told.value["effective_at"] == accepted.value["effective_at"] == "2026-01-05T00:00:00.000Z"
    assert accepted.value["terminal"] == "pda"


@pytest.mark.long
def test_what_was_taken_back_in_a_transaction_was_not_said(intake: IntakeRun) -> None:
    producer = Producer({"bootstrap.servers": intake.kafka.bootstrap, "transactional.id": "pda"})
    producer.init_transactions(20)
    for report_id, end in (("no", producer.abort_transaction), ("yes", producer.commit_transaction)):
        producer.begin_transaction()
        headers: Any = event(report_id)
        producer.produce(PDA, to_json(report(report_id)), partition=0, headers=headers)
        producer.flush(20)
        end(20)
    intake.said += 1

    assert one(intake.ears.wait(PDA_RECEIPTS, report_id="yes")).value["outcome"] == "accepted"
    assert intake.ears.on(PDA_RECEIPTS, report_id="no") == []


def test_what_the_database_refuses_of_a_contact_is_repeated_nowhere(
    intake: IntakeRun, postgres: Postgres
) -> None:
    intake.database.sql("ALTER TABLE contact ADD CONSTRAINT odd CHECK (name <> '某乙')", role="intake")
    intake.report("refused", reporter={"role": "resident", "name": "某乙", "phone": "13811112222"})

    told = one(intake.ears.wait(PDA_RECEIPTS, report_id="refused"))
    assert [error["code"] for error in told.value["errors"]] == ["not-handled"]
    letter = intake.ears.letters()[-1]
    assert letter.headers["wangge_reason"].startswith(b"CheckViolationError: new row")
    assert not [held for held in letter.headers.values() if b"13811112222" in held]
    logs = intake.log("one") + intake.log("two") + postgres.log.read_text("utf-8")
    assert 'violates check constraint "odd"' in logs
    assert "13811112222" not in logs


def test_everything_said_has_one_verdict_and_nothing_is_left_in_the_outbox(intake: IntakeRun) -> None:
    intake.ears.quiet()

    verdicts = [one for one in intake.ears.heard if one.topic.endswith(".receipts.v1")]
    # Three answers were passed on and hear from the router.
    passed_on = len(intake.ears.on("tasks.answered.v1"))
    assert len(verdicts) + passed_on == intake.said
    assert intake.database.sql("SELECT count(*) FROM outbox", role="intake") == ["0"]
    assert intake.database.sql("SELECT count(*) FROM halted", role="intake") == ["0"]
