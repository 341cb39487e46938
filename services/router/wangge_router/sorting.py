"""The sorting table of one bundle: everything that routing looks at, indexed once and then only read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from wangge_contracts.hours import Works, by_the_week
from wangge_contracts.v1 import ClassRef, Department, Limit, Place, StandardRow, TaskKind
from wangge_router.addresses import AddressEntry
from wangge_router.boundaries import Boundaries
from wangge_router.facts import Setting
from wangge_router.matching import Candidate
from wangge_router.places import Located, Registry
from wangge_router.rulebook import Rule, Rulebook


@dataclass(frozen=True, slots=True)
class Sorting:
    """The sorting table: all that routing looks at, of one bundle, indexed once and then only read."""

    rulebook: Rulebook
    registry: Registry
    departments: dict[str, Department]
    rows: dict[tuple[str, str, str], tuple[StandardRow, ...]]
    """By scheme, version and code: the rows of a class in the standard's order."""
    officers: frozenset[str] | None
    """The posts that are filled; None: not known, all are taken as filled."""
    setting: Setting
    _by_code: dict[tuple[str, str], tuple[Candidate, ...]] = field(repr=False)

    @classmethod
    def of(
        cls,
        *,
        rulebook: Rulebook,
        departments: Sequence[Department],
        places: Sequence[Place],
        standard: Sequence[StandardRow],
        officers: Iterable[str] | None = None,
        boundaries: Boundaries | None = None,
        addresses: Sequence[AddressEntry] = (),
        time_zone: str = "UTC",
        works: Works = by_the_week,
    ) -> "Sorting":
        """
        Index one bundle. Raises `ValueError` for places that do not hang together, or no such *time_zone*.

        :param time_zone: the district's, by which rules that ask for the time are read. :param works: tells
            them its working days from days off.
        """
        rows: dict[tuple[str, str, str], tuple[StandardRow, ...]] = {}
        for row in standard:
            key = (row.class_ref.scheme, row.class_ref.version, row.class_ref.code)
            rows[key] = (*rows.get(key, ()), row)
        zones = {name: frozenset(codes) for name, codes in rulebook.zones.items()}
        candidates = [Candidate.of(rule, zones) for rule in rulebook.in_order()]
        return cls(
            rulebook=rulebook,
            registry=Registry(places, boundaries, addresses),
            departments={department.slug: department for department in departments},
            rows=rows,
            officers=None if officers is None else frozenset(officers),
            setting=Setting(ZoneInfo(time_zone), zones, works),
            _by_code=_index(candidates),
        )

    def row(self, class_ref: ClassRef | None) -> StandardRow | None:
        """
        The standard row of a class.

        Where the reporter names no condition, or one the standard lacks, the first row of the class counts:
        the standard lists the most pressing condition first.
        """
        if class_ref is None:
            return None
        rows = self.rows.get((class_ref.scheme, class_ref.version, class_ref.code), ())
        named = (row for row in rows if row.class_ref.condition == class_ref.condition)
        return next(named, rows[0] if rows else None)

    def limit(self, kind: TaskKind, row: StandardRow | None) -> Limit:
        """The limit of a task of *kind*: what *row* has for that kind, the row's own, the rulebook's."""
        if row is not None:
            for own in row.task_limits:
                if own.kind == kind:
                    return own.limit
            if kind in ("handle", "assist"):
                return row.limit
        return self.rulebook.limits[kind]

    def seat(self, seat: str, located: Located) -> tuple[str, str | None]:
        """
        Who sits on *seat* at that place, and a note where it had to be somebody else.

        A post that is not filled, or a place not known so finely, falls to the desk above.
        """
        level, _, role = seat.partition("/")
        if not role:
            return located.desk(level), None  # type: ignore[arg-type]
        place = located.grid if level == "grid" else located.community
        if place is not None:
            holder = f"officer:{place.code}/{role}"
            if self.officers is None or holder in self.officers:
                return holder, None
        desk = located.desk("workstation")
        return desk, f"{seat}: {'the post is not filled' if place else f'{level} not known'}; {desk} instead"

    def candidates(self, class_ref: ClassRef | None) -> Iterable[Candidate]:
        """The rules that may match a class, as they are tried, without looking at the others."""
        if class_ref is None or not self.of_our_version(class_ref):
            return self._by_code[("", "")]
        exact = self._by_code.get((class_ref.scheme, class_ref.code))
        if exact is not None:
            return exact
        broad = self._by_code.get((class_ref.scheme, ""), self._by_code[("", "")])
        return (each for each in broad if _covers(each.rule, class_ref.scheme, class_ref.code))

    def of_our_version(self, class_ref: ClassRef) -> bool:
        """Whether the class means what the rules mean by its code."""
        return self.rulebook.class_versions.get(class_ref.scheme) == class_ref.version


def _index(candidates: Sequence[Candidate]) -> dict[tuple[str, str], tuple[Candidate, ...]]:
    """
    The rules to try, in order, by (scheme, code).

    (scheme, "") holds those with a prefix or a whole scheme, for codes that no rule names; ("", "") those
    that do not ask for a class.
    """
    index = {("", ""): tuple(each for each in candidates if not each.rule.when.classes)}
    asked = [classes for each in candidates for classes in each.rule.when.classes]
    for scheme in {classes.scheme for classes in asked}:
        broad = [each for each in candidates if not each.rule.when.classes or _broad(each.rule, scheme)]
        index[(scheme, "")] = tuple(broad)
        for code in {code for classes in asked if classes.scheme == scheme for code in classes.codes}:
            index[(scheme, code)] = tuple(each for each in candidates if _covers(each.rule, scheme, code))
    return index


def _broad(rule: Rule, scheme: str) -> bool:
    return any(
        classes.scheme == scheme and (classes.prefixes or not classes.codes) for classes in rule.when.classes
    )


def _covers(rule: Rule, scheme: str, code: str) -> bool:
    return not rule.when.classes or any(classes.cover(scheme, code) for classes in rule.when.classes)
