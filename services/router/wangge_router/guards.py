"""An expression in CEL that a rule may ask last: its types are checked when it is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Self

from cel_expr_python import cel

from wangge_router.expressions import Expression, Language, Unanswered
from wangge_router.syntax import Name, walk

_STRINGS = cel.Type.List(cel.Type.STRING)
VARIABLES: Mapping[str, cel.Type] = {
    "scheme": cel.Type.STRING,
    "code": cel.Type.STRING,
    "condition": cel.Type.STRING,
    "street": cel.Type.STRING,
    "community": cel.Type.STRING,
    "grid": cel.Type.STRING,
    "places": _STRINGS,
    "zones": _STRINGS,
    "flags": _STRINGS,
    "accuracy_m": cel.Type.DOUBLE,
    "component": cel.Type.STRING,
    "component_scheme": cel.Type.STRING,
    "attributes": cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
    "terminal": cel.Type.STRING,
    "source": cel.Type.STRING,
    "nature": cel.Type.STRING,
    "urgency": cel.Type.STRING,
    "mode": cel.Type.STRING,
    "role": cel.Type.STRING,
    "text": cel.Type.STRING,
    "day": cel.Type.STRING,
    "hour": cel.Type.INT,
    "minute": cel.Type.INT,
    "repeats": cel.Type.INT,
    "confidential": cel.Type.BOOL,
    "wants_reply": cel.Type.BOOL,
}
"""
What a guard may ask, and its CEL type; each is an attribute of `facts.Facts`, which says what it means.

What a report does not tell is `""`, `[]`, `{}`, or -1.0 metres.
"""
_LANGUAGE = Language.of(VARIABLES)


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A guard that is well typed: the same expression is compiled once."""

    expression: Expression
    names: tuple[str, ...]
    """The variables it asks for: what it does not ask is not handed over."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Compile *text*; raises `Refused` if it is no expression, is ill typed, or names what is not."""
        expression = _LANGUAGE.expression(text)
        names = [node.name for node in walk(expression.tree.root) if isinstance(node, Name) and node.name]
        return cls(expression, tuple(dict.fromkeys(names)))

    @property
    def text(self) -> str:
        """The expression as it is written."""
        return self.expression.text

    def holds(self, facts: object) -> bool:
        """Whether it is true of *facts*, an object with its variables; raises `expressions.Unanswered`."""
        told = {name: getattr(facts, name) for name in self.names}
        # CEL knows no tuples.
        return self.expression.answer(
            {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
        )


@cache
def compiled(text: str) -> Guard:
    """The guard that *text* is; raises `Refused` for one that makes no sense."""
    return Guard.of(text)


def checked(text: str) -> str:
    """Return *text* if a guard can be made of it; raises `Refused` with what is wrong."""
    if text:
        compiled(text)
    return text


def pattern_fault(pattern: str) -> str | None:
    """Say why `matches` cannot work with *pattern* (RE2: https://github.com/google/re2/wiki/Syntax)."""
    try:
        compiled("''.matches(text)").expression.answer({"text": pattern})
    except Unanswered as unanswered:
        return str(unanswered)
    return None
