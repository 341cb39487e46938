"""reference.published.v1 followed from its beginning: the newest complete bundle, switched whole."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import TypeAdapter

from wangge_contracts import topics
from wangge_contracts.v1 import ReferencePublished

_Names = TypeAdapter(dict[str, str])


class NotPublished(TimeoutError):
    """
    A message names reference data that have not arrived here.

    It counts as an outage: nothing is skipped, the replica is not ready and says why, and tries again.
    """


@dataclass(frozen=True, slots=True)
class Bundle:
    """One complete version of the reference data; parts are raw JSON, each room parses its own."""

    version: str
    parts: Mapping[str, Any] = field(default_factory=dict)

    def part(self, kind: str) -> Any:
        """Return the part of *kind*; raises LookupError when this version has none."""
        try:
            return self.parts[kind]
        except KeyError:
            raise LookupError(f"reference version {self.version} has no part {kind!r}") from None


class Reference:
    """
    Follows the compacted reference topic in every replica.

    Parts come under their content hashes, a manifest that names them comes last: a bundle is taken
    only when all of its parts are here, so a reader never sees half of one.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap.split(",")
        self._contents: dict[str, Any] = {}
        self._by_kind: dict[str, list[Any]] = defaultdict(list)
        self._manifest: ReferencePublished | None = None
        self._bundle: Bundle | None = None
        self.trouble: str | None = "reference data not read yet"

    def current(self) -> Bundle:
        """Return the bundle in force; raises LookupError before the first is complete."""
        if self._bundle is None:
            raise LookupError("no reference data: publish a configuration first")
        return self._bundle

    def published(self, kind: str) -> Sequence[Any]:
        """
        Return the content of every part of *kind* that was ever published, oldest first.

        What runs on keeps the version it started with, long after another bundle is in force.
        """
        return self._by_kind[kind]

    @property
    def complete(self) -> bool:
        """Whether there is a bundle to work with."""
        return self._bundle is not None

    async def follow(self) -> None:
        """Read the topic for ever; when Kafka is away the last bundle stays in force."""
        while True:
            try:
                await self._read()
            except (KafkaError, OSError, TimeoutError) as error:
                if not self.complete:
                    self.trouble = f"reference data unreachable: {type(error).__name__}"
                await asyncio.sleep(1)

    async def _read(self) -> None:
        name = topics.REFERENCE_PUBLISHED.name
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=8 * 1024 * 1024,
            metadata_max_age_ms=10_000,
        )
        await consumer.start()
        try:
            partitions = [
                TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name) or [0])
            ]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    for record in records:
                        self._take(record.value)
                if not self.complete:
                    self.trouble = "no reference data: publish a configuration first"
        finally:
            await consumer.stop()

    def _take(self, value: bytes | None) -> None:
        if value is None:
            return
        try:
            published = ReferencePublished.read(value)
        except ValueError as error:
            structlog.get_logger().error("reference_unreadable", error=str(error)[:300])
            return
        if published.kind == "part":
            if published.hash not in self._contents:
                self._by_kind[published.part or ""].append(published.content)
            self._contents[published.hash] = published.content
        else:
            self._manifest = published
        self._switch()

    def _switch(self) -> None:
        manifest = self._manifest
        if manifest is None or (self._bundle is not None and self._bundle.version == manifest.version):
            return
        names = _Names.validate_python(manifest.content)
        missing = sorted(kind for kind, part in names.items() if part not in self._contents)
        if missing:
            self.trouble = f"reference version {manifest.version} lacks {', '.join(missing)}"
            return
        self._bundle = Bundle(manifest.version, {kind: self._contents[part] for kind, part in names.items()})
        self.trouble = None
        structlog.get_logger().info("reference_switched", version=manifest.version)
