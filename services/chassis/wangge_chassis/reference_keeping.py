"""reference.published.v1 -> the service's schema: parts as they come, a manifest once they are all here."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from pydantic import TypeAdapter
from pydantic_core import to_json

from wangge_chassis.blaming import blamed
from wangge_chassis.instants import HouseClock
from wangge_chassis.kafka_access import kafka_access
from wangge_chassis.postgres import Connection, Database, is_outage
from wangge_chassis.reference import Reference
from wangge_contracts import topics
from wangge_contracts.v1 import ReferencePublished

_AGAIN_S = 1.0
_Names = TypeAdapter(dict[str, str])


async def keep(reference: Reference, *, database: Database, clock: HouseClock, bootstrap: list[str]) -> None:
    """
    Follow the topic for ever, from its beginning; every replica does, and what is known costs nothing.

    Turns find what it writes. Only while *reference* is in trouble, and no turn may begin, it looks itself.
    """
    while True:
        connection: Connection | None = None
        try:
            connection = await database.connect()
            keeping = _Keeping(reference, connection, clock)
            await reference.look(connection, clock)
            await keeping.follow(bootstrap)
        except Exception as error:
            if not isinstance(error, KafkaError) and not is_outage(error):
                raise
            why = blamed(error)
            reference.excuse(f"reference data unreachable: {why}")
            if why != reference.unreachable:
                structlog.get_logger().warning("reference_unreachable", error=why)
            reference.unreachable = why
            await asyncio.sleep(_AGAIN_S)
        finally:
            if connection is not None:
                connection.terminate()


@dataclass(slots=True)
class _Heard:
    """A manifest, and the names of its parts by kind, until all of them are here."""

    version: str
    effective_from: datetime
    log_offset: int
    parts: dict[str, str]


@dataclass(slots=True)
class _Keeping:
    reference: Reference
    connection: Connection
    clock: HouseClock
    kept: set[str] = field(default_factory=set)
    """The hashes of all parts that the schema holds."""
    heard: list[_Heard] = field(default_factory=list)

    async def follow(self, bootstrap: list[str]) -> None:
        self.kept = {row["hash"] for row in await self.connection.fetch("SELECT hash FROM reference_part")}
        name = topics.REFERENCE_PUBLISHED.name
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=8 * 1024 * 1024,
            metadata_max_age_ms=10_000,
            **kafka_access(),
        )
        await consumer.start()
        try:
            if name not in await consumer.topics():
                # The client would ask for it thousands of times a second, and never say so.
                raise UnknownTopicOrPartitionError(f"{name}: is it there, and may we read it?")
            partitions = [
                TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name) or [0])
            ]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    for record in records:
                        await self._take(record.offset, record.value)
                await self._complete()
                self.reference.unreachable = None
                if self.reference.trouble:
                    await self.reference.look(self.connection, self.clock)
        finally:
            await consumer.stop()

    async def _take(self, offset: int, value: bytes | None) -> None:
        if value is None:
            return
        try:
            published = ReferencePublished.read(value)
            if published.kind == "manifest":
                parts = _Names.validate_python(published.content)
                self.heard.append(_Heard(published.version, published.effective_from, offset, parts))
                return
            content = to_json(published.content, inf_nan_mode="constants").decode()
        except ValueError as error:
            structlog.get_logger().error("reference_unreadable", offset=offset, error=str(error)[:300])
            return
        if published.hash not in self.kept:
            await self.connection.execute(
                """
                INSERT INTO reference_part (hash, kind, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
                """,
                published.hash,
                published.part or "",
                content,
            )
            self.kept.add(published.hash)

    async def _complete(self) -> None:
        """Write the manifests whose parts have all come, in log order; say what the others lack."""
        waiting, self.heard = self.heard, []
        for manifest in waiting:
            lacking = sorted(kind for kind, name in manifest.parts.items() if name not in self.kept)
            if lacking:
                self.heard.append(manifest)
                why = f"reference version {manifest.version} lacks {', '.join(lacking)}"
                if self.reference.incomplete.get(manifest.version) != why:
                    structlog.get_logger().warning("reference_incomplete", reason=why)
                self.reference.incomplete[manifest.version] = why
                continue
            self.reference.incomplete.pop(manifest.version, None)
            await self.connection.execute(
                """
                INSERT INTO reference_manifest (version, effective_from, log_offset, parts)
                VALUES ($1, $2, $3, $4::jsonb) ON CONFLICT DO NOTHING
                """,
                manifest.version,
                manifest.effective_from,
                manifest.log_offset,
                to_json(manifest.parts).decode(),
            )
