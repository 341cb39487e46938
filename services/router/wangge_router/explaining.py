"""All that can be said about why an incident goes where it goes, for a person who doubts it."""

from collections.abc import Iterable
from dataclasses import dataclass

from wangge_contracts.v1 import IncidentAccepted, Limit, Names, OrderedParty
from wangge_router.directory import Directory
from wangge_router.entering import enter
from wangge_router.facts import Facts
from wangge_router.places import Located
from wangge_router.routing import Assignment, Route, route


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that did not hold."""

    condition: str
    asked: str
    met: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that was tried before the one that decided, and did not fit."""

    rule: str
    layer: str
    failed: tuple[Unmet, ...]
    """Everything in it that does not hold; its guard is asked only when all else does."""


@dataclass(frozen=True, slots=True)
class Given:
    """A task that is given, or would be."""

    kind: str
    holder: str
    name: Names
    limit: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A route with its reasons; *layer* is `desk` where no rule fitted."""

    version: str
    rule: str
    layer: str
    why: str
    places: tuple[tuple[str, str, Names], ...]
    """Level, code and name of where it lies, the coarsest first."""
    flags: tuple[str, ...]
    """What is doubtful about that."""
    matched: tuple[str, ...]
    notes: tuple[str, ...]
    nearest: tuple[NearMiss, ...]
    tasks: tuple[Given, ...]
    planned: tuple[Given, ...]
    """Who gets tasks once the first task says that there is something to it."""
    suggested: tuple[Given, ...]
    """Whom the desk is asked to confirm, where the rule does not dispatch by itself."""
    automatic_after_minutes: float | None
    """When they get their tasks though nobody confirmed."""
    stages: tuple[tuple[str, str], ...]
    """The stages of who leads, each with its limit."""
    urgency: str
    filed: str | None
    """The class whose row it is filed under (立案)."""
    check_kind: str
    """How it is checked: on-the-spot, telephone, photo, none."""
    checker: str
    reason: str
    """The short form, as the decision carries it."""


def explain(incident: IncidentAccepted, directory: Directory) -> Explanation:
    """Route *incident* by *directory* and say why; nothing is changed by it."""
    sorting = directory.sorting
    site = sorting.registry.sites((incident,))[0]
    incident = incident.model_copy(update={"place_flags": site.flags})
    found = route(incident, sorting, site.located)
    entry = enter(incident, found, directory)
    facts = Facts(incident, site.located, sorting.setting)
    rules = {rule.name: rule for rule in sorting.rulebook.rules}
    rule, row = rules.get(found.rule), found.ruling.row
    return Explanation(
        version=directory.version,
        rule=found.rule,
        layer=rule.layer if rule else "desk",
        why=rule.why if rule else found.ruling.reason.partition(": ")[2],
        places=_places(site.located),
        flags=site.flags,
        matched=found.ruling.matched,
        notes=(*found.notes, *((entry.note,) if entry.note else ())),
        nearest=_nearest(found, facts, directory),
        tasks=_given(entry.assignments, directory),
        planned=_given(entry.planned, directory),
        suggested=_given(found.suggested, directory),
        automatic_after_minutes=found.ruling.then.automatic_after_minutes,
        stages=tuple((each.stage, _limit(each.limit)) for each in found.stages),
        urgency=found.ruling.urgency,
        filed=f"{row.class_ref.code}/{row.class_ref.condition}" if row else None,
        check_kind=found.check_kind,
        checker=found.checker,
        reason=found.decision(directory.version).reason,
    )


def _given(parties: Iterable[Assignment | OrderedParty], directory: Directory) -> tuple[Given, ...]:
    return tuple(
        Given(each.kind, each.holder, directory.name(each.holder), _limit(each.limit) if each.limit else "")
        for each in parties
    )


def _limit(limit: Limit) -> str:
    return f"{limit.value:g} {limit.clock_kind}"


def _places(located: Located) -> tuple[tuple[str, str, Names], ...]:
    return tuple((place.level, place.code, place.name) for place in reversed(located.levels))


def _nearest(found: Route, facts: Facts, directory: Directory) -> tuple[NearMiss, ...]:
    missed = {miss.rule: miss for miss in found.ruling.nearest}
    candidates = {
        each.rule.name: each
        for each in directory.sorting.candidates(facts.class_ref)
        if each.rule.name in missed
    }
    return tuple(
        NearMiss(
            name,
            candidates[name].rule.layer,
            tuple(Unmet(each.name, each.asked, each.met(facts)) for each in candidates[name].unmet(facts))
            or (Unmet("guard", candidates[name].rule.when.guard, missed[name].note or "false"),),
        )
        for name in missed
    )
