"""What the rulebook says of a report, and why: the first rule that fits. No clock, no network, no chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from wangge_contracts.message import known
from wangge_contracts.v1 import Decision, StandardRow, Urgency
from wangge_router.facts import Facts
from wangge_router.matching import Candidate, Miss
from wangge_router.places import Located
from wangge_router.results import Desk, Then
from wangge_router.rulebook import FALLBACK, Rule
from wangge_router.sorting import Sorting

NEAREST = 3
"""How many of the rules that did not fit are told."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    What the rulebook says of a report: the same for all of its kind, wherever exactly they lie.

    It depends on the place only as far as rules ask for places and by how finely it is known.
    """

    rule: str
    reason: str
    """One sentence that names the rule and the conditions that matched."""
    matched: tuple[str, ...]
    nearest: tuple[Miss, ...]
    """The rules tried before it that came nearest: those of its class first, then by how little failed."""
    notes: tuple[str, ...]
    """What could not be asked as a rule wished: a guard that fails."""
    then: Then
    urgency: Urgency
    row: StandardRow | None
    """None: the class is unknown to the standard, so nothing can be filed (立案) yet."""

    def decision(self, rulebook_version: str, *more_notes: str) -> Decision:
        """The decision as facts carry it; `explaining` tells all of it."""
        reason = "; ".join((self.reason, *self.notes, *more_notes, *_nearest_told(self.nearest)))
        return Decision(rulebook_version=rulebook_version, rule=self.rule, reason=reason[:2000])


def ruling(facts: Facts, sorting: Sorting) -> Ruling:
    """Ask the rules, one after the other."""
    incident, located = facts.incident, facts.located
    row = sorting.row(incident.class_ref)
    tried = _NOT_ASKED if located.outside else _try(sorting, facts)
    rule = tried.fitting.rule if tried.fitting else None
    last_resort = sorting.rulebook.fallback if located.street else "district"
    then = rule.then if rule else _left_to(last_resort)
    conditions = tuple(tried.fitting.matched(facts)) if tried.fitting else ()
    claimed: Urgency | None = incident.urgency_claimed and known(Urgency, incident.urgency_claimed)
    return Ruling(
        rule=rule.name if rule else FALLBACK,
        reason=_reason(rule, conditions, located),
        matched=conditions,
        nearest=tried.nearest,
        notes=tried.notes,
        then=then,
        urgency=then.urgency or (row.urgency if row else claimed) or "normal",
        row=row,
    )


def looking_closer(sorting: Sorting, facts: Facts) -> tuple[Candidate, ...]:
    """
    The rules that must be asked of every report of this kind; what the others say is the same for all.

    Those behind one that takes the whole kind are never reached.
    """
    found: list[Candidate] = []
    for candidate in sorting.candidates(facts.class_ref):
        if candidate.fits_kind(facts):
            if not candidate.looks_closer:
                break
            found.append(candidate)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Tried:
    fitting: Candidate | None
    nearest: tuple[Miss, ...]
    notes: tuple[str, ...]


_NOT_ASKED = _Tried(None, (), ())
"""Rules are for the district: what lies outside of it is for its desk to pass on."""


def _try(sorting: Sorting, facts: Facts) -> _Tried:
    """Ask rule after rule until one fits."""
    misses: list[Miss] = []
    fitting = None
    for candidate in sorting.candidates(facts.class_ref):
        miss = candidate.miss(facts)
        if miss is None:
            fitting = candidate
            break
        misses.append(miss)
    notes = [miss.note for miss in misses if miss.note]
    class_ref = facts.class_ref
    if fitting is None and class_ref is not None and not sorting.of_our_version(class_ref):
        ours = sorting.rulebook.class_versions.get(class_ref.scheme)
        meant = f"version {ours}" if ours else "no classes of it"
        notes.append(
            f"the class is of {class_ref.scheme} version {class_ref.version}, the rules mean {meant}"
        )
    return _Tried(fitting, _nearest(misses), tuple(notes))


def _nearest(misses: Sequence[Miss]) -> tuple[Miss, ...]:
    # Sorting is stable: of two that came as near, the one that was tried first stands first.
    return tuple(
        sorted(misses, key=lambda miss: (not miss.of_class, len(miss.failed), -miss.stage))[:NEAREST]
    )


def _nearest_told(nearest: Sequence[Miss]) -> tuple[str, ...]:
    told = ", ".join(f"{miss.rule} ({', '.join(miss.failed)})" for miss in nearest)
    return (f"nearest: {told}",) if told else ()


@cache
def _left_to(desk: Desk) -> Then:
    return Then(dispatch=desk)


def _reason(rule: Rule | None, conditions: tuple[str, ...], located: Located) -> str:
    if located.outside:
        return f"{FALLBACK}: the place is outside the district, whose desk decides"
    if rule is None:
        why = "the territory answers for it (属地兜底)" if located.street else "the place is unknown"
        return f"{FALLBACK}: no rule fits; {why}"
    reason = f"{rule.name}: {'; '.join(conditions) or 'every incident'}"
    return f"{reason} ({rule.why})" if rule.why else reason
