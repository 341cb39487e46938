"""An expression in CEL -> checked against the types of its variables, or refused with what met where."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Self

from cel_expr_python import cel

from wangge_router.syntax import Call, Items, Node, Tree, parts_of, tree_of

SIGNATURES: Mapping[str, str] = {
    "size": "size(string | list | map) -> int",
    "contains": "string.contains(string) -> bool",
    "startsWith": "string.startsWith(string) -> bool",
    "endsWith": "string.endsWith(string) -> bool",
    "matches": "string.matches(string) -> bool",
    "int": "int(string | double | timestamp) -> int",
    "double": "double(string | int) -> double",
    "string": "string(int | double | bool | timestamp) -> string",
    "bool": "bool(string) -> bool",
    "timestamp": "timestamp(string) -> timestamp",
    "duration": "duration(string) -> duration",
    "getFullYear": "timestamp.getFullYear(zone?) -> int",
    "getMonth": "timestamp.getMonth(zone?) -> int",
    "getDate": "timestamp.getDate(zone?) -> int",
    "getDayOfWeek": "timestamp.getDayOfWeek(zone?) -> int",
    "getHours": "timestamp.getHours(zone?) -> int",
    "getMinutes": "timestamp.getMinutes(zone?) -> int",
    "has": "has(map.key) -> bool",
    "all": "list.all(x, bool) -> bool",
    "exists": "list.exists(x, bool) -> bool",
    "exists_one": "list.exists_one(x, bool) -> bool",
    "filter": "list.filter(x, bool) -> list",
    "map": "list.map(x, any) -> list",
}
"""
What a refusal proposes. CEL itself decides what there is, and its standard has more, for bytes and the like.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md, Macros and Standard Definitions.
"""
_LOGIC = "it joins what is true or false: compare each side with something"
_REMEDIES = {
    "&&": _LOGIC,
    "||": _LOGIC,
    "!": _LOGIC,
    "in": "`in` asks a list; whether a text holds another asks text.contains('...')",
    "? :": "what stands before `?` is true or false, and both answers are of one type",
    "[ ]": "a list is asked by number, and a map by its key, as attributes['floor']",
}
_PROBLEM = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?: \[\w+\])?$", re.MULTILINE)
_MET = re.compile(r"found no matching overload for '(.+)' applied to '\((.*)\)'")
_UNKNOWN = re.compile(r"undeclared reference to '([^']+)'")
_NO_FIELDS = re.compile(r"expression of type '(.+)' cannot be the operand of a select")
_MOST_TOLD = 160
_MOST_JOINS = 10
"""
`+` within macros: each may double what goes through, and thirty of `.map(a, a + a)` outgrow any memory. Ten
make a thousand of what a report tells. How often a macro is gone through CEL itself bounds.
"""


class Refused(ValueError):
    """An expression that cannot be asked; *remedy* is what to do about it."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.remedy = remedy


class Unanswered(Exception):
    """An expression could not be worked out for an incident; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Language:
    """What expressions may ask for: variables and their types."""

    variables: Mapping[str, cel.Type]
    _env: cel.Env = field(repr=False)

    @classmethod
    def of(cls, variables: Mapping[str, cel.Type]) -> Self:
        """Return CEL's standard with these *variables*."""
        return cls(variables, cel.NewEnv(variables=dict(variables)))

    def expression(self, text: str) -> "Expression":
        """Return *text* checked; raises `Refused` unless it is well typed throughout, and true or false."""
        try:
            program = self._env.compile(text)
        except Exception as error:
            raise self._refusal(text, str(error)) from None
        if program.return_type() != cel.Type.BOOL:
            given = spelled(program.return_type())
            raise Refused(f"{_quoted(text)} gives {given}, and not bool", "compare it with something")
        checked = Expression(text, program)
        if (at := checked.tree.untyped) is not None:
            raise Refused(
                f"{where(text, at)}: no type is certain there, for values of several meet, or of `dyn`",
                "write values of one type",
            )
        if (joins := _joins(checked.tree.root)) > _MOST_JOINS:
            told = f"{_quoted(text)} joins {joins} times what goes through its macros"
            raise Refused(told, f"write `+` outside of them, or at most {_MOST_JOINS} times")
        return checked

    def _refusal(self, text: str, complaint: str) -> Refused:
        problems = _PROBLEM.findall(complaint)
        if not problems:
            told = complaint.partition("\n")[0][:_MOST_TOLD]
            return Refused(f"{_quoted(text)}: no expression in CEL: {told}", "correct it")
        # A macro that is written wrongly is complained of last, after what looks strange because of it.
        line, column, words = next((each for each in problems if _named(each[2]) in SIGNATURES), problems[0])
        at = _where(text, int(line), int(column))
        if met := _MET.match(words):
            operator, types = met[1].strip("_@").replace("_", " "), _divided(met[2])
            return Refused(f"{at}: `{operator}` meets {' and '.join(types)}", _remedy(operator, types))
        if name := _named(words):
            is_call = text.splitlines()[int(line) - 1][int(column) - 1 :].startswith("(")
            if name in SIGNATURES:
                return Refused(f"{at}: {name} is called otherwise", f"it is written {SIGNATURES[name]}")
            known: Collection[str] = SIGNATURES if is_call else self.variables
            what = "function" if is_call else "variable"
            return Refused(f"{at}: there is no {what} {name!r}", nearest(name, known))
        if no_fields := _NO_FIELDS.match(words):
            remedy = "only a map has fields, as `attributes.floor`"
            return Refused(f"{at}: a {no_fields[1]} has no fields", remedy)
        told = words.partition(" expecting ")[0].removeprefix("Syntax error: ").replace("<EOF>", "the end")
        return Refused(f"{at}: no expression in CEL: {told}", "correct it")


@dataclass(frozen=True)
class Expression:
    """An expression that is well typed."""

    text: str
    _program: cel.Expression = field(repr=False)

    @cached_property
    def tree(self) -> Tree:
        """What it consists of."""
        return tree_of(self._program.serialize())

    def answer(self, variables: Mapping[str, Any]) -> bool:
        """Whether it is true of *variables*; raises `Unanswered`, as for a text that is no number."""
        try:
            value = self._program.eval(data=dict(variables))
        except Exception as error:
            raise Unanswered(str(error)[:_MOST_TOLD]) from error
        # What fails is a value too: the text that says why.
        answer = value.plain_value()
        if not isinstance(answer, bool):
            raise Unanswered(str(answer).partition(": ")[2][:_MOST_TOLD])
        return answer


def _joins(node: Node, *, within: bool = False) -> int:
    """Count each `+` in a macro, without that by which `map` and `filter` add an item to their list."""
    joins = (
        within and isinstance(node, Call) and node.function == "_+_" and not isinstance(node.parts[1], Items)
    )
    inside = within or (isinstance(node, Call) and node.function == "@each")
    return joins + sum(_joins(part, within=inside) for part in parts_of(node))


def spelled(kind: cel.Type) -> str:
    """Return a type as CEL's documents write it: `map(string, string)`."""
    return str(kind.name()).lower().translate(str.maketrans("<>", "()"))


def where(text: str, at: int) -> str:
    """Return *text* with the place of its character *at* (from 0), as a person counts."""
    before = text[:at]
    return _where(text, before.count("\n") + 1, at - before.rfind("\n"))


def nearest(word: str, words: Collection[str], *, otherwise: str = "") -> str:
    """Return a remedy for *word*, which is none of *words*."""
    near = get_close_matches(word, words, 1)
    meant = [f"write {near[0]!r}, the nearest"] if near else []
    return ", or ".join([*meant, *filter(None, [otherwise])]) or f"there are {', '.join(words)}"


def _where(text: str, line: int, column: int) -> str:
    place = f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"
    return f"{_quoted(text)}, {place}"


def _quoted(text: str) -> str:
    """On one line, whatever the file says."""
    return f"`{' '.join(text.splitlines())}`"


def _named(words: str) -> str:
    unknown = _UNKNOWN.match(words)
    return unknown[1].partition(".")[0] if unknown else ""


def _divided(types: str) -> list[str]:
    """`map(string, string), int` -> its two types."""
    apart = re.findall(r"(?:[^,(]|\([^()]*(?:\([^()]*\)[^()]*)*\))+", types.replace(", ", ","))
    return [re.sub(r"T%\d+", "any", each).replace(",", ", ") for each in apart]


def _remedy(operator: str, types: list[str]) -> str:
    met = set(types)
    if operator in SIGNATURES:
        return f"it is written {SIGNATURES[operator]}"
    if operator in _REMEDIES:
        return _REMEDIES[operator]
    if "null_type" in met:
        return 'what a report does not tell is "", [], {} or -1.0, never null'
    if met == {"int", "double"}:
        return "write the number of the other kind (50, 50.0), or convert with int() or double()"
    if "string" in met and met & {"int", "double"}:
        return "put the number in quotes, or convert with string(), int() or double()"
    return "bring both sides to one type"
