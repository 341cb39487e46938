"""What everybody is called by the reference data in force, and who has a mailbox. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Any

from pydantic_core import to_json

KEEPS = ("departments", "places")
"""Parts of which every version is kept: what has gone from the newest is still told of in old matters."""
Called = Mapping[str, Any]
"""Names in Chinese and English, as they are published, by holder (`department:gas`) or place code."""
_HOLDER = re.compile(r"(?:department|desk|officer):[\w/-]+")
_WORD = re.compile(r'"([\w.-]{1,64})"')


def called_by(parts: Mapping[str, Any], ever: Mapping[str, Iterable[Any]]) -> Called:
    """
    Return the names in *parts*; who is not in them any more goes by the last name that he *ever* had.

    :param ever: every content that a kind of part had, the oldest first.
    """
    called: dict[str, Any] = {}
    for kind, prefix, key in (("departments", "department:", "slug"), ("places", "", "code")):
        for part in chain(ever.get(kind, ()), [parts.get(kind, ())]):
            called |= {f"{prefix}{row[key]}": row["name"] for row in part}
    posts = rosters_of(parts).get("posts", ())
    return called | {post["holder"]: post["name"] for post in posts if "name" in post}


def mailboxes_of(parts: Mapping[str, Any]) -> frozenset[str]:
    """Return the holders that have a mailbox by *parts*."""
    units = parts.get("departments", ())
    return frozenset(f"department:{unit['slug']}" for unit in units if unit.get("reach") == "mailbox")


def rosters_of(parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part `rosters`; empty where there is none."""
    found: Mapping[str, Any] = parts.get("rosters", {})
    return found


def with_names(text: str, called: Called, *, mailboxes: Collection[str], version: str | None) -> str:
    """
    Return the JSON object *text* with `names` of all that it tells of, and their *version*.

    Those of *mailboxes* among them are told as well.
    """
    words = set(_WORD.findall(text))
    told = {*_HOLDER.findall(text), *words, *(f"department:{word}" for word in words)}
    names = {each: called[each] for each in sorted(told & called.keys())}
    theirs = [each for each in names if each in mailboxes]
    more = to_json({"names": names, "mailboxes": theirs, "reference_version": version}).decode()
    return f"{text.rstrip()[:-1]},{more[1:]}"
