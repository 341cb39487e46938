"""Whether the conditions of a rule hold for an incident, which value fulfilled each, and which failed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from wangge_contracts.hours import Window
from wangge_router.expressions import Unanswered
from wangge_router.facts import Facts, Zones
from wangge_router.guards import Guard, compiled
from wangge_router.rulebook import Classes, Codes, Rule, When


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a rule asks, made ready to be asked often."""

    name: str
    asked: str
    """What it wants, in words."""
    fits: Callable[[Facts], bool]
    met: Callable[[Facts], str]
    """In words, what fulfils it; where it does not hold, what stands there instead."""


class Miss(NamedTuple):
    """A rule that was asked and did not fit."""

    rule: str
    of_class: bool
    """Whether it asks for the incident's class, and only misses something else."""
    stage: int
    """How far it came: 0 the kind of report, 1 this very report, 2 the guard."""
    failed: tuple[str, ...]
    """The conditions that did not hold at that stage."""
    note: str | None = None
    """Why its guard could not be worked out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A rule ready to be asked, in three stages.

    First what all reports of a kind share, so that what came of it can be remembered; then what only this
    report says (its words, hour, component and attributes); last the guard.
    """

    rule: Rule
    of_kind: tuple[Condition, ...]
    of_report: tuple[Condition, ...]
    guard: Guard | None
    # The same once more, bare: this is what every decision walks through.
    _kind: tuple[tuple[str, Callable[[Facts], bool]], ...] = field(repr=False)
    _report: tuple[tuple[str, Callable[[Facts], bool]], ...] = field(repr=False)
    _asks_class: bool = field(repr=False)

    @classmethod
    def of(cls, rule: Rule, zones: Zones) -> Self:
        """Make *rule* ready."""
        when = rule.when
        guard = compiled(when.guard) if when.guard else None
        of_kind, of_report = tuple(_of_kind(when, zones)), tuple(_of_report(when))
        kind, report = (tuple((each.name, each.fits) for each in stage) for stage in (of_kind, of_report))
        return cls(rule, of_kind, of_report, guard, kind, report, bool(when.classes))

    def miss(self, facts: Facts) -> Miss | None:
        """Return why the rule does not fit; None when it does."""
        stage, failed = 0, [name for name, fits in self._kind if not fits(facts)]
        if not failed and self._report:
            stage, failed = 1, [name for name, fits in self._report if not fits(facts)]
        if failed:
            of_class = self._asks_class and "class" not in failed
            return Miss(self.rule.name, of_class, stage, tuple(failed))
        if self.guard is None:
            return None
        note = None
        try:
            if self.guard.holds(facts):
                return None
        except Unanswered as unanswered:
            note = f"the guard of {self.rule.name} counts as not fulfilled: {unanswered}"
        return Miss(self.rule.name, self._asks_class, 2, ("guard",), note)

    def fits_kind(self, facts: Facts) -> bool:
        """Whether all holds that reports of a kind share."""
        return all(fits(facts) for _, fits in self._kind)

    def unmet(self, facts: Facts) -> tuple[Condition, ...]:
        """Every condition that does not hold, at whatever stage; the guard aside."""
        return tuple(each for each in (*self.of_kind, *self.of_report) if not each.fits(facts))

    @property
    def looks_closer(self) -> bool:
        """Whether it asks for more than reports of a kind share."""
        return bool(self.of_report) or self.guard is not None

    def matched(self, facts: Facts) -> Iterator[str]:
        """Each condition with the value that fulfilled it; only for what fits."""
        for each in (*self.of_kind, *self.of_report):
            yield f"{each.name} {each.met(facts)}"
        if self.guard:
            yield f"guard {self.guard.text}"


def _of_kind(when: When, zones: Zones) -> Iterator[Condition]:
    if when.classes:
        yield _class(when.classes)
    if when.places:
        yield _place(frozenset(when.places), asked=when.places)
    if when.zones:
        yield _zone({name: zones.get(name, frozenset()) for name in when.zones})
    if when.terminals:
        yield _among("terminal", when.terminals, lambda facts: facts.terminal)
    if when.sources:
        yield _among("source", when.sources, lambda facts: facts.source)
    if when.natures:
        yield _among("nature", when.natures, lambda facts: facts.nature)
    if when.urgencies:
        yield _among("claimed urgency", when.urgencies, lambda facts: facts.urgency)


def _of_report(when: When) -> Iterator[Condition]:
    if when.texts:
        yield _text(when.texts)
    if when.times:
        yield _time(when.times)
    if when.components:
        yield _component(when.components)
    for code, values in when.attributes.items():
        yield _attribute(code, values)


def _class(classes: tuple[Classes, ...]) -> Condition:
    named = any(each.condition for each in classes)
    plain = frozenset(
        (each.scheme, code) for each in classes if each.condition is None for code in each.codes
    )

    def fits(facts: Facts) -> bool:
        if facts.class_key in plain:
            return True
        ref = facts.class_ref
        return ref is not None and any(
            each.condition in (None, ref.condition) and each.cover(ref.scheme, ref.code) for each in classes
        )

    def met(facts: Facts) -> str:
        ref = facts.class_ref
        if ref is None:
            return "none"
        return f"{ref.scheme}:{ref.code}{f'/{ref.condition}' if named and ref.condition else ''}"

    asked = (f"{_codes(each)}{f'/{each.condition}' if each.condition else ''}" for each in classes)
    return Condition("class", _any(asked), fits, met)


def _place(codes: frozenset[str], *, asked: Iterable[str]) -> Condition:
    def met(facts: Facts) -> str:
        return next((code for code in facts.places if code in codes), facts.places[0])

    return Condition("place", _any(asked), lambda facts: not codes.isdisjoint(facts.places), met)


def _zone(zones: Zones) -> Condition:
    everywhere = frozenset().union(*zones.values())

    def met(facts: Facts) -> str:
        inside = (name for name, codes in zones.items() if not codes.isdisjoint(facts.places))
        return next(inside, facts.places[0])

    return Condition("zone", _any(zones), lambda facts: not everywhere.isdisjoint(facts.places), met)


def _among(name: str, values: Iterable[str], of: Callable[[Facts], str]) -> Condition:
    allowed = frozenset(values)
    return Condition(name, _any(values), lambda facts: of(facts) in allowed, of)


def _text(texts: tuple[str, ...]) -> Condition:
    def fits(facts: Facts) -> bool:
        text = facts.text
        return any(each in text for each in texts)

    def met(facts: Facts) -> str:
        return next((repr(text) for text in texts if text in facts.text), "none of these")

    return Condition("text", _any(map(repr, texts)), fits, met)


def _time(windows: tuple[Window, ...]) -> Condition:
    def fits(facts: Facts) -> bool:
        return any(window.ends(facts.local, facts.setting.works) for window in windows)

    asked = _any(f"{' '.join(window.days) or 'daily'} {window.hours}" for window in windows)

    def met(facts: Facts) -> str:
        # The minute would make a reason of its own for every report.
        return asked if fits(facts) else f"{facts.day} {facts.local:%H:%M}"

    return Condition("time", asked, fits, met)


def _component(components: tuple[Codes, ...]) -> Condition:
    def covering(facts: Facts) -> Codes | None:
        scheme, code = facts.component_scheme, facts.component
        return next((each for each in components if each.cover(scheme, code)), None)

    def fits(facts: Facts) -> bool:
        return covering(facts) is not None

    def met(facts: Facts) -> str:
        if by := covering(facts):
            return _codes(by)
        return f"{facts.component_scheme}:{facts.component}" if facts.component else "none"

    return Condition("component", _any(map(_codes, components)), fits, met)


def _attribute(code: str, values: tuple[str, ...]) -> Condition:
    return Condition(
        f"attribute {code}",
        _any(values),
        lambda facts: facts.attributes.get(code) in values,
        lambda facts: facts.attributes.get(code, "not told"),
    )


def _codes(codes: Codes) -> str:
    named = "|".join((*codes.codes, *(f"{prefix}*" for prefix in codes.prefixes)))
    return f"{codes.scheme}:{named or '*'}"


def _any(asked: Iterable[str]) -> str:
    return " or ".join(asked)
