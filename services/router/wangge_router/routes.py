"""The same question has the same answer: routes that were worked out before, for one bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wangge_contracts.v1 import ClassRef, Decision, IncidentAccepted, IncidentPlace, NamedPlace, StandardRow
from wangge_router.case import Case
from wangge_router.routing import Route, route
from wangge_router.sorting import Sorting

_MOST = 2_000
"""How many answers are remembered; then the oldest is forgotten, which costs working it out again."""


@dataclass(slots=True)
class Way:
    """A route, and what of it is written into every incident that takes it."""

    route: Route
    decision: Decision
    places: Mapping[str, NamedPlace]
    """The named place of each level that is known, by the level's name."""
    class_ref: ClassRef | None
    """The class of the standard row, with its names."""
    pattern: Case | None = None
    """The first case that took this way: all others differ from it in what was reported only."""

    def place(self, reported: IncidentPlace) -> IncidentPlace:
        """Return where it lies, with the names of every level."""
        return reported.model_copy(update=self.places)


@dataclass(slots=True)
class Routes:
    """
    Routes by everything that rules look at, but for the text.

    A route on whose way some rule looked at the text is worked out anew each time.
    """

    sorting: Sorting
    version: str
    """The bundle's, for the decisions."""
    _known: dict[tuple[object, ...], Way] = field(default_factory=dict)

    def find(self, accepted: IncidentAccepted) -> Way:
        """Return the way of *accepted*."""
        class_ref, place = accepted.class_ref, accepted.place
        key = (
            class_ref and (class_ref.scheme, class_ref.version, class_ref.code, class_ref.condition),
            *(at and at.code for at in (place.grid, place.community, place.street, place.area)),
            accepted.terminal,
            accepted.source,
            accepted.nature,
            accepted.urgency_claimed,
        )
        way = self._known.get(key)
        if way is None:
            way = _way(route(accepted, self.sorting), self.version)
            if not self._looked_at_text(accepted, way.route.rule):
                if len(self._known) >= _MOST:
                    del self._known[next(iter(self._known))]
                self._known[key] = way
        return way

    def _looked_at_text(self, accepted: IncidentAccepted, fitting: str) -> bool:
        for rule in self.sorting.candidates(accepted.class_ref):
            if rule.when.texts:
                return True
            if rule.name == fitting:
                return False
        return False


def named(row: StandardRow) -> ClassRef:
    """Return the class of *row* as it is told outward: with its names."""
    return row.class_ref.model_copy(update={"names": row.names})


def _way(found: Route, version: str) -> Way:
    located = found.located
    levels = {
        "district": located.district,
        "street": located.street,
        "community": located.community,
        "grid": located.grid,
    }
    places = {
        level: NamedPlace(code=place.code, names=place.name) for level, place in levels.items() if place
    }
    return Way(found, found.decision(version), places, named(found.row) if found.row else None)
