"""Per key the last sequence sent and heard, and ids where there is no sequence: what a repeat is known by."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from pydantic_core import from_json, to_json

from wangge_chassis.postgres import Connection
from wangge_contracts import topics


@dataclass(slots=True)
class _Numbers:
    """The last sequence sent and heard per numbered topic, of one key."""

    sent: dict[str, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    changed: bool = False


class Numbering:
    """
    The numbers of one turn, loaded under its lock and saved with it.

    Only topics whose key has one owner are numbered; on the others a message's id is kept.
    """

    def __init__(self, connection: Connection, *, consumer: str) -> None:
        self._connection = connection
        self._consumer = consumer
        self._numbers: dict[str, _Numbers] = {}
        self._known: set[str] = set()
        self.heard: dict[str, str] = {}

    async def recall(self, *, keys: Iterable[str], ids: list[str]) -> None:
        """Load the numbers of *keys*, and which of the message *ids* were heard before."""
        wanted = [key for key in set(keys) if key not in self._numbers]
        if not wanted and not ids:
            return
        rows = await self._connection.fetch(
            """
            SELECT key, sent::text, heard::text FROM numbering WHERE consumer = $1 AND key = ANY($2::text[])
            UNION ALL
            SELECT message_id, NULL, NULL FROM heard WHERE consumer = $1 AND message_id = ANY($3::text[])
            """,
            self._consumer,
            wanted,
            ids,
        )
        self._numbers.update((key, _Numbers()) for key in wanted)
        for key, sent, heard in rows:
            if sent is None:
                self._known.add(key)
            else:
                self._numbers[key] = _Numbers(from_json(sent), from_json(heard))

    def hear(self, topic: str, key: str, sequence: int) -> int:
        """
        Note a numbered message; return 0 for a repeat, 1 for the next, more for a gap.

        Only the next one is noted. Repeats are legal: identical records may appear again at any time.
        """
        numbers = self._numbers[key]
        step = sequence - numbers.heard.get(topic, 0)
        if step == 1:
            numbers.heard[topic] = sequence
            numbers.changed = True
        return max(step, 0)

    def expected(self, topic: str, key: str) -> int:
        """Return the sequence that must come next."""
        return self._numbers[key].heard.get(topic, 0) + 1

    def hear_id(self, message_id: str, key: str) -> bool:
        """Note an unnumbered message; False if it was heard before."""
        if message_id in self._known:
            return False
        self._known.add(message_id)
        self.heard[message_id] = key
        return True

    def number(self, topic: str, key: str) -> int | None:
        """Return the sequence of the next message to *key* on *topic*; None where there is none."""
        if not numbered(topic):
            return None
        numbers = self._numbers[key]
        sequence = numbers.sent[topic] = numbers.sent.get(topic, 0) + 1
        numbers.changed = True
        return sequence

    def changed(self) -> list[tuple[str, str, str]]:
        """Return (key, sent, heard) of every key whose numbers moved, as JSON."""
        return [
            (key, to_json(numbers.sent).decode(), to_json(numbers.heard).decode())
            for key, numbers in self._numbers.items()
            if numbers.changed
        ]


def numbered(topic: str) -> bool:
    """Whether *topic* counts per key."""
    row = topics.find(topic)
    return row is not None and row.numbered


@cache
def writes_numbers(service: str) -> bool:
    """Whether *service* writes a topic that counts per key."""
    return any(row.numbered and service in row.writers for row in topics.TOPICS)
