"""The same question has the same answer: routes that were worked out before, for one bundle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wangge_contracts.v1 import ClassRef, Decision, IncidentAccepted, IncidentPlace, NamedPlace, StandardRow
from wangge_router.case import Case
from wangge_router.facts import Facts
from wangge_router.matching import Candidate
from wangge_router.places import Located, Site
from wangge_router.routing import Route, looking_closer, route
from wangge_router.sorting import Sorting

K = TypeVar("K")
V = TypeVar("V")
_MOST_WAYS = 3_000
_MOST_MOULDS = 500
"""How many are remembered; then the oldest is forgotten, which costs working it out again."""
Places = Mapping[str, NamedPlace | None]
"""The named place of each level, by the level's name; None where it is not known so finely."""


@dataclass(slots=True)
class Mould:
    """The first case of its kind: others differ in what was reported, where, who checks and at which desk."""

    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A route, and what of it is written into every incident that takes it."""

    route: Route
    decision: Decision
    places: Places
    class_ref: ClassRef | None
    """The class of the standard row, with its names."""
    mould: Mould

    def place(self, reported: IncidentPlace) -> IncidentPlace:
        """Return where it lies, with the names of every level."""
        return reported.model_copy(update=self.places)


@dataclass(slots=True)
class Routes:
    """
    Routes by all that rules look at: the kind of report, and what those rules say that look closer.

    Those (text, hour, component, attributes, guard) are asked of every report; all others once for its kind.
    """

    sorting: Sorting
    version: str
    """The bundle's, for the decisions."""
    _ways: dict[tuple[object, ...], Way] = field(default_factory=dict)
    _closer: dict[tuple[object, ...], tuple[Candidate, ...]] = field(default_factory=dict)
    _moulds: dict[tuple[object, ...], Mould] = field(default_factory=dict)
    _places: dict[str, Places] = field(default_factory=dict)

    def find(self, accepted: IncidentAccepted, site: Site) -> Way:
        """Return the way of *accepted*, which lies at *site*."""
        class_ref = accepted.class_ref
        key: tuple[object, ...] = (
            class_ref and (class_ref.scheme, class_ref.version, class_ref.code, class_ref.condition),
            site.located.codes[0],
            site.located.outside,
            accepted.terminal,
            accepted.source,
            accepted.nature,
            accepted.urgency_claimed,
        )
        closer = self._closer.get(key)
        if closer is None:
            facts = Facts(accepted, site.located, self.sorting.setting)
            closer = looking_closer(self.sorting, facts)
            _remember(self._closer, key, closer, most=_MOST_WAYS)
        if closer:
            facts = Facts(accepted, site.located, self.sorting.setting)
            key = (*key, *_said_by(closer, facts))
        way = self._ways.get(key)
        if way is None:
            way = self._way(route(accepted, self.sorting, site.located))
            _remember(self._ways, key, way, most=_MOST_WAYS)
        return way

    def _way(self, found: Route) -> Way:
        decision = found.decision(self.version)
        class_ref = named(found.row) if found.row else None
        key = (
            tuple((given.kind, given.holder) for given in found.assignments),
            class_ref and (class_ref.scheme, class_ref.version, class_ref.code, class_ref.condition),
            found.urgency,
            decision.rule,
            decision.reason,
        )
        mould = self._moulds.get(key)
        if mould is None:
            mould = Mould()
            _remember(self._moulds, key, mould, most=_MOST_MOULDS)
        return Way(found, decision, self._named(found.located), class_ref, mould)

    def _named(self, located: Located) -> Places:
        code = located.codes[0]
        if code not in self._places:
            self._places[code] = located.names
        return self._places[code]


def _said_by(closer: tuple[Candidate, ...], facts: Facts) -> Iterator[object]:
    """Yield what each of these rules says of a report, up to the first that fits."""
    for candidate in closer:
        miss = candidate.miss(facts)
        yield miss or tuple(candidate.matched(facts))
        if miss is None:
            return


def named(row: StandardRow) -> ClassRef:
    """Return the class of *row* as it is told outward: with its names."""
    return row.class_ref.model_copy(update={"names": row.names})


def _remember(known: dict[K, V], key: K, value: V, *, most: int) -> None:
    if len(known) >= most:
        del known[next(iter(known))]
    known[key] = value
