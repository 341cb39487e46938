"""What is generated is committed, and committed as it is generated."""

import json
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from wangge_contracts import asyncapi
from wangge_contracts.message import Message
from wangge_contracts.schemas import ROOT, files, freeze, write
from wangge_contracts.shapes import SIDES, Side, messages
from wangge_contracts.topics import SERVICES, TOPICS
from wangge_contracts.v1 import ReportSubmitted, TaskChanged

DOCUMENT = asyncapi.document()
FILES = files()


def schema(message: type[Message], side: Side) -> Any:
    return json.loads(FILES[f"schemas/{message.MAJOR}/{message.__name__}.{side}.json"])


@pytest.mark.parametrize("name", FILES)
def test_a_generated_file_is_fresh(name: str) -> None:
    path = ROOT / name

    assert path.exists(), f"{name} is missing: run `make schemas`"
    assert path.read_text(encoding="utf-8") == FILES[name], f"{name} is stale: run `make schemas`"


def test_no_schema_is_left_of_a_message_that_went() -> None:
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "schemas").rglob("*") if path.is_file()}

    assert there <= FILES.keys()


def test_writing_names_what_was_stale_and_then_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wangge_contracts.schemas.files", lambda: FILES)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "Gone.writer.json").write_text("{}")

    assert set(write(tmp_path)) == {*FILES, "schemas/Gone.writer.json"}
    assert write(tmp_path) == []


def test_a_release_keeps_schemas_examples_and_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangge_contracts.schemas.files", lambda: FILES)
    write(tmp_path)
    (tmp_path / "examples" / "incidents.changed.v1").mkdir(parents=True)
    (tmp_path / "examples" / "incidents.changed.v1" / "closed.json").write_text("{}")

    freeze("contracts-v1.0", tmp_path)

    kept = tmp_path / "released" / "contracts-v1.0"
    assert (kept / "schemas" / "v1" / "TaskChanged.reader.json").exists()
    assert (kept / "examples" / "incidents.changed.v1" / "closed.json").exists()
    assert (kept / "asyncapi.json").exists()
    with pytest.raises(FileExistsError):
        freeze("contracts-v1.0", tmp_path)


def test_a_writers_schema_is_closed_and_a_readers_open() -> None:
    def objects(node: Any) -> list[dict[str, Any]]:
        if isinstance(node, list):
            return [found for item in node for found in objects(item)]
        if not isinstance(node, dict):
            return []
        inner = [found for item in node.values() for found in objects(item)]
        return [node, *inner] if "properties" in node and node.get("type") == "object" else inner

    for message in messages():
        assert all(each["additionalProperties"] is False for each in objects(schema(message, "writer")))
        assert not any("additionalProperties" in each for each in objects(schema(message, "reader")))


def test_an_enum_is_a_list_of_words_for_writers_and_any_word_for_readers() -> None:
    source = schema(ReportSubmitted, "writer")["properties"]["source"]
    assert "officer" in source["enum"]

    source = schema(ReportSubmitted, "reader")["properties"]["source"]
    assert "enum" not in source
    assert source["description"] == "Any other word: as resident."
    crs = schema(ReportSubmitted, "reader")["$defs"]["Point"]["properties"]["crs"]
    assert crs["description"].startswith("Any other word: do not use the point")


def test_a_field_is_explained_where_its_docstring_explains_it() -> None:
    told = schema(TaskChanged, "reader")

    assert told["properties"]["revision"]["description"].startswith("+1 with every change")


def test_null_is_never_part_of_a_schema() -> None:
    for message in messages():
        for side in SIDES:
            assert '"null"' not in json.dumps(schema(message, side))


def test_asyncapi_has_the_shape_that_another_projects_model_of_it_knows() -> None:
    assert ApplicationSchema.model_validate(DOCUMENT).asyncapi == "3.0.0"


def test_asyncapi_leads_nowhere_into_nothing() -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, list):
            return [found for item in node for found in references(item)]
        if not isinstance(node, dict):
            return []
        return [node["$ref"]] if "$ref" in node else [r for item in node.values() for r in references(item)]

    found = references(DOCUMENT)
    assert found
    for reference in found:
        file, _, pointer = reference.partition("#/")
        target: Any = json.loads(FILES[file.removeprefix("./")]) if file else DOCUMENT
        for step in filter(None, pointer.split("/")):
            target = target[step.replace("~1", "/")]


def test_asyncapi_shows_every_topic_as_it_has_to_be_made() -> None:
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}

    for topic in TOPICS:
        kafka = channels[topic.name]["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["max.message.bytes"] == topic.batch_bytes
        assert channels[topic.name]["x-max-bytes"] == topic.max_bytes
        assert kafka["topicConfiguration"]["message.timestamp.type"] == topic.timestamps
        assert channels[topic.name]["x-key"] == topic.key


def test_asyncapi_gives_every_room_an_operation_for_each_of_its_rights() -> None:
    rights = {
        (service, action, topic.name)
        for topic in TOPICS
        for action, principals in (("send", topic.writers), ("receive", topic.readers))
        for service in principals
        if service in (*SERVICES, "{service}")
    }

    assert len(DOCUMENT["operations"]) == len(rights)
