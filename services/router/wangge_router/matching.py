"""Whether the conditions of a rule hold for an incident, and which ones a reader should be shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from wangge_contracts.v1 import ClassRef, IncidentAccepted
from wangge_router.places import Located
from wangge_router.rulebook import When


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask about an incident."""

    class_ref: ClassRef | None
    places: tuple[str, ...]
    """The codes of where it lies, the finest first."""
    terminal: str
    source: str
    nature: str
    urgency: str
    text: str
    """The description in lower case; empty without one."""

    @classmethod
    def of(cls, incident: IncidentAccepted, located: Located) -> Self:
        """What *incident*, lying where it was *located*, offers to conditions."""
        return cls(
            class_ref=incident.class_ref,
            places=located.codes,
            terminal=incident.terminal,
            source=incident.source,
            nature=incident.nature,
            urgency=incident.urgency_claimed or "normal",
            text=incident.description.text.casefold() if incident.description else "",
        )


def holds(when: When, facts: Facts) -> bool:
    """Whether every condition of *when* holds."""
    return (
        (not when.classes or _class_fits(when, facts.class_ref))
        and (not when.places or any(code in when.places for code in facts.places))
        and (not when.terminals or facts.terminal in when.terminals)
        and (not when.sources or facts.source in when.sources)
        and (not when.natures or facts.nature in when.natures)
        and (not when.urgencies or facts.urgency in when.urgencies)
        and (not when.texts or any(text in facts.text for text in when.texts))
    )


def matched(when: When, facts: Facts) -> Iterator[str]:
    """The conditions of *when*, each with the value that fulfilled it; only for what `holds`."""
    if when.classes and facts.class_ref:
        condition = facts.class_ref.condition
        asked = condition and any(classes.condition for classes in when.classes)
        yield f"class {facts.class_ref.scheme}:{facts.class_ref.code}{f'/{condition}' if asked else ''}"
    if when.places:
        yield f"place {next(code for code in facts.places if code in when.places)}"
    if when.terminals:
        yield f"terminal {facts.terminal}"
    if when.sources:
        yield f"source {facts.source}"
    if when.natures:
        yield f"nature {facts.nature}"
    if when.urgencies:
        yield f"claimed urgency {facts.urgency}"
    if when.texts:
        yield f"text {next(text for text in when.texts if text in facts.text)!r}"


def _class_fits(when: When, class_ref: ClassRef | None) -> bool:
    return class_ref is not None and any(
        classes.cover(class_ref.scheme, class_ref.code) and classes.condition in (None, class_ref.condition)
        for classes in when.classes
    )
