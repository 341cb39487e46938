"""What an outage is told as: by the name of what is away, for a room has both a broker and a database."""

import asyncpg
from aiokafka.errors import KafkaError

from wangge_chassis.lines import in_full
from wangge_chassis.logs import in_words
from wangge_chassis.postgres import NotReached, is_outage
from wangge_chassis.publisher import PublishFailed

_OF_THE_DATABASE = (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, TimeoutError)
"""The client of Kafka wraps its own; a file that cannot be read is neither's."""


def blamed(error: BaseException) -> str:
    """Say whose trouble *error* is, and what it says; what is nobody's outage is told as it is."""
    if isinstance(error, KafkaError | PublishFailed):
        return f"Kafka: {in_full(error)}"
    told = in_words(error)
    if isinstance(error, NotReached):
        return str(error)
    if isinstance(error, asyncpg.UndefinedTableError):
        # PostgreSQL passes over a schema that a role may not use, as if it were not there.
        told += ", or its schema may not be used"
    return f"PostgreSQL: {told}" if isinstance(error, _OF_THE_DATABASE) and is_outage(error) else told
