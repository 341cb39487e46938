"""The one way out for a reporter's contact, and its end: who opens or erases one is known and noted."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog

from wangge_chassis import Connection, Database
from wangge_chassis.postgres import Pool, outage_as
from wangge_chassis.problems import Problem, unavailable
from wangge_contracts.tokens import token_hash
from wangge_contracts.v1 import fault
from wangge_intake import store
from wangge_intake.callers import Quota, quota_used_up, token_unknown

_ANSWER_WITHIN_S = 2.0
_ID = re.compile("[0-9a-f]{32}")
_LONGEST_REASON = 500


class Contacts:
    """
    Opens a `contact_ref` for the courier, at the moment of sending.

    Names are never told: whoever writes a text needs an address, and nothing else. What is noted, in the log
    and in the books, is who was asked about and for which notice, never what was answered.

    :param readers: SHA-256 of the bearer tokens that may ask, in hexadecimal; none: nobody may.
    :param erasers: the same of those that may erase.
    :param per_s: questions a second for long, *burst* at once after a pause; all readers share them.
    """

    def __init__(
        self,
        database: Database,
        readers: Iterable[str],
        erasers: Iterable[str],
        *,
        per_s: float,
        burst: float,
    ) -> None:
        self._database = database
        self._readers = frozenset(bytes.fromhex(reader) for reader in readers)
        self._erasers = frozenset(bytes.fromhex(eraser) for eraser in erasers)
        self._quota = Quota(per_s, burst, burst, 0.0)
        self._pool: Pool | None = None

    async def opened(self, ref: str, *, authorization: bytes, notice: str, now: float) -> dict[str, str]:
        """
        Return `phone` and `email`, as far as the reporter gave them.

        *notice* is what he is to be sent; *now* is monotonic. Raises Problem: 401 for a stranger, 404 for
        what was never kept or is erased, 429, and 503 in an outage.
        """
        log = structlog.get_logger().bind(ref=ref[:64], notice=notice[:64])
        if token_hash(authorization) not in self._readers:
            log.warning("contact_refused", reason="token-unknown")
            raise token_unknown()
        if wait_s := self._quota.take(1, now=now):
            log.warning("contact_refused", reason="quota")
            raise quota_used_up(wait_s)
        found = await self._found(ref, notice) if _ID.fullmatch(ref) else None
        log.info("contact_opened", found=found is not None)
        if found is None:
            raise Problem(404, fault("unknown-contact"))
        return {name: value for name, value in found.items() if value}

    async def erase(self, ref: str, *, authorization: bytes, reason: str) -> None:
        """
        Erase what is kept under *ref*, for good; *reason* is kept, and is to hold nothing personal.

        Raises Problem: 401 for a stranger, 422 without a reason, 404 for what was never kept or is erased,
        and 503 in an outage; then it may be asked for again.
        """
        eraser, why = token_hash(authorization), reason.replace("\0", "").strip()
        log = structlog.get_logger().bind(ref=ref[:64], eraser=eraser.hex()[:16])
        if eraser not in self._erasers:
            log.warning("erasure_refused", reason="token-unknown")
            raise token_unknown()
        if not why:
            raise Problem(422, fault("reason-required"))
        erased = False
        if _ID.fullmatch(ref):
            async with self._books() as connection:
                erased = await store.erase_contact(
                    connection, ref, reason=why[:_LONGEST_REASON], eraser=eraser.hex()[:16]
                )
        log.info("contact_erased", found=erased)
        if not erased:
            raise Problem(404, fault("unknown-contact"))

    async def attend(self) -> None:
        """Keep the books open until the service stops."""
        try:
            await asyncio.Event().wait()
        finally:
            if self._pool is not None:
                self._pool.terminate()

    async def _found(self, ref: str, notice: str) -> dict[str, str | None] | None:
        async with self._books() as connection:
            asked_for = notice if _ID.fullmatch(notice) else None
            return await store.open_contact(connection, ref, notice=asked_for)

    @asynccontextmanager
    async def _books(self) -> AsyncIterator[Connection]:
        with outage_as(unavailable("contacts cannot be looked up at the moment")):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                if self._pool is None:
                    self._pool = await self._database.pool(size=1)
                async with self._pool.acquire() as connection:
                    yield connection
