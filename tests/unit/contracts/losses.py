"""
What a version lost of another, or says otherwise, though every record of the one is admitted by the other.

Schemas that are open admit a lost field, a word that went and a flag that, left out, means the opposite.
So the two are also compared by name: every property by its path, its words, its default and its fallback.
"""

from collections.abc import Iterator
from typing import Any

from tests.unit.contracts.compatibility import Schema

_FALLBACK = "Any other word: "
_NOTHING = object()


def losses(*, old: Schema, new: Schema) -> Iterator[str]:
    """What *new*, of the same side of the same message as *old*, no longer says or says otherwise."""
    before, after = _properties(old), _properties(new)
    for path, was in before.items():
        now = after.get(path)
        if now is None:
            yield f"{path} is gone"
            continue
        for word in sorted(_words(was) - _words(now)):
            if _words(now) or _fallback(was):
                yield f"{path} no longer has the word {word!r}"
        if was.get("default", _NOTHING) != now.get("default", _NOTHING):
            yield f"{path}: left out it was {_default(was)} and is {_default(now)}"
        agreed = _fallback(was)
        if agreed and agreed != _fallback(now):
            yield f"{path}: any other word was {agreed!r} and is {_fallback(now) or 'refused'!r}"


def topic_changes(*, old: Any, new: Any) -> Iterator[str]:
    """What the AsyncAPI document *new* says otherwise of the topics of *old*; further messages are none."""
    before, after = _topics(old), _topics(new)
    for name, (was, carried) in before.items():
        if name not in after:
            yield f"{name} is gone; it may go only with a new major"
            continue
        now, carries = after[name]
        for what in sorted(was):
            if was[what] != now.get(what):
                yield f"{name}: {what} was {was[what]!r} and is {now.get(what)!r}"
        for message in sorted(carried - carries):
            yield f"{name} no longer carries {message}"


def _topics(document: Any) -> dict[str, tuple[dict[str, Any], set[str]]]:
    return {
        channel["address"]: (
            {
                "x-key": channel["x-key"],
                "x-numbered": channel["x-numbered"],
                "x-max-bytes": channel.get("x-max-bytes"),
                "x-quota-bytes-per-s": channel.get("x-quota-bytes-per-s"),
                **channel["bindings"]["kafka"]["topicConfiguration"],
            },
            set(channel["messages"]),
        )
        for channel in document["channels"].values()
    }


def _properties(schema: Schema) -> dict[str, Schema]:
    """Every property by its path, and what lists, maps and alternatives hold; references are put in place."""
    found: dict[str, Schema] = {}
    _gather(schema, "", schema.get("$defs", {}), found)
    return found


def _gather(node: Schema, path: str, definitions: dict[str, Schema], found: dict[str, Schema]) -> None:
    if "$ref" in node:
        # A default beside a reference belongs to the place, not to what is referred to.
        there = definitions[node["$ref"].removeprefix("#/$defs/")]
        node = {**there, **{name: value for name, value in node.items() if name != "$ref"}}
    found[path] = node
    for name, inner in node.get("properties", {}).items():
        _gather(inner, f"{path}/{name}", definitions, found)
    if "items" in node:
        _gather(node["items"], f"{path}/*", definitions, found)
    if isinstance(node.get("additionalProperties"), dict):
        _gather(node["additionalProperties"], f"{path}/*", definitions, found)
    for number, inner in enumerate(node.get("anyOf", ())):
        _gather(inner, f"{path}|{number}", definitions, found)


def _words(node: Schema) -> set[str]:
    """A writer's words stand in its enum, a reader's, where any other is read as well, among the examples."""
    closed = node.get("enum") or ([node["const"]] if "const" in node else [])
    return set(closed) or set(node.get("examples", ()))


def _default(node: Schema) -> str:
    return repr(node["default"]) if "default" in node else "absent"


def _fallback(node: Schema) -> str:
    description = str(node.get("description", ""))
    return description.removeprefix(_FALLBACK).rstrip(".") if description.startswith(_FALLBACK) else ""
