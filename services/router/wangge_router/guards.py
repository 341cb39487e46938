"""An expression in CEL that a rule may ask last: compiled and tried out when it is loaded."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import cel

VARIABLES: Mapping[str, str] = {
    "scheme": "string",
    "code": "string",
    "condition": "string",
    "street": "string",
    "community": "string",
    "grid": "string",
    "places": "list(string)",
    "zones": "list(string)",
    "flags": "list(string)",
    "accuracy_m": "double",
    "component": "string",
    "component_scheme": "string",
    "attributes": "map(string, string)",
    "terminal": "string",
    "source": "string",
    "nature": "string",
    "urgency": "string",
    "mode": "string",
    "role": "string",
    "text": "string",
    "day": "string",
    "hour": "int",
    "minute": "int",
    "repeats": "int",
    "confidential": "bool",
    "wants_reply": "bool",
}
"""
What a guard may ask, and its CEL type; each is an attribute of `facts.Facts`, which says what it means.

What a report does not tell is `""`, `[]`, `{}`, or -1.0 metres.
"""
FUNCTIONS = frozenset(
    {"size", "contains", "startsWith", "endsWith", "matches", "int", "double", "string"}
    | {"_&&_", "_||_", "!_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_[_]"}
    | {"_+_", "_-_", "_*_", "_/_", "_%_", "-_", "@not_strictly_false"}
)
"""The functions and operators a guard may use, by CEL's own names; `exists` and its like are macros."""
_EMPTY: Mapping[str, Any] = {
    "string": "",
    "int": 0,
    "double": -1.0,
    "bool": False,
    "list(string)": [],
    "map(string, string)": {},
}
_NO_NUMBER = ("Function 'int' error", "Function 'double' error")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_LITERAL = re.compile(r"""'([^'\\]*)'|"([^"\\]*)"|\battributes\.(\w+)""")


class Unanswered(Exception):
    """A guard could not be worked out for an incident; says why in a few words."""


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A compiled guard: the same expression is compiled once."""

    text: str
    _program: cel.Program
    _names: tuple[str, ...]
    """The variables it asks for: what it does not ask is not handed over."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Compile *text*; raises ValueError for what is no expression, or asks for what there is not."""
        try:
            program = cel.compile(text)
        except Exception as error:
            raise ValueError(f"the guard is no expression in CEL: {_first_line(error)}") from None
        bound = set(_BOUND.findall(text))
        names = [name for name in program.variables() if name not in bound]
        if unknown := sorted(set(names) - VARIABLES.keys()):
            raise ValueError(f"the guard asks for {unknown[0]!r}; there are {', '.join(VARIABLES)}")
        if unknown := sorted(set(program.functions()) - FUNCTIONS):
            offered = ", ".join(sorted(name for name in FUNCTIONS if name.isalpha()))
            raise ValueError(f"the guard uses {unknown[0]!r}; there are {offered}")
        return cls(text, program, tuple(names))

    def holds(self, facts: object) -> bool:
        """Whether it is true of *facts*, an object with its variables; raises `Unanswered`."""
        return self._answer({name: getattr(facts, name) for name in self._names})

    def try_out(self) -> None:
        """
        Ask it about samples of every type it may meet; raises ValueError unless each answer is a truth value.

        The samples are: nothing told; everything told; and, for each text that stands in the guard, that text
        told everywhere, so that what stands behind a comparison is asked as well.
        """
        for sample in _samples(self.text):
            try:
                self._answer({name: sample[name] for name in self._names})
            except Unanswered as unanswered:
                # That a text is no number is for the report's values to show, not for their types.
                if not str(unanswered).startswith(_NO_NUMBER):
                    raise ValueError(f"the guard cannot be answered: {unanswered}") from None

    def _answer(self, variables: Mapping[str, Any]) -> bool:
        try:
            answer = self._program.execute(dict(variables))
        except KeyError as error:
            raise Unanswered(f"attribute {error} is not told: ask `{error} in attributes` first") from error
        except Exception as error:
            raise Unanswered(_first_line(error)) from error
        if not isinstance(answer, bool):
            raise Unanswered(f"it gives {type(answer).__name__}, neither true nor false")
        return answer


@cache
def compiled(text: str) -> Guard:
    """The guard that *text* is; raises ValueError for one that makes no sense."""
    guard = Guard.of(text)
    guard.try_out()
    return guard


def checked(text: str) -> str:
    """Return *text* if a guard can be made of it; raises ValueError with what is wrong."""
    if text:
        compiled(text)
    return text


def _samples(text: str) -> Iterator[Mapping[str, Any]]:
    told = sorted({word for found in _LITERAL.findall(text) for word in found if word})
    yield {name: _EMPTY[kind] for name, kind in VARIABLES.items()}
    full = {"string": "1", "int": 1, "double": 25.0, "bool": True, "list(string)": ["1"]}
    attributes = {"map(string, string)": dict.fromkeys(told, "1")}
    for word in ("1", *told):
        kinds = full | attributes | {"string": word, "list(string)": [word]}
        yield {name: kinds[kind] for name, kind in VARIABLES.items()}


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]
