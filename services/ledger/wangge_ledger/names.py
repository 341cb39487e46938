"""The names and rosters in force at the moment, for the door; seen by itself while no turn runs."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from wangge_chassis import Connection
from wangge_chassis.instants import HouseClock
from wangge_chassis.reference import NotPublished, Reference
from wangge_ledger.naming import called_by, mailboxes_of, rosters_of, with_names

_LOOKS_EVERY_S = 1.0
_LARGE = 500_000
"""What is longer is named beside the loop, which reads Kafka as well."""


class Names:
    """Follows *reference* for the door; before anything is published there are none."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._called = reference.reading(lambda bundle: called_by(bundle.parts, bundle.ever))
        self._mailboxes = reference.reading(lambda bundle: mailboxes_of(bundle.parts))
        self._rosters = reference.reading(lambda bundle: rosters_of(bundle.parts))
        self._clock = HouseClock()
        self._looked: float | None = None

    async def told(self, connection: Connection, text: str) -> str:
        """Return the JSON object *text* with the names of those it tells of."""
        await self._look(connection)
        try:
            called, mailboxes, version = self._called(), self._mailboxes(), self._reference.version
        except NotPublished:
            called, mailboxes, version = {}, frozenset[str](), None
        named = partial(with_names, text, called, mailboxes=mailboxes, version=version)
        return named() if len(text) < _LARGE else await asyncio.to_thread(named)

    async def knows(self, connection: Connection, holder: str) -> bool:
        """Whether *holder* has a name, or ever had."""
        await self._look(connection)
        try:
            return holder in self._called()
        except NotPublished:
            return False

    async def rosters(self, connection: Connection) -> Mapping[str, Any]:
        """Return the part `rosters`; empty where there is none."""
        await self._look(connection)
        try:
            return self._rosters()
        except NotPublished:
            return {}

    async def _look(self, connection: Connection) -> None:
        """Put in force what has come, or whose time has; asked at most once a second."""
        if self._looked is not None and time.monotonic() - self._looked < _LOOKS_EVERY_S:
            return
        self._looked = time.monotonic()
        await self._reference.look(connection, self._clock)
