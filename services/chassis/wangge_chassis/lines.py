"""Every line to Kafka that this process opens: proved by what the files hold then; why one fails is kept."""

import ssl
import time
from typing import Any

from aiokafka import client
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError

from wangge_chassis.kafka_access import KafkaAccess
from wangge_chassis.logs import in_words

_TRIED_AGAIN_WITHIN_S = 30.0
"""A broker to which nobody has tried a line for so long is not missed."""

_failed: dict[str, tuple[str, float]] = {}


def tend_lines() -> None:
    """
    Have each line of whatever client proved by password and authorities as they are in their files then.

    A client keeps those that it was made with, and one that reads lives as long as the process: when the
    broker takes the old ones no longer, it would never be let in again.
    """
    client.create_conn = _opened


def hindrance() -> list[str]:
    """Say to which brokers no line could be opened lately, and why."""
    since = time.monotonic() - _TRIED_AGAIN_WITHIN_S
    return sorted(words for words, at in _failed.values() if at > since)


def in_full(error: BaseException) -> str:
    """Say what *error* is, and what hinders lines: clients say only that they have none."""
    return "; ".join((in_words(error), *hindrance()))


async def _opened(host: str, port: int, **options: Any) -> Any:
    where = f"{host}:{port}"
    try:
        line = await create_conn(host, port, **{**options, **KafkaAccess.from_environment().client()})
    except (OSError, KafkaError, TimeoutError) as error:
        _failed[where] = f"no line to {where}: {_why(error)}", time.monotonic()
        raise
    _failed.pop(where, None)
    return line


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return getattr(error, "verify_message", None) or error.reason or in_words(error)
    return in_words(error)
