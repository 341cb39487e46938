"""The same content has the same hash however it was written, and other content another."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic_core import to_json

from tests.unit.intake.builders import Desk, answered, content, report, verdicts
from wangge_contracts.message import Message
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered
from wangge_intake.content import content_sha256

EXAMPLES = Path(__file__).parents[3] / "contracts/examples"

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
changes = st.fixed_dictionaries(
    {},
    optional={
        "description": texts.map(lambda text: {"text": text}),
        "nature": st.sampled_from(["problem", "request", "praise", "a-new-one"]),
        "mode": st.sampled_from(["actual", "test"]),
        "urgency_claimed": st.sampled_from(["normal", "urgent"]),
        "attributes": st.lists(st.fixed_dictionaries({"code": st.just("c"), "value": texts}), max_size=2),
        "captured_at": st.sampled_from(["2026-01-06T02:02:00Z", "2026-01-06T02:02:00.001Z"]),
        "place": st.sampled_from([{"unknown": True}, {"address": {"text": "38号楼"}}]),
        "external_refs": st.lists(st.just({"system": "12345", "number": "1"}), max_size=1),
    },
)


def sha(value: dict[str, Any], *, rewritten: Any = None) -> bytes:
    return content_sha256(ReportSubmitted.read(rewritten(value) if rewritten else to_json(value)))


@given(changes, st.randoms(use_true_random=False))
def test_order_blanks_escapes_unknown_fields_defaults_and_the_time_of_sending_do_not_count(
    fields: dict[str, Any], random: Any
) -> None:
    value = content(**fields)

    def rewritten(value: dict[str, Any]) -> bytes:
        members = list(
            (
                {"mode": "actual", "nature": "problem", "attributes": [], "external_refs": []}
                | value
                | {"sent_at": "2026-01-06T09:00:00Z", "of-a-later-version": 1}
                | {"captured_at": value["captured_at"].replace("T02", "T10").replace("Z", "+08:00")}
            ).items()
        )
        random.shuffle(members)
        return json.dumps(dict(members), ensure_ascii=True, indent=random.choice([None, 2])).encode()

    assert sha(value) == sha(value, rewritten=rewritten)


@pytest.mark.parametrize(
    ("name", "hashed"),
    [
        ("terminals.pda.reports.v1/smallest.json", "85a0ab23c20a6fa0"),
        ("terminals.pda.reports.v1/gas-leak.json", "3ff3ca30b6fced19"),
        ("terminals.pda.reports.v1/resident.json", "c784912906fd9b82"),
        ("departments.gas.answers.v1/return.json", "4788cf5773330fcc"),
        ("terminals.pda.answers.v1/arrived.json", "8459c46bcb69bf9c"),
    ],
)
def test_a_repeat_that_comes_after_an_upgrade_has_the_hash_that_was_kept_before(
    name: str, hashed: str
) -> None:
    value = to_json(json.loads((EXAMPLES / name).read_text("utf-8"))["value"])
    message: type[Message] = ReportSubmitted if ".reports." in name else TaskAnswered

    assert content_sha256(message.read(value)).hex().startswith(hashed)


@given(changes, changes)
def test_contents_are_equal_exactly_when_their_hashes_are(one: dict[str, Any], other: dict[str, Any]) -> None:
    def normal(fields: dict[str, Any]) -> ReportSubmitted:
        return ReportSubmitted.read(to_json(content(**fields)))

    assert (normal(one) == normal(other)) == (sha(content(**one)) == sha(content(**other)))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.booleans()), max_size=12))
def test_of_everything_said_under_one_id_the_first_content_stands_wherever_batches_begin(
    said: list[tuple[str, str, bool]],
) -> None:
    reports = [
        report(report_id=id_, description={"text": text}, offset=offset)
        for offset, (id_, text, _) in enumerate(said)
    ]
    desk = Desk()
    told: list[str] = []
    batch: list[Any] = []
    for heard, (_, _, ends) in zip(reports, said, strict=True):
        batch.append(heard)
        if ends:
            told += verdicts(desk.hear(*batch))
            batch = []
    told += verdicts(desk.hear(*batch))

    first: dict[str, str] = {}
    expected = []
    for id_, text, _ in said:
        new = id_ not in first
        expected.append("accepted" if new else "duplicate" if first[id_] == text else "conflict")
        first.setdefault(id_, text)
    assert told == expected


def test_who_an_outsider_claims_to_be_and_when_is_no_part_of_an_answer() -> None:
    (plain,) = answered()
    (claimed,) = answered(origin="departments.water", effective_at="2020-01-01T00:00:00Z")

    assert plain.content == claimed.content
