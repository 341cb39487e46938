"""The transition table, line by line and in every gap between the lines."""

from itertools import product
from typing import Any, get_args

import pytest

from tests.unit.router.scenes import MANAGER, POLICE, STREET, WORKSTATION, Play, accepted, answer
from wangge_contracts.message import words
from wangge_contracts.v1 import CODES, Act, TaskChanged, TaskState, Verdict
from wangge_router.case import Held
from wangge_router.conditions import ASKED, STANDING
from wangge_router.consequences import EFFECTS
from wangge_router.lifecycle import TRANSITIONS
from wangge_router.turns import GUARDS, TURN, Effect, Guard

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
    ("handle", "progress", None): dict.fromkeys(TURN, ("working", "progressed")),
    ("handle", "done", None): dict.fromkeys(TURN, ("done", "done")),
    ("handle", "return", None): dict.fromkeys(TURN, ("returned", "returned")),
    ("assist", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("assist", "progress", None): dict.fromkeys(TURN, ("working", "progressed")),
    ("assist", "done", None): dict.fromkeys(TURN, ("done", "done")),
    ("assist", "return", None): dict.fromkeys(TURN, ("returned", "returned")),
    ("attend", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("attend", "progress", None): {
        "assigned": ("acknowledged", "progressed"),
        "acknowledged": ("acknowledged", "progressed"),
        "working": ("working", "progressed"),
    },
    ("attend", "arrived", None): dict.fromkeys(("assigned", "acknowledged"), ("working", "arrived")),
    ("attend", "left", None): dict.fromkeys(TURN, ("done", "left")),
    ("attend", "done", None): dict.fromkeys(TURN, ("done", "done")),
    ("check", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("check", "progress", None): dict.fromkeys(TURN, ("working", "progressed")),
    ("check", "check", "passed"): dict.fromkeys(TURN, ("done", "done")),
    ("check", "check", "failed"): dict.fromkeys(TURN, ("done", "done")),
    ("check", "refer-up", None): dict.fromkeys(TURN, ("ended", "referred-up")),
    ("dispatch", "acknowledge", None): {"assigned": ("acknowledged", "acknowledged")},
    ("dispatch", "progress", None): dict.fromkeys(TURN, ("working", "progressed")),
    ("dispatch", "refer-up", None): dict.fromkeys(TURN, ("ended", "referred-up")),
}
"""The whole table once more, written by hand; contact-logged stands apart, for it is the desk's alone."""
PLAIN = sorted({act for _, act, _ in MOVES} | {"contact-logged"})
"""The acts whose lines ask for nothing but kind, state, speaker and verdict."""
ACTS: list[tuple[str, str | None]] = [
    *((act, None) for act in PLAIN if act != "check"),
    *(("check", verdict) for verdict in words(Verdict)),
]
STATES = [state for state in words(TaskState) if state not in ("pending", "suspended")]


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


@pytest.mark.parametrize("kind", ["handle", "assist", "attend", "check", "dispatch"])
@pytest.mark.parametrize("state", STATES)
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
            moves = {each: (each, "progressed") for each in TURN}
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
    return "invalid" if act == kind == "check" and state in TURN else "not-allowed-now"


def test_every_act_of_the_contract_has_a_line() -> None:
    assert set(words(Act)) == {line.act for line in TRANSITIONS}


def test_every_guard_says_what_one_hears_without_it_and_when_it_holds() -> None:
    assert set(GUARDS) == set(get_args(Guard)) == {*STANDING, *ASKED}
    assert {refusal.code for refusal in GUARDS.values()} <= set(CODES)
    assert set(EFFECTS) == set(get_args(Effect))


def test_no_two_lines_answer_the_same_question() -> None:
    questions = [
        (kind, state, line.act, line.verdict, line.given, life, who)
        for line in TRANSITIONS
        for kind in line.kinds
        for state in line.states
        for life in line.life
        for who in line.who
    ]

    assert len(questions) == len(set(questions))


def test_every_task_in_a_case_is_told_what_its_holder_may_do() -> None:
    play = Play().hear(accepted())

    assert play.task("handle").allowed_acts == (
        *("acknowledge", "progress", "done", "return"),
        *("request-extension", "request-suspension", "explain"),
    )
    assert play.task("attend").allowed_acts == ("acknowledge", "progress", "arrived", "left", "done")


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
