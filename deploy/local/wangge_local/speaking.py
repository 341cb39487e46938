"""Messages onto topics, as an outsider or an operator says them; done when Kafka has them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_contracts.message import Message as Said
from wangge_local.ground import GroundError

MOST_BYTES = 2_306_867
"""What the broker takes at most (kafka.properties): a topic may admit less, and then says so itself."""
OnKept = Callable[[KafkaError | None, Message], None]


class Speaker:
    """
    One producer for one command.

    :param source: what it calls itself in the envelope. :param on_kept: told of each record that Kafka has,
        or will not have, while `poll` or `flush` runs.
    """

    def __init__(
        self, bootstrap: str, *, source: str, on_kept: OnKept = lambda _error, _record: None
    ) -> None:
        self._source = source
        self._on_kept = on_kept
        self._bootstrap = bootstrap
        self._refused: KafkaError | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                "message.max.bytes": MOST_BYTES,
                "delivery.timeout.ms": 30_000,
                "log_level": 0,
            }
        )

    def say(
        self,
        topic: str,
        message: Said,
        *,
        key: str | None,
        message_id: str,
        at: datetime | None = None,
        subject: str | None = None,
    ) -> None:
        """Hand *message* over; `flush` tells whether it arrived. Its time is *at*, or this moment."""
        envelope = Envelope(message_id, self._source, message.TYPE, at or datetime.now(UTC), subject)
        self.hand_over(
            topic,
            key=key.encode() if key is not None else None,
            headers=to_headers(envelope),
            value=message.write(),
        )

    def hand_over(
        self, topic: str, *, key: bytes | None, headers: Sequence[tuple[str, bytes]], value: bytes | None
    ) -> None:
        """Hand a record over as it stands; raises GroundError when it is larger than any topic admits."""
        while True:
            try:
                self._producer.produce(
                    topic, value=value, key=key, headers=list(headers), on_delivery=self._delivered
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            except KafkaException as error:
                told = f"{len(value or b'')} bytes for {topic}: {error.args[0].str()}"
                raise GroundError(f"Kafka's client refuses {told}") from None
            self._producer.poll(0)
            return

    def poll(self) -> None:
        """Let what Kafka has said meanwhile be heard."""
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until Kafka has everything. Raises GroundError when it has not, or will not."""
        try:
            left = self._producer.flush(35)
        except KafkaException as error:
            raise GroundError(f"Kafka at {self._bootstrap} refuses: {error}") from error
        if self._refused is not None:
            refused, self._refused = self._refused, None
            raise GroundError(f"Kafka at {self._bootstrap} refuses: {refused.str()}")
        if left:
            raise GroundError(f"Kafka at {self._bootstrap} has not taken {left} messages: wangge status")

    def _delivered(self, error: KafkaError | None, record: Message) -> None:
        self._on_kept(error, record)
        if error is not None:
            self._refused = error
