"""A table for people: words stay whole, so that an id can be copied, whatever the width. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import ceil

from rich.cells import cell_len
from rich.text import Text

_GAP = "  "
_LEAST = 8
"""Cells below which no column is folded: four Chinese characters in a line are read yet, one is not."""
_WORD = re.compile(r"[!-~]+")
"""What is never cut in two: ids, numbers, instants, words. Chinese may go on in the next line anywhere."""
_PIECE = re.compile(rf"{_WORD.pattern}|.", re.DOTALL)


def drawn(columns: Sequence[str], rows: Sequence[Sequence[Text]], *, width: int | None) -> Iterator[Text]:
    """
    Yield the lines of a table of *width* cells, or as wide as it is; each cell is one line already.

    Where even its words do not fit beside each other, each row is a block, a line for each cell that says
    something.
    """
    heads = [Text(column) for column in columns]
    wide = _widths([*zip(heads, *rows, strict=True)], width)
    if wide is None:
        yield from _blocks(columns, rows)
        return
    for line in _lines(heads, wide):
        line.stylize("bold")
        yield line
    for row in rows:
        yield from _lines(row, wide)


def _widths(columns: Sequence[Sequence[Text]], width: int | None) -> list[int] | None:
    """Return how wide each column is in *width* cells, for rows of few lines; None: no room for its words."""
    whole = [max(cell.cell_len for cell in cells) for cells in columns]
    if width is None:
        return whole
    room = width - len(_GAP) * (len(whole) - 1)
    least = [
        max(min(most, _LEAST), *(len(word) for cell in cells for word in _WORD.findall(cell.plain)), 0)
        for most, cells in zip(whole, columns, strict=True)
    ]
    if sum(least) > room:
        return None
    for lines in range(1, max(whole) + 1):
        wide = [max(each, ceil(most / lines)) for each, most in zip(least, whole, strict=True)]
        if sum(wide) <= room:
            break
    spare = room - sum(wide)
    for column in sorted(range(len(wide)), key=lambda each: whole[each] - wide[each]):
        given = min(whole[column] - wide[column], spare)
        wide[column] += given
        spare -= given
    return wide


def _lines(row: Sequence[Text], wide: Sequence[int]) -> Iterator[Text]:
    folded = [_folded(cell, most) for cell, most in zip(row, wide, strict=True)]
    for parts in zip_longest(*folded, fillvalue=Text("")):
        line = Text(_GAP).join(_padded(part, most) for part, most in zip(parts, wide, strict=True))
        line.rstrip()
        yield line


def _folded(cell: Text, most: int) -> list[Text]:
    """Return *cell* in lines of *most* cells; a space may hang over an end, a word may not."""
    breaks: list[int] = []
    used = 0
    for piece in _PIECE.finditer(cell.plain):
        cells = cell_len(piece[0])
        if used + cells > most and not piece[0].isspace():
            breaks.append(piece.start())
            used = 0
        used += cells
    lines = list(cell.divide(breaks))
    for line in lines:
        line.rstrip()
    return lines


def _padded(part: Text, most: int) -> Text:
    padded = part.copy()
    padded.pad_right(most - part.cell_len)
    return padded


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> Iterator[Text]:
    wide = max(map(cell_len, columns))
    for number, row in enumerate(rows):
        if number:
            yield Text("")
        for column, cell in zip(columns, row, strict=True):
            if cell.plain:
                yield Text.assemble((f"{column:<{wide}}", "bold"), _GAP, cell)
