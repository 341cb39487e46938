"""A checked expression, as CEL's own library writes it down -> its tree."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_Message = Mapping[int, list[Any]]
"""What each numbered field of a message holds, as it lies there."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out, and at which character it stands."""

    value: object
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """
    A variable. That of a macro goes by the name of the list that it goes through, whose values it has.

    `zones.exists(zone, zone == 'park')` asks of `zones`. Where one goes through something else it is empty.
    """

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Field:
    """What stands behind a point; *asked* is whether it is there at all (`has`)."""

    of: "Node"
    name: str
    asked: bool
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """
    A function or operator by CEL's own name (`_==_`, `@in`); what it is called on is its first part.

    A macro that goes through a list is `@each`, and a map that is written out `@map`; those names are ours.
    """

    function: str
    parts: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list that is written out."""

    parts: tuple["Node", ...]
    at: int


Node = Literal | Name | Field | Call | Items


@dataclass(frozen=True, slots=True)
class Tree:
    """An expression taken apart."""

    root: Node
    untyped: int | None
    """Where the first part stands, if any, whose type is known only when it is asked (`dyn`)."""


def tree_of(serialized: bytes) -> Tree:
    """
    Read what `Expression.serialize` gives: a `cel.expr.CheckedExpr` within an `Any`.

    The numbers are those of https://github.com/google/cel-spec/blob/master/proto/cel/expr/checked.proto and
    syntax.proto, which by protobuf's rules never change; the library offers no other way to its tree.
    """
    checked = _message(_message(serialized)[2][0])
    source = _message(checked[5][0])
    places = {entry[1][0]: entry.get(2, [0])[0] for entry in map(_message, source.get(4, ()))}
    types = {entry[1][0]: entry[2][0] for entry in map(_message, checked.get(3, ()))}
    untyped = [places.get(number, 0) for number, kind in types.items() if _is_dynamic(kind)]
    return Tree(_node(checked[4][0], places, {}), min(untyped, default=None))


def walk(node: Node) -> Iterator[Node]:
    """Yield *node* and everything in it, the outer first."""
    yield node
    for part in parts_of(node):
        yield from walk(part)


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return what *node* consists of."""
    match node:
        case Field():
            return (node.of,)
        case Call() | Items():
            return node.parts
        case Literal() | Name():
            return ()


def _node(raw: bytes, places: Mapping[int, int], means: Mapping[str, str]) -> Node:
    """*means*: the list that each macro's variable goes through."""
    message = _message(raw)
    at = places.get(message.get(2, [0])[0], 0)
    (kind,) = message.keys() - {2}
    body = _message(message[kind][0])

    def within(*numbers: int, means: Mapping[str, str] = means) -> tuple[Node, ...]:
        return tuple(_node(part, places, means) for number in numbers for part in body.get(number, ()))

    match kind:
        case 3:
            return Literal(_constant(body), at)
        case 4:
            name = _text(body[1])
            return Name(means.get(name, name), at)
        case 5:
            return Field(within(1)[0], _text(body[2]), 3 in body, at)
        case 6:
            return Call(_text(body[2]), within(1, 3), at)
        case 7:
            return Items(within(1), at)
        case 8:
            entries = (_message(entry) for entry in body.get(2, ()))
            parts = (part for entry in entries for number in (3, 4) for part in entry[number])
            return Call("@map", tuple(_node(part, places, means) for part in parts), at)
        case 9:
            (over,) = within(2)
            listed = over.name if isinstance(over, Name) else ""
            inner = {**means, _text(body[1]): listed, _text(body[3]): ""}
            return Call("@each", (over, *within(4, 5, 6, 7, means=inner)), at)
    raise ValueError(f"an expression of a kind that CEL did not have: {kind}")


def _constant(body: _Message) -> object:
    ((kind, (value,)),) = body.items()
    match kind:
        case 2:
            return bool(value)
        case 3:
            return value - (1 << 64) if value >> 63 else value
        case 5:
            return struct.unpack("<d", value)[0]
        case 6:
            return value.decode()
        case _:
            return value


def _is_dynamic(raw: bytes) -> bool:
    """Whether a type is `dyn`, or a list or map of it."""
    kind = _message(raw)
    inner = [part for number in (6, 7) for each in kind.get(number, ()) for part in _message(each).values()]
    return 1 in kind or any(_is_dynamic(part) for parts in inner for part in parts)


def _text(values: list[Any]) -> str:
    return bytes(values[0]).decode()


def _message(raw: bytes) -> _Message:
    """Take apart one message: https://protobuf.dev/programming-guides/encoding/."""
    fields: dict[int, list[Any]] = {}
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        value: Any
        if key & 7 == 0:
            value, at = _varint(raw, at)
        else:
            size, at = _varint(raw, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = raw[at : at + size], at + size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while raw[at] & 0x80:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | raw[at] << shift, at + 1
