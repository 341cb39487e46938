"""What cannot be read still gets its verdict."""

import pytest

from tests.unit.intake.builders import APPENDED, NOW
from wangge_chassis import Outgoing, Unread
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import AnswerJudged, IncidentRejected, ReportReceipt
from wangge_intake.unreadables import tell


def unread(
    value: bytes | None,
    *,
    topic: str = "terminals.pda.reports.v1",
    code: str = "wrong-shape",
    headers: tuple[tuple[str, bytes], ...] = (("content-type", b"application/json"),),
) -> list[Outgoing]:
    record = Unread(topic, 0, 5512, None, headers, value, APPENDED, code, "the reason")
    return list(tell(record, NOW))


def test_a_report_of_the_wrong_shape_is_told_every_fault_and_where_it_lies() -> None:
    rejected, told = unread(b'{"report_id":"r-9","mode":"test","place":{"point":{"lon":1}}}')

    assert isinstance(rejected.message, IncidentRejected)
    assert isinstance(told.message, ReportReceipt)
    assert (rejected.message.report_id, rejected.message.mode) == ("r-9", "test")
    assert (told.topic, told.key, told.message.outcome) == ("terminals.pda.receipts.v1", "r-9", "unreadable")
    assert told.message.original == rejected.message.original
    assert {error.pointer for error in told.message.errors} == {
        "/source",
        "/captured_at",
        "/reporter",
        "/place/point/lat",
        "/place/point/crs",
    }


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        (b"", "actual"),
        (b',"mode":"actual"', "actual"),
        (b',"mode":7', "test"),
        (b',"mode":{}', "test"),
        (b',"mode":null', "actual"),
    ],
)
def test_what_is_broken_counts_as_actual_unless_it_says_something_else(said: bytes, mode: str) -> None:
    rejected, _ = unread(b'{"report_id":"r-9"%s}' % said)

    assert isinstance(rejected.message, IncidentRejected)
    assert rejected.message.mode == mode


def test_what_cannot_be_read_is_not_told_as_the_incident_whose_id_it_bears() -> None:
    rejected, told = unread(b'{"report_id":"r-9"}')

    assert isinstance(rejected.message, IncidentRejected)
    assert rejected.key == rejected.message.incident_id != derive_id("incident", "pda", "r-9")
    assert rejected.key == derive_id("unreadable", "terminals.pda.reports.v1", "0", "5512")
    assert rejected.message.report_id == "r-9"
    assert isinstance(told.message, ReportReceipt)
    assert told.message.incident_id is None


def test_bytes_of_which_nothing_can_be_made_are_told_by_where_they_lie() -> None:
    for value in (b"{", b"\xff\xfe", b"[" * 100_000, b"[1]", b"7", b"", None):
        rejected, told = unread(value)

        assert told.key == "terminals.pda.reports.v1/0/5512"
        assert isinstance(told.message, ReportReceipt)
        assert (told.message.report_id, told.message.effective_at) == (None, APPENDED)
        assert told.message.errors
        assert isinstance(rejected.message, IncidentRejected)
        assert rejected.message.report_id is None


def test_an_id_that_is_none_is_not_repeated() -> None:
    for value in (b"7", b'""', b'"r\\u00009"', b'"%s"' % (b"x" * 65)):
        assert unread(b'{"report_id":%s}' % value)[1].key == "terminals.pda.reports.v1/0/5512"


def test_the_longest_id_is_repeated() -> None:
    assert unread(b'{"report_id":"%s"}' % (b"x" * 64))[1].key == "x" * 64


def test_what_is_very_large_is_not_looked_into_for_its_id() -> None:
    for size, key in ((1_000_000, "r-9"), (5_000_000, "terminals.pda.reports.v1/0/5512")):
        assert unread(b'{"report_id":"r-9"}' + b" " * size, code="too-large")[1].key == key


def test_a_header_that_is_wrong_is_told_by_its_code() -> None:
    for code in ("not-utf8", "tombstone", "unsupported-version", "unknown-type", "too-large"):
        told = unread(b'{"report_id":"r-9"}', code=code)[1].message

        assert isinstance(told, ReportReceipt)
        assert [error.code for error in told.errors] == [code]


def test_an_unreadable_answer_is_judged_on_its_owners_receipts() -> None:
    (told,) = unread(
        b'{"answer_id":"a-9","task_id":"t","incident_id":"i","act":7}', topic="departments.gas.answers.v1"
    )

    assert told.topic == "departments.gas.receipts.v1"
    assert isinstance(told.message, AnswerJudged)
    assert (told.message.outcome, told.message.answer_id, told.message.task_id) == ("unreadable", "a-9", "t")


def test_a_structured_event_is_looked_into_for_its_id() -> None:
    event = (
        b'{"specversion":"1.0","id":"e","source":"/s","type":"wangge.ReportSubmitted.v1",'
        b'"time":"2026-01-06T02:02:00Z","data":{"report_id":"r-9"}}'
    )
    told = unread(event, headers=(("content-type", b"application/cloudevents+json"),))[1]

    assert told.key == "r-9"


@pytest.mark.parametrize("broken", [b"", b'"specversion":"0.3",', b'"datacontenttype":"text/xml",'])
def test_a_structured_event_is_looked_into_for_its_id_also_when_its_envelope_is_broken(broken: bytes) -> None:
    event = b'{%b"id":"e","data":{"report_id":"r-9"}}' % broken
    told = unread(event, code="header-missing", headers=(("content-type", b"application/cloudevents+json"),))[
        1
    ]

    assert told.key == "r-9"


def test_an_unreadable_replay_without_an_origin_has_nobody_to_hear_of_it() -> None:
    assert unread(b"{}", topic="intake.replays.v1", code="replay-without-origin") == []
