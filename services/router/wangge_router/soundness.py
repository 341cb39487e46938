"""Whether a rulebook fits the units and places around it; asked before a configuration is believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wangge_contracts.v1 import Department, Place
from wangge_router.rulebook import Rule, Rulebook


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rulebook, where in it, and what to do."""

    path: tuple[str | int, ...]
    text: str
    remedy: str


def check(rulebook: Rulebook, departments: Sequence[Department], places: Sequence[Place]) -> list[Problem]:
    """Everything in *rulebook* that does not fit the units and places around it; empty when it is sound."""
    units = {department.slug: department for department in departments}
    codes = {place.code: place for place in places}
    problems: list[Problem] = []
    for number, rule in enumerate(rulebook.rules):
        at = ("rules", number)
        problems += _unknown_names(rule, at, units=units, codes=codes, versions=rulebook.class_versions)
        problems += _outside_territory(rule, at, units=units, codes=codes)
    return problems + list(_unreachable(rulebook.rules))


def _unknown_names(
    rule: Rule,
    at: tuple[str | int, ...],
    *,
    units: dict[str, Department],
    codes: dict[str, Place],
    versions: dict[str, str],
) -> Iterator[Problem]:
    named = [("lead", rule.then.lead)] if rule.then.lead else []
    for field, slug in [*named, *(("assists", slug) for slug in rule.then.assists)]:
        if slug not in units:
            yield Problem(
                (*at, "then", field),
                f"rule {rule.name} names the department {slug!r}, which does not exist",
                "add it to departments.toml or correct the slug",
            )
    for code in rule.when.places:
        if code not in codes:
            yield Problem(
                (*at, "when", "places"),
                f"rule {rule.name} names the place {code!r}, which does not exist",
                "add it to places.toml or correct the code",
            )
    for classes in rule.when.classes:
        if classes.scheme not in versions:
            yield Problem(
                (*at, "when", "classes"),
                f"rule {rule.name} names classes of {classes.scheme!r}, of no known version",
                "add the scheme to class_versions",
            )


def _outside_territory(
    rule: Rule, at: tuple[str | int, ...], *, units: dict[str, Department], codes: dict[str, Place]
) -> Iterator[Problem]:
    lead = units.get(rule.then.lead or "")
    if lead is None or not lead.territory:
        return
    for code in rule.when.places or ("",):
        if not _lies_in(code, lead.territory, codes):
            yield Problem(
                (*at, "when", "places"),
                f"rule {rule.name} gives {lead.slug} incidents outside its territory",
                f"limit it to when.places = {list(lead.territory)}, or widen the department's territory",
            )
            return


def _lies_in(code: str, territory: Sequence[str], codes: dict[str, Place]) -> bool:
    while place := codes.get(code):
        if code in territory:
            return True
        code = place.parent or ""
    return False


def _unreachable(rules: Sequence[Rule]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for number, rule in enumerate(rules):
        asked = rule.when.model_dump_json()
        earlier = seen.get(asked) or next(
            (other.name for other in rules[:number] if other.when.asks_nothing), None
        )
        if earlier:
            yield Problem(
                ("rules", number, "when"),
                f"rule {rule.name} can never match: {earlier} comes first and takes all it would",
                f"move {rule.name} before {earlier}, or remove one of the two",
            )
        seen.setdefault(asked, rule.name)
