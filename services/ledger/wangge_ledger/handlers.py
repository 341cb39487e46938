"""Every fact and every act -> one line of a timeline, and how the matter stands after it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from wangge_chassis import Connection, Outgoing, Received, Room
from wangge_ledger import store
from wangge_ledger.standing import Standing


class Ledger(Room):
    """It needs nothing of what it knows already: each message says the whole, and revisions decide."""

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Standing:
        """Return an empty sheet."""
        del connection, received, now
        return Standing()

    def decide(self, state: Standing, received: Received) -> Iterable[Outgoing]:
        """Write one message on the sheet; the ledger remembers and commands nothing."""
        state.take(received)
        return ()

    async def save(self, connection: Connection, state: Standing) -> None:
        """Write the sheet into the books."""
        await store.save(connection, state)
