"""A person's words become a message that the ledger vouches for, or are handed back with what is wrong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from wangge_ledger.acts import Refused, answer_of, id_of, order_of
from wangge_ledger.people import Speaker

NOW = datetime(2026, 1, 6, 2, 7, 40, tzinfo=UTC)
SPEAKER = Speaker(
    token_sha256="0" * 64,
    staff_id="D-009-04",
    role="dispatcher",
    speaks_for=("desk:110101009", "department:*"),
)


def answer(**changed: Any) -> bytes:
    content = {
        "answer_id": "a-1",
        "task_id": "t",
        "incident_id": "i",
        "based_on_revision": 1,
        "act": "acknowledge",
        "on_behalf_of": "department:gas",
        **changed,
    }
    return json.dumps({name: value for name, value in content.items() if value is not None}).encode()


def order(**changed: Any) -> bytes:
    content = {
        "order_id": "o-1",
        "order": "remind",
        "incident_id": "i",
        "mode": "actual",
        "on_behalf_of": "desk:110101009",
        **changed,
    }
    return json.dumps(content).encode()


def codes(body: bytes, read: Any = answer_of) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        read(body, speaker=SPEAKER, now=NOW)
    return [(item.code, item.pointer) for item in refused.value.faults]


def test_an_answer_takes_effect_now_whatever_it_claims() -> None:
    said = answer_of(answer(effective_at="2020-01-01T00:00:00Z"), speaker=SPEAKER, now=NOW)

    assert said.effective_at == NOW


def test_the_actor_is_the_speaker_unless_somebody_else_is_named() -> None:
    said = answer_of(answer(), speaker=SPEAKER, now=NOW)

    assert (said.actor.staff_id, said.recorded_by) == ("D-009-04", None)


def test_who_types_for_somebody_else_is_recorded() -> None:
    said = answer_of(
        answer(actor={"staff_id": "G-114"}, recorded_by={"staff_id": "nobody"}), speaker=SPEAKER, now=NOW
    )

    assert said.recorded_by is not None
    assert (said.actor.staff_id, said.recorded_by.staff_id) == ("G-114", "D-009-04")


def test_nobody_can_claim_an_outsiders_topic() -> None:
    assert answer_of(answer(origin="departments.gas"), speaker=SPEAKER, now=NOW).origin is None


def test_what_an_act_needs_must_be_there() -> None:
    assert codes(answer(act="done")) == [("missing", "/text"), ("missing", "/result_code")]


def test_unknown_acts_orders_and_fields_are_refused_at_the_door() -> None:
    assert codes(answer(act="dance")) == [("unknown-act", "/act")]
    assert codes(order(order="dance"), order_of) == [("unknown-order", "/order")]
    assert codes(answer(colour="red")) == [("invalid", "/colour")]


def test_nobody_speaks_for_a_holder_that_is_not_theirs() -> None:
    assert codes(order(on_behalf_of="desk:110101"), order_of) == [("not-yours", "/on_behalf_of")]


def test_without_a_holder_nothing_can_be_judged() -> None:
    assert codes(answer(on_behalf_of=None)) == [("missing", "/on_behalf_of")]


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "not-json"), (b"[1]", "wrong-shape"), (b'{"a":"\\u0000"}', "nul-character")]
)
def test_what_is_no_message_is_refused(body: bytes, code: str) -> None:
    assert codes(body)[0][0] == code


def test_a_repeat_has_the_same_id_and_another_persons_has_not() -> None:
    said = answer_of(answer(), speaker=SPEAKER, now=NOW)
    other = SPEAKER.model_copy(update={"staff_id": "D-009-05"})

    assert id_of(said, speaker=SPEAKER) == id_of(said, speaker=SPEAKER)
    assert id_of(said, speaker=SPEAKER) != id_of(said, speaker=other)
