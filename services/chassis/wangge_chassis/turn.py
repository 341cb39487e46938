"""One transaction of a room: lock the parts, number what is said, save it with the offsets that caused it."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import NamedTuple

from aiokafka import TopicPartition

from wangge_chassis.instants import HouseClock
from wangge_chassis.numbering import Numbering, numbered, writes_numbers
from wangge_chassis.ownership import Fenced, Owned, lost
from wangge_chassis.packing import entry
from wangge_chassis.partitioner import partition_of
from wangge_chassis.postgres import Connection, beside
from wangge_chassis.records import Outgoing, Promised, Written, pack_headers
from wangge_chassis.reference import Reference
from wangge_chassis.saving import Noted, Row, note, save
from wangge_chassis.skew import hold_against_ours
from wangge_chassis.stop_points import stop_point
from wangge_contracts import topics
from wangge_contracts.cloudevents import letterhead, own_headers
from wangge_contracts.message import Message


class TooLarge(ValueError):
    """A room wants to say more than its topic admits; its cause becomes a dead letter."""


class _Said(NamedTuple):
    """What a room wants said for *part*, written: it waits for its position and its sequence only."""

    part: str
    topic: str
    key: str
    id: str
    subject: str | None
    type: str
    value: bytes


class Turn:
    """
    A transaction under the ownership rows of *owned*.

    Rooms see *connection*, *now* (house time, UTC) and *parts* (partition numbers) and call `emit`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        service: str,
        consumer: str,
        partitions: int,
        owned: Mapping[str, Owned],
        clock: HouseClock,
        reference: Reference | None = None,
    ) -> None:
        self.connection = connection
        self.now: datetime
        self._service = service
        self._consumer = consumer
        self.dead_letters = topics.DEAD_LETTERS.named(service)
        self.partitions = partitions
        """How many inside topics have."""
        self.owned = owned
        self.acked = {part: held.acked_upto for part, held in owned.items()}
        """What this turn deletes up to; more may be acknowledged while it lasts."""
        self._clock = clock
        self.reference = reference
        self._said: list[_Said] = []
        self._buried: list[tuple[str, bytes | None, list[tuple[str, bytes]], bytes | None]] = []
        self.numbering = Numbering(connection, consumer=consumer)
        self.offsets: dict[TopicPartition, int] = {}
        self.writes: list[Callable[[], Awaitable[None]]] = []
        """What a room has to write, on which nothing that is said depends."""
        self.afterwards: list[Callable[[], None]] = []
        """What is done once this is committed, before it is published; it must not raise."""
        self._letterheads: dict[str, tuple[list[tuple[str, bytes]], bytes]] = {}

    @property
    def parts(self) -> frozenset[int]:
        """The parts whose keys this transaction may write for, as partition numbers."""
        return frozenset(int(part) for part in self.owned if part.isdecimal())

    @property
    def writes_numbers(self) -> bool:
        """Whether anything that this service says is numbered."""
        return writes_numbers(self._service)

    async def open(self) -> None:
        """
        Lock the ownership rows in ascending order and check every epoch; raises Fenced.

        What house time it is, and which reference data are in force, is found out here and nowhere else.
        """
        began_s = time.time()
        rows = await self.connection.fetch(
            """
            SELECT part, epoch, clock_timestamp() AS real_now, (SELECT max(id) FROM house.anchor) AS anchor,
                   (SELECT count(*) FROM reference_manifest) AS versions
              FROM ownership WHERE consumer = $1 AND part = ANY($2::text[]) ORDER BY part FOR UPDATE
            """,
            self._consumer,
            list(self.owned),
        )
        foreign = [held for row in rows if (held := self.owned[row["part"]]).epoch != row["epoch"]]
        if foreign:
            raise await lost(self.connection, self._consumer, foreign)
        if len(rows) != len(self.owned):
            raise Fenced(f"ownership rows of {self._consumer} are gone")
        hold_against_ours("PostgreSQL", rows[0]["real_now"].timestamp(), since_s=began_s)
        self.now = await self._clock.seen(self.connection, rows[0]["real_now"], rows[0]["anchor"])
        if self.reference is not None:
            await self.reference.see(self.connection, rows[0]["versions"], self.now)
        stop_point("after-lock")

    async def recall(self, keys: Iterable[str]) -> None:
        """Ask for the numbers of what will be said to *keys* now, while there is something else to do."""
        await self.numbering.recall(keys=keys, ids=[])

    def emit(self, outgoing: Outgoing, *, part: str | None = None) -> None:
        """
        Promise *outgoing*, for the part of its key unless *part* names the one that caused it.

        It is written at once, while what it says is still at hand: of a batch's messages only the bytes are
        kept. Raises TooLarge, and LookupError for a part or a topic that is none of ours.
        """
        if part is None:
            part = str(partition_of(outgoing.key, self.partitions))
        if part not in self.owned:
            raise LookupError(f"key {outgoing.key} belongs to part {part}, which this turn does not hold")
        message = outgoing.message
        self._said.append(
            _Said(
                part,
                outgoing.topic,
                outgoing.key,
                outgoing.id,
                outgoing.subject,
                message.TYPE,
                _value(message, outgoing.topic),
            )
        )

    def bury(
        self, part: str, *, key: bytes | None, headers: list[tuple[str, bytes]], value: bytes | None
    ) -> None:
        """Promise a dead letter."""
        self._buried.append((part, key, headers, value))

    async def save(self) -> list[Promised]:
        """Write what the room changed and all that was heard and said; return what is to be published."""
        await self.recall(said.key for said in self._said if numbered(said.topic))
        sequences = [self.numbering.number(said.topic, said.key) for said in self._said]
        noted = Noted(
            numbers=self.numbering.changed(),
            heard=list(self.numbering.heard.items()),
            offsets=[
                (at.topic, at.partition, self._part_of(at), offset) for at, offset in self.offsets.items()
            ],
            acknowledged=[
                (part, deleted, upto)
                for part, upto in self.acked.items()
                if upto > (deleted := self.owned[part].deleted_upto)
            ],
        )
        ahead = beside(self._ahead(noted)) if self.writes or noted.many else nullcontext()
        async with ahead:
            promised, rows = self._promised(sequences)
        await save(self.connection, self._consumer, Noted() if noted.many else noted, rows)
        stop_point("before-commit")
        return promised

    async def _ahead(self, noted: Noted) -> None:
        """Write what does not wait for the packing: the room's rows, and many numbers and ids."""
        for write in self.writes:
            await write()
        if noted.many:
            await note(self.connection, self._consumer, noted)

    def _promised(self, sequences: Sequence[int | None]) -> tuple[list[Promised], list[Row]]:
        """Return what is to be published, in order within each part, and as the outbox keeps it."""
        positions = {part: owned.last_position for part, owned in self.owned.items()}
        promised: list[Promised] = []
        entries: dict[str, list[bytes]] = defaultdict(list)
        for said, sequence in zip(self._said, sequences, strict=True):
            position = positions[said.part] = positions[said.part] + 1
            common, common_packed = self._letterhead(said.type)
            own, key = own_headers(said.id, subject=said.subject, sequence=sequence), said.key.encode()
            promised.append(Promised(said.part, position, said.topic, key, common + own, said.value))
            entries[said.part].append(entry(said.topic, key, common_packed + pack_headers(own), said.value))
        for part, buried_key, headers, value in self._buried:
            positions[part] += 1
            promised.append(Promised(part, positions[part], self.dead_letters, buried_key, headers, value))
            entries[part].append(entry(self.dead_letters, buried_key, pack_headers(headers), value))
        return promised, [Row.of(part, positions[part], held) for part, held in entries.items()]

    def _part_of(self, at: TopicPartition) -> str:
        return next(part for part, owned in self.owned.items() if at in owned.partitions)

    def _letterhead(self, type_: str) -> tuple[list[tuple[str, bytes]], bytes]:
        """Return the headers that this turn's messages of a type have in common, and those packed."""
        found = self._letterheads.get(type_)
        if found is None:
            headers = letterhead(source=f"/wangge/{self._service}", type_=type_, time=self.now)
            found = self._letterheads[type_] = headers, pack_headers(headers)
        return found


def _value(message: Message | Written, name: str) -> bytes:
    topic = topics.find(name)
    if topic is None:
        raise LookupError(f"{name} is not in the topic table")
    value = message.write()
    if len(value) > topic.max_bytes - 2048:
        raise TooLarge(f"{message.TYPE} of {len(value)} bytes is too large for {name} ({topic.max_bytes})")
    return value
