"""The broker's ids of topics, which tell a topic from one made later under its name (KIP-516)."""

from collections.abc import Collection, Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from aiokafka.client import ConnectionGroup
from aiokafka.errors import UnsupportedVersionError
from aiokafka.protocol import types
from aiokafka.protocol.api import RequestHeader_v2, ResponseHeader_v1


class _Uuid:
    """Sixteen bytes."""

    @staticmethod
    def encode(value: UUID) -> bytes:
        return value.bytes

    @staticmethod
    def decode(found: BytesIO) -> UUID:
        return UUID(bytes=found.read(16))


_NOBODY = UUID(int=0)
_TEXT, _TAGS = types.CompactString("utf-8"), ("tags", types.TaggedFields)
_NODES = types.CompactArray(types.Int32)
_PARTITIONS = types.CompactArray(
    ("error_code", types.Int16),
    ("partition", types.Int32),
    ("leader", types.Int32),
    ("leader_epoch", types.Int32),
    ("replicas", _NODES),
    ("isr", _NODES),
    ("offline_replicas", _NODES),
    _TAGS,
)
_TOPICS = types.CompactArray(
    ("error_code", types.Int16),
    ("name", _TEXT),
    ("id", _Uuid),
    ("is_internal", types.Boolean),
    ("partitions", _PARTITIONS),
    ("authorized_operations", types.Int32),
    _TAGS,
)
_BROKERS = types.CompactArray(
    ("node_id", types.Int32), ("host", _TEXT), ("port", types.Int32), ("rack", _TEXT), _TAGS
)
_ANSWER = types.Schema(
    ("throttle_time_ms", types.Int32),
    ("brokers", _BROKERS),
    ("cluster_id", _TEXT),
    ("controller_id", types.Int32),
    ("topics", _TOPICS),
)
_QUESTION = types.Schema(
    ("topics", types.CompactArray(("id", _Uuid), ("name", _TEXT), _TAGS)),
    ("allow_auto_topic_creation", types.Boolean),
    ("include_cluster_authorized_operations", types.Boolean),
    ("include_topic_authorized_operations", types.Boolean),
    _TAGS,
)


class _Metadata:
    """A question for metadata in the first version that has ids; the client's own are older."""

    API_KEY, API_VERSION = 3, 10
    RESPONSE_TYPE = _ANSWER

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> "_Metadata":
        """Return what is sent to a broker that speaks *versions*. Raises UnsupportedVersionError."""
        least, most = versions[self.API_KEY]
        if not least <= self.API_VERSION <= most:
            raise UnsupportedVersionError
        return self

    def build_request_header(self, correlation_id: int, client_id: str) -> Any:
        """Return the header."""
        return RequestHeader_v2(self, correlation_id=correlation_id, client_id=client_id)

    def encode(self) -> bytes:
        """Return the question."""
        topics: list[Any] = [(_NOBODY, name, {}) for name in self._names]
        encoded: bytes = _QUESTION.encode((topics, False, False, False, {}))
        return encoded

    @staticmethod
    def parse_response_header(answer: BytesIO) -> Any:
        """Return the header of the answer."""
        return ResponseHeader_v1.decode(answer)


async def topic_ids(kafka: AIOKafkaConsumer, names: Collection[str]) -> dict[str, UUID]:
    """
    Return the ids of those of *names* that are there; of none, if the broker is too old to have any.

    Raises KafkaError.
    """
    client = kafka._client
    # On the connection of fetches it would wait behind a long poll.
    beside = ConnectionGroup.COORDINATION
    try:
        answer = await client.send(client.get_random_node(), _Metadata(names), group=beside)
    except UnsupportedVersionError:
        return {}
    *_, topics = answer
    return {name: known for _, name, known, *_ in topics if known != _NOBODY}
