"""Anybody may read how a matter goes on, but not what was said in confidence."""

import json
from typing import Any

import pytest

from tests.unit.ledger.telling import GAS, STORY, told
from wangge_chassis import Received
from wangge_ledger.chronicle import entry_of
from wangge_ledger.withholding import for_anybody

SECRET = "my neighbour does it"
STORY_OF_A_NEIGHBOUR = {"text": SECRET, "lang": "en"}


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


def test_a_further_report_that_is_for_everybody_is_told_whole() -> None:
    report = told("reports.attached.v1/reminder", description=STORY_OF_A_NEIGHBOUR)

    assert read(report) == json.loads(whole(report))


def test_what_is_said_by_others_is_told_as_it_was() -> None:
    others = [told(name) for name in STORY]

    assert read(*others) == json.loads(whole(*others))
