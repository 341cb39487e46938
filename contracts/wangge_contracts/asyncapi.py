"""The topic table as an AsyncAPI 3 document, from the house's point of view."""

from typing import Any

from wangge_contracts.message import Message
from wangge_contracts.shapes import messages, schema_of
from wangge_contracts.topics import SERVICES, TOPICS, Topic

KAFKA_BINDING = "0.5.0"
_CE_HEADERS = {
    "ce_specversion": "Always 1.0",
    "ce_id": "At most 64 characters; what repeats are recognised by, but for what outsiders say: "
    "of that report_id or answer_id in the value counts",
    "ce_source": "Who says it",
    "ce_type": "Which message it is, with its major version",
    "ce_time": "RFC 3339, what the writer's clock showed; nothing is decided by it",
    "content-type": "application/json",
    "ce_subject": "The incident, once known",
    "ce_sequence": "On numbered topics: counts per key, from 1, ten digits",
    "ce_dataschema": "Names the JSON Schema",
    "ce_traceparent": "W3C trace context",
}
_REQUIRED_HEADERS = 6
_HOLES = {
    "slug": "The outsider's slug: permanent, unique in the city",
    "service": "A room of the house",
}


def document() -> dict[str, Any]:
    """Every topic as a channel, every right of a room as an operation, every message with its schema."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:wangge:v1",
        "info": {
            "title": "Wangge",
            "version": "1.0.0",
            "description": "What terminals, departments and the rooms of the house say to each other. "
            "Generated from wangge_contracts.topics; do not edit.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_channel_id(topic): _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "messages": {message.__name__: _message(message) for message in messages()} | {"Bytes": _BYTES},
            "schemas": {"CloudEventsHeaders": _headers()},
        },
    }


def _channel_id(topic: Topic) -> str:
    return topic.name.replace("{", "").replace("}", "").replace(".", "-")


def _channel(topic: Topic) -> dict[str, Any]:
    names = [message.__name__ for message in topic.messages] or ["Bytes"]
    holes = [hole for hole in _HOLES if f"{{{hole}}}" in topic.name]
    return {
        "address": topic.name,
        "description": _description(topic),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        **({"parameters": {hole: _parameter(hole) for hole in holes}} if holes else {}),
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {**topic.settings, "cleanup.policy": [topic.cleanup]},
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "x-key": topic.key,
        "x-numbered": topic.numbered,
        "x-max-bytes": topic.max_bytes,
        **({"x-quota-bytes-per-s": topic.quota_bytes_per_s} if topic.quota_bytes_per_s else {}),
        "x-writers": list(topic.writers),
        "x-readers": list(topic.readers),
    }


def _parameter(hole: str) -> dict[str, Any]:
    return {"description": _HOLES[hole]} | ({"enum": list(SERVICES)} if hole == "service" else {})


def _description(topic: Topic) -> str:
    key = f"Keyed by {topic.key}." if topic.key else "Any key or none; it is not trusted."
    numbered = " Numbered per key." if topic.numbered else ""
    return f"{' and '.join(topic.writers)} to {', '.join(topic.readers)}. {key}{numbered}"


def _operations() -> dict[str, Any]:
    operations = {}
    for topic in TOPICS:
        for action, verb, principals in (
            ("send", "says", topic.writers),
            ("receive", "hears", topic.readers),
        ):
            for principal in principals:
                service = principal.strip("{}")
                if service not in (*SERVICES, "service"):
                    continue  # Outsiders and operators are the other side of the document.
                operations[f"{service}-{verb}-{_channel_id(topic)}"] = {
                    "action": action,
                    "channel": {"$ref": f"#/channels/{_channel_id(topic)}"},
                    "tags": [{"name": service}],
                }
    return operations


def _message(message: type[Message]) -> dict[str, Any]:
    """Outsiders are given the side that is theirs: open for what they read, closed for everything else."""
    read_outside = any(
        message in topic.messages and any(":" in reader for reader in topic.readers) for topic in TOPICS
    )
    side = "reader" if read_outside else "writer"
    return {
        "name": message.TYPE,
        "title": message.__name__,
        "summary": schema_of(message, "writer")["description"],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventsHeaders"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./schemas/{message.MAJOR}/{message.__name__}.{side}.json"},
        },
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING}},
    }


_BYTES = {
    "name": "bytes",
    "title": "Bytes",
    "summary": "A record of another topic as it was, its own headers with it.",
    "contentType": "application/octet-stream",
    "headers": {"type": "object"},
    "payload": {"description": "Any bytes"},
}


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary mode of the Kafka binding",
        "properties": {name: {"type": "string", "description": text} for name, text in _CE_HEADERS.items()},
        "required": list(_CE_HEADERS)[:_REQUIRED_HEADERS],
    }
