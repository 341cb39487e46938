"""A value in a file, named by its path -> the line it stands on, so that a person finds it."""

import re
from collections.abc import Sequence


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """
    The line, counted from 1, of the value at *path*, or of the nearest thing around it that can be found.

    TOML parsers keep no positions, so this looks for what a person would look for: the n-th `[[table]]` of an
    array or its n-th `{`, then the key in it. None when not even the first name is found.
    """
    lines = text.splitlines()
    first, last = 0, len(lines)
    found: int | None = None
    table: list[str] = []
    for number, name in enumerate(path):
        if isinstance(name, int):
            # The name before it is an array: go to its n-th entry.
            span = _entry(lines, first, last, ".".join(table), name)
        else:
            table.append(name)
            if number + 1 < len(path) and isinstance(path[number + 1], int):
                continue
            span = _key(lines, first, last, table, [part for part in path[number:] if isinstance(part, str)])
        if span is None:
            break
        first, last = span
        found = first
    return None if found is None else found + 1


def line_of_feature(text: str, path: Sequence[str | int]) -> int | None:
    """The line, counted from 1, on which the GeoJSON feature of *path* begins; None without one."""
    number = next((name for name in path if isinstance(name, int)), None)
    starts = re.finditer(r'"type"\s*:\s*"Feature"', text)
    start = next((match.start() for at, match in enumerate(starts) if at == number), None)
    return None if start is None else text.count("\n", 0, start) + 1


def line_quoting(text: str, quoted: str) -> int | None:
    """The first line, counted from 1, that holds *quoted* as a string; None without one."""
    lines = text.splitlines()
    return next((at for at, line in enumerate(lines, 1) if quoted and f'"{quoted}"' in line), None)


def _entry(lines: list[str], first: int, last: int, table: str, number: int) -> tuple[int, int] | None:
    header = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
    headers = [at for at in range(first, last) if header.match(lines[at])]
    if headers:
        if number >= len(headers):
            return None
        begin = headers[number]
        inner = re.compile(rf"\s*\[\[?\s*{re.escape(table)}\.")
        after = (at for at in range(begin + 1, last) if re.match(r"\s*\[", lines[at]))
        end = next((at for at in after if not inner.match(lines[at]) and not _is_value(lines[at])), last)
        return begin, end
    key = re.compile(rf"\s*{re.escape(table.rpartition('.')[2])}\s*=")
    opening = next((at for at in range(first, last) if key.match(lines[at])), None)
    if opening is None:
        return None
    if lines[opening].count("[") == lines[opening].count("]"):
        return opening, opening + 1
    rows = [at for at in range(opening, last) if re.match(r"\s*[{\"]", lines[at])]
    # An array that stands on one line is the best answer there is.
    return (rows[number], rows[number] + 1) if number < len(rows) else (opening, opening + 1)


def _is_value(line: str) -> bool:
    return re.match(r"\s*\[\[?[A-Za-z0-9_.\"' -]+\]\]?\s*(#.*)?$", line) is None


def _key(
    lines: list[str], first: int, last: int, table: list[str], rest: list[str]
) -> tuple[int, int] | None:
    for length in range(len(rest), 0, -1):
        dotted = re.compile(rf"\s*{re.escape('.'.join(rest[:length]))}\s*[=.]")
        # The table itself, or the first one inside of it.
        header = re.compile(rf"\s*\[\s*{re.escape('.'.join([*table[:-1], *rest[:length]]))}\s*[.\]]")
        for at in range(first, last):
            if dotted.match(lines[at]):
                return at, at + 1
            if header.match(lines[at]):
                return at, last
    return None
