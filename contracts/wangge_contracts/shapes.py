"""The messages as JSON Schema: closed for who writes, open for who reads."""

import ast
import inspect
import sys
import textwrap
from functools import cache
from typing import Any, Literal

from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from wangge_contracts.message import Message, Part
from wangge_contracts.topics import TOPICS

Side = Literal["writer", "reader"]
SIDES: tuple[Side, ...] = ("writer", "reader")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Without titles and without null, which is never written; with the fields' docstrings."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        generated = super().default_schema(schema)
        if generated.get("default", ...) in (None, []):
            del generated["default"]
        return generated

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        generated = super().model_schema(schema)
        for field, text in _docstrings(schema["cls"]).items():
            if field in generated.get("properties", {}):
                generated["properties"][field] = {"description": text} | generated["properties"][field]
        return generated

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def _docstrings(cls: type) -> dict[str, str]:
    """The docstring under each field, of *cls* and of the classes it is made from."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if not (issubclass(each, Part) and each.__module__.startswith("wangge_contracts.")):
            continue
        found |= _written_below(each.__module__, each.__qualname__)
    return found


@cache
def _written_below(module: str, name: str) -> dict[str, str]:
    """The docstring under each field that the class *name* of *module* itself defines."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(getattr(sys.modules[module], name)))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(str(below.value.value))
        for field, below in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def schema_of(message: type[Message], side: Side) -> dict[str, Any]:
    """
    The JSON Schema (draft 2020-12) of what a writer may say, or of what a reader has to bear.

    A writer's is closed: no unknown field, no unknown word of an enum. A reader's is open in both.
    """
    schema = message.model_json_schema(
        ref_template=DEFAULT_REF_TEMPLATE,
        schema_generator=_Generator,
        mode="serialization" if side == "writer" else "validation",
    )
    if side == "reader":
        schema = _opened(schema)
    return {"$schema": DIALECT, "$id": f"{message.SCHEMA}:{side}"} | schema


def _opened(node: Any) -> Any:
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if isinstance(node, dict):
        return {
            name: _opened(value)
            for name, value in node.items()
            if not (name == "additionalProperties" and value is False)
        }
    return node


def messages() -> tuple[type[Message], ...]:
    """Every message that some topic carries, by name."""
    return tuple(sorted({m for topic in TOPICS for m in topic.messages}, key=lambda m: m.__name__))
