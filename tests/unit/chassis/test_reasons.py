"""A reason is read by more people than the message: what a stranger wrote is not repeated in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import pytest
import structlog
from pydantic import ValidationError

from wangge_chassis.instants import HouseTime
from wangge_chassis.logs import configure, in_words
from wangge_chassis.reading import read
from wangge_chassis.records import Unread
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.v1 import ReportSubmitted

SECRET = "13800138000"


@dataclass
class Raw:
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None = b"{}"
    topic: str = "terminals.pda.reports.v1"
    partition: int = 0
    offset: int = 3
    timestamp: int = 1_767_664_924_118
    key: bytes | None = None


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("content-type", SECRET, "content-type-unknown"),
        ("ce_type", SECRET, "unknown-type"),
        ("ce_type", f"wangge.ReportSubmitted.v{SECRET}", "unsupported-version"),
        ("ce_specversion", SECRET[:8], "specversion-unknown"),
        ("ce_sequence", f"-{SECRET}", "header-invalid"),
    ],
)
def test_the_value_of_a_header_stays_in_the_header(header: str, value: str, code: str) -> None:
    usual = Envelope("id", "/terminals/pda", ReportSubmitted.TYPE, datetime(2026, 1, 6, tzinfo=UTC))
    headers = dict(to_headers(usual)) | {header: value.encode()}
    told = read(Raw(list(headers.items())), house=HouseTime(), outside=True)

    assert isinstance(told, Unread)
    assert told.code == code
    assert value not in told.text


def test_what_a_head_could_not_make_is_told_by_its_place() -> None:
    with pytest.raises(ValidationError) as raised:
        ReportSubmitted.model_validate({"report_id": SECRET * 9})
    assert SECRET in str(raised.value)

    told = in_words(raised.value)

    assert told.startswith("ValidationError: /")
    assert SECRET not in told
    assert in_words(KeyError("docket")) == "KeyError: 'docket'"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            asyncpg.PostgresError.new(
                {"C": "23514", "M": "it violates odd", "D": f"Failing row contains ({SECRET})."}
            ),
            "CheckViolationError: it violates odd",
        ),
        (
            asyncpg.PostgresError.new({"C": "22P02", "M": f'invalid input syntax for type uuid: "{SECRET}"'}),
            "InvalidTextRepresentationError",
        ),
        (
            asyncpg.exceptions._base.DataError(f"invalid input for query argument $12: '{SECRET}'"),
            "DataError",
        ),
    ],
)
def test_what_the_database_was_given_is_not_repeated(error: Exception, told: str) -> None:
    assert SECRET in str(error)

    assert in_words(error) == told


def test_a_traceback_ends_with_the_same_words(capfd: pytest.CaptureFixture[str]) -> None:
    configure(service="intake", replica="0", level="info")
    try:
        try:
            ReportSubmitted.model_validate({"report_id": SECRET * 9})
        except ValidationError as error:
            raise LookupError("not made") from error
    except LookupError:
        structlog.get_logger().exception("unexpected_failure")
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()

    told = json.loads(capfd.readouterr().err)["exception"]

    assert SECRET not in told
    assert "ValidationError: /" in told
    assert told.endswith("LookupError: not made")
    assert "model_validate" in told
