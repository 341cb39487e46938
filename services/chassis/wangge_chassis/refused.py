"""A Kafka consumer to which something is refused: it says what, and reads on whatever it may."""

import asyncio
import time
from typing import Any

import structlog
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from wangge_chassis.handing_over import HandingOver

_SAID_AGAIN_WITHIN_S = 10.0
"""A refusal that was not met again for so long is over."""
_REST_S = 0.1


class BearsRefusal(HandingOver):
    """
    Whoever polls it sleeps for five seconds after an error.

    For a topic that may not be read that would keep all others waiting, again and again.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._met_at: dict[str, float] = {}

    async def getmany(self, *partitions: Any, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        """Return what has come, by partition; nothing when a topic was refused. Raises KafkaError."""
        try:
            return await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        except TopicAuthorizationFailedError as error:
            self._met(f"no right to read {_names(error)}")
            await asyncio.sleep(_REST_S)
            return {}
        except GroupAuthorizationFailedError as error:
            self._met(f"no right to be of the group {_names(error)}")
            # The client's heart has stopped, and would raise the same for ever: only who joins anew has one.
            self._coordinator.reset_generation()
            raise

    def refusals(self) -> list[str]:
        """Return what is refused, in words."""
        fresh = time.monotonic() - _SAID_AGAIN_WITHIN_S
        self._met_at = {words: at for words, at in self._met_at.items() if at > fresh}
        return sorted(self._met_at)

    def _met(self, words: str) -> None:
        if words not in self.refusals():
            structlog.get_logger().error("reading_refused", reason=words)
        self._met_at[words] = time.monotonic()


def _names(error: Exception) -> str:
    [told] = error.args or ("",)
    return told if isinstance(told, str) else ", ".join(sorted(told))
