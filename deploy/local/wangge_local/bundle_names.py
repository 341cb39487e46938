"""Names that stand twice in a file, or that nobody reads there: where they are written."""

from collections.abc import Iterator, Mapping
from typing import Any

from wangge_contracts.naming import NAMED_TWICE
from wangge_local.bundle_whole import Finding

_NAMED = {"rulebook": "rules", "calendars": "calendars", "ladder": "ladders"}
"""Parts whose tables are known by their names: under which key the file holds them."""

_HEADS = {
    "calendars": {"calendars"},
    "places": {"scheme", "places"},
    "departments": {"departments"},
    "standard": {"versions", "defaults", "rows"},
    "terminals": {"terminals"},
    "addresses": {"addresses"},
}
"""What may stand at the head of the files of which no class reads the whole."""


def unread(kind: str, written: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield each name at the head of the file that is passed over: `[[department]]` would be no unit."""
    for name in sorted(written.keys() - _HEADS.get(kind, written.keys())):
        at = (name, 0) if isinstance(written[name], list) else (name,)
        text = f"{name}: Extra inputs are not permitted"
        yield Finding(kind, at, text, "remove it, or correct its name")


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
