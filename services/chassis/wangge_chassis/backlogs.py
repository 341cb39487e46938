"""How far consumer groups are behind, as the broker tells: offsets and times, never what is written there."""

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from wangge_chassis.kafka_access import kafka_access
from wangge_chassis.lines import in_full

_WITHIN_S = 10.0


class NotTold(Exception):
    """The broker gave no answer: what was asked of it is not known."""


class Backlogs:
    """
    Asks the broker for the committed offsets of groups and for the times of what they have not read.

    It needs the right to describe those groups and their topics, and none to read. Rooms commit about once
    a second and only after their transaction, so a group is never further behind than is told here, and
    seldom more than a second less.
    """

    def __init__(self, bootstrap: str, *, client_id: str) -> None:
        self._servers = bootstrap.split(",")
        self._client_id = client_id
        self._admin: AIOKafkaAdminClient | None = None
        self._log: AIOKafkaConsumer | None = None

    async def older_than(self, span: timedelta, groups: Collection[str]) -> dict[str, int]:
        """
        Return, for each of *groups* that is behind, how many records it has not handled for *span*.

        A partition on which a group never committed is one that it never held. Raises NotTold.
        """
        before_ms = round((time.time() - span.total_seconds()) * 1000)
        try:
            async with asyncio.timeout(_WITHIN_S):
                admin, log = await self._opened()
                behind = {group: await _behind(admin, log, group, before_ms) for group in groups}
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise NotTold(in_full(error)) from error
        return {group: records for group, records in behind.items() if records}

    async def close(self) -> None:
        """Let go of the broker; the next question connects anew."""
        admin, log, self._admin, self._log = self._admin, self._log, None, None
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(2):
                if admin is not None:
                    await admin.close()
                if log is not None:
                    await log.stop()

    async def _opened(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._admin is None or self._log is None:
            shared = {"bootstrap_servers": self._servers, "client_id": self._client_id, **kafka_access()}
            self._admin = AIOKafkaAdminClient(**shared)
            self._log = AIOKafkaConsumer(**shared)
            await self._admin.start()
            await self._log.start()
        return self._admin, self._log


async def _behind(admin: AIOKafkaAdminClient, log: AIOKafkaConsumer, group: str, before_ms: int) -> int:
    committed: dict[TopicPartition, int] = {
        at: stored.offset for at, stored in (await admin.list_consumer_group_offsets(group)).items()
    }
    ends = await log.end_offsets(list(committed)) if committed else {}
    unread = [at for at, offset in committed.items() if offset < ends[at]]
    if not unread:
        return 0
    younger = await log.offsets_for_times(dict.fromkeys(unread, before_ms))
    upto = {at: younger[at].offset if younger[at] else ends[at] for at in unread}
    return sum(max(upto[at] - committed[at], 0) for at in unread)
