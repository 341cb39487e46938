"""What is valid JSON in other languages' spelling is read like our own."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from wangge_contracts.cloudevents import from_structured
from wangge_contracts.v1 import (
    Person,
    ReportedPlace,
    Reporter,
    ReportSubmitted,
    TaskAnswered,
    Text,
    faults_of,
)

ANSWER = TaskAnswered(
    answer_id="a-1",
    task_id="t-1",
    incident_id="i-1",
    based_on_revision=3,
    act="acknowledge",
    actor=Person(staff_id="G-114"),
)


def report(text: str = "井盖松动") -> ReportSubmitted:
    return ReportSubmitted(
        report_id="r-1",
        source="officer",
        description=Text(text=text),
        captured_at=datetime(2026, 1, 6, 2, 2, 3, tzinfo=UTC),
        place=ReportedPlace(unknown=True),
        reporter=Reporter(role="inspector"),
    )


def with_text(text: bytes) -> bytes:
    return report().write().replace("井盖松动".encode(), text)


def test_what_other_languages_write_for_nothing_is_read_as_absent() -> None:
    sound = report()
    said = from_json(sound.write())
    fields: dict[str, Any] = dict.fromkeys(set(ReportSubmitted.model_fields) - sound.model_fields_set)
    reporter = said["reporter"] | dict.fromkeys(set(Reporter.model_fields) - {"role"})
    nulls = to_json(said | fields | {"reporter": reporter})

    assert nulls.count(b"null") > 20
    assert ReportSubmitted.read(nulls).write() == sound.write()
    read, passed_over = ReportSubmitted.read_closely(nulls[:-1] + b',"colour":null}')
    assert (read.write(), passed_over) == (sound.write(), ("/colour",))


def test_what_is_required_is_missing_where_there_is_null() -> None:
    with pytest.raises(ValidationError) as refusal:
        ReportSubmitted.read(report().write().replace(b'"r-1"', b"null"))

    assert [(each.code, each.pointer) for each in faults_of(refusal.value)] == [("missing", "/report_id")]


@pytest.mark.parametrize("told", [b"3.0", b"3e0", b"0.3E+1", b"30e-1", b"3.000"])
def test_an_integer_is_read_in_every_spelling_of_json(told: bytes) -> None:
    data = ANSWER.write().replace(b'"based_on_revision":3', b'"based_on_revision":' + told)

    assert TaskAnswered.read(data) == ANSWER


@pytest.mark.parametrize("told", [b"3.5", b'"3"', b"true", b"1e999", b"9e99", b"-1.0", b"[3.0]"])
def test_what_is_no_integer_is_read_as_none(told: bytes) -> None:
    with pytest.raises(ValidationError) as refusal:
        TaskAnswered.read(ANSWER.write().replace(b'"based_on_revision":3', b'"based_on_revision":' + told))

    assert [each.pointer for each in faults_of(refusal.value)] == ["/based_on_revision"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (rb"\ud83d", "\ufffd"),
        (rb"\uDE00\uD83D", "\ufffd\ufffd"),
        (rb"a\ud83d\u6c34", "a\ufffd水"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
        (rb"\\ud83d\ud83d", r"\ud83d" + "\ufffd"),
        (rb"\ud83d\ude00 1.0 null", "😀 1.0 null"),
    ],
)
def test_a_character_that_was_cut_in_two_costs_no_more_than_itself(written: bytes, text: str) -> None:
    read, passed_over = ReportSubmitted.read_closely(with_text(written)[:-1] + b',"colour":1.0}')

    assert read.description == Text(text=text)
    assert passed_over == ("/colour",)
    assert ReportSubmitted.read(with_text(written)) == read


def test_an_event_whose_data_holds_half_a_character_is_read() -> None:
    event = b'{"specversion":"1.0","id":"1","source":"/x","type":"t","time":"2026-01-06T02:02:03Z","data":%s}'

    _, data = from_structured(event % with_text(rb"\ud83d"))
    assert ReportSubmitted.read(data).description == Text(text="\ufffd")
