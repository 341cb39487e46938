"""What is said before the incident is here, twice, or about nothing."""

import json
from pathlib import Path

import pytest

from tests.unit.router.scenes import (
    MORNING,
    POLICE,
    Play,
    accepted,
    answer,
    attached,
    begun,
    minutes,
    order,
    text,
)
from wangge_contracts.v1 import ActJudged, AnswerJudged, DeskOrdered, TaskAnswered
from wangge_router.case import Case
from wangge_router.docket import Docket
from wangge_router.sayings import MOST_WAITING, Said
from wangge_router.store import docket_of, packed
from wangge_router.writing import read_case, write_case

EXAMPLES = Path(__file__).parents[3] / "contracts/examples"


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("tasks.answered.v1/done.json", "78505ea1893d28246b94319bb9971d66"),
        ("desk.ordered.v1/dispatch.json", "72e12a3d54add200b047f4002c8f46be"),
    ],
)
def test_an_act_that_is_repeated_after_an_upgrade_has_the_digest_that_was_kept_before(
    name: str, digest: str
) -> None:
    value = json.dumps(json.loads((EXAMPLES / name).read_text("utf-8"))["value"]).encode()
    said = (
        Said(id="x", effective_at=MORNING, order=DeskOrdered.read(value))
        if "desk" in name
        else Said(id="x", effective_at=MORNING, answer=TaskAnswered.read(value))
    )

    assert said.digest == digest


def test_what_comes_before_the_incident_waits_without_a_word() -> None:
    play = Play().hear(order("void"), attached(), answer("t", "done"))

    assert (play.docket.case, len(play.docket.waiting), play.told) == (None, 3, [])


def test_it_is_judged_in_the_order_in_which_it_took_effect() -> None:
    play = Play().hear(
        order("void", at=9),
        order("call", "assist department:roads", at=2),
        attached(at=1),
        accepted(),
    )

    assert [fact.change for fact in play.facts] == [
        "accepted-into-router",
        "attached",
        "dispatched",
        "voided",
    ]
    assert play.docket.waiting == ()


def test_what_nobody_will_accept_is_refused_in_the_end() -> None:
    play = Play().hear(order("void"), answer("t", "done", origin="departments.water"), attached()).give_up()

    verdicts = [message for _, message in play.told if isinstance(message, ActJudged | AnswerJudged)]
    told = [(type(verdict), *(error.code for error in verdict.errors)) for verdict in verdicts]
    unknown = "unknown-incident"
    assert told == [(ActJudged, unknown), (ActJudged, unknown), (AnswerJudged, unknown)]
    assert [said.attached is not None for said in play.docket.waiting] == [True]
    assert not play.docket.expected


def test_an_outsider_who_invents_an_incident_does_not_fill_the_table() -> None:
    play = Play().hear(*(answer("t", "done", at=number) for number in range(MOST_WAITING + 1)))

    assert len(play.docket.waiting) == MOST_WAITING
    assert play.verdict == ("refused", "unknown-incident")


def test_an_answer_that_is_said_again_is_repeated_and_changes_nothing() -> None:
    play = begun()
    said = answer(play.task("handle"), "acknowledge")
    play.hear(said)
    before = play.case
    play.hear(said.model_copy(update={"effective_at": minutes(8)}))

    assert (play.verdict, play.case) == (("repeated",), before)


def test_an_answer_that_is_said_again_after_an_upgrade_is_repeated() -> None:
    class Later(TaskAnswered):
        new: str | None = None

    play = begun()
    said = answer(play.task("handle"), "acknowledge")
    play.hear(said, Later.read(said.write()))

    assert play.verdict == ("repeated",)


def test_a_refused_answer_that_is_said_again_is_repeated_too() -> None:
    play = begun()
    said = answer(play.task("handle"), "check")
    play.hear(said, said)

    assert play.verdict == ("repeated",)


def test_another_content_under_the_same_id_is_refused() -> None:
    play = begun()
    said = answer(play.task("handle"), "progress")
    play.hear(said, said.model_copy(update={"text": text("另一句")}))

    assert play.verdict == ("refused", "id-reused")


def test_two_speakers_may_use_the_same_id() -> None:
    play = begun().says("handle", "acknowledge", answer_id="1").says("attend", "acknowledge", answer_id="1")

    assert play.verdict == ("applied",)


@pytest.mark.parametrize("accept_first", [True, False])
def test_an_order_that_is_said_again_is_repeated(accept_first: bool) -> None:
    told = [order("void"), order("void")]
    play = Play().hear(accepted(), *told) if accept_first else Play().hear(*told, accepted())

    outcomes = [message.outcome for _, message in play.told if isinstance(message, ActJudged)]
    assert sorted(outcomes) == ["applied", "repeated"]


def test_the_row_of_a_docket_brings_back_the_same_docket() -> None:
    play = begun().hear(order("designate", "handle department:roads")).says("handle", "progress", at=2)
    read_back = docket_of("incident", packed(play.docket.document), None)

    assert read_back.case == play.case
    assert read_back.document == play.docket.document


def test_what_is_not_touched_is_kept_as_it_was_read() -> None:
    play = begun().hear(order("call", f"attend {POLICE}"))
    case, lines = read_case(play.docket.document or b"")
    touched, *others = case.held
    marked = {task_id: (held, b"as it was read") for task_id, (held, _) in lines.items()}
    moved = case.model_copy(update={"held": (touched.model_copy(update={"since": 7}), *others)})
    written, after = write_case(moved, {}, marked)

    assert written.count(b"as it was read") == len(others) > 0
    assert b'"since":7' in written
    assert [after[held.task.task_id][0] for held in moved.held] == list(moved.held)


def test_a_case_from_before_tasks_had_lines_is_read() -> None:
    play = begun().says("handle", "progress")
    old = play.case.model_dump_json(exclude_none=True).encode()

    assert read_case(old) == (play.case, {})


def test_the_row_of_what_waits_brings_back_the_same() -> None:
    play = Play().hear(order("void"), attached())

    assert docket_of("incident", None, packed(play.docket.waiting_document)).waiting == play.docket.waiting


def test_a_case_is_written_as_any_other_message_would_be() -> None:
    play = begun().says("handle", "progress")
    whole = play.case.model_dump_json(exclude_none=True).encode()

    assert Case.model_validate_json(play.docket.document or b"") == Case.model_validate_json(whole)
    assert Docket("incident").document is None
    assert play.case.incident.accepted_at == MORNING
