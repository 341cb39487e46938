"""Whether a guard makes sense in one city, or asks what can never be."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import inf, prod

from cel_expr_python import cel

from wangge_router.expressions import Unanswered, nearest, where
from wangge_router.guards import VARIABLES, Guard, pattern_fault
from wangge_router.syntax import Call, Field, Items, Literal, Name, Node, parts_of, walk
from wangge_router.vocabulary import Span, Vocabulary, Words

_MOST_TRIED = 2_000
"""Reports that a guard is tried on: some 20 us each."""
_FLIPPED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
_PIECES: Mapping[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}


@dataclass(frozen=True, slots=True)
class Objection:
    """What in a guard makes no sense, and what to do; a warning refuses nothing."""

    text: str
    remedy: str
    warning: bool = False


def objections(guard: Guard, vocabulary: Vocabulary) -> list[Objection]:
    """Everything in *guard* that makes no sense by *vocabulary*; nothing when it does."""
    found = list(_objections(guard, vocabulary))
    return found if any(not each.warning for each in found) else [*found, *_never(guard, vocabulary)]


def _objections(guard: Guard, vocabulary: Vocabulary) -> Iterator[Objection]:
    nodes = list(walk(guard.expression.tree.root))
    asked = {name for node in nodes for name in _attributes_asked(node)}
    for node in nodes:
        at = where(guard.text, node.at)
        match node:
            case Call("_==_" | "_!=_" | "@in", (one, other)):
                for name, said in ((_name(one), other), (_name(other), one)):
                    yield from _strangers(name, said, vocabulary, at)
            case Call("_<_" | "_<=_" | "_>_" | "_>=_" as operator, (one, Literal(bound))):
                yield from _bound(_name(one), operator, bound, vocabulary, at)
            case Call("_<_" | "_<=_" | "_>_" | "_>=_" as operator, (Literal(bound), other)):
                yield from _bound(_name(other), _FLIPPED[operator], bound, vocabulary, at)
            case Call("startsWith" | "endsWith" | "contains" as test, (one, Literal(str(piece)))):
                yield from _piece(_name(one), test, piece, vocabulary, at)
            case Call("matches", (_, Literal(str(pattern)))) if why := pattern_fault(pattern):
                yield Objection(f"{at}: {pattern!r} is no pattern: {why}", "correct it")
        if (attribute := _attribute_read(node)) and attribute not in asked:
            text = f"{at}: a report need not tell the attribute {attribute!r}, and then there is no answer"
            yield Objection(text, f"ask `{attribute!r} in attributes` first")


def _name(node: Node) -> str:
    """Return the variable that *node* is, or is an entry of."""
    match node:
        case Name(name):
            return name
        case Call("_[_]", (Name(name), _)):
            return name
    return ""


def _strangers(name: str, said: Node, vocabulary: Vocabulary, at: str) -> Iterator[Objection]:
    domain = vocabulary.get(name)
    if domain is None or not isinstance(said, Literal | Items):
        return
    for literal in (each for each in (said, *parts_of(said)) if isinstance(each, Literal)):
        if isinstance(domain, Span):
            if not (isinstance(literal.value, int | float) and domain.has(literal.value)):
                yield _impossible(name, domain, at)
        elif not domain.has(word := str(literal.value)):
            who = "no report" if domain.closed else "no row of the standard"
            one = VARIABLES[name] == cel.Type.STRING
            has = f"the {name} {word!r}" if one else f"{word!r} among its {name}"
            yield _unknown(f"{who} has {has}", word, domain, at)


def _piece(name: str, test: str, piece: str, vocabulary: Vocabulary, at: str) -> Iterator[Objection]:
    domain = vocabulary.get(name)
    if isinstance(domain, Words) and not any(_PIECES[test](word, piece) for word in domain.known):
        yield _unknown(f"{test}({piece!r}) holds for none of {name}", "", domain, at)


def _unknown(what: str, word: str, domain: Words, at: str) -> Objection:
    remedy = nearest(word, domain.known, otherwise=domain.remedy)
    return Objection(f"{at}: {what}", remedy, warning=not domain.closed)


def _bound(name: str, operator: str, bound: object, vocabulary: Vocabulary, at: str) -> Iterator[Objection]:
    domain = vocabulary.get(name)
    if isinstance(domain, Span) and isinstance(bound, int | float) and not domain.bears(operator, bound):
        yield _impossible(name, domain, at)


def _impossible(name: str, domain: Span, at: str) -> Objection:
    return Objection(f"{at}: that can never be, for {name} is {domain}", "correct the number")


def _attribute_read(node: Node) -> str:
    match node:
        case Field(Name("attributes"), name, False):
            return name
        case Call("_[_]", (Name("attributes"), Literal(str(name)))):
            return name
    return ""


def _attributes_asked(node: Node) -> Iterator[str]:
    match node:
        case Field(Name("attributes"), name, True):
            yield name
        case Call("@in", (Literal(str(name)), Name("attributes"))):
            yield name


def _never(guard: Guard, vocabulary: Vocabulary) -> Iterator[Objection]:
    """Try a guard on everything that its variables can be, where that is little enough to be tried."""
    values = [_values(name, vocabulary.get(name)) for name in guard.names]
    if not all(values) or prod(map(len, values)) > _MOST_TRIED:
        return
    holds = False
    for chosen in product(*values):
        told = dict(zip(guard.names, chosen, strict=True))
        try:
            holds = guard.expression.answer(told) or holds
        except Unanswered as unanswered:
            asked = " and ".join(f"{name} is {value!r}" for name, value in told.items())
            text = f"`{guard.text}` has no answer where {asked}: {unanswered}"
            yield Objection(text, "ask for that first")
            return
    if not holds:
        text = f"`{guard.text}` can never be true"
        yield Objection(text, "remove the rule, or write what it asks")


def _values(name: str, domain: Words | Span | None) -> list[object]:
    """Return all that a variable can be; nothing where that is not known, or several at once."""
    if VARIABLES[name] == cel.Type.BOOL:
        return [False, True]
    if isinstance(domain, Words) and domain.closed and VARIABLES[name] == cel.Type.STRING:
        return [*domain.known, *([] if domain.told else [""])]
    if isinstance(domain, Span) and domain.highest < inf:
        return list(range(int(domain.lowest), int(domain.highest) + 1))
    return []
