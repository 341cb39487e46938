"""The transition table, line by line and in every gap between the lines."""

from itertools import product
from typing import Any

import pytest

from tests.unit.router.scenes import MANAGER, POLICE, STREET, WORKSTATION, Play, accepted, answer
from wangge_contracts.message import words
from wangge_contracts.v1 import Act, TaskChanged, TaskKind, TaskState, Verdict
from wangge_router.case import Held
from wangge_router.lifecycle import CARRIED, OPEN, SUPPORTED, TRANSITIONS, allowed_acts

HOLDERS = {
    ("handle", "holder"): "department:water",
    ("handle", "desk"): "department:gas",
    ("assist", "holder"): "department:roads",
    ("assist", "desk"): "department:gas",
    ("attend", "holder"): POLICE,
    ("check", "holder"): MANAGER,
    ("dispatch", "holder"): WORKSTATION,
}
"""Who may hold a task of that kind, and as what he speaks; only units are reached by telephone."""
MOVES: dict[tuple[str, str, str | None], dict[str, tuple[str, str]]] = {
    # (kind, act, verdict): state before -> (state after, change)
    ("handle", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("handle", "progress", None): dict.fromkeys(OPEN, ("working", "progressed")),
    ("handle", "done", None): dict.fromkeys(OPEN, ("done", "done")),
    ("handle", "return", None): dict.fromkeys(OPEN, ("returned", "returned")),
    ("assist", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("assist", "progress", None): dict.fromkeys(OPEN, ("working", "progressed")),
    ("assist", "done", None): dict.fromkeys(OPEN, ("done", "done")),
    ("assist", "return", None): dict.fromkeys(OPEN, ("returned", "returned")),
    ("attend", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("attend", "progress", None): {
        "assigned": ("acknowledged", "progressed"),
        "acknowledged": ("acknowledged", "progressed"),
        "working": ("working", "progressed"),
    },
    ("attend", "arrived", None): dict.fromkeys(("assigned", "acknowledged"), ("working", "arrived")),
    ("attend", "left", None): {"working": ("done", "left")},
    ("attend", "done", None): dict.fromkeys(OPEN, ("done", "done")),
    ("check", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("check", "progress", None): dict.fromkeys(OPEN, ("working", "progressed")),
    ("check", "check", "passed"): dict.fromkeys(OPEN, ("done", "done")),
    ("check", "check", "failed"): dict.fromkeys(OPEN, ("done", "done")),
    ("dispatch", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("dispatch", "progress", None): dict.fromkeys(OPEN, ("working", "progressed")),
    ("dispatch", "refer-up", None): dict.fromkeys(OPEN, ("ended", "referred-up")),
}
"""The whole table once more, written by hand; contact-logged stands apart, for it is the desk's alone."""
ACTS: list[tuple[str, str | None]] = [
    *((act, None) for act in words(Act) if act != "check"),
    *(("check", verdict) for verdict in words(Verdict)),
]


def standing(kind: str, state: str, holder: str) -> tuple[Play, Held]:
    """An incident with one task of that kind in that state, besides whatever else it needs."""
    play = Play().hear(accepted("0502"))
    dispatch = play.held("dispatch")
    fields = {"kind": kind, "state": state, "holder": holder, "task_id": f"the {kind}", "role": "assist"}
    held = Held(task=TaskChanged.model_validate(dispatch.task.model_dump() | fields))
    others: tuple[Held, ...] = (dispatch,)
    if kind == "check":
        lead = fields | {"kind": "handle", "state": "done", "holder": "department:water", "task_id": "lead"}
        others = (Held(task=TaskChanged.model_validate(dispatch.task.model_dump() | lead)),)
    play.docket.case = play.case.model_copy(update={"held": (*others, held)})
    return play, held


@pytest.mark.parametrize("kind", CARRIED)
@pytest.mark.parametrize("state", words(TaskState))
def test_every_act_moves_the_task_as_the_table_says_or_is_refused_and_changes_nothing(
    kind: str, state: str
) -> None:
    for (act, verdict), who in product(ACTS, ("holder", "desk", "stranger")):
        holder = HOLDERS.get((kind, who), HOLDERS[kind, "holder"])
        play, held = standing(kind, state, holder)
        before = play.case
        way: dict[str, Any] = {"verdict": verdict} if verdict else {}
        if who == "stranger":
            way |= {"origin": "departments.somebody-else", "on_behalf_of": None}
        play.hear(answer(held.task, act, **way))

        by_desk = holder == "department:gas" and who != "stranger"
        moves = MOVES.get((kind, act, verdict), {}) if who != "stranger" else {}
        if act == "contact-logged" and by_desk:
            moves = {each: (each, "progressed") for each in OPEN}
        if state in moves:
            assert play.verdict == ("applied",), (act, verdict, who)
            moved = play.case.find(held.task.task_id)
            assert moved is not None
            assert (moved.task.state, moved.task.change) == moves[state], (act, verdict, who)
            assert moved.task.revision == held.task.revision + 1
        else:
            assert play.verdict == ("refused", _code(kind, state, act, who)), (act, verdict, who)
            assert play.case == before
            assert len(play.facts) == 1


def _code(kind: str, state: str, act: str, who: str) -> str:
    if who == "stranger":
        return "not-yours"
    if act not in SUPPORTED:
        return "not-supported-yet"
    return "invalid" if act == kind == "check" and state in OPEN else "not-allowed-now"


def test_no_act_is_carried_out_that_the_table_does_not_hold() -> None:
    assert {act for _, act, _ in MOVES} | {"contact-logged"} == SUPPORTED


@pytest.mark.parametrize(("kind", "state"), list(product(words(TaskKind), words(TaskState))))
def test_what_a_holder_is_told_he_may_do_is_what_the_table_lets_him_do(kind: Any, state: Any) -> None:
    told = allowed_acts(kind, state, lacking=frozenset(), who="holder")

    assert set(told) == {act for (of, act, _), moves in MOVES.items() if of == kind and state in moves}


def test_no_two_lines_answer_the_same_question() -> None:
    questions = [
        (kind, state, line.act, line.verdict, who)
        for line in TRANSITIONS
        for kind in line.kinds
        for state in line.states
        for who in line.who
    ]

    assert len(questions) == len(set(questions))


def test_every_task_in_a_case_is_told_what_its_holder_may_do() -> None:
    play = Play().hear(accepted())

    assert play.task("handle").allowed_acts == ("acknowledge", "progress", "done", "return")
    assert play.task("attend").allowed_acts == ("acknowledge", "progress", "arrived", "done")


def test_the_highest_desk_is_not_told_to_refer_up() -> None:
    play = Play().hear(accepted("0502"))
    for _ in range(2):
        play.says("dispatch", "refer-up")

    assert play.task("dispatch").holder == f"desk:{STREET[:6]}"
    assert play.task("dispatch").allowed_acts == ("acknowledge", "progress")


def test_the_desk_of_a_unit_without_a_system_is_told_to_log_its_calls() -> None:
    play, held = standing("handle", "assigned", "department:gas")
    play.hear(answer(held.task, "contact-logged"))

    assert "contact-logged" in play.task("handle").allowed_acts
