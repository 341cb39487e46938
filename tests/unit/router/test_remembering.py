"""A case is remembered under the bytes of its row: for these it is given out, for any others it is parsed."""

from collections.abc import Iterable

import pytest

from tests.unit.router.scenes import POLICE, Play, accepted, begun, order
from wangge_router.case import Case
from wangge_router.docket import Docket
from wangge_router.remembering import Memory
from wangge_router.store import docket_of, row_of


def case_of(docket: Docket) -> Case:
    assert docket.case is not None
    return docket.case


def said(play: Play, row: bytes | None, memory: Memory, act: str, *, at: float) -> bytes | None:
    """One act as the room hears it, from row to row."""
    play.docket = docket_of("incident", row, None, memory)
    play.says("handle", act, at=at)
    assert play.verdict in (("applied",), ("pending-approval",))
    return row_of(play.docket, memory)


def test_what_was_written_is_given_out_for_its_row_without_parsing() -> None:
    memory = Memory()
    docket = begun().docket
    row = row_of(docket, memory)

    assert docket_of("incident", row, None, memory).case is docket.case


def test_what_was_read_is_given_out_for_its_row_without_parsing() -> None:
    memory = Memory()
    row = row_of(begun().docket)

    first = docket_of("incident", row, None, memory)

    assert docket_of("incident", row, None, memory).case is first.case


def test_a_row_that_somebody_else_wrote_is_right() -> None:
    memory = Memory()
    play = begun()
    row_of(play.docket, memory)
    other = Play(docket=Docket("incident", play.case)).says("handle", "acknowledge")
    row = row_of(other.docket)

    assert docket_of("incident", row, None, memory).case == other.case != play.case


def test_what_was_never_committed_is_not_given_out() -> None:
    memory = Memory()
    play = begun()
    row, before = row_of(play.docket, memory), play.case
    said(play, row, memory, "acknowledge", at=1)  # the batch fails after it was saved

    assert docket_of("incident", row, None, memory).case == before


def test_a_life_that_is_remembered_has_the_same_rows_as_one_that_is_read() -> None:
    def rows(memory: Memory) -> Iterable[bytes | None]:
        play = Play().hear(accepted(), order("call", f"attend {POLICE}"))
        row = row_of(play.docket, memory)
        for at, act in enumerate(("acknowledge", "progress", "request-extension", "progress", "done"), 2):
            row = said(play, row, memory, act, at=at)
            yield row

    assert list(rows(Memory())) == list(rows(Memory(0)))


@pytest.mark.parametrize("most", [0, 1, 2])
def test_whoever_was_spoken_of_longest_ago_is_forgotten(most: int) -> None:
    memory = Memory(most)
    case = begun().case
    rows = {name: row_of(Docket(name, case), memory) or b"" for name in ("a", "b", "c")}
    memory.recall("b", rows["b"])
    row_of(Docket("d", case), memory)

    left = [name for name, row in {**rows, "d": rows["a"]}.items() if memory.recall(name, row)]
    assert left == {0: [], 1: ["d"], 2: ["b", "d"]}[most]
