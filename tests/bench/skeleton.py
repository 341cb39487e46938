"""
The bare relay that the house is measured by: a topic in, one state and one outbox row a message, a topic out.

It has what "effects exactly once" cannot do without (offset row under lock with an epoch, takeover, outbox,
sequence per key, keyed idempotent publication, acknowledged rows deleted by the next transaction) and nothing
else: no rules, no envelopes, no dead letters, no timers. What a service of the house costs beyond it is the
price of its work. Run as a process of its own: `python -m tests.bench.skeleton`, settings in SKELETON_*.
"""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel, ConfigDict

from wangge_chassis.partitioner import partition_of

BATCH = 200
TABLES = """
CREATE TABLE part (
    part int PRIMARY KEY, epoch bigint NOT NULL DEFAULT 1, next_offset bigint NOT NULL DEFAULT 0
);
CREATE TABLE state (key text PRIMARY KEY, sequence bigint NOT NULL, last_id text NOT NULL);
CREATE TABLE outbox (
    part int, source_offset bigint, key text NOT NULL, id text NOT NULL, sequence bigint NOT NULL,
    value bytea NOT NULL, PRIMARY KEY (part, source_offset)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
"""
_SAVE = """
WITH kept AS (
    INSERT INTO state (key, sequence, last_id) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
    ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, last_id = excluded.last_id
), promised AS (
    INSERT INTO outbox (part, source_offset, key, id, sequence, value)
    SELECT * FROM unnest($4::int[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::bytea[])
), acknowledged AS (
    DELETE FROM outbox USING unnest($10::int[], $11::bigint[]) AS acked (part, upto)
     WHERE outbox.part = acked.part AND source_offset < acked.upto
)
UPDATE part SET next_offset = moved.upto FROM unnest($12::int[], $13::bigint[]) AS moved (part, upto)
 WHERE part.part = moved.part
"""


class Note(BaseModel):
    """The small message that is passed on, about 1 KB as JSON."""

    model_config = ConfigDict(frozen=True)

    id: str
    key: str
    hop: int
    text: str

    def write(self) -> bytes:
        """The note as JSON."""
        return self.__pydantic_serializer__.to_json(self)


class _Stale(Exception):
    """Somebody else has taken a part over."""


class Relay:
    """One member of the group; a part is a partition of *source*."""

    def __init__(self, database: asyncpg.Connection, producer: AIOKafkaProducer, target: str) -> None:
        self._database = database
        self._producer = producer
        self._target = target
        self._epochs: dict[int, int] = {}
        self._acked: dict[int, int] = {}
        self._width = 0
        self.consumer_of: Any = None

    async def handle(self, records: Sequence[Any]) -> None:
        """Pass on what one poll returned; after any failure everything is taken over again."""
        try:
            held = [record for record in records if record.partition in self._epochs]
            if held:
                await self._pass_on(held)
            for part in {record.partition for record in records} - self._epochs.keys():
                await self._take_over(records[0].topic, part)
        except Exception as error:
            print(f"skeleton: {error!r}", flush=True)  # noqa: T201 # its log
            self._epochs.clear()

    async def _take_over(self, topic: str, part: int) -> None:
        async with self._database.transaction():
            row = await self._database.fetchrow(
                "INSERT INTO part (part) VALUES ($1) ON CONFLICT (part) DO UPDATE SET epoch = part.epoch + 1"
                " RETURNING epoch, next_offset",
                part,
            )
            left = await self._database.fetch(
                "SELECT part, source_offset, key, id, sequence, value FROM outbox WHERE part = $1"
                " ORDER BY source_offset",
                part,
            )
        assert row is not None
        await self._publish([tuple(each) for each in left])
        self._epochs[part], self._acked[part] = row["epoch"], row["next_offset"]
        self.consumer_of().seek(TopicPartition(topic, part), row["next_offset"])

    async def _pass_on(self, records: Sequence[Any]) -> None:
        parts = sorted({record.partition for record in records})
        async with self._database.transaction():
            locked = await self._database.fetch(
                "SELECT part, epoch, next_offset FROM part WHERE part = ANY($1::int[])"
                " ORDER BY part FOR UPDATE",
                parts,
            )
            if any(row["epoch"] != self._epochs[row["part"]] for row in locked):
                raise _Stale
            upto = {row["part"]: row["next_offset"] for row in locked}
            fresh = []
            for record in records:
                if record.offset >= upto[record.partition]:
                    upto[record.partition] = record.offset + 1
                    fresh.append((record, Note.__pydantic_validator__.validate_json(record.value)))
            sequences = dict.fromkeys((note.key for _, note in fresh), 0)
            for row in await self._database.fetch(
                "SELECT key, sequence FROM state WHERE key = ANY($1::text[])", list(sequences)
            ):
                sequences[row["key"]] = row["sequence"]
            rows, last = [], {}
            for record, note in fresh:
                sequences[note.key] += 1
                said = Note(id=_derived(note.id), key=note.key, hop=note.hop + 1, text=note.text)
                last[note.key] = said.id
                rows.append(
                    (record.partition, record.offset, note.key, said.id, sequences[note.key], said.write())
                )
            await self._database.execute(
                _SAVE,
                *_columns(3, [(key, sequence, last[key]) for key, sequence in sequences.items()]),
                *_columns(6, rows),
                *_columns(2, list(self._acked.items())),
                *_columns(2, list(upto.items())),
            )
        await self._publish(rows)
        self._acked |= upto

    async def _publish(self, rows: Sequence[tuple[int, int, str, str, int, bytes]]) -> None:
        self._width = self._width or len(await self._producer.partitions_for(self._target))
        lanes: dict[int, list[Any]] = defaultdict(list)
        for row in rows:
            lanes[partition_of(row[2], self._width)].append(row)
        await asyncio.gather(*(self._send(partition, lane) for partition, lane in lanes.items()))

    async def _send(self, partition: int, lane: Sequence[tuple[int, int, str, str, int, bytes]]) -> None:
        waiting = iter(lane)
        row = next(waiting, None)
        while row is not None:
            batch = self._producer.create_batch()
            while row is not None and batch.append(
                key=row[2].encode(),
                value=row[5],
                timestamp=None,
                headers=[("id", row[3].encode()), ("sequence", b"%d" % row[4])],
            ):
                row = next(waiting, None)
            batch.close()
            await (await self._producer.send_batch(batch, self._target, partition=partition))


def _derived(cause: str) -> str:
    return blake2b(cause.encode(), digest_size=16).hexdigest()


def _columns(width: int, rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


async def _parse(records: Any) -> KafkaMessage:
    nobody: Any = None
    return KafkaMessage(records, body=records, headers={}, correlation_id="", message_id="", consumer=nobody)


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message


async def main() -> None:
    """Run until told to stop."""
    kafka, source, target, group = (os.environ[f"SKELETON_{name}"] for name in _SETTINGS)
    database = await asyncpg.connect(os.environ["SKELETON_POSTGRES"], server_settings={"search_path": group})
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, compression_type="zstd", linger_ms=0,
        max_batch_size=512 * 1024,
    )  # fmt: skip
    await producer.start()
    relay = Relay(database, producer, target)
    broker = KafkaBroker([kafka], logger=None, apply_types=False)
    subscriber: Any = broker.subscriber(
        source, batch=True, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL,
        max_records=BATCH, batch_timeout_ms=15, max_partition_fetch_bytes=3 * 1024 * 1024,
        parser=_parse, decoder=_decode,
    )  # fmt: skip
    subscriber(relay.handle)
    relay.consumer_of = lambda: subscriber.consumer
    await broker.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await broker.stop()
    await producer.stop()
    await database.close()


_SETTINGS = ("KAFKA", "SOURCE", "TARGET", "GROUP")
if __name__ == "__main__":
    uvloop.run(main())
