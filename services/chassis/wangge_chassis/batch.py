"""One batch inside its turn: repeats out, gaps halt, the unreadable buried, the rest decided in order."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

import structlog
from aiokafka import TopicPartition

from wangge_chassis import metrics
from wangge_chassis.burying import DEAD_LETTER_TYPE, epitaph, remains
from wangge_chassis.consumer import Consumer, gravedigger
from wangge_chassis.halting import Halt, halt
from wangge_chassis.instants import HouseTime
from wangge_chassis.numbering import numbered
from wangge_chassis.postgres import beside
from wangge_chassis.reading import RawRecord, Skipped, as_unread, claimed_id, is_replay, read
from wangge_chassis.records import Received, Unread
from wangge_chassis.turn import Turn
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import BUNDLE

NOT_HANDLED = "not-handled"


class Batch:
    """
    The records of one turn, all of parts that the turn holds.

    With *culprit*, an error in words, there is exactly one record, which failed by it: it is buried instead
    of being decided, and its sequence counts as heard. *beside* are the consumers of the service, this one
    among them: all of them read the same replays.
    """

    def __init__(
        self,
        turn: Turn,
        consumer: Consumer,
        records: Sequence[RawRecord],
        *,
        house: HouseTime,
        culprit: str | None = None,
        beside: Sequence[Consumer] = (),
    ) -> None:
        self._turn = turn
        self._consumer = consumer
        self._records = records
        self._house = house
        self._culprit = culprit
        self._beside = beside
        self.halts: dict[str, Halt] = {}
        self.waits: dict[TopicPartition, str] = {}
        """Where reading stops because a message was decided by reference data that are not in force here."""
        self._lacks: dict[str, str | None] = {}

    async def decide(self) -> None:
        """Handle every record; what stands in the way of a part, or partition, is in `halts` and `waits`."""
        turn, consumer, room = self._turn, self._consumer, self._consumer.room
        async with nullcontext() if consumer.outside else beside(self._recall()):
            readings = [
                (record, read(record, house=self._house, outside=consumer.outside))
                for record in self._records
            ]
        if self._culprit is not None:
            readings = [(record, _refused(record, reading, self._culprit)) for record, reading in readings]
        work = [
            (part, record, reading) for record, reading in readings if (part := self._admit(record, reading))
        ]
        for why in self.halts.values():
            await halt(turn.connection, consumer.name, why, at=turn.now)
        received = [reading for _, _, reading in work if isinstance(reading, Received)]
        state = None
        buried: list[Unread] = []
        if received or (work and consumer.outside):
            state = await room.load(turn.connection, received, turn.now)
        for part, record, reading in work:
            if isinstance(reading, Received):
                said = room.decide(state, reading)
            else:
                assert isinstance(reading, Unread)
                self._bury(part, record, reading)
                buried.append(reading)
                said = room.unreadable(state, reading) if consumer.outside else ()
            for outgoing in said:
                turn.emit(outgoing, part=part)
        if state is not None:
            turn.writes.append(partial(room.save, turn.connection, state))
            turn.afterwards.append(lambda: room.committed(state))
        turn.afterwards.append(lambda: _tell(consumer.name, buried))
        turn.afterwards.append(lambda: metrics.records(consumer.name, "handled").inc(len(received)))
        turn.afterwards.append(lambda: metrics.records(consumer.name, "dead-letter").inc(len(buried)))

    def _has_to_wait(self, record: RawRecord, reading: Received | Unread | Skipped) -> bool:
        """Whether the record was decided by reference data that are not in force here, or one before it."""
        reference = self._turn.reference
        # What strangers say was decided by nobody yet.
        if reference is None or self._consumer.outside:
            return False
        at = TopicPartition(record.topic, record.partition)
        if at not in self.waits and isinstance(reading, Received):
            version = getattr(reading.message, "reference_versions", {}).get(BUNDLE)
            if version is not None and version not in self._lacks:
                self._lacks[version] = reference.lacks(version)
            if why := version and self._lacks[version]:
                self.waits[at] = why
        return at in self.waits

    async def _recall(self) -> None:
        """Ask for the numbers and ids of all that is here, by key and headers: it is not read yet."""
        keys: set[str] = set()
        ids: list[str] = []
        # What is said of a key is mostly said under it: its numbers come with the same question.
        always = self._turn.writes_numbers
        for record in self._records:
            counts = numbered(record.topic)
            if (counts or always) and record.key is not None:
                keys.add(record.key.decode("utf-8", "replace"))
            if not counts and (message_id := claimed_id(record)):
                ids.append(message_id)
        await self._turn.numbering.recall(keys=keys, ids=ids)

    def _admit(self, record: RawRecord, reading: Received | Unread | Skipped) -> str | None:
        """Return the record's part if the room is to see it; move the offset unless the part halts here."""
        consumer, turn, numbering = self._consumer, self._turn, self._turn.numbering
        part = consumer.part_of(record.topic, record.partition)
        if part in self.halts or self._has_to_wait(record, reading):
            return None
        wanted = isinstance(reading, Unread) and self._buries(record, reading)
        if consumer.outside:
            wanted = not isinstance(reading, Skipped)
        elif reading.topic != record.topic:
            # A replay was counted when it died: only its id can tell whether it was mended already.
            if isinstance(reading, Received):
                wanted = reading.topic in consumer.topics and numbering.hear_id(
                    reading.envelope.id, reading.key or ""
                )
        elif numbered(reading.topic):
            sequence = _sequence(record, reading)
            key = (record.key or b"").decode("utf-8", "replace")
            if sequence is not None and record.key is not None:
                expected = numbering.expected(reading.topic, key)
                step = numbering.hear(reading.topic, key, sequence)
                if step > 1:
                    self.halts[part] = Halt(
                        part, record.topic, record.partition, record.offset, key, "gap", expected, sequence
                    )
                    return None
                wanted = step == 1 and not isinstance(reading, Skipped)
        elif isinstance(reading, Received):
            wanted = numbering.hear_id(reading.envelope.id, reading.key or "")
        turn.offsets[TopicPartition(record.topic, record.partition)] = record.offset + 1
        if not wanted:
            metrics.records(consumer.name, "skipped" if isinstance(reading, Skipped) else "repeated").inc()
        return part if wanted else None

    def _buries(self, record: RawRecord, unread: Unread) -> bool:
        """Whether it is ours to bury: a replay comes to every consumer of the service, and dies once."""
        return not is_replay(record) or self._consumer is (
            gravedigger(self._beside, unread.topic, record.topic) or self._consumer
        )

    def _bury(self, part: str, record: RawRecord, unread: Unread) -> None:
        envelope = Envelope(
            id=derive_id(
                "dead-letter", self._consumer.name, record.topic, str(record.partition), str(record.offset)
            ),
            source=f"/wangge/{self._consumer.name}",
            type=DEAD_LETTER_TYPE,
            time=self._turn.now,
        )
        left = remains(
            record.key,
            record.headers,
            record.value,
            topic=self._turn.dead_letters,
            seal=self._consumer.seal,
        )
        headers = [
            *to_headers(envelope),
            *epitaph(
                unread.topic,
                unread.partition,
                unread.offset,
                unread.appended_at,
                code=unread.code,
                reason=unread.text,
            ),
            *left.headers,
        ]
        self._turn.bury(part, key=left.key, headers=headers, value=left.value)


def _tell(consumer: str, buried: Sequence[Unread]) -> None:
    """Log what has become dead letters: a line for each topic and code, for a stranger may send thousands."""
    alike: dict[tuple[str, str], list[Unread]] = {}
    for unread in buried:
        alike.setdefault((unread.topic, unread.code), []).append(unread)
    for (topic, code), these in alike.items():
        first = f"{topic}[{these[0].partition}]@{these[0].offset}"
        structlog.get_logger().warning(
            "records_buried", consumer=consumer, topic=topic, code=code, records=len(these), first=first
        )


def _sequence(record: RawRecord, reading: Received | Unread | Skipped) -> int | None:
    """Return the record's sequence, even when the rest of it cannot be read."""
    if not isinstance(reading, Unread):
        return reading.envelope.sequence
    text = dict(record.headers).get("ce_sequence", b"")
    # What is longer is no number of ours, nor of PostgreSQL.
    return int(text) if text.isdigit() and len(text) <= 18 else None


def _refused(record: RawRecord, reading: Received | Unread | Skipped, culprit: str) -> Unread | Skipped:
    """Return what could be read as if it could not: its id is not heard, so that a mended replay counts."""
    if not isinstance(reading, Received):
        return reading
    return as_unread(record, reading, NOT_HANDLED, culprit)
