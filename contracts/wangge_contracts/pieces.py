"""A part of reference data that is too large for one message comes in pieces: `rosters`, `rosters.2` ..."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json


def divide(content: Any, *, most: int) -> list[Any]:
    """
    Return *content* as pieces of at most *most* bytes of JSON each, as far as its lists can be divided.

    A list is divided between its rows. Of an object, the longest of its lists is; the rest of it stays in the
    first piece.
    """
    size = len(to_json(content))
    if size <= most or not content:
        return [content]
    if isinstance(content, list):
        return list(_rows(content, size=size, most=most))
    lists = {key: len(to_json(value)) for key, value in content.items() if isinstance(value, list)}
    if not lists:
        return [content]
    longest = max(lists, key=lambda key: lists[key])
    rest = size - lists[longest]
    first, *others = _rows(content[longest], size=lists[longest], most=max(most - rest, 1))
    return [{**content, longest: first}, *({longest: rows} for rows in others)]


def joined(pieces: Sequence[Any]) -> Any:
    """Return what was divided; raises ValueError for pieces that do not belong together."""
    first, *others = pieces
    if not others:
        return first
    if isinstance(first, list) and all(isinstance(piece, list) for piece in others):
        return [row for piece in pieces for row in piece]
    if not all(isinstance(piece, dict) for piece in pieces):
        raise ValueError("the pieces of a part are lists, or objects")
    whole = dict(first)
    for piece in others:
        for key, rows in piece.items():
            if not (isinstance(rows, list) and isinstance(whole.get(key), list)):
                raise ValueError(f"a piece of a part holds {key}, which the first does not hold as a list")
            whole[key] = [*whole[key], *rows]
    return whole


def named(kind: str, number: int) -> str:
    """Return under what name the manifest has a piece of *kind*, counted from 1."""
    return kind if number == 1 else f"{kind}.{number}"


def gathered(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the hashes of each part's pieces in their order, by kind; *names* is a manifest's content."""
    found: dict[str, dict[int, str]] = {}
    for name, digest in names.items():
        kind, _, number = name.partition(".")
        found.setdefault(kind, {})[int(number) if number.isdecimal() else 1] = digest
    return {kind: tuple(digest for _, digest in sorted(pieces.items())) for kind, pieces in found.items()}


def _rows(rows: list[Any], *, size: int, most: int) -> Iterable[list[Any]]:
    """Yield *rows* in pieces of as many rows each, so that a small edit moves no border; large ones again."""
    count = -(-size // most)
    per_piece = max(-(-len(rows) // count), 1)
    for start in range(0, len(rows), per_piece):
        piece = rows[start : start + per_piece]
        size_of_piece = len(to_json(piece))
        if size_of_piece > most and 1 < len(piece) < len(rows):
            yield from _rows(piece, size=size_of_piece, most=most)
        else:
            yield piece
