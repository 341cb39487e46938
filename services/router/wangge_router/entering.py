"""How an accepted report begins: as its rule says, with a look on the spot (核实), or settled (自处置)."""

from dataclasses import dataclass

from wangge_contracts.v1 import IncidentAccepted, OrderedParty, SelfHandled
from wangge_router.directory import Directory
from wangge_router.routing import Assignment, Route
from wangge_router.showing import SIDES, shown


# Frozen by custom only, as what is made for every record is (`wangge_chassis.records`).
@dataclass(slots=True)
class Entry:
    """The first tasks of an incident."""

    assignments: tuple[Assignment, ...]
    planned: tuple[OrderedParty, ...] = ()
    """Whom its rule wants to have it, once the first task says that there is something to it."""
    filed: bool = True
    """It is filed (立案) at once, if the standard has its class."""
    settled: bool = False
    """It is over: who reported it has done it, and nobody looks again."""
    note: str = ""
    """Why it begins so, where its rule would have it otherwise."""


def enter(accepted: IncidentAccepted, route: Route, directory: Directory) -> Entry:
    """
    Say how *accepted* begins, which *route* is for.

    What the reporter has settled is believed with a photo from before and another from after, and a desk
    looks at a sample of it. What comes from outside is looked at on the spot first, unless it is urgent.
    """
    terms = directory.terms
    if accepted.self_handled is not None:
        if not _is_shown(accepted.self_handled):
            note = "said to be settled, without a photo from before and one from after: handled as usual"
            return Entry(route.assignments, note=note)
        if terms.samples(accepted.incident_id):
            limit = directory.sorting.limit("check", route.ruling.row)
            return Entry(
                (Assignment("check", "check", route.desk, limit),),
                planned=tuple(given.party for given in route.assignments),
                note="settled by who reported it; a desk looks at a sample",
            )
        return Entry((), settled=True, note="settled by who reported it")
    if accepted.source in terms.verify_sources and route.ruling.urgency in terms.verify_urgencies:
        verifier, vacancy = directory.sorting.seat(terms.verifier, route.located)
        limit = directory.sorting.limit("verify", route.ruling.row)
        return Entry(
            (Assignment("verify", "verify", verifier, limit),),
            planned=tuple(given.party for given in route.assignments),
            filed=False,
            note="; ".join(filter(None, (f"first verified on the spot by {verifier}", vacancy))),
        )
    return Entry(route.assignments)


def _is_shown(settled: SelfHandled) -> bool:
    return shown(settled.evidence).keys() >= SIDES
