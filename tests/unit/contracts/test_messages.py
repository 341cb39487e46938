"""Messages: closed when written, open when read, within what PostgreSQL can keep."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from pydantic_core import to_json

from wangge_contracts import v1
from wangge_contracts.message import Message, Open, Unreadable, derive_id, instant_text, known, most, words
from wangge_contracts.shapes import messages
from wangge_contracts.v1 import (
    Mode,
    ReportedPlace,
    Reporter,
    ReportSubmitted,
    Source,
    Task,
    TaskAnswered,
    TaskChanged,
    Text,
)

AT = datetime(2026, 1, 6, 2, 2, 3, 456_789, tzinfo=UTC)


def report(**fields: Any) -> ReportSubmitted:
    given: dict[str, Any] = {
        "report_id": "r-1",
        "source": "officer",
        "description": Text(text="井盖松动"),
        "captured_at": AT,
        "place": ReportedPlace(unknown=True),
        "reporter": Reporter(role="inspector"),
    }
    return ReportSubmitted(**given | fields)


def with_text(text: bytes) -> bytes:
    return report().write().replace("井盖松动".encode(), text)


def test_a_message_survives_the_wire() -> None:
    assert ReportSubmitted.read(report(captured_at=AT.replace(microsecond=456_000)).write()) == report(
        captured_at=AT.replace(microsecond=456_000)
    )


def test_a_writer_refuses_a_field_that_nobody_knows() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        report(colour="red")


def test_a_reader_tolerates_unknown_fields_at_every_depth() -> None:
    data = report().write().replace(b'"unknown":true', b'"unknown":true,"floor":3')

    assert ReportSubmitted.read(data[:-1] + b',"colour":"red"}') == report(
        captured_at=AT.replace(microsecond=456_000)
    )


def test_a_writer_refuses_a_word_that_nobody_knows() -> None:
    with pytest.raises(ValidationError, match="literal_error"):
        report(source="drone")


def test_a_reader_tolerates_a_word_of_the_future_and_acts_on_the_fallback() -> None:
    read = ReportSubmitted.read(report().write().replace(b'"officer"', b'"drone"'))

    assert str(read.source) == "drone"
    assert known(Source, read.source) == "resident"
    assert known(Source, "sensor") == "sensor"


def test_what_was_read_with_a_word_of_the_future_can_be_passed_on_whole() -> None:
    read = ReportSubmitted.read(
        report(self_handled=None, subjects=(v1.Subject(kind="resident"),), attachments=(attachment(),))
        .write()
        .replace(b'"scene"', b'"drone-flight"')
    )

    assert b'"drone-flight"' in report(attachments=read.attachments).write()


def attachment() -> v1.Attachment:
    return v1.Attachment(slot="1", sha256="0" * 64, bytes=1, media_type="image/jpeg", purpose="scene")


def test_every_open_enum_falls_back_on_a_word_it_knows() -> None:
    enums = {
        name: kind
        for name, kind in vars(v1).items()
        if any(isinstance(mark, Open) for mark in get_args(kind)[1:])
    }

    assert len(enums) > 30
    for name, kind in enums.items():
        [mark] = [mark for mark in get_args(kind) if isinstance(mark, Open)]
        assert mark.otherwise in words(kind), name


def test_who_reads_closely_learns_what_was_passed_over_at_every_depth() -> None:
    sound = report(captured_at=AT.replace(microsecond=456_000))
    data = sound.write().replace(b'"unknown":true', b'"unknown":true,"flo/or":3')

    assert ReportSubmitted.read_closely(sound.write()) == (sound, ())
    assert ReportSubmitted.read_closely(data[:-1] + b',"attachement":[{}]}') == (
        sound,
        ("/place/flo~1or", "/attachement"),
    )


@pytest.mark.parametrize(("many", "told"), [(500, [200] * 20), (5000, [])])
def test_what_was_passed_over_is_told_within_bounds(many: int, told: list[int]) -> None:
    fields = b"".join(b',"%0300d":1' % number for number in range(many))

    _, passed_over = ReportSubmitted.read_closely(report().write()[:-1] + fields + b"}")
    assert [len(each) for each in passed_over] == told


def test_who_reads_closely_refuses_what_cannot_be_read_with_every_fault_but_that() -> None:
    with pytest.raises(ValidationError) as refusal:
        ReportSubmitted.read_closely(report().write().replace(b'"r-1"', b'7,"colour":"red"'))

    assert [each["type"] for each in refusal.value.errors()] == ["string_type"]


def test_an_unknown_mode_never_counts() -> None:
    assert known(Mode, "drill") == "test"


@pytest.mark.parametrize("text", [b"a\\u0000b", b"\\\\\\u0000"], ids=["bare", "after a backslash"])
def test_nul_is_refused_when_read(text: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        ReportSubmitted.read(with_text(text))

    assert refusal.value.code == "nul-character"


def test_a_backslash_before_u0000_is_plain_text() -> None:
    description = ReportSubmitted.read(with_text(b"\\\\u0000")).description

    assert description is not None
    assert description.text == r"\u0000"


def test_nul_is_refused_when_written() -> None:
    with pytest.raises(Unreadable):
        report(description=Text(text="a\0b")).write()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"report_id":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        with_text(b"\xff"),
        with_text(b"a\x00b"),
        report().write().replace(b'"r-1"', b'"' + b"x" * 65 + b'"'),
        report().write().replace(b'"2026-', b'"0001-'),
        report().write().replace(b'"2026-', b'"9999-'),
        report().write().replace(b".456Z", b".456"),
        report().write().replace(b'"2026-01-06T02:02:03.456Z"', b"1767664923"),
        report().write().replace(b"false", b'"no"'),
        with_text(b"x" * 10_001),
    ],
    ids=[
        "empty",
        "cut off",
        "array",
        "null",
        "nested a million deep",
        "not UTF-8",
        "raw NUL",
        "id too long",
        "year 1",
        "year 9999",
        "no zone",
        "number for instant",
        "word for flag",
        "text too long",
    ],
)
def test_what_cannot_be_kept_is_refused_when_read(data: bytes) -> None:
    with pytest.raises(ValidationError):
        ReportSubmitted.read(data)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", '"116.4"', "180.1"])
def test_a_longitude_is_a_number_on_earth(number: str) -> None:
    with pytest.raises(ValidationError):
        v1.Point.model_validate_json(f'{{"lon":{number},"lat":39.9,"crs":"WGS84"}}')


@pytest.mark.parametrize(
    "told", ["1767664923", "1767664923456", "1767664923.456", "-1767664923", "+1767664923", 1767664923]
)
def test_a_number_is_no_instant_in_whatever_way_it_is_told(told: str | float) -> None:
    data = report().write().replace(b'"2026-01-06T02:02:03.456Z"', to_json(told))

    with pytest.raises(ValidationError) as refusal:
        ReportSubmitted.read(data)

    (fault,) = v1.faults_of(refusal.value)
    assert (fault.code, fault.pointer) == ("invalid", "/captured_at")
    assert "RFC 3339 date-time" in fault.text_en


@pytest.mark.parametrize(
    "told", ["2026-01-06T10:02:03.456+08:00", "2026-01-06t02:02:03.456z", "2026-01-06 02:02:03.456Z"]
)
def test_an_instant_is_read_in_every_spelling_that_names_its_day(told: str) -> None:
    data = report().write().replace(b"2026-01-06T02:02:03.456Z", told.encode())

    assert ReportSubmitted.read(data).captured_at == AT.replace(microsecond=456_000)


def test_instants_are_written_in_utc_with_milliseconds_and_never_rounded_up() -> None:
    beijing = timezone(timedelta(hours=8))

    assert instant_text(AT.replace(microsecond=999_999)) == "2026-01-06T02:02:03.999Z"
    assert instant_text(AT.astimezone(beijing)) == "2026-01-06T02:02:03.456Z"
    assert instant_text(AT.replace(microsecond=0)) == "2026-01-06T02:02:03.000Z"
    several = [
        AT + number * timedelta(days=25, hours=7, minutes=11, seconds=13, milliseconds=17)
        for number in range(99)
    ]
    told = [f"{each.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z" for each in several]
    assert [instant_text(each) for each in several] == told


def test_what_is_absent_is_not_written() -> None:
    assert b"null" not in report().write()


def test_a_changed_task_is_a_task_and_goes_into_the_fact_as_it_is() -> None:
    assert set(TaskChanged.model_fields) == set(Task.model_fields)
    assert issubclass(TaskChanged, Task)


def test_the_type_names_the_message_and_its_major() -> None:
    assert TaskAnswered.TYPE == "wangge.TaskAnswered.v1"
    assert TaskAnswered.SCHEMA == "urn:wangge:v1:TaskAnswered"


@pytest.mark.parametrize("message", messages())
def test_a_message_says_who_vouches_for_it_and_cannot_be_changed(message: type[Message]) -> None:
    assert message.__doc__
    assert "vouch" in message.__doc__ or "refuses" in message.__doc__
    assert message.model_config.get("frozen")


def test_a_derived_id_follows_from_its_parts_and_from_their_borders() -> None:
    assert derive_id("incident", "pda", "r-1") == derive_id("incident", "pda", "r-1")
    assert derive_id("ab", "c") != derive_id("a", "bc")
    assert len(derive_id("x")) == 32


def test_a_derived_id_is_the_same_in_every_version() -> None:
    assert derive_id("incident", "pda", "r-1") == "29228bea8c6f9ff8f5a10f8b47c7980c"


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, ()),
        ({"description": None}, ("/description",)),
        ({"place": ReportedPlace()}, ("/place",)),
        ({"relation": v1.Relation(kind="reminder")}, ("/relation",)),
        ({"relation": v1.Relation(kind="reminder", report_id="r-0")}, ()),
        ({"relation": v1.Relation(kind="reminder", report_id="r-0", case_number="1")}, ("/relation",)),
    ],
)
def test_a_report_lacks_what_the_rules_between_fields_require(
    fields: dict[str, Any], missing: tuple[str, ...]
) -> None:
    assert v1.lacking_in_report(report(**fields)) == missing


def test_an_answer_lacks_what_its_act_requires() -> None:
    answer = TaskAnswered(
        answer_id="a-1",
        task_id="t-1",
        incident_id="i-1",
        based_on_revision=1,
        act="done",
        actor=v1.Person(staff_id="1"),
    )

    assert v1.lacking_in_answer(answer) == ("/text", "/result_code")


def test_faults_point_at_what_is_wrong_and_do_not_repeat_it() -> None:
    data = report().write().replace(b'"r-1"', b'"' + b"x" * 65 + b'"').replace(b'"reporter"', b'"r~/"')
    with pytest.raises(ValidationError) as refusal:
        ReportSubmitted.read(data)

    faults = v1.faults_of(refusal.value)
    assert [(fault.code, fault.pointer) for fault in faults] == [
        ("invalid", "/report_id"),
        ("missing", "/reporter"),
    ]
    assert "xxx" not in "".join(fault.text_en for fault in faults)


def test_every_field_that_an_act_requires_exists() -> None:
    assert set(v1.REQUIRED_BY_ACT) <= set(words(v1.Act))
    assert {field for fields in v1.REQUIRED_BY_ACT.values() for field in fields} <= set(
        TaskAnswered.model_fields
    )


def test_a_part_of_checked_fields_is_the_same_as_a_checked_one_and_has_no_less() -> None:
    fields = {name: getattr(report(), name) for name, info in ReportSubmitted.model_fields.items()
              if info.is_required()}  # fmt: skip

    made = ReportSubmitted.of_checked(dict(reversed(fields.items())))

    assert (made, made.model_fields_set) == (ReportSubmitted(**fields), set(fields))
    assert made.write() == ReportSubmitted(**fields).write()
    with pytest.raises(TypeError, match="ReportSubmitted lacks place"):
        ReportSubmitted.of_checked({name: value for name, value in fields.items() if name != "place"})


def test_how_many_a_field_holds_is_asked_of_its_message() -> None:
    holds = most(v1.DeskOrdered, "task_ids")
    order: dict[str, Any] = {"order_id": "o", "order": "remind", "incident_id": "i", "mode": "actual"}
    order["effective_at"] = AT

    assert len(v1.DeskOrdered(**order, task_ids=("t",) * holds).task_ids) == holds
    with pytest.raises(ValidationError, match=f"at most {holds} items"):
        v1.DeskOrdered(**order, task_ids=("t",) * (holds + 1))
    with pytest.raises(LookupError, match="board has no bound"):
        most(v1.DeskOrdered, "board")
