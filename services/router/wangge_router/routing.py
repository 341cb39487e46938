"""Who answers for an incident: what the rulebook says of it, and who sits there where it lies."""

from dataclasses import dataclass

from wangge_contracts.v1 import (
    CheckKind,
    Decision,
    IncidentAccepted,
    Limit,
    OrderedParty,
    Role,
    StageLimit,
    TaskKind,
    Text,
)
from wangge_router.facts import Facts
from wangge_router.fitting import Ruling, ruling
from wangge_router.places import Located
from wangge_router.sorting import Sorting


@dataclass(frozen=True, slots=True)
class Assignment:
    """One task to be given."""

    kind: TaskKind
    role: Role
    holder: str
    limit: Limit
    instructions: Text | None = None

    @property
    def party(self) -> OrderedParty:
        """The same as a desk would order it."""
        return OrderedParty(
            holder=self.holder,
            kind=self.kind,
            role=self.role,
            limit=self.limit,
            instructions=self.instructions,
        )


# Frozen by custom only, as what is made for every record is (`wangge_chassis.records`).
@dataclass(slots=True)
class Route:
    """Who gets the incident, under which standard row, and why: a ruling at a place."""

    ruling: Ruling
    vacancies: tuple[str, ...]
    """Seats on which nobody sits there, and who is asked instead."""
    assignments: tuple[Assignment, ...]
    located: Located
    desk: str
    """The desk that decides about the tasks: the street's, or the district's where no street is known."""
    checker: str
    """Who checks once the lead is done (核查)."""
    check_kind: CheckKind
    """How."""
    on_foot: bool
    """Whether the rule, or else the rulebook, wants an officer to look there, and no desk by name."""
    stages: tuple[StageLimit, ...] = ()
    """The stages of who leads, each with its limit; empty: one go."""
    suggested: tuple[OrderedParty, ...] = ()
    """Whom the desk is asked to confirm; it happens by itself `then.automatic_after` later."""

    @property
    def rule(self) -> str:
        """The name of the rule that fitted, or `rulebook.FALLBACK`."""
        return self.ruling.rule

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be done as a rule wished: a guard that fails, a post that is empty."""
        return (*self.ruling.notes, *self.vacancies)

    def decision(self, rulebook_version: str) -> Decision:
        """The decision as facts carry it."""
        return self.ruling.decision(rulebook_version, *self.vacancies)


def route(incident: IncidentAccepted, sorting: Sorting, located: Located | None = None) -> Route:
    """
    Decide who gets *incident*: the first rule whose conditions hold, else the territory's desk (属地兜底).

    The same incident and the same table always give the same answer. It never fails: what is unknown about an
    incident leads to a desk.

    :param located: where it lies, if that was looked up already.
    """
    located = located or sorting.registry.sites((incident,))[0].located
    ruled = ruling(Facts(incident, located, sorting.setting), sorting)
    return seated(ruled, sorting, located, units=units_of(ruled, sorting))


def units_of(ruled: Ruling, sorting: Sorting) -> tuple[Assignment, ...]:
    """Return the tasks of the units that *ruled* names, which are the same at every place; of a desk none."""
    then, row = ruled.then, ruled.row
    if then.dispatch:
        return ()
    stages = _stages(ruled)
    limit = stages[0].limit if stages else then.limit or sorting.limit("handle", row)
    lead = Assignment("handle", "lead", f"department:{then.lead}", limit, then.instructions)
    limit = sorting.limit("assist", row)
    return (lead, *(Assignment("assist", "assist", f"department:{slug}", limit) for slug in then.assists))


def seated(ruled: Ruling, sorting: Sorting, located: Located, *, units: tuple[Assignment, ...]) -> Route:
    """Name the holders: who sits on each seat of *ruled* at that place, besides its *units*."""
    then = ruled.then
    assignments, notes = _assign(ruled, sorting, located, units)
    kind = then.check_kind or sorting.rulebook.check_kind
    wanted = then.check or sorting.rulebook.check
    # Nobody has to go there to telephone, or to look at photos: a desk does it.
    usual = sorting.rulebook.check if kind == "on-the-spot" else "street"
    checker, note = sorting.seat(then.check or usual, located)
    desk = located.desk("street")
    suggested: tuple[OrderedParty, ...] = ()
    if then.mode == "confirm":
        suggested = tuple(given.party for given in assignments)
        assignments = (Assignment("dispatch", "dispatch", desk, sorting.limit("dispatch", ruled.row)),)
    return Route(
        ruled,
        vacancies=(*notes, note) if note else notes,
        assignments=assignments,
        located=located,
        desk=desk,
        checker=checker,
        check_kind=kind,
        on_foot=is_post(wanted),
        stages=() if then.dispatch else _stages(ruled),
        suggested=suggested,
    )


def is_post(seat: str) -> bool:
    """Whether *seat*, as rules name who checks, is a post and no desk."""
    return "/" in seat


def _stages(ruled: Ruling) -> tuple[StageLimit, ...]:
    """The rule's stages; a limit of the rule's own takes the place of the standard's stages as well."""
    if ruled.then.stages or ruled.then.limit or ruled.row is None:
        return ruled.then.stages
    return ruled.row.stages


def _assign(
    ruled: Ruling, sorting: Sorting, located: Located, units: tuple[Assignment, ...]
) -> tuple[tuple[Assignment, ...], tuple[str, ...]]:
    then, row = ruled.then, ruled.row
    if then.dispatch:
        desk, note = sorting.seat(then.dispatch, located)
        limit = then.limit or sorting.limit("dispatch", row)
        task = Assignment("dispatch", "dispatch", desk, limit, then.instructions)
        return (task,), (note,) if note else ()
    if not then.attends:
        return units, ()
    tasks = [*units]
    notes: list[str] = []
    for post in then.attends:
        holder, note = sorting.seat(post, located)
        if note is None:
            tasks.append(Assignment("attend", "attend", holder, sorting.limit("attend", row)))
        else:
            # A desk does not go to the spot: who is missing is named, and the others are called.
            notes.append(f"not called: {note.partition(';')[0]}")
    return tuple(tasks), tuple(notes)
