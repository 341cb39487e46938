"""What `/openapi.json` tells of the door: what may be said, as the contract has it, and what is answered."""

import json
from typing import Any

from fastapi import FastAPI

from wangge_chassis.problems import MEDIA_TYPE
from wangge_contracts.cloudevents import JSON
from wangge_contracts.shapes import schema_of
from wangge_contracts.v1 import ReportSubmitted, TaskAnswered

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer"}
_ATTRIBUTES = ("id", "source", "type", "time", "subject", "sequence", "dataschema", "traceparent")


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _listed(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _object(told: str, *required: str, **members: dict[str, Any]) -> dict[str, Any]:
    said = {"type": "object", "description": told, "properties": members}
    return said | {"required": list(required)} if required else said


_OF_ONE: dict[str, Any] = {
    "outcome": {
        "type": "string",
        "description": "`kept`, or accepted, attached, rejected once it is judged.",
    },
    "report_id": _TEXT,
    "answer_id": _TEXT,
    "incident_id": {
        "type": "string",
        "description": "Of a report the incident that it leads to if it is new.",
    },
    "case_number": {"type": "string", "description": "For people to quote, once there is one."},
    "ignored": {
        "type": "array",
        "items": _TEXT,
        "description": "JSON pointers to the first fields that are not known here and were passed over.",
    },
}
_ANSWERS = {
    # One for both: of two that may stand there generated clients take the first, whatever came.
    "Told": _object(
        "What became of one report or answer, of a batch `results` in the order in which it came.",
        results=_listed("Result"),
        **_OF_ONE,
    ),
    "Result": _object(
        "As if it had come alone: `problem` of what is refused, else what it is told.",
        "status",
        status=_NUMBER,
        problem=_ref("Problem"),
        **_OF_ONE,
    ),
    "Problem": _object(
        "Why it is refused (RFC 9457).",
        "type",
        "title",
        "status",
        type={"type": "string", "description": "`urn:wangge:problem:CODE` or `about:blank`."},
        title=_TEXT,
        status=_NUMBER,
        detail=_TEXT,
        errors=_listed("Fault"),
        kept_content_sha256=_TEXT,
        received_content_sha256=_TEXT,
        **_OF_ONE,
    ),
    "Fault": _object(
        "What is wrong, where (a JSON pointer), and whether sending the same again may help.",
        *("code", "pointer", "text_zh", "text_en", "retryable"),
        **dict.fromkeys(("code", "pointer", "text_zh", "text_en"), _TEXT),
        retryable={"type": "boolean"},
    ),
    "Page": _object(
        "What follows the cursor, and the cursor of what follows that.",
        "messages",
        "next",
        messages=_listed("Event"),
        next=_TEXT,
    ),
    "Event": _object(
        "An event in CloudEvents' JSON format.",
        "specversion",
        "id",
        "source",
        "type",
        "data",
        specversion=_TEXT,
        datacontenttype=_TEXT,
        **dict.fromkeys(_ATTRIBUTES, _TEXT),
        data={
            "type": "object",
            "additionalProperties": True,
            "description": "The message that `type` names: `contracts/schemas/v1/<Message>.reader.json`.",
        },
    ),
}


def answered(status: int, name: str, **more: Any) -> dict[int | str, dict[str, Any]]:
    """Return what is told of *status*, whose body is a *name*, `Told` or `Page`."""
    return {status: {"content": {JSON: {"schema": _ref(name)}}} | more}


class Described(FastAPI):
    """An application whose description has the contract's own schemas, and one for whatever is answered."""

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        told = super().openapi()
        schemas = told["components"]["schemas"]
        for message in (ReportSubmitted, TaskAnswered):
            schemas |= _of_writers(message)
        schemas |= _ANSWERS
        for path in told["paths"].values():
            for operation in path.values():
                for response in operation["responses"].values():
                    if MEDIA_TYPE in response.get("content", {}):
                        response["content"][MEDIA_TYPE] = {"schema": _ref("Problem")}
        return told


def _of_writers(message: type[ReportSubmitted] | type[TaskAnswered]) -> dict[str, Any]:
    """Return the schema of who writes *message*, and those of its parts, by their names."""
    text = json.dumps(schema_of(message, "writer")).replace("#/$defs/", "#/components/schemas/")
    schema: dict[str, Any] = json.loads(text)
    parts: dict[str, Any] = schema.pop("$defs")
    del schema["$id"], schema["$schema"]
    return parts | {message.__name__: schema}
