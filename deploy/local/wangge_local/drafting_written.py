"""A draft as a rulebook.toml to be edited: every rule with what speaks for it and against it. Pure."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from wangge_local.drafting import Circumstance, Draft, Finding, Kind
from wangge_local.drafting_family import Mark

_FRAME = """
# When nothing fits, the desk decides; so it does with types and families that were never seen.
fallback = "district"
check = "district"

[limits]
# Where the standard has no limit. No history tells them: they are yours to set.
dispatch = { value = 1, clock_kind = "working-hours" }
verify = { value = 1, clock_kind = "working-days" }
check = { value = 1, clock_kind = "working-days" }
attend = { value = 0.5, clock_kind = "urgent-hours" }
handle = { value = 10, clock_kind = "working-days" }
assist = { value = 10, clock_kind = "working-days" }
approve = { value = 1, clock_kind = "working-days" }
supervise = { value = 2, clock_kind = "working-days" }
"""
_Key = TypeVar("_Key", Kind, Mark)
_NAME = 48
_CONTESTED = 0.6
"""Below this share somebody should look at who answers."""


def written(draft: Draft, *, source: str) -> str:
    """Return the rulebook; *source* says in words which rows it comes from."""
    names = _Names()
    parts = (
        _head(draft, source),
        _FRAME,
        *_exceptions(draft, names),
        *_types(draft, names),
        *_families(draft, names),
    )
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def told(found: Finding) -> str:
    """Say in one line what speaks for a finding and what against it."""
    against = ", ".join(f"{unit} {_share(count / found.rows)}" for unit, count in found.conflicts)
    rows = "1 row" if found.rows == 1 else f"{found.rows:,} rows"
    contested = " - CONTESTED" if found.share < _CONTESTED else ""
    for_it = f"{rows}, {found.unit} {_share(found.share)}"
    return _in_a_line(for_it + (f"; {against}" if against else "") + contested)


def _in_a_line(text: str) -> str:
    """*text* as a comment may hold it: what a city wrote may have line breaks in it."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text)


def _share(share: float) -> str:
    """*share* in words that claim neither nothing nor everything where a few rows say otherwise."""
    if share < 0.001:
        return "under 0.1%"
    return f"{min(share, 0.999) if share < 1 else share:.1%}"


def _head(draft: Draft, source: str) -> str:
    support = draft.support
    lines = [
        "Drafted by `wangge rules draft`, for a person to edit, from",
        f"{source}.",
        f"A type or a family has a rule if it was seen in {support.rows} rows or more. A condition finer",
        f"than the type has one if it was seen in {support.finer} rows or more, its unit lies ahead of the",
        "type's own with 95 % confidence, and it leads in the earlier and in the later half of the rows",
        "alike. Behind each: its rows, the unit that mostly had it with its share, and the others with",
        f"theirs; CONTESTED is what no unit had in {_CONTESTED:.0%} of the rows.",
    ]
    if draft.rare:
        lines += ["", f"Seen in fewer than {support.rows} rows, so left to the family, else to the desk:"]
        lines += [f"  {code}: {told(found)}" for (_, code), found in draft.rare.items()]
    return "\n".join(f"# {_in_a_line(line)}".rstrip() for line in lines)


class _Names:
    """Rules' names, each once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, *words: str) -> str:
        """Return a slug made of *words*."""
        text = "-".join(re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words)[:_NAME]
        text = text.strip("-") or "rule"
        name, number = text, 2
        while name in self._used:
            name, number = f"{text[: _NAME - 4]}-{number}", number + 1
        self._used.add(name)
        return name


def _exceptions(draft: Draft, names: _Names) -> Iterator[str]:
    groups: dict[tuple[Circumstance, str], dict[Kind, Finding]] = defaultdict(dict)
    for (circumstance, kind), found in draft.exceptions.items():
        groups[circumstance, found.unit][kind] = found
    if groups:
        yield "# Exceptions: where a condition finer than the type names another unit than the type does."
    for ((name, value), unit), kinds in groups.items():
        at = name == "places"
        yield _rule(
            names.take(unit, "at" if at else "by", value),
            unit,
            kinds.values(),
            [f"when.{name} = [{_quoted(value)}]", "", *_classes(kinds)],
            layer="territory" if at else None,
        )


def _types(draft: Draft, names: _Names) -> Iterator[str]:
    yield "# Types: each to the unit that had it most often."
    for unit, found in _by_unit(draft.types).items():
        yield _rule(names.take(unit), unit, found.values(), ["", *_classes(found)], layer="class")


def _families(draft: Draft, names: _Names) -> Iterator[str]:
    if draft.families:
        yield "# Families: for types that no rule above names, because they were never seen or too rarely."
    groups = _particular_first(draft.families)
    for unit, found in (each for group in groups for each in _by_unit(group).items()):
        texts = {mark: each for mark, each in found.items() if mark.by == "text"}
        prefixes = {mark: each for mark, each in found.items() if mark.by == "prefix"}
        if texts:
            lines = ["when.texts = [", *_listed(texts), "]", *_whole_schemes(draft, texts)]
            # Where the rows had no class the rule asks for none, and cannot stand in the layer `class`.
            layer = "class" if len(lines) > len(texts) + 2 else None
            yield _rule(names.take(unit, "family"), unit, texts.values(), lines, layer=layer)
        if prefixes:
            lines = ["", *_prefixes(draft, prefixes)]
            yield _rule(names.take(unit, "family"), unit, prefixes.values(), lines, layer="class")


def _particular_first(families: dict[Mark, Finding]) -> Iterator[dict[Mark, Finding]]:
    """
    Part the families so that whatever holds the text of another unit's lies in an earlier group.

    The first rule that fits decides, and `light` fits wherever `street light` does.
    """
    depths: dict[Mark, int] = {}
    for mark in sorted(families, key=lambda mark: -len(mark.value)):
        holding = (
            depth
            for other, depth in depths.items()
            if mark.value in other.value and families[other].unit != families[mark].unit
        )
        depths[mark] = max(holding, default=-1) + 1
    for group in range(max(depths.values(), default=-1) + 1):
        yield {mark: found for mark, found in families.items() if depths[mark] == group}


def _by_unit(found: dict[_Key, Finding]) -> dict[str, dict[_Key, Finding]]:
    """The findings of each unit, the unit with most rows first."""
    groups: dict[str, dict[_Key, Finding]] = defaultdict(dict)
    for key, each in found.items():
        groups[each.unit][key] = each
    size = {unit: sum(each.rows for each in group.values()) for unit, group in groups.items()}
    return {unit: groups[unit] for unit in sorted(groups, key=lambda unit: (-size[unit], unit))}


def _rule(
    name: str, unit: str, found: Iterable[Finding], conditions: Sequence[str], *, layer: str | None
) -> str:
    counts = sum((each.counts for each in found), Counter[str]())
    head = [f"# {told(Finding(counts))}", "[[rules]]", f"name = {_quoted(name)}"]
    where = [f"layer = {_quoted(layer)}"] if layer else []
    return "\n".join([*head, *where, f"then.lead = {_quoted(unit)}", *conditions])


def _classes(found: dict[Kind, Finding]) -> Iterator[str]:
    for scheme in dict.fromkeys(scheme for scheme, _ in found):
        yield from ("[[rules.when.classes]]", f"scheme = {_quoted(scheme)}", "codes = [")
        yield from (
            f"  {_quoted(code)},  # {told(each)}" for (other, code), each in found.items() if other == scheme
        )
        yield "]"


def _whole_schemes(draft: Draft, found: Iterable[Mark]) -> Iterator[str]:
    for scheme in dict.fromkeys(scheme for mark in found for scheme, _ in draft.members.get(mark, ())):
        yield from ("", "[[rules.when.classes]]", f"scheme = {_quoted(scheme)}")


def _prefixes(draft: Draft, found: dict[Mark, Finding]) -> Iterator[str]:
    schemes = dict.fromkeys(scheme for mark in found for scheme, _ in draft.members[mark])
    for scheme in schemes:
        own = {mark: each for mark, each in found.items() if any(s == scheme for s, _ in draft.members[mark])}
        yield from ("[[rules.when.classes]]", f"scheme = {_quoted(scheme)}", "prefixes = [")
        yield from _listed(own)
        yield "]"


def _listed(found: dict[Mark, Finding]) -> Iterator[str]:
    return (f"  {_quoted(mark.value)},  # {told(each)}" for mark, each in found.items())


def _quoted(text: str) -> str:
    """*text* as a basic string of TOML, whose escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
