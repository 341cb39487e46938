"""What stands on topics: read from where one likes, by nobody's group."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self, cast

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from wangge_local.ground import GroundError, poll

Ends = dict[tuple[str, int], int]
"""An offset for each partition of each topic."""
_PATIENCE_S = 20.0
"""A broker that has just started on a busy machine takes its time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One record as it stands; *timestamp_ms* is the topic's kind of time, real, since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp_ms: int

    def header(self, name: str) -> str:
        """Return a header's text, empty when there is none; what is not UTF-8 is replaced."""
        return next((value.decode("utf-8", "replace") for key, value in self.headers if key == name), "")


class Log:
    """
    What a broker has, asked again and again through one client.

    :param patience_s: how long it may take to answer.
    """

    def __init__(self, bootstrap: str, *, patience_s: float = _PATIENCE_S) -> None:
        self.bootstrap = bootstrap
        self._patience_s = patience_s
        self._client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def counts(self) -> dict[str, int]:
        """Return each topic of ours and how many partitions it has; raises GroundError when Kafka is away."""
        try:
            found = self._client.list_topics(timeout=self._patience_s).topics
        except KafkaException as error:
            raise self._away() from error
        return {name: len(of.partitions) for name, of in found.items() if not name.startswith("__")}

    def first(self, names: Iterable[str]) -> Ends:
        """Return the first offset that is kept, for each partition of those of *names* that exist."""
        return self._offsets(names, OffsetSpec.earliest())  # type: ignore[no-untyped-call]

    def next(self, names: Iterable[str]) -> Ends:
        """Return the offset that comes next, for each partition of those of *names* that exist."""
        return self._offsets(names, OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def _offsets(self, names: Iterable[str], spec: OffsetSpec) -> Ends:
        counts = self.counts()
        wanted = {
            TopicPartition(name, number): spec
            for name in dict.fromkeys(names)
            for number in range(counts.get(name, 0))
        }
        if not wanted:
            return {}
        for _ in poll(timeout=self._patience_s, every=0.05):
            try:
                asked = self._client.list_offsets(wanted, request_timeout=min(10, self._patience_s))
                return {(at.topic, at.partition): answer.result(15).offset for at, answer in asked.items()}
            except (KafkaException, TimeoutError):
                continue  # just made or just started, partitions have no leader for a moment
        raise self._away()

    def _away(self) -> GroundError:
        return GroundError(f"Kafka at {self.bootstrap} gives no answer", see="wangge status")


class Listener:
    """
    Hears some topics from *since* on: their start, or what comes after this moment.

    A context manager; raises GroundError when Kafka is away at its start.
    """

    def __init__(
        self, bootstrap: str, names: Iterable[str], *, since: Literal["start", "now"] | Ends
    ) -> None:
        self._log = Log(bootstrap)
        if not isinstance(since, dict):
            since = self._log.first(names) if since == "start" else self._log.next(names)
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "wangge-listener",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "log_level": 0,
            }
        )
        self._next = dict(since)
        self._consumer.assign(
            [TopicPartition(topic, number, offset) for (topic, number), offset in self._next.items()]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def more(self, *, timeout: float = 0.1, most: int = 1000) -> list[Heard]:
        """Return what has come, at most *most* records, after at most *timeout* seconds."""
        if not self._next:
            return []
        # `consume` alone would wait for *most* records, or the whole time.
        first = self._consumer.poll(timeout)
        records = [first, *self._consumer.consume(most, timeout=0)] if first is not None else []
        heard = []
        for record in records:
            if record.error() is not None:
                continue
            headers = cast("list[tuple[str, bytes | None]]", record.headers() or [])
            one = Heard(
                topic=record.topic() or "",
                partition=record.partition() or 0,
                offset=record.offset() or 0,
                key=_bytes(record.key()),
                value=_bytes(record.value()),
                headers=[(name, value or b"") for name, value in headers],
                timestamp_ms=record.timestamp()[1],
            )
            self._next[one.topic, one.partition] = one.offset + 1
            heard.append(one)
        return heard

    def rest(self, *, patience: float = 10) -> Iterator[Heard]:
        """
        Yield everything up to where the topics end now.

        :raises GroundError: nothing came for *patience* seconds though something is missing.
        """
        upto = self._log.next({topic for topic, _ in self._next})
        while any(self._next[at] < end for at, end in upto.items() if at in self._next):
            heard = self.more(timeout=patience, most=500)
            if not heard:
                raise GroundError(f"Kafka at {self._log.bootstrap} does not give what it has: wangge status")
            yield from heard


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
