"""Rules, calendars and ladders that have the name of another of their file: where both are written."""

from collections.abc import Iterator, Mapping
from typing import Any

from wangge_contracts.naming import NAMED_TWICE
from wangge_local.bundle_whole import Finding

_NAMED = {"rulebook": "rules", "calendars": "calendars", "ladder": "ladders"}
"""Parts whose tables are known by their names: under which key the file holds them."""


def named_twice(kind: str, written: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield each table of the part that has the name of one before it."""
    key = _NAMED.get(kind, "")
    tables = written.get(key)
    first: dict[str, int] = {}
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str) and first.setdefault(name, number) != number:
            at, earlier = ((key, each, "name") for each in (number, first[name]))
            yield Finding(kind, at, f"{key[:-1]} {name} is named twice", "name it otherwise", earlier=earlier)


def is_told(error: Mapping[str, Any]) -> bool:
    """Whether a part's own fault says no more than `named_twice` does, which names the lines."""
    return not error["loc"] and error["type"] == NAMED_TWICE
