"""
May a version follow another without anybody having to change?

Two versions of a message live side by side: old writers with new readers (BACKWARD) and new writers with
old readers (FORWARD). Both hold when whatever a *closed* writer's schema admits, the *open* reader's schema
of the other version admits too: FULL, and because it is asked of every release, FULL_TRANSITIVE. A comparison
of like with like would call an added optional field a break: an open old schema admits anything of its name.

Two checkers are asked and have to agree: `jsonsubschema` decides by a formal calculus, `jsoncompat` by rules.
They read a core of JSON Schema that both know: references are put in place, annotations go. A text with a
`pattern` or `format` is shown to them as a type of that name, for `jsoncompat` passes over patterns and
neither looks at formats; so any change of one breaks both directions here. It is no loss: whatever changes
what a pattern admits breaks one of them. What `jsonsubschema` misreads the messages do without: exclusive
bounds (booleans in draft 4, which it speaks), `propertyNames` (passed over) and `const` of a boolean (taken
for any boolean). A keyword outside the core is an error here, never passed over.
"""

import json
import warnings
from functools import cache
from typing import Any, Literal

import jsoncompat

with warnings.catch_warnings():
    # Its sources hold escapes that newer Pythons warn of, and warnings are errors here.
    warnings.simplefilter("ignore")
    import jsonsubschema  # type: ignore[import-untyped]

Schema = dict[str, Any]
Break = Literal["backward", "forward"]

_KEPT = {
    "additionalProperties",
    "anyOf",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "properties",
    "required",
    "type",
}
_DROPPED = {"$defs", "$id", "$schema", "default", "description", "examples", "title"}


class Disagreement(AssertionError):
    """The two checkers say different things: a schema that neither can be trusted with."""


def core(schema: Schema) -> Schema:
    """*schema* in the words both checkers know. Raises `NotImplementedError` for a keyword that is none."""
    return _core(schema, schema.get("$defs", {}))


def _core(node: Schema, definitions: dict[str, Schema]) -> Schema:
    if "$ref" in node:
        return _core(definitions[node["$ref"].removeprefix("#/$defs/")], definitions)
    told: Schema = {}
    looks: list[str] = []
    for keyword, value in node.items():
        if keyword == "properties":
            told[keyword] = {name: _core(inner, definitions) for name, inner in value.items()}
        elif keyword == "anyOf":
            told[keyword] = [_core(inner, definitions) for inner in value]
        elif keyword in ("items", "additionalProperties") and isinstance(value, dict):
            told[keyword] = _core(value, definitions)
        elif keyword in ("pattern", "format"):
            looks.append(value)
        elif keyword == "const" and isinstance(value, str):
            told["enum"] = [value]
        elif keyword in _KEPT:
            told[keyword] = value
        elif keyword not in _DROPPED:
            raise NotImplementedError(f"no checker is known to read {keyword!r}")
    if looks:
        fields = {"text": told, "looks": {"enum": looks, "type": "string"}}
        return {"type": "object", "properties": fields, "required": ["looks", "text"]}
    return told


def admits(reader: Schema, writer: Schema) -> bool:
    """Whether everything that *writer* admits is admitted by *reader*. Raises `Disagreement`."""
    return _admits(json.dumps(core(reader), sort_keys=True), json.dumps(core(writer), sort_keys=True))


@cache
def _admits(reader: str, writer: str) -> bool:
    formal = bool(jsonsubschema.isSubschema(json.loads(writer), json.loads(reader)))
    by_rule = jsoncompat.check_compat(reader, writer, "serializer")
    if formal != by_rule:
        raise Disagreement(f"jsonsubschema says {formal}, jsoncompat {by_rule}:\n{writer}\n{reader}")
    return formal


def breaks(
    *, old_writer: Schema, old_reader: Schema, new_writer: Schema, new_reader: Schema
) -> frozenset[Break]:
    """Which of the two directions a step from old to new breaks; empty when it is FULL."""
    found: set[Break] = set()
    if not admits(new_reader, old_writer):
        found.add("backward")
    if not admits(old_reader, new_writer):
        found.add("forward")
    return frozenset(found)
