"""A Kafka consumer that knows where reading stands once all that it handed over is handled."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


class HandingOver(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka is untyped
    """
    Whoever asks it for more has handled, or dropped, all that it handed over before.

    The end of a transaction takes an offset and is never handed over: from the records alone nobody can tell
    that behind the last of them nothing is left.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._under_way = False
        self._ends: dict[TopicPartition, int] = {}

    async def getmany(self, *partitions: Any, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        """Return what has come, by partition."""
        self._under_way = False
        records = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        self._under_way = bool(records)
        return records

    def passed(self) -> dict[TopicPartition, int]:
        """
        Return up to where nothing is left to hand over, of every partition that is not paused.

        While anything is under way that is known of none.
        """
        if self._under_way:
            return {}
        states = {at: self._subscription.subscription.assignment.state_value(at) for at in self.assignment()}
        return {
            at: state.position
            for at, state in states.items()
            if state.has_valid_position and not state.paused
        }

    async def look_ahead(self) -> None:
        """Ask where the logs end, for of what is paused nothing is fetched that would tell."""
        self._ends = await self.end_offsets(list(self.assignment()))

    def behind(self, offsets: Mapping[TopicPartition, int]) -> dict[str, int]:
        """Return by topic how many records come from *offsets* on, as far as they were seen."""
        present, paused = self.assignment(), self.paused()
        behind: dict[str, int] = defaultdict(int)
        for at, offset in offsets.items():
            seen = self._seen(at) if at in present else 0
            end = self._ends.get(at, 0) if at in paused else 0
            behind[at.topic] += max(seen - offset, end - offset, 0)
        return dict(behind)

    def _seen(self, at: TopicPartition) -> int:
        """Return where what may be read ends: of strangers before a transaction that is under way."""
        end, stable = self.highwater(at) or 0, self.last_stable_offset(at)
        # Who reads whatever is written, as of rooms, is told -1.
        return end if stable is None or stable < 0 else min(end, stable)
