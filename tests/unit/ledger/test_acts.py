"""A person's words become a message that the ledger vouches for, or are handed back with what is wrong."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wangge_ledger.acts import Refused, answer_of, id_of, order_of
from wangge_ledger.bulk import Bulk, Meant, orders_of
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


def test_nobody_passes_on_what_somebody_said_of_another_matter() -> None:
    further = {
        "kind": "supplement",
        "at": "2026-01-06T02:00:00.000Z",
        "text": {"text": "made up", "lang": "en"},
    }

    assert order_of(order(further=further), speaker=SPEAKER, now=NOW).further is None


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


def test_something_else_under_the_same_id_is_no_repeat() -> None:
    said = answer_of(answer(), speaker=SPEAKER, now=NOW)
    later = answer_of(answer(), speaker=SPEAKER, now=NOW + timedelta(minutes=1))
    other = answer_of(answer(text={"text": "another", "lang": "en"}), speaker=SPEAKER, now=NOW)

    assert id_of(later, speaker=SPEAKER) == id_of(said, speaker=SPEAKER)
    assert id_of(other, speaker=SPEAKER) != id_of(said, speaker=SPEAKER)


def test_an_order_without_an_actor_is_the_speakers_and_never_the_ladders() -> None:
    said = order_of(order(actor=None, role="ladder"), speaker=SPEAKER, now=NOW)

    assert said.actor is not None
    assert said.actor.staff_id == "D-009-04"


@pytest.mark.parametrize("kind", ["adopted", "attendance-unconfirmed", "bulk"])
def test_what_only_the_house_orders_is_turned_away(kind: str) -> None:
    assert codes(order(order=kind), order_of) == [("not-yours", "/order")]


def test_one_order_for_many_is_an_order_of_its_own_for_each_and_the_same_again() -> None:
    bulk = Bulk.model_validate(
        {
            "bulk_id": "snow",
            "where": {"holder": "department:water"},
            "order": {"order": "remind", "on_behalf_of": "desk:110101009"},
        }
    )
    meant = [Meant("one", "actual", ("t-1",)), Meant("two", "exercise")]
    first, second = orders_of(bulk, meant, speaker=SPEAKER, now=NOW)

    assert (first.incident_id, first.task_ids, first.bulk_id, first.mode) == (
        "one",
        ("t-1",),
        "snow",
        "actual",
    )
    assert (second.incident_id, second.mode) == ("two", "exercise")
    assert first.order_id != second.order_id
    assert [first, second] == list(orders_of(bulk, meant, speaker=SPEAKER, now=NOW))


@pytest.mark.parametrize("meant", [[Meant("i-1", "actual")], []])
@pytest.mark.parametrize("name", ["until", "on_behalf_of"])
def test_what_is_wrong_in_one_order_for_many_is_found_where_it_was_said_even_if_none_is_meant(
    name: str, meant: list[Meant]
) -> None:
    said = {"order": "remind", "on_behalf_of": "desk:110101009", name: "desk:110101010"}
    bulk = Bulk.model_validate({"bulk_id": "b", "where": {"code": "0501"}, "order": said})

    with pytest.raises(Refused) as refused:
        list(orders_of(bulk, meant, speaker=SPEAKER, now=NOW))
    assert [fault.pointer for fault in refused.value.faults] == [f"/order/{name}"]


def test_of_more_tasks_than_an_order_names_there_are_several_orders() -> None:
    order = {"order": "remind", "on_behalf_of": "desk:110101009"}
    bulk = Bulk.model_validate({"bulk_id": "b", "where": {"holder": "department:water"}, "order": order})
    meant = Meant("one", "actual", tuple(f"t-{number}" for number in range(401)))
    orders = [*orders_of(bulk, meant.portions(), speaker=SPEAKER, now=NOW)]

    assert [len(one.task_ids) for one in orders] == [200, 200, 1]
    assert len({one.order_id for one in orders}) == 3
    assert {task for one in orders for task in one.task_ids} == set(meant.task_ids)
    assert [*Meant("one", "actual").portions()] == [Meant("one", "actual")]


@pytest.mark.parametrize("wrong", [{"where": {}}, {"order": {"order": "remind", "incident_id": "i"}}])
def test_a_bulk_says_which_matters_it_means_and_leaves_what_each_has(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"name one|leave incident_id"):
        Bulk.model_validate({"bulk_id": "b", "where": {"place": "110101"}, "order": {}} | wrong)


@pytest.mark.parametrize(
    "nothing",
    [
        {"incident_ids": []},
        {"incident_ids": [], "place": "110101"},
        {"holder": None},
        {"place": None, "kind": None},
        {"scheme": "gb-event"},
    ],
)
def test_a_bulk_whose_selection_is_empty_does_not_mean_all(nothing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"name one|at least 1 item"):
        Bulk.model_validate({"bulk_id": "b", "where": nothing, "order": {}})


def test_a_bulk_means_actual_matters_unless_it_names_another_mode_that_there_is() -> None:
    def mode(**named: Any) -> str:
        whole = {"bulk_id": "b", "where": {"place": "110101009"} | named, "order": {}}
        return Bulk.model_validate_json(json.dumps(whole)).where.mode

    assert (mode(), mode(mode="exercise")) == ("actual", "exercise")
    for wrong in ("exercice", None):
        with pytest.raises(ValueError, match="mode"):
            mode(mode=wrong)
    with pytest.raises(ValueError, match="name one"):
        Bulk.model_validate({"bulk_id": "b", "where": {"mode": "exercise"}, "order": {}})


def test_what_is_not_known_of_a_selection_may_be_null_beside_what_is() -> None:
    where = {"holder": None, "place": "110101009"}

    assert Bulk.model_validate({"bulk_id": "b", "where": where, "order": {}}).where.place == "110101009"
