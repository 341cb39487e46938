"""A table can be read and copied from at every width."""

import pytest
from rich.cells import cell_len
from rich.text import Text

from wangge_local.cli_columns import drawn

COLUMNS = ("case", "state", "where", "accepted", "")
ROWS = (
    ("110101-2026-0000003", "handling", "工人体育馆社区第4网格38号楼602室", "2026-11-30 18:40", "overdue"),
    ("110101-2026-0000012", "closed", "东外大街", "2026-11-30 18:41", ""),
)


def lines(width: int | None) -> list[str]:
    rows = [[Text(cell) for cell in row] for row in ROWS]
    return [line.plain for line in drawn(COLUMNS, rows, width=width)]


@pytest.mark.parametrize("width", [None, 200, 100, 80, 72, 60])
def test_an_id_is_never_cut_and_no_line_is_longer_than_the_screen(width: int | None) -> None:
    said = lines(width)

    for case, *_ in ROWS:
        assert sum(case in line for line in said) == 1
    assert all(cell_len(line) <= (width or 200) for line in said)
    assert all(line == line.rstrip() for line in said)


def test_what_has_room_is_one_line() -> None:
    assert lines(None) == [
        "case                 state     where                             accepted",
        "110101-2026-0000003  handling  工人体育馆社区第4网格38号楼602室  2026-11-30 18:40  overdue",
        "110101-2026-0000012  closed    东外大街                          2026-11-30 18:41",
    ]


def test_who_needs_most_room_is_folded() -> None:
    assert lines(80) == [
        "case                 state     where                   accepted",
        "110101-2026-0000003  handling  工人体育馆社区第4网格   2026-11-30 18:40  overdue",
        "                               38号楼602室",
        "110101-2026-0000012  closed    东外大街                2026-11-30 18:41",
    ]


def test_where_words_have_no_room_beside_each_other_each_row_is_a_block() -> None:
    assert lines(56) == [
        "case      110101-2026-0000003",
        "state     handling",
        "where     工人体育馆社区第4网格38号楼602室",
        "accepted  2026-11-30 18:40",
        "          overdue",
        "",
        "case      110101-2026-0000012",
        "state     closed",
        "where     东外大街",
        "accepted  2026-11-30 18:41",
    ]
