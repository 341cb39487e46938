"""The same question has the same answer: what rules said before of such a report, for one bundle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wangge_contracts.v1 import ClassRef, Decision, IncidentAccepted, IncidentPlace, NamedPlace, StandardRow
from wangge_router.case import Case
from wangge_router.facts import Facts
from wangge_router.fitting import Ruling, looking_closer, ruling
from wangge_router.matching import Candidate
from wangge_router.places import Located, Site
from wangge_router.routing import Assignment, Route, seated, units_of
from wangge_router.sorting import Sorting

K = TypeVar("K")
V = TypeVar("V")
_MOST = 2_000
"""
How many answers of a kind are remembered; then all are forgotten, which costs asking again.

A route takes 13 KB: more of them, and a router of months would hold more than the 200 MB that it is to have.
"""
Places = Mapping[str, NamedPlace | None]
"""The named place of each level, by the level's name; None where it is not known so finely."""
Shape = tuple[str, ...]
"""The kinds of the first tasks."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling, what of it is written into every incident, and the first case of each shape it led to."""

    ruling: Ruling
    decision: Decision
    class_ref: ClassRef | None
    """The class of the standard row, with its names."""
    units: tuple[Assignment, ...]
    """The tasks of its units."""
    moulds: dict[Shape, Case] = field(default_factory=dict)
    """Others differ from it in what was reported, where, and who sits on the seats there."""


# Frozen by custom only, as what is made for every record is (`wangge_chassis.records`).
@dataclass(slots=True)
class Way:
    """Where an incident goes, and the ruling that says so."""

    ruled: Ruled
    route: Route
    decision: Decision
    places: Places

    def place(self, reported: IncidentPlace) -> IncidentPlace:
        """Return where it lies, with the names of every level."""
        return reported.model_copy(update=self.places)


@dataclass(slots=True)
class Routes:
    """
    Rulings by all that rules look at: the kind of report, the places that rules for its class ask for, and
    what those rules say that look closer.

    Those (text, hour, component, attributes, guard) are asked of every report; all others once for its kind.
    """

    sorting: Sorting
    version: str
    """The bundle's, for the decisions."""
    _asked: dict[object, frozenset[str]] = field(default_factory=dict)
    _closer: dict[tuple[object, ...], tuple[Candidate, ...]] = field(default_factory=dict)
    _ruled: dict[tuple[object, ...], Ruled] = field(default_factory=dict)
    _places: dict[str, Places] = field(default_factory=dict)

    def find(self, accepted: IncidentAccepted, site: Site) -> Way:
        """Return the way of *accepted*, which lies at *site*."""
        located = site.located
        ruled = self._rule(accepted, located)
        route = seated(ruled.ruling, self.sorting, located, units=ruled.units)
        # Where nobody is missing, what is decided is the same everywhere.
        decision = route.decision(self.version) if route.vacancies else ruled.decision
        return Way(ruled, route, decision, self._named(located))

    def _rule(self, accepted: IncidentAccepted, located: Located) -> Ruled:
        class_ref = accepted.class_ref
        kind = class_ref and (class_ref.scheme, class_ref.version, class_ref.code, class_ref.condition)
        asked = self._asked.get(kind)
        if asked is None:
            asked = frozenset(self._places_asked(class_ref))
            _remember(self._asked, kind, asked)
        key: tuple[object, ...] = (
            kind,
            # Of a place, rules see which of those they ask for it lies in, and how finely it is known.
            located.outside,
            len(located.codes),
            tuple(code for code in located.codes if code in asked),
            accepted.terminal,
            accepted.source,
            accepted.nature,
            accepted.urgency_claimed,
        )
        closer = self._closer.get(key)
        if closer is None:
            closer = looking_closer(self.sorting, Facts(accepted, located, self.sorting.setting))
            _remember(self._closer, key, closer)
        if closer:
            key = (*key, *_said_by(closer, Facts(accepted, located, self.sorting.setting)))
        ruled = self._ruled.get(key)
        if ruled is None:
            ruled = self._ask(Facts(accepted, located, self.sorting.setting))
            _remember(self._ruled, key, ruled)
        return ruled

    def _places_asked(self, class_ref: ClassRef | None) -> Iterator[str]:
        """Yield the codes of all places that a rule for such a class asks for, by themselves or in a zone."""
        for candidate in self.sorting.candidates(class_ref):
            yield from candidate.rule.when.places
            for zone in candidate.rule.when.zones:
                yield from self.sorting.setting.zones.get(zone, ())

    def _ask(self, facts: Facts) -> Ruled:
        ruled = ruling(facts, self.sorting)
        class_ref = named(ruled.row) if ruled.row else None
        return Ruled(ruled, ruled.decision(self.version), class_ref, units_of(ruled, self.sorting))

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


def _remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= _MOST:
        known.clear()
    known[key] = value
