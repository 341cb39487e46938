"""The ways out for a reporter's contact, and its end: who opens, finds or erases one is known and noted."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from wangge_chassis import Connection, Database
from wangge_chassis.postgres import Pool, outage_as
from wangge_chassis.problems import Problem, unavailable
from wangge_contracts.tokens import token_hash
from wangge_contracts.v1 import fault
from wangge_intake import store_contacts
from wangge_intake.callers import Quota, quota_used_up, token_unknown

_ANSWER_WITHIN_S = 2.0
_ID = re.compile("[0-9a-f]{32}")
_BEFORE_ALL = "0" * 32
_LOOKED_FOR_WITHIN_S = 20.0
_MOST_OF_A_PAGE = 1000
_LONGEST_REASON = 500
_OF_A_TOKEN = 16
"""Digits of the SHA-256 of a token by which who holds it is noted."""


class Contacts:
    """
    Opens a `contact_ref` for the courier, at the moment of sending, and all of it for who answers for it.

    The courier is told no names: whoever writes a text needs an address, and nothing else. What is noted, in
    the log and in the books, is who was asked about, and for which notice or by whom, never what was told.

    :param readers: SHA-256 of the bearer tokens that may ask, in hexadecimal; none: nobody may.
    :param erasers: the same of those by which it may be found what is kept of a person, and erased.
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
        log = structlog.get_logger().bind(ref=_told(ref), notice=_told(notice))
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

    def keeper(self, authorization: bytes) -> str:
        """
        Return who answers for what is kept, by the beginning of the SHA-256 of his token.

        Raises Problem 401 for a stranger: nothing that he sends is looked at.
        """
        keeper = token_hash(authorization)
        if keeper not in self._erasers:
            structlog.get_logger().warning("keeper_refused", keeper=keeper.hex()[:_OF_A_TOKEN])
            raise token_unknown()
        return keeper.hex()[:_OF_A_TOKEN]

    async def kept_of(self, person: str, *, keeper: str) -> list[dict[str, Any]]:
        """
        Return all that is kept of a *person*, by telephone number, e-mail address or name, names as well.

        Whom *keeper* looked for is noted nowhere, what he found is. Raises Problem: 422 for nobody, 503.
        """
        wanted = person.replace("\0", "").strip()
        if not wanted:
            raise Problem(422, fault("missing"))
        async with self._books(within_s=_LOOKED_FOR_WITHIN_S) as connection:
            found = await store_contacts.find_contacts(connection, wanted, reader=keeper)
        structlog.get_logger().info("contacts_found", keeper=keeper, refs=[each["ref"] for each in found])
        return found

    async def after(self, ref: str) -> list[dict[str, str]]:
        """
        Return the references after *ref* (empty: the first), each with its incident: a thousand at most.

        Nothing of the contacts themselves is among it. Raises Problem 503.
        """
        beginning = ref if _ID.fullmatch(ref) else _BEFORE_ALL
        async with self._books() as connection:
            return await store_contacts.kept_contacts(connection, after=beginning, most=_MOST_OF_A_PAGE)

    async def erase(self, ref: str, *, keeper: str, reason: str) -> None:
        """
        Erase what is kept under *ref*, for good; *reason* is kept, and is to hold nothing personal.

        Raises Problem: 422 without a reason, 404 for what was never kept or is erased, and 503 in an outage;
        then it may be asked for again.
        """
        why = reason.replace("\0", "").strip()
        if not why:
            raise Problem(422, fault("reason-required"))
        erased = False
        if _ID.fullmatch(ref):
            async with self._books() as connection:
                erased = await store_contacts.erase_contact(
                    connection, ref, reason=why[:_LONGEST_REASON], eraser=keeper
                )
        structlog.get_logger().info("contact_erased", ref=_told(ref), eraser=keeper, found=erased)
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
            return await store_contacts.open_contact(connection, ref, notice=asked_for)

    @asynccontextmanager
    async def _books(self, *, within_s: float = _ANSWER_WITHIN_S) -> AsyncIterator[Connection]:
        with outage_as(unavailable("contacts cannot be looked up at the moment")):
            async with asyncio.timeout(within_s):
                if self._pool is None:
                    self._pool = await self._database.pool(size=1)
                async with self._pool.acquire() as connection:
                    yield connection


def _told(ref: str) -> str:
    """Return *ref* as the log may have it: what is none may be the telephone number itself."""
    return ref if _ID.fullmatch(ref) else "none"
