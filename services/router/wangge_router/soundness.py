"""Whether a rulebook fits what is around it, and its rules one another; asked before it is believed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wangge_contracts.v1 import Department, Place, StandardRow
from wangge_router.guards import compiled
from wangge_router.rulebook import Codes, Rule, Rulebook
from wangge_router.sense import objections
from wangge_router.shadowing import lies_in, takes_all
from wangge_router.vocabulary import Vocabulary, vocabulary_of

_MOST_NAMED = 5
_ANY = ("", "")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rulebook, where in it, and what to do; a warning refuses nothing."""

    path: Path
    text: str
    remedy: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class _Around:
    """What rules may name."""

    rulebook: Rulebook
    units: Mapping[str, Department]
    above: Mapping[str, str | None]
    """Every place code with the one it lies in."""
    conditions: Mapping[tuple[str, str], frozenset[str | None]]
    """Every class of the standard, by scheme and code, with its filing conditions."""
    vocabulary: Vocabulary


def check(
    rulebook: Rulebook,
    departments: Sequence[Department],
    places: Sequence[Place],
    standard: Sequence[StandardRow] = (),
    terminals: Collection[str] = (),
) -> list[Problem]:
    """
    Everything in *rulebook* that does not fit what is around it; nothing when it is sound.

    Classes that the standard lacks are warned of: a rule may route what no row files.
    """
    conditions: dict[tuple[str, str], frozenset[str | None]] = {}
    for row in standard:
        key = (row.class_ref.scheme, row.class_ref.code)
        conditions[key] = conditions.get(key, frozenset()) | {row.class_ref.condition}
    around = _Around(
        rulebook,
        {department.slug: department for department in departments},
        {place.code: place.parent for place in places},
        conditions,
        vocabulary_of(rulebook, places, standard, terminals),
    )
    problems = [*_versions(rulebook, standard), *_zones(around)]
    for number, rule in enumerate(rulebook.rules):
        at = ("rules", number)
        problems += _unknown_names(rule, at, around)
        problems += _asks_nothing(rule, at)
        problems += _senseless(rule, at, around)
        problems += _nowhere(rule, at, around)
        problems += _outside_territory(rule, at, around)
    return [*problems, *_unreachable(rulebook, around), *_unlisted_classes(around)]


def _versions(rulebook: Rulebook, standard: Sequence[StandardRow]) -> Iterator[Problem]:
    """Refuse another version of the codes than the standard's: no rule that asks for a class would match."""
    listed: dict[str, set[str]] = defaultdict(set)
    for row in standard:
        listed[row.class_ref.scheme].add(row.class_ref.version)
    for scheme, version in rulebook.class_versions.items():
        if scheme in listed and version not in listed[scheme]:
            yield Problem(
                ("class_versions", scheme),
                f"the rules mean {scheme!r} in version {version!r}, and the standard has"
                f" {', '.join(map(repr, sorted(listed[scheme])))}",
                "leave class_versions out: the standard's own are meant then",
            )


def _zones(around: _Around) -> Iterator[Problem]:
    for name, codes in around.rulebook.zones.items():
        for code in codes:
            if code not in around.above:
                yield Problem(
                    ("zones", name),
                    f"zone {name} holds the place {code!r}, which does not exist",
                    "add it to places.toml or correct the code",
                )


def _unknown_names(rule: Rule, at: Path, around: _Around) -> Iterator[Problem]:
    named = [("lead", rule.then.lead)] if rule.then.lead else []
    for field, slug in [*named, *(("assists", slug) for slug in rule.then.assists)]:
        if slug not in around.units:
            yield Problem(
                (*at, "then", field),
                f"rule {rule.name} names the department {slug!r}, which does not exist",
                "add it to departments.toml or correct the slug",
            )
    for what, known, remedy in (
        ("place", around.above, "add it to places.toml or correct the code"),
        ("zone", around.rulebook.zones, "add it to the rulebook's `zones` or correct the name"),
    ):
        for name in getattr(rule.when, f"{what}s"):
            if name not in known:
                text = f"rule {rule.name} names the {what} {name!r}, which does not exist"
                yield Problem((*at, "when", f"{what}s"), text, remedy)
    for classes in rule.when.classes:
        if classes.scheme not in around.rulebook.class_versions:
            yield Problem(
                (*at, "when", "classes"),
                f"rule {rule.name} names classes of {classes.scheme!r}, of no known version",
                "add the scheme to class_versions",
            )


def _asks_nothing(rule: Rule, at: Path) -> Iterator[Problem]:
    """Refuse a condition that is written with no value: it would hold everywhere."""
    for name in sorted(rule.when.model_fields_set - {"guard"}):
        if not getattr(rule.when, name):
            text = f"rule {rule.name} asks for `{name}` and names none"
            yield Problem((*at, "when", name), text, "name one, or leave the condition out")


def _senseless(rule: Rule, at: Path, around: _Around) -> Iterator[Problem]:
    for each in objections(compiled(rule.when.guard), around.vocabulary) if rule.when.guard else ():
        text = f"the guard of rule {rule.name}, {each.text}"
        yield Problem((*at, "when", "guard"), text, each.remedy, warning=each.warning)


def _unlisted_classes(around: _Around) -> Iterator[Problem]:
    listed = {scheme for scheme, _ in around.conditions}
    unlisted = [
        (number, f"{rule.name}: {name}")
        for number, rule in enumerate(around.rulebook.rules)
        for classes in rule.when.classes
        if classes.scheme in listed
        for name in _unlisted(classes, classes.condition, around.conditions)
    ]
    if unlisted:
        named = ", ".join(name for _, name in unlisted[:_MOST_NAMED])
        more = f" and {len(unlisted) - _MOST_NAMED} more" if len(unlisted) > _MOST_NAMED else ""
        yield Problem(
            ("rules", unlisted[0][0], "when", "classes"),
            f"rules name classes that no row of the standard has ({named}{more})",
            "correct the code, or leave it: such reports are routed, but a desk files them",
            warning=True,
        )


def _unlisted(
    classes: Codes, condition: str | None, conditions: Mapping[tuple[str, str], frozenset[str | None]]
) -> Iterator[str]:
    for code in classes.codes:
        has = conditions.get((classes.scheme, code), frozenset())
        if not has:
            yield code
        elif condition is not None and condition not in has:
            yield f"{code}/{condition}"
    for prefix in classes.prefixes:
        if not any(scheme == classes.scheme and code.startswith(prefix) for scheme, code in conditions):
            yield f"{prefix}*"


def _nowhere(rule: Rule, at: Path, around: _Around) -> Iterator[Problem]:
    """Refuse a rule whose places and zones have nothing in common."""
    inside = [code for zone in rule.when.zones for code in around.rulebook.zones.get(zone, ())]
    if rule.when.places and inside and not _meet(rule.when.places, inside, around):
        yield Problem(
            (*at, "when", "zones"),
            f"rule {rule.name} can never match: none of its places touches a zone it names",
            "name the zone or the place, not both",
        )


def _meet(some: Iterable[str], others: Iterable[str], around: _Around) -> bool:
    others = tuple(others)
    return any(
        lies_in(one, (other,), around.above) or lies_in(other, (one,), around.above)
        for one in some
        for other in others
    )


def _outside_territory(rule: Rule, at: Path, around: _Around) -> Iterator[Problem]:
    lead = around.units.get(rule.then.lead or "")
    if lead is None or not lead.territory:
        return
    zones = [code for zone in rule.when.zones for code in around.rulebook.zones.get(zone, ())]
    areas = [codes for codes in (rule.when.places, zones) if codes] or [("",)]
    if not any(all(lies_in(code, lead.territory, around.above) for code in codes) for codes in areas):
        yield Problem(
            (*at, "when", "places"),
            f"rule {rule.name} gives {lead.slug} incidents outside its territory",
            f"limit it to when.places = {list(lead.territory)}, or widen the department's territory",
        )


def _unreachable(rulebook: Rulebook, around: _Around) -> Iterator[Problem]:
    """Refuse a rule behind one that takes all it would; several that only together do so are not seen."""
    numbers = {rule.name: number for number, rule in enumerate(rulebook.rules)}
    # Whoever takes all of a rule takes its first class: only those need be asked.
    earlier: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rulebook.in_order():
        asked = dict.fromkeys((*_keys(rule)[:1], _ANY))
        takers = (
            other
            for key in asked
            for other in earlier[key]
            if takes_all(other, rule, rulebook.zones, around.above)
        )
        first = next(takers, None)
        if first is None:
            for key in _keys(rule) or [_ANY]:
                earlier[key].append(rule)
            continue
        same_layer = first.layer == rule.layer
        move = (
            f"move {rule.name} before {first.name}" if same_layer else f"put it into the layer {first.layer}"
        )
        yield Problem(
            ("rules", numbers[rule.name], "when"),
            f"rule {rule.name} can never match: {first.name} comes first and takes all it would",
            f"{move}, or remove one of the two",
        )


def _keys(rule: Rule) -> list[tuple[str, str]]:
    """Return the classes that the rule names one by one, and `_ANY` for a whole range of them."""
    return [
        key
        for classes in rule.when.classes
        for key in (
            *((classes.scheme, code) for code in classes.codes),
            *(() if classes.codes and not classes.prefixes else (_ANY,)),
        )
    ]
