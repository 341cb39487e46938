"""How a request is taken apart, and how it is answered."""

from math import isinf
from typing import Any

import pytest
from hypothesis import example, given, strategies as st
from pydantic_core import to_json
from starlette.types import Message, Scope

from tests.unit.intake.builders import answer_content, content, spoken
from wangge_chassis.problems import Problem
from wangge_intake.books import Case, Kept
from wangge_intake.requests import Gone, body_of, headers_of, split, wait_wanted
from wangge_intake.sayings import answer_said, known_of, report_said

JSON = b"application/json"
PDA = spoken("terminals.pda.reports.v1").speaker
GAS = spoken("departments.gas.answers.v1").speaker


def scope(**headers: str) -> Scope:
    return {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]}


def parts(*bodies: bytes) -> Any:
    events = [
        {"type": "http.request", "body": body, "more_body": number < len(bodies) - 1}
        for number, body in enumerate(bodies)
    ]

    async def receive() -> Message:
        return events.pop(0) if events else {"type": "http.disconnect"}

    return receive


async def test_a_body_in_parts_is_put_together() -> None:
    assert await body_of({}, parts(b"ab", b"", b"c"), limit=3) == b"abc"


async def test_a_body_that_is_too_large_is_refused_by_what_it_declares_or_by_what_comes() -> None:
    for at, bodies in (
        (scope(content_length="4"), (b"",)),
        (scope(content_length="9" * 5001), (b"",)),
        (scope(), (b"ab", b"cd")),
        (scope(content_length="0" * 5000 + "4"), (b"",)),
    ):
        with pytest.raises(Problem) as refused:
            await body_of(headers_of(at), parts(*bodies), limit=3)
        assert refused.value.status == 413


def test_of_several_headers_of_one_name_the_first_counts() -> None:
    twice = [(b"authorization", b"Bearer a"), (b"accept", b"*/*"), (b"authorization", b"Bearer b")]

    assert headers_of({"headers": twice})[b"authorization"] == b"Bearer a"


async def test_a_caller_that_hangs_up_is_gone() -> None:
    with pytest.raises(Gone):
        await body_of({}, parts(), limit=3)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait = 3", 3),
        ("respond-async,wait\t=\t3 ,", 3),
        ('wait="5"', 5),
        ("WAIT=5", 5),
        ("wait=5; why=lunch", 5),
        ('handling="lenient, wait=9", wait=5', 5),
        ('handling="a\\", wait=9", wait=5', 5),
        ("wait=5, wait=7", 5),
        ("wait=99", 10),
        (f"wait={'9' * 5000}", 10),
        ("wait=5000-0", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=inf", 0),
        ("wait=1_0", 0),
        ("wait=\u00b2", 0),
        ('wait="5', 0),
        ('wait="', 0),
        ("wait=soon, wait=5", 0),
        ("wait-not=5", 0),
        ("wait", 0),
        ("=5", 0),
        ("", 0),
    ],
)
def test_the_wish_to_wait_is_heard_up_to_a_limit(prefer: str, seconds: float) -> None:
    assert wait_wanted({"headers": [(b"prefer", prefer.encode("latin-1"))]}, limit_s=10) == seconds


def test_the_wish_to_wait_may_stand_in_any_of_several_headers() -> None:
    headers = [(b"prefer", b"respond-async"), (b"accept", b"wait=9"), (b"prefer", b"wait=5")]

    assert wait_wanted({"headers": headers}, limit_s=10) == 5


def test_quotes_that_never_end_are_read_in_no_time() -> None:
    assert wait_wanted({"headers": [(b"prefer", b'"\\' * 100_000)]}, limit_s=10) == 0


@pytest.mark.parametrize(
    ("body", "media_type", "items"),
    [
        (b'{"report_id":"r"}', JSON, None),
        (b'{"description":{"text":"\\"reports\\""},"x":"reports"}', JSON, None),
        (b'{"report_id":"r","reports":[]}', JSON, None),
        (b'{"reports":[{"a":1}],"report_id":"r"}', JSON, None),
        (b'{"answer_id":"a","reports":[{"a":1}]}', JSON, [b'{"a":1}']),
        (b' [{"a":1},2]', JSON, [b'{"a":1}', b"2"]),
        (b'{"reports":[{"a":1}]}', b"application/json; charset=utf-8", [b'{"a":1}']),
        (b'{"a":1}\n\n{"a":2}\n', b"application/x-ndjson", [b'{"a":1}', b'{"a":2}']),
        (b"[]", b"", []),
        (b" \r\n{}\r\n\r\n", b"application/x-ndjson", [b"{}\r"]),
    ],
)
def test_batches_are_told_from_single_reports(
    body: bytes, media_type: bytes, items: list[bytes] | None
) -> None:
    assert split(body, media_type=media_type, named="reports", most=9) == items


@pytest.mark.parametrize("number", [12, 1_000_000])
@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[%s]", JSON),
        (b'{"reports":[%s]}', JSON),
        ('{"\u4e8c":"\u4e8c","reports":[%s]}'.encode(), JSON),
        (b"%s", b"application/x-ndjson"),
    ],
)
def test_of_a_batch_with_too_many_items_one_more_than_allowed_is_taken_out(
    body: bytes, media_type: bytes, number: int
) -> None:
    between = b"," if media_type == JSON else b"\n"
    whole = body % between.join([b"{}"] * number)

    assert split(whole, media_type=media_type, named="reports", most=9) == [b"{}"] * 10


def test_a_long_batch_of_few_items_is_taken_apart_wherever_a_glance_at_it_ends() -> None:
    for before in range(3):
        items = [{"text": "\u4e8c" * 100_000}, {"at": before * "x"}]

        assert split(b" " * before + to_json(items), media_type=JSON, named="reports", most=9) == [
            to_json(item) for item in items
        ]
    with pytest.raises(Problem) as refused:
        split(b"[" + b'"",' * 200_000, media_type=JSON, named="reports", most=10**6)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "body",
    [
        b'[{"x":[%s1]}]' % (b"[]," * 400_000),
        b'{"x":[%s1],"reports":[]}' % (b"{}," * 400_000),
        b'{"reports":[{"x":[%s1]}]}' % (b"1," * 400_000),
    ],
    ids=["lists", "objects", "numbers"],
)
def test_a_batch_of_values_without_number_is_refused_before_it_is_read(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        split(body, media_type=JSON, named="reports", most=9)
    assert (refused.value.status, refused.value.faults[0].code) == (413, "too-large")


@pytest.mark.parametrize(("body", "media_type", "status"), [(b"[{", JSON, 400), (b"a=1", b"text/plain", 415)])
def test_what_is_neither_is_refused(body: bytes, media_type: bytes, status: int) -> None:
    with pytest.raises(Problem) as refused:
        split(body, media_type=media_type, named="reports", most=9)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("value", "status", "code"),
    [
        (b"{", 400, "not-json"),
        (b"{}", 422, "missing"),
        (to_json(content(report_id=7)), 422, "invalid"),
        (to_json(content(description={"text": "a\0b"})), 422, "nul-character"),
        (b"[" * 300_000, 413, "too-large"),
    ],
)
def test_a_report_that_cannot_be_read_is_refused_with_its_faults(
    value: bytes, status: int, code: str
) -> None:
    with pytest.raises(Problem) as refused:
        report_said(PDA, value)
    assert (refused.value.status, refused.value.faults[0].code) == (status, code)


def test_what_is_known_of_a_report_is_told_in_the_words_of_its_receipt() -> None:
    said = report_said(PDA, to_json(content()))
    own, other = Case(said.key, "110101-2026-0000001"), Case("f" * 32, "110101-2026-0000002")

    assert known_of(said, Kept(said.content, own)) == {
        "outcome": "accepted",
        "report_id": "r-1",
        "incident_id": said.key,
        "case_number": "110101-2026-0000001",
    }
    assert known_of(said, Kept(said.content, other))["outcome"] == "attached"


def test_other_content_is_a_conflict_and_a_rejected_report_hears_why() -> None:
    said = report_said(PDA, to_json(content(description=None)))

    with pytest.raises(Problem) as conflict:
        known_of(said, Kept(b"\0" * 32, None))
    with pytest.raises(Problem) as rejected:
        known_of(said, Kept(said.content, None))
    assert (conflict.value.status, conflict.value.members["kept_content_sha256"]) == (409, "00" * 32)
    assert (rejected.value.status, rejected.value.faults[0].pointer) == (422, "/description")


def test_an_answer_said_again_is_kept_and_with_other_content_a_conflict() -> None:
    said = answer_said(GAS, to_json(answer_content()))

    assert known_of(said, said.content)["outcome"] == "kept"
    with pytest.raises(Problem) as conflict:
        known_of(said, b"\0" * 32)
    assert conflict.value.faults[0].pointer == "/answer_id"


@given(
    sign=st.sampled_from(["", "-"]),
    whole=st.one_of(st.just("0"), st.from_regex(r"[1-9][0-9]{0,5}", fullmatch=True), st.integers(195, 320)),
    fraction=st.sampled_from(["", ".0", ".25"]),
    exponent=st.one_of(st.none(), st.integers(-400, 400)),
    form=st.sampled_from(["e%d", "E%d", "e%+d", "E%+05d"]),
)
@example(sign="", whole=250, fraction="", exponent=90, form="e%d")
def test_a_number_is_refused_when_it_is_infinite_and_only_then(
    sign: str, whole: str | int, fraction: str, exponent: int | None, form: str
) -> None:
    number = sign + ("9" * whole if isinstance(whole, int) else whole) + fraction
    number += form % exponent if exponent is not None else ""
    value = to_json(content()).replace(b"{", b'{"unknown":%s,' % number.encode(), 1)
    try:
        refused = not report_said(PDA, value)
    except Problem as problem:
        refused = problem.status == 400

    # Numbers without point and exponent are whole ones, however long.
    assert refused == (not set(number).isdisjoint(".eE") and isinf(float(number))), number


def test_a_caller_hears_at_once_which_fields_were_passed_over() -> None:
    typo = report_said(PDA, to_json(content(attachement=[])))
    answer = answer_said(GAS, to_json(answer_content(txt={"text": "已修好"})))
    kept = Kept(typo.content, Case("i-1", "110101-2026-0000001"))

    assert known_of(typo, kept)["ignored"] == ("/attachement",)
    assert known_of(answer, answer.content)["ignored"] == ("/txt",)
    assert "ignored" not in report_said(PDA, to_json(content())).told
