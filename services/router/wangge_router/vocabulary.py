"""What the variables of a guard may be in one city: words it knows, numbers within bounds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from wangge_contracts.calendars import WEEKDAYS
from wangge_contracts.message import words
from wangge_contracts.v1 import Mode, Nature, Place, PlaceFlag, Source, StandardRow, Urgency
from wangge_router.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Words:
    """A variable, or what its list holds, is one of these words."""

    known: tuple[str, ...]
    told: bool = True
    """Whether a report always tells it; else it may be empty."""
    remedy: str = ""
    """What else to do than to correct the word, where the city itself makes the list."""
    closed: bool = True
    """Whether nothing else can come; else a word outside is only warned of."""

    def has(self, word: str) -> bool:
        """Whether it can be *word*."""
        return word in self.known or not (self.told or word)


@dataclass(frozen=True, slots=True)
class Span:
    """A variable is a number from *lowest* to *highest*, both included."""

    lowest: float
    highest: float = inf

    def __str__(self) -> str:
        if self.lowest == self.highest:
            return f"always {self.lowest}"
        return f"at least {self.lowest}" if self.highest == inf else f"{self.lowest} to {self.highest}"

    def has(self, number: float) -> bool:
        """Whether it can be *number*."""
        return self.lowest <= number <= self.highest

    def bears(self, operator: str, bound: float) -> bool:
        """
        Whether a comparison with *bound*, by CEL's name for it, says something.

        It can be true, and the bound lies no farther out than where a span ends, as in `hour < 24`.
        """
        true_of_one = {
            "_<_": self.lowest < bound,
            "_<=_": self.lowest <= bound,
            "_>_": self.highest > bound,
            "_>=_": self.highest >= bound,
        }
        return true_of_one[operator] and self.lowest - 1 <= bound <= self.highest + 1


Vocabulary = Mapping[str, Words | Span]
"""By the name of the variable; what is not in it may be anything of its type."""
_SAME: Vocabulary = {
    "source": Words(words(Source)),
    "nature": Words(words(Nature)),
    "urgency": Words(words(Urgency)),
    "mode": Words(words(Mode)),
    "flags": Words(words(PlaceFlag)),
    "day": Words(WEEKDAYS),
    "hour": Span(0, 23),
    "minute": Span(0, 59),
    # Intake does not recognise repeats by their content yet, and what names an earlier report asks no rule.
    "repeats": Span(0, 0),
    "accuracy_m": Span(-1.0),
}
"""What is the same in every city."""
_LEVELS = ("street", "community", "grid")


def vocabulary_of(
    rulebook: Rulebook,
    places: Sequence[Place],
    standard: Sequence[StandardRow],
    terminals: Collection[str],
) -> Vocabulary:
    """
    Return the vocabulary of a city.

    Classes are open: a rule may route what no row of the standard files, so that one is only warned of.
    """
    codes = {level: tuple(each.code for each in places if each.level == level) for level in _LEVELS}
    register = "add it to places.toml"
    city = {level: Words(codes[level], told=False, remedy=register) for level in _LEVELS}
    city["places"] = Words(tuple(each.code for each in places), remedy=register)
    city["zones"] = Words(tuple(rulebook.zones), remedy="add it to the rulebook's `zones`")
    city["scheme"] = Words(tuple(rulebook.class_versions), told=False, remedy="add it to class_versions")
    if standard:
        rows = [row.class_ref for row in standard]
        named = [classes for rule in rulebook.rules for classes in rule.when.classes]
        codes_of = [*(ref.code for ref in rows), *(code for each in named for code in each.codes)]
        conditions = [*(ref.condition or "" for ref in rows), *(each.condition or "" for each in named)]
        for name, known in (("code", codes_of), ("condition", conditions)):
            leave = "leave it: such reports are routed, but a desk files them"
            city[name] = Words(tuple(dict.fromkeys(known)), told=False, remedy=leave, closed=False)
    if terminals:
        city["terminal"] = Words(tuple(terminals), remedy="add it to terminals.toml")
    return {**_SAME, **city}
