"""The golden examples: records as they lie on a topic, told as JSON."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wangge_contracts.schemas import ROOT
from wangge_contracts.topics import Topic, find


@dataclass(frozen=True)
class Example:
    """One record of one concrete topic."""

    path: Path
    headers: dict[str, str]
    key: str | None
    value: bytes
    told: Any
    """The value as it stands in the file; None for opaque bytes."""

    @property
    def topic_name(self) -> str:
        return self.path.parent.name

    @property
    def topic(self) -> Topic:
        topic = find(self.topic_name)
        assert topic is not None, f"{self.topic_name} is in no row of the topic table"
        return topic

    @property
    def kafka_headers(self) -> list[tuple[str, bytes]]:
        return [(name, text.encode()) for name, text in self.headers.items()]


def load(root: Path = ROOT / "examples") -> list[Example]:
    """Every example under *root*, by path."""
    return [_example(path) for path in sorted(root.rglob("*.json"))]


def _example(path: Path) -> Example:
    record = json.loads(path.read_text(encoding="utf-8"))
    told = record.get("value")
    value = (
        base64.b64decode(record["value_base64"])
        if told is None
        else json.dumps(told, ensure_ascii=False).encode()
    )
    return Example(path, record["headers"], record.get("key"), value, told)


EXAMPLES = load()
SPOKEN = [example for example in EXAMPLES if example.topic.messages]
"""Those whose bytes are a message."""


def name_of(example: Example) -> str:
    """How a test report calls it."""
    return f"{example.topic_name}/{example.path.stem}"
