"""The HTTP door of intake on a real broker that is frozen and killed under it."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest
import requests
from pydantic_core import to_json

from tests import ground
from tests.service.intake.calling import Caller, entered
from tests.service.intake.running import PDA, PDA_RECEIPTS, IntakeRun, answer, report
from tests.waiting import wait_for
from wangge_contracts.message import derive_id
from wangge_local import topics
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

TOKENS = {
    "terminals.pda": "pda-token",
    "terminals.kiosk": "kiosk-token",
    "terminals.crowd": "crowd-token",
    "departments.gas": "gas-token",
    "terminals.nowhere": "lost-token",
}
COURIER, ERASER = "courier-token", "eraser-token"
NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def caller(
    own_kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Caller]:
    folder = tmp_path_factory.mktemp("door")
    tokens = entered(folder, TOKENS)
    port = ground.free_ports_of(folder, "door")["door"]
    with ground.fresh_database(postgres) as database:
        run = IntakeRun(own_kafka, database, folder=folder)
        try:
            readers = sha256(COURIER.encode()).hexdigest()
            run.start(
                "one",
                port=port,
                tokens=tokens,
                quota_per_s=300,
                quota_burst=600,
                kept_within_s=2,
                contact_readers=readers,
                contact_erasers=sha256(ERASER.encode()).hexdigest(),
                contacts_per_s=0.01,
                contacts_burst=6,
            )
            caller = Caller(port, run)
            wait_for("ready", lambda: caller.get("/health/ready").status_code == 200, within_s=40)
            yield caller
        finally:
            own_kafka.thaw()
            run.stop()


def problem(response: requests.Response) -> tuple[int, str]:
    """Return status and code of a refusal, which is told as RFC 9457 has it."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    value = response.json()
    assert value["status"] == response.status_code
    return response.status_code, value["errors"][0]["code"] if "errors" in value else ""


def test_a_report_is_kept_and_then_judged_as_if_its_terminal_had_said_it(caller: Caller) -> None:
    response = caller.post("/v1/reports", report("kept"))

    incident_id = derive_id("incident", "pda", "kept")
    assert response.status_code == 202
    assert response.json() == {"outcome": "kept", "report_id": "kept", "incident_id": incident_id}
    (told,) = caller.run.ears.wait(PDA_RECEIPTS, report_id="kept")
    assert told.value["outcome"] == "accepted"
    assert told.value["incident_id"] == incident_id


def test_the_courier_alone_opens_a_contact_and_each_time_is_noted(caller: Caller) -> None:
    reporter = {"role": "resident", "name": "某甲", "phone": "13800000001", "email": "a@example.org"}
    case = caller.post("/v1/reports", report("private", reporter=reporter), prefer="wait=10").json()
    ref, notice = derive_id("contact", case["incident_id"]), derive_id("notice")
    path = f"/v1/contacts/{ref}?notice={notice}"

    opened = caller.get(path, token=COURIER)
    # An outsider's token opens nothing, not even what he reported himself.
    stranger = caller.get(path)
    unknown = caller.get(f"/v1/contacts/{derive_id('nobody')}", token=COURIER)
    nonsense = caller.get("/v1/contacts/%00'", token=COURIER)
    at = f"/v1/contacts/{ref}"
    # Who may open one may not erase it, and nobody may without a reason.
    refused = [caller.delete(at, token=token, reason="x") for token in (COURIER, "pda-token")]
    unexplained = caller.delete(at, token=ERASER, reason=" ")
    kept = caller.run.database.sql(f"SELECT count(*) FROM contact WHERE ref = '{ref}'", role="intake")
    done = caller.delete(at, token=ERASER, reason="他要求删除\0")
    again = [caller.delete(each, token=ERASER, reason="x") for each in (at, "/v1/contacts/%00'")]
    erased = caller.get(path, token=COURIER)

    assert (opened.status_code, opened.json()) == (
        200,
        {"phone": "13800000001", "email": "a@example.org"},
    )
    assert opened.headers["cache-control"] == "no-store"
    assert problem(stranger) == (401, "token-unknown")
    assert [problem(each) for each in (unknown, nonsense, erased)] == [(404, "unknown-contact")] * 3
    assert [problem(each) for each in refused] == [(401, "token-unknown")] * 2
    assert (problem(unexplained), kept) == ((422, "reason-required"), ["1"])
    assert (done.status_code, done.json()) == (200, {"ref": ref, "erased": True})
    assert [problem(each) for each in again] == [(404, "unknown-contact")] * 2
    for table, one in (("contact", 0), ("contact_erasure", 1)):
        count = f"SELECT count(*) FROM {table} WHERE ref = '{ref}'"
        assert caller.run.database.sql(count, role="intake") == [str(one)]
    erasures = caller.run.database.sql("SELECT reason, eraser FROM contact_erasure", role="intake")
    assert erasures == [f"他要求删除|{sha256(ERASER.encode()).hexdigest()[:16]}"]
    noted = caller.run.database.sql(
        f"SELECT notice, found FROM contact_opening WHERE ref = '{ref}' ORDER BY opened_at", role="intake"
    )
    assert noted == [f"{notice}|t", f"{notice}|f"]
    log = caller.run.log("one")
    assert log.count('"contact_opened"') == 4
    assert log.count('"contact_refused"') == 1
    assert (log.count('"contact_erased"'), log.count('"keeper_refused"')) == (3, 2)
    assert not any(each in log for each in ("13800000001", "a@example.org", "某甲", COURIER, ERASER))
    # Whatever is asked for counts, and what a stranger asks does not.
    answers = [caller.get(path, token=COURIER) for _ in range(4)]
    assert [each.status_code for each in answers] == [404, 404, 404, 429]
    assert problem(answers[-1]) == (429, "quota")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "/v1/contacts" not in str(caller.get("/openapi.json").json()["paths"])


def test_what_is_kept_of_a_person_is_found_by_whatever_he_gives_and_it_is_noted_who_looked(
    caller: Caller,
) -> None:
    reporter = {"role": "resident", "name": "某丙", "phone": "+86 138-0000-1234", "email": "C@example.org"}
    told = report("found", reporter=reporter, subjects=[{"kind": "person", "name": "某丁"}])
    case = caller.post("/v1/reports", told, prefer="wait=10").json()
    ref = derive_id("contact", case["incident_id"])

    asked = (b"13800001234", b"0086 13800001234", b" c@EXAMPLE.org", "某丙".encode(), "某丁".encode())
    answers = [caller.post("/v1/contacts", each, token=ERASER) for each in asked]
    others = (b"1234", b"%", "某".encode(), b"13800001235", b"9" * 500)
    nothing = [caller.post("/v1/contacts", each, token=ERASER) for each in others]
    strangers = [caller.post("/v1/contacts", asked[0], token=token) for token in (COURIER, "pda-token")]
    nobody = caller.post("/v1/contacts", b" \0", token=ERASER)

    for told_all in answers:
        (found,) = told_all.json()["contacts"]
        assert (found["ref"], found["case_number"]) == (ref, case["case_number"])
        assert (found["phone"], found["email"], found["name"]) == (
            reporter["phone"],
            reporter["email"],
            reporter["name"],
        )
        assert "某丁" in found["subjects"]
        assert "staff_id" not in found
        assert told_all.headers["cache-control"] == "no-store"
    assert "last_opened_at" not in answers[0].json()["contacts"][0]
    assert answers[-1].json()["contacts"][0]["opened"] == 4
    listed = caller.get("/v1/contacts", token=ERASER).json()["contacts"]
    assert {"ref": ref, "incident_id": case["incident_id"]} in listed
    last = caller.get(f"/v1/contacts?after={listed[-1]['ref']}", token=ERASER)
    assert last.json() == {"contacts": []}
    assert problem(caller.get("/v1/contacts", token=COURIER)) == (401, "token-unknown")
    assert [each.json() for each in nothing] == [{"contacts": []}] * len(others)
    assert [problem(each) for each in strangers] == [(401, "token-unknown")] * 2
    assert problem(nobody) == (422, "missing")
    noted = caller.run.database.sql(
        f"SELECT DISTINCT reader, notice IS NULL FROM contact_opening WHERE ref = '{ref}'", role="intake"
    )
    assert noted == [f"{sha256(ERASER.encode()).hexdigest()[:16]}|t"]
    log = caller.run.log("one")
    assert log.count('"contacts_found"') == len(asked) + len(others)
    assert not any(each in log for each in ("13800001234", "0000-1234", "example.org", "某丙", "某丁"))


def test_who_waits_gets_the_case_number_or_the_reason(caller: Caller) -> None:
    accepted = caller.post("/v1/reports", report("waited"), prefer="wait=10")
    rejected = caller.post("/v1/reports", report("waited-in-vain", description=None), prefer="wait=10")

    assert accepted.status_code == 201
    assert accepted.headers["preference-applied"] == "wait=10"
    assert accepted.json()["outcome"] == "accepted"
    (told,) = caller.run.ears.wait(PDA_RECEIPTS, report_id="waited")
    assert accepted.json()["case_number"] == told.value["case_number"]
    assert problem(rejected) == (422, "missing")
    assert rejected.json()["outcome"] == "rejected"
    assert rejected.headers["preference-applied"] == "wait=10"


def test_a_wish_that_is_not_understood_is_passed_over(caller: Caller) -> None:
    kept = caller.post("/v1/reports", report("in-a-hurry"), prefer='wait=soon, handling="')

    assert kept.status_code == 202
    assert "preference-applied" not in kept.headers


def test_the_same_again_is_the_same_answer_and_other_content_a_conflict(caller: Caller) -> None:
    first = caller.post("/v1/reports", report("again"), prefer="wait=10")
    again = caller.post("/v1/reports", report("again", sent_at="2026-01-06T03:00:00Z"))
    other = caller.post("/v1/reports", report("again", description={"text": "别的"}))

    assert again.status_code == 202
    assert again.json() == first.json()
    assert problem(other) == (409, "id-reused")
    assert other.json()["kept_content_sha256"] != other.json()["received_content_sha256"]
    caller.run.ears.quiet()
    assert len(caller.run.ears.on(PDA_RECEIPTS, report_id="again")) == 1


def test_what_became_of_a_report_can_be_asked(caller: Caller) -> None:
    said = caller.post("/v1/reports", report("asked"), prefer="wait=10")

    assert caller.get("/v1/reports/asked").json() == said.json()
    assert problem(caller.get("/v1/reports/never-said")) == (404, "unknown-report")
    assert problem(caller.get("/v1/reports/asked", token="gas-token")) == (403, "not-entitled")


def test_what_became_of_a_report_can_be_asked_whatever_its_id_holds(caller: Caller) -> None:
    for report_id in ("2026/01/6", "a/", "a%2Fb", "?#", "\u4e8c \n"):
        said = caller.post("/v1/reports", report(report_id), prefer="wait=10")

        assert said.status_code == 201
        assert caller.get("/v1/reports/" + quote(report_id, safe="")).json() == said.json()
    assert caller.get("/v1/reports/2026/01/6").json()["report_id"] == "2026/01/6"


def test_a_batch_has_a_result_for_each_item(caller: Caller) -> None:
    caller.post("/v1/reports", report("b-old"), prefer="wait=10")
    items = [
        report("b-1"),
        report("b-2", captured_at="yesterday"),
        report("b-old", description={"text": "别的"}),
        report("b-1"),
        report("b-1", description={"text": "又一个"}),
    ]

    for name, body, media_type in (
        ("array", items, "application/json"),
        ("object", {"reports": items}, "application/json"),
        ("lines", b"\n".join(to_json(item) for item in items), NDJSON),
    ):
        response = caller.post("/v1/reports", body, content_type=media_type)
        assert response.status_code == 207, name
        results = response.json()["results"]
        assert [result["status"] for result in results] == [202, 422, 409, 202, 409]
        assert results[1]["problem"]["errors"][0]["pointer"] == "/captured_at"
        assert results[0]["report_id"] == "b-1"


def test_a_batch_that_waits_hears_every_number(caller: Caller) -> None:
    response = caller.post("/v1/reports", [report(f"bw-{n}") for n in range(50)], prefer="wait=10")

    assert response.status_code == 202
    results = response.json()["results"]
    assert {result["status"] for result in results} == {201}, response.elapsed
    assert len({result["case_number"] for result in results}) == 50


def test_answers_go_the_same_way(caller: Caller) -> None:
    first = caller.post("/v1/answers", answer("http-1"), token="gas-token")

    (passed_on,) = caller.run.ears.wait("tasks.answered.v1", answer_id="http-1")
    again = caller.post("/v1/answers", answer("http-1"), token="gas-token")
    other = caller.post("/v1/answers", answer("http-1", act="return"), token="gas-token")
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json() == {"outcome": "kept", "answer_id": "http-1", "incident_id": "i-1"}
    assert passed_on.value["origin"] == "departments.gas"
    assert problem(other) == (409, "id-reused")


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        (report("x"), {"token": None}, (401, "token-unknown")),
        (report("x"), {"token": "other"}, (401, "token-unknown")),
        (report("x"), {"token": "gas-token"}, (403, "not-entitled")),
        (b"{", {}, (400, "not-json")),
        (b"[" * 100_000, {}, (400, "not-json")),
        (report("x", source=None), {}, (422, "missing")),
        (report("x", description={"text": "a\0b"}), {}, (422, "nul-character")),
        (report("x"), {"content_type": "text/plain"}, (415, "content-type-unknown")),
        (b" " * 300_000 + to_json(report("x")), {}, (413, "too-large")),
        (b" " * 5_000_000, {}, (413, "too-large")),
        (b"[" + b"1," * 1000 + b"1]", {"token": "crowd-token"}, (413, "too-large")),
    ],
)
def test_what_may_not_pass_is_refused_with_its_code(
    caller: Caller, value: Any, options: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert problem(caller.post("/v1/reports", value, **options)) == expected


def test_paths_and_methods_that_are_none_are_refused_alike(caller: Caller) -> None:
    assert problem(caller.get("/v1/nothing")) == (404, "")
    assert problem(caller.get("/v1/reports")) == (405, "")
    assert caller.get("/openapi.json").json()["paths"].keys() >= {"/v1/reports", "/v1/answers"}


def test_a_terminal_without_a_topic_hurts_nobody_else(caller: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        lost = threads.submit(caller.post, "/v1/reports", report("nowhere"), token="lost-token")
        others = [threads.submit(caller.post, "/v1/reports", report(f"beside-{n}")) for n in range(7)]

        assert problem(lost.result()) == (503, "unavailable")
        assert caller.post("/v1/reports", report("just-after")).status_code == 202
        assert {other.result().status_code for other in others} == {202}


def test_a_terminal_without_officers_is_told_that_it_may_not_answer(caller: Caller) -> None:
    topics.create(caller.run.kafka.bootstrap, terminals=["kiosk"], reporters=["kiosk"])

    assert problem(caller.post("/v1/answers", answer("k"), token="kiosk-token")) == (403, "not-entitled")
    batch = caller.post("/v1/answers", [answer("k")], token="kiosk-token")
    assert [result["status"] for result in batch.json()["results"]] == [403]
    assert caller.post("/v1/reports", report("k"), token="kiosk-token").status_code == 202
    # Neither topic is there: an operator may still be making them.
    lost = caller.post("/v1/answers", answer("k"), token="lost-token")
    assert problem(lost) == (503, "unavailable")


def test_who_sends_too_much_is_told_when_to_come_again(caller: Caller) -> None:
    time.sleep(2)  # the quota of the pda may have been used by others of these tests
    batches = [[report(f"q-{number}-{n}") for n in range(1000)] for number in range(4)]
    with ThreadPoolExecutor(len(batches)) as threads:
        # At once, because on a machine that is busy enough one after the other is never too much.
        responses = list(threads.map(lambda batch: caller.post("/v1/reports", batch), batches))

    refused = [response for response in responses if response.status_code == 429]
    assert 0 < len(refused) < len(responses)
    assert problem(refused[0]) == (429, "quota")
    assert int(refused[0].headers["retry-after"]) >= 1
    assert caller.post("/v1/answers", answer("not-charged"), token="gas-token").status_code == 202


def test_while_the_database_is_away_reports_are_kept_and_judged_when_it_is_back(caller: Caller) -> None:
    time.sleep(3)
    postgres = caller.run.database.postgres
    for process in postgres.sql(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'intake'", database=caller.run.database.name
    ):
        postgres.sql(f"SELECT pg_terminate_backend({process})")

    assert caller.post("/v1/reports", report("blind")).status_code == 202
    caller.run.ears.wait(PDA_RECEIPTS, report_id="blind")


def test_while_kafka_is_frozen_nothing_is_kept_and_the_terminal_is_told_to_come_again(caller: Caller) -> None:
    kafka = caller.run.kafka
    kafka.freeze()
    began = time.monotonic()
    first = caller.post("/v1/reports", report("frozen"))
    took_s = time.monotonic() - began
    second = caller.post("/v1/reports", report("frozen-2"))
    kafka.thaw()

    assert problem(first) == (503, "unavailable")
    assert first.headers["retry-after"] == "2"
    assert took_s < 6
    assert problem(second) == (503, "unavailable")
    wait_for(
        "kept again", lambda: caller.post("/v1/reports", report("frozen")).status_code == 202, within_s=30
    )
    told = caller.run.ears.wait(PDA_RECEIPTS, report_id="frozen", within_s=40)
    assert told[0].value["outcome"] == "accepted"


def test_a_report_sent_again_after_kafka_was_killed_is_one_incident(caller: Caller) -> None:
    kafka = caller.run.kafka
    kafka.kill()
    refused = caller.post("/v1/reports", report("killed"))
    kafka.start()

    assert problem(refused) == (503, "unavailable")
    wait_for(
        "kept again", lambda: caller.post("/v1/reports", report("killed")).status_code == 202, within_s=30
    )
    caller.run.ears.wait(PDA_RECEIPTS, report_id="killed", outcome="accepted", within_s=40)
    caller.run.ears.quiet()
    assert len(caller.run.ears.on("incidents.accepted.v1", report_id="killed")) == 1


def test_what_was_answered_before_the_end_is_in_kafka(caller: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(caller.post, "/v1/reports", report(f"end-{n}")) for n in range(100)]
        caller.run.signal("one", signal.SIGTERM)
        kept = []
        for number, call in enumerate(calls):
            try:
                if call.result().status_code == 202:
                    kept.append(f"end-{number}")
            except requests.ConnectionError:
                continue

    found = caller.run.records(PDA)
    assert set(kept) <= found
