"""Whether something is as a JSON Schema, or the description of an HTTP door, says."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]


def validator(schema: dict[str, Any]) -> Any:
    """Return a validator of draft 2020-12."""
    return jsonschema.Draft202012Validator(schema)


def hold(answer: Any, *, openapi: dict[str, Any], path: str, method: str, status: int, media: str) -> None:
    """Raise unless *answer* is one that *openapi* tells of, with no member that it does not tell of."""
    told = openapi["paths"][path][method]["responses"]
    response = told.get(str(status)) or told["default"]
    schema = {**response["content"][media]["schema"], "components": _closed(openapi["components"])}
    validator(schema).validate(answer)


def _closed(node: Any) -> Any:
    if isinstance(node, dict):
        closed = {name: _closed(value) for name, value in node.items()}
        return {"additionalProperties": False} | closed if "properties" in node else closed
    return [_closed(each) for each in node] if isinstance(node, list) else node
