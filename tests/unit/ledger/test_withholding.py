"""Anybody may read how a matter goes on, but not what was said in confidence, nor how a person is reached."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.ledger.telling import GAS, STORY, told
from wangge_chassis import Received
from wangge_contracts.v1 import Attachment, FurtherReport, IncidentChanged, Text
from wangge_ledger.chronicle import entry_of
from wangge_ledger.withholding import for_anybody

SECRET = "my neighbour does it"
STORY_OF_A_NEIGHBOUR = {"text": SECRET, "lang": "en"}
NOTICE = "notices.changed.v1/delivered"
RECIPIENT = {"kind": "officer", "ref": "officer:110101009015004/police", "name": "Wang Wu", "staff_id": "P-7"}
PERSONAL: dict[str, Any] = {
    "endpoint_key": "ba2c2892683d082a302bdb91924889dd",
    "text": {"text": "call 13800138000", "lang": "en"},
    "recipient": RECIPIENT,
    "outcome": {"code": "ok", "detail": "sent to 13800138000"},
    "fallbacks": [{"channel": "sms", "endpoint_key": "0123456789abcdef"}],
}


def whole(*heard: Received, notices: tuple[Received, ...] = ()) -> str:
    """Return a matter as the books put it together."""
    lines = [line for each in heard if (line := entry_of(each)) is not None]
    return json.dumps(
        {
            "incident": {"incident_id": GAS},
            "notices": [json.loads(each.message.write()) for each in notices],
            "timeline": [
                {
                    "topic": line.topic,
                    "id": line.message_id,
                    "what": line.what,
                    "document": json.loads(line.document),
                }
                for line in lines
            ],
        }
    )


def read(*heard: Received, notices: tuple[Received, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(for_anybody(whole(*heard, notices=notices)))
    return found


@pytest.mark.parametrize("why", [{"confidential": True}, {"sensitivity": "restricted"}])
def test_of_a_further_report_in_confidence_anybody_hears_that_it_came(why: dict[str, Any]) -> None:
    report = told("reports.attached.v1/reminder", description=STORY_OF_A_NEIGHBOUR, **why)
    (line,) = read(report)["timeline"]

    assert line["what"] == "attached reminder"
    assert line["document"].items() >= {"incident_id": GAS, **why}.items()
    assert not line["document"].keys() & {"description", "place", "contact_ref", "attachments", "report_id"}


def test_a_fact_that_quotes_such_a_report_is_told_without_the_quotation() -> None:
    report = told("reports.attached.v1/reminder", message_id="confided", confidential=True)
    fact = told(
        "incidents.changed.v1/dispatched",
        change="attached",
        cause={"id": "confided", "kind": "attachment"},
        reason=STORY_OF_A_NEIGHBOUR,
    )

    assert SECRET not in json.dumps(read(report, fact))


@pytest.mark.parametrize(("sensitivity", "read_by_all"), [("restricted", False), ("normal", True)])
def test_what_was_confided_to_a_holder_while_the_matter_was_restricted_stays_with_him(
    sensitivity: str, read_by_all: bool
) -> None:
    fact = told("incidents.changed.v1/dispatched")
    assert isinstance(fact.message, IncidentChanged)
    shown = Attachment(slot=SECRET, sha256="0" * 64, bytes=1, media_type="image/jpeg", purpose="scene")
    said = FurtherReport(
        kind="supplement",
        at=fact.message.effective_at,
        text=Text(**STORY_OF_A_NEIGHBOUR),
        attachments=(shown,),
    )
    tasks = tuple(
        task.model_copy(update={"sensitivity": sensitivity, "further": said}) for task in fact.message.tasks
    )
    heard = replace(fact, message=fact.message.model_copy(update={"tasks": tasks}))
    kept = json.loads(whole(heard)) | {"tasks": [json.loads(task.model_dump_json()) for task in tasks]}
    found = json.loads(for_anybody(json.dumps(kept)))

    assert [SECRET in json.dumps(found[part]) for part in ("timeline", "tasks")] == [read_by_all] * 2


def test_a_further_report_that_is_for_everybody_is_told_whole() -> None:
    report = told("reports.attached.v1/reminder", description=STORY_OF_A_NEIGHBOUR)

    assert read(report) == json.loads(whole(report))


def test_a_notice_tells_which_post_was_told_and_how_far_it_came_but_not_who_nor_where() -> None:
    notice = told(NOTICE, **PERSONAL)
    composed = told("notices.composed.v1/attend", **PERSONAL)
    found = read(notice, composed, notices=(notice,))

    (shown,) = found["notices"]
    assert (shown["channel"], shown["state"]) == ("webhook", "delivered")
    assert shown["recipient"] == {"kind": "officer", "ref": "officer:110101009015004/police"}
    for secret in ("13800138000", PERSONAL["endpoint_key"], "0123456789abcdef", "Wang Wu", "P-7"):
        assert str(secret) not in json.dumps(found)


def test_a_receipt_tells_what_came_back_but_not_from_where() -> None:
    receipt = told("notices.answered.v1/confirmed", text={"text": "this is Wang Wu", "lang": "en"})
    (line,) = read(receipt)["timeline"]

    assert line["document"]["answer"] == "confirmed"
    assert not line["document"].keys() & {"endpoint_key", "text", "outcome"}


def test_people_are_told_of_by_their_number_and_not_where_they_stood() -> None:
    person = {"staff_id": "P-7", "name": "Wang Wu", "role": "police"}
    answer = told(
        "tasks.answered.v1/contact-logged",
        actor=person,
        recorded_by=person,
        position={"lon": 116.44327, "lat": 39.93012, "crs": "WGS84"},
        contact={
            "how": "phone",
            "at": "2026-01-06T02:07:30Z",
            "spoke_to": "Zhao Liu",
            "result": "on their way",
        },
    )
    fact = told("incidents.changed.v1/dispatched", cause={"id": "o", "kind": "order", "actor": person})
    found = json.dumps(read(answer, fact))

    assert "P-7" in found
    assert "on their way" in found
    for secret in ("Wang Wu", "Zhao Liu", "position"):
        assert secret not in found


def test_of_an_answer_that_tells_of_a_call_the_rest_is_told_as_well() -> None:
    (line,) = read(told("tasks.answered.v1/contact-logged"))["timeline"]

    assert line["document"].items() >= {"act": "contact-logged", "incident_id": GAS}.items()


def test_what_one_matter_passes_on_to_another_in_confidence_is_told_to_nobody_else() -> None:
    said = {"kind": "supplement", "at": "2026-01-06T02:09:00.000Z", "text": STORY_OF_A_NEIGHBOUR}
    (line,) = read(told("desk.ordered.v1/adopt", order="remind", further=said))["timeline"]

    assert line["document"]["order"] == "remind"
    assert SECRET not in json.dumps(line)


def test_what_was_split_off_does_not_tell_the_whole_matter_that_it_came_from() -> None:
    order = told("desk.ordered.v1/split-child")
    (line,) = read(order)["timeline"]

    assert line["document"]["other_incident_id"] == GAS
    assert "602室" not in json.dumps(line, ensure_ascii=False)


def test_what_is_said_by_others_is_told_as_it_was() -> None:
    others = [told(name) for name in STORY if not name.startswith(("notices", "tasks.answered.v1/contact"))]

    assert read(*others) == json.loads(whole(*others))


def keys(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        yield from content
    for each in (
        content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    ):
        yield from keys(each)


def test_no_key_of_an_endpoint_is_told_anywhere() -> None:
    story = [told(name) for name in STORY]

    assert "endpoint_key" not in set(keys(read(*story, notices=(told(NOTICE),))))
