"""A part that is too large comes in pieces and is whole again: no row lost, none twice, in their order."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic_core import to_json

from wangge_contracts.pieces import divide, gathered, joined, named

ROWS = st.lists(st.text(max_size=30) | st.dictionaries(st.text(max_size=3), st.integers(0, 99)), max_size=40)


@given(ROWS, st.integers(1, 500))
def test_a_list_is_whole_again(rows: list[Any], most: int) -> None:
    assert joined(divide(rows, most=most)) == rows


@given(ROWS, st.integers(1, 500))
def test_an_object_is_whole_again_and_only_its_longest_list_is_divided(rows: list[Any], most: int) -> None:
    whole = {"terminal": "pda", "posts": [*rows, "x" * 200], "few": [1, 2]}

    pieces = divide(whole, most=most)

    assert joined(pieces) == whole
    assert all(piece.keys() == {"posts"} for piece in pieces[1:])
    assert pieces[0]["few"] == [1, 2]


def test_pieces_are_no_larger_than_asked() -> None:
    whole = {"terminal": "pda", "posts": [{"holder": f"officer:{n:012}/police"} for n in range(1000)]}

    pieces = divide(whole, most=10_000)

    assert len(pieces) > 3
    assert all(len(to_json(piece)) <= 10_000 for piece in pieces)


def test_rows_of_very_different_size_are_divided_by_what_they_fill() -> None:
    rows = ["x" * 3_000] * 12 + ["x" * 10] * 3_000

    pieces = divide(rows, most=10_000)

    assert joined(pieces) == rows
    assert max(len(to_json(piece)) for piece in pieces) <= 10_000


def test_what_holds_no_list_stays_whole() -> None:
    whole = {"name": "x" * 100}

    assert divide(whole, most=10) == [whole]


def test_pieces_go_by_their_number_not_by_their_name() -> None:
    names = {named("rosters", n): f"hash-{n}" for n in (10, 2, 1)} | {"places": "p"}

    assert gathered(names) == {"rosters": ("hash-1", "hash-2", "hash-10"), "places": ("p",)}


@pytest.mark.parametrize(
    "pieces",
    [
        [[1], {"rows": []}],
        [{"rows": 1}, {"rows": []}],
        [{"rows": []}, {"rows": 1}],
        [{}, {"rows": []}],
        [1, 2],
    ],
)
def test_pieces_that_do_not_belong_together_are_refused(pieces: list[Any]) -> None:
    with pytest.raises(ValueError, match="piece"):
        joined(pieces)
