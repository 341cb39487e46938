"""A Kafka consumer to which something is refused: it says what, and reads on whatever it may."""

import asyncio
import time
from typing import Any, NamedTuple

import structlog
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from wangge_chassis.handing_over import HandingOver

_SAID_AGAIN_WITHIN_S = 10.0
"""A refusal that was not met again for so long is over."""
_REST_S = 0.1


class Refusals(NamedTuple):
    """What was refused lately, in words."""

    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class BearsRefusal(HandingOver):
    """
    Whoever polls it sleeps for five seconds after an error.

    For a topic that may not be read that would keep all others waiting, again and again.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._topics_met: dict[str, float] = {}
        self._groups_met: dict[str, float] = {}

    async def getmany(self, *partitions: Any, timeout_ms: int = 0, max_records: int | None = None) -> Any:
        """Return what has come, by partition; nothing when a topic was refused. Raises KafkaError."""
        try:
            return await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        except TopicAuthorizationFailedError as error:
            _meet(self._topics_met, f"no right to read {_names(error)}")
            await asyncio.sleep(_REST_S)
            return {}
        except GroupAuthorizationFailedError as error:
            _meet(self._groups_met, f"no right to be of the group {_names(error)}")
            # The client's heart has stopped, and would raise the same for ever: only who joins anew has one.
            self._coordinator.reset_generation()
            raise

    def refusals(self) -> Refusals:
        """Return what is refused."""
        return Refusals(_fresh(self._topics_met), _fresh(self._groups_met))


def _fresh(met: dict[str, float]) -> tuple[str, ...]:
    since = time.monotonic() - _SAID_AGAIN_WITHIN_S
    return tuple(sorted(words for words, at in met.items() if at > since))


def _meet(met: dict[str, float], words: str) -> None:
    if words not in _fresh(met):
        structlog.get_logger().error("reading_refused", reason=words)
    met[words] = time.monotonic()


def _names(error: Exception) -> str:
    [told] = error.args or ("",)
    return told if isinstance(told, str) else ", ".join(sorted(told))
