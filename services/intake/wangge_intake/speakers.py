"""Who speaks: the owner of the topic, whatever the message says."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from wangge_contracts import topics
from wangge_contracts.topics import Topic

Says = Literal["reports", "answers"]
Hears = Literal["tasks", "receipts"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """An outsider on one of its topics."""

    slug: str
    owner: str
    """The topic prefix, as `departments.gas`."""
    says: Says
    receipts: str
    """The topic on which it hears what became of what it said."""


_SPOKEN: tuple[tuple[Topic, str, Says, Topic], ...] = (
    (topics.TERMINAL_REPORTS, "terminals", "reports", topics.TERMINAL_RECEIPTS),
    (topics.TERMINAL_ANSWERS, "terminals", "answers", topics.TERMINAL_RECEIPTS),
    (topics.DEPARTMENT_ANSWERS, "departments", "answers", topics.DEPARTMENT_RECEIPTS),
)
_HEARD: dict[tuple[str, Hears], Topic] = {
    ("terminals", "tasks"): topics.TERMINAL_TASKS,
    ("terminals", "receipts"): topics.TERMINAL_RECEIPTS,
    ("departments", "tasks"): topics.DEPARTMENT_TASKS,
    ("departments", "receipts"): topics.DEPARTMENT_RECEIPTS,
}


@cache
def speaker_of(topic: str) -> Speaker | None:
    """Return who owns *topic* and what is said there; None when no outsider speaks on it."""
    for row, family, says, receipts in _SPOKEN:
        slug = row.owner(topic)
        if slug is not None:
            return Speaker(slug, f"{family}.{slug}", says, receipts.named(slug))
    return None


@cache
def topic_for(owner: str, says: Says) -> str | None:
    """Return the topic on which *owner* (as `terminals.pda`) says that; None if it may not."""
    family, _, slug = owner.partition(".")
    for row, of, what, _ in _SPOKEN:
        if (of, what) == (family, says):
            return row.named(slug)
    return None


@cache
def topic_to(owner: str, hears: Hears) -> str:
    """Return the topic on which *owner*, who can own topics, is told that."""
    family, _, slug = owner.partition(".")
    return _HEARD[family, hears].named(slug)


PATTERN = "^(?:{})$".format(
    "|".join(
        (
            *(row.pattern.strip("^$") for row, *_ in _SPOKEN),
            re.escape(topics.REPLAYS.named("intake")),
        )
    )
)
"""Every topic that intake reads, as one regular expression."""
