"""A city's past -> which unit answers for what, with what speaks for it and against it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, TypeVar

from wangge_local.drafting_family import Mark

Kind = tuple[str, str]
"""Scheme and code of a class."""
Circumstance = tuple[Literal["places", "sources"], str]
"""A finer condition within a type, as a rule asks for it."""
_Key = TypeVar("_Key")
_CONFIDENCE = 1.96
"""Standard errors that the unit of a finer condition must lie ahead: 95 % confidence."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What drafting looks at in one row of the past."""

    unit: str
    kind: Kind | None
    family: Mark | None
    circumstances: tuple[Circumstance, ...] = ()


@dataclass(frozen=True, slots=True)
class Support:
    """How many rows must speak for a rule."""

    rows: int = 3
    """For a type or a family of its own."""
    finer: int = 10
    """For a condition finer than the type."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The units that had something, and how often."""

    counts: Counter[str]

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.counts.total()

    @property
    def unit(self) -> str:
        """The unit that had most of them; of two that had as many, the first by name."""
        return min(self.counts, key=lambda unit: (-self.counts[unit], unit))

    @property
    def share(self) -> float:
        """Its share."""
        return self.counts[self.unit] / self.rows

    @property
    def conflicts(self) -> list[tuple[str, int]]:
        """The other units with their rows, the most first."""
        others = ((unit, count) for unit, count in self.counts.items() if unit != self.unit)
        return sorted(others, key=lambda each: (-each[1], each[0]))


@dataclass(frozen=True, slots=True)
class Draft:
    """What the past supports."""

    support: Support
    rows: int
    types: dict[Kind, Finding]
    exceptions: dict[tuple[Circumstance, Kind], Finding]
    """Where a finer condition names another unit than its type."""
    families: dict[Mark, Finding]
    rare: dict[Kind, Finding]
    """Types too rarely seen for a rule; they are left to their family."""
    members: dict[Mark, tuple[Kind, ...]]


def drafted(past: Sequence[Seen], support: Support) -> Draft:
    """
    Return what *past*, in the order of time, supports.

    A type with `support.rows` rows has a rule, and so has a family. A finer condition within a type has one
    if with `support.finer` rows its unit lies ahead of the type's with 95 % confidence (Wilson's interval
    of its share among the rows of the two) and leads in the earlier and in the later half of the past alike.
    """
    every = _counted((seen.kind, seen.unit) for seen in past if seen.kind)
    families = _counted((seen.family, seen.unit) for seen in past if seen.family)
    types = {kind: found for kind, found in every.items() if found.rows >= support.rows}
    members: dict[Mark, dict[Kind, None]] = defaultdict(dict)
    for seen in past:
        if seen.family and seen.kind:
            members[seen.family][seen.kind] = None
    return Draft(
        support=support,
        rows=len(past),
        types=types,
        exceptions=_exceptions(past, types, support.finer),
        families={mark: found for mark, found in families.items() if found.rows >= support.rows},
        rare={kind: found for kind, found in every.items() if kind not in types},
        members={mark: tuple(kinds) for mark, kinds in members.items()},
    )


def ahead(ours: int, theirs: int) -> bool:
    """Whether *ours* rows against *theirs* are more than half with 95 % confidence (Wilson 1927)."""
    rows, z = ours + theirs, _CONFIDENCE
    share = ours / rows
    middle = share + z * z / (2 * rows)
    reach = z * sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return (middle - reach) / (1 + z * z / rows) > 0.5


def _counted(pairs: Iterable[tuple[_Key, str]]) -> dict[_Key, Finding]:
    counts: dict[_Key, Counter[str]] = defaultdict(Counter)
    for key, unit in pairs:
        counts[key][unit] += 1
    ordered = sorted(counts.items(), key=lambda each: -each[1].total())
    return {key: Finding(found) for key, found in ordered}


def _exceptions(
    past: Sequence[Seen], types: dict[Kind, Finding], rows: int
) -> dict[tuple[Circumstance, Kind], Finding]:
    whole, earlier, later = (
        _counted(
            ((circumstance, seen.kind), seen.unit)
            for seen in part
            if seen.kind in types
            for circumstance in seen.circumstances
        )
        for part in (past, past[: len(past) // 2], past[len(past) // 2 :])
    )
    return {
        (circumstance, kind): found
        for (circumstance, kind), found in whole.items()
        if kind is not None
        and found.rows >= rows
        and found.unit != types[kind].unit
        and ahead(found.counts[found.unit], found.counts[types[kind].unit])
        and all(
            (half := part.get((circumstance, kind))) is not None and half.unit == found.unit
            for part in (earlier, later)
        )
    }
