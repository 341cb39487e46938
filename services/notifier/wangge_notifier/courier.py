"""What is due is marked, committed, posted, and its outcome recorded: two turns and a post between them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic_core import from_json, to_json

from wangge_chassis import Connection, Outgoing, Timer, Turn
from wangge_contracts.message import derive_id, instant_text
from wangge_contracts.topics import NOTICES_CHANGED
from wangge_contracts.v1 import NoticeChanged, NoticeState, TransportOutcome
from wangge_notifier import store
from wangge_notifier.delivering import Outcome, Schedule
from wangge_notifier.directory import Address, Directory
from wangge_notifier.handlers import Directories
from wangge_notifier.sending import Webhooks
from wangge_notifier.signing import Secrets
from wangge_notifier.store import Delivery

_AT_A_TURN = 500
_PRIVATE = ("state", "attempt", "outcome", "not_before", "endpoint_key")
"""What of a notice is ours and not its recipient's."""
Attempt = tuple[str, int]
"""A notice and the number of the attempt."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One attempt, packed: where it goes, signed with what, and its bytes."""

    endpoint_key: str
    address: Address
    secrets: Sequence[bytes]
    body: bytes


class Courier:
    """
    Delivers the notices of the parts that its consumer owns.

    A row in state `sending` is one of four things, and the database alone says that it is there: marked by
    this process and committed (it is posted now), on its way, answered (it is recorded next), or left behind
    by a process that is gone. Of those nobody knows whether the receiver has them: they become `unknown`
    and are posted again under the same webhook-id.
    """

    def __init__(
        self,
        directories: Directories,
        webhooks: Webhooks,
        secrets: Secrets,
        schedule: Schedule,
        *,
        at_once: int,
    ) -> None:
        self._directories = directories
        self._webhooks = webhooks
        self._secrets = secrets
        self._schedule = schedule
        self._at_once = at_once
        self._marked: dict[Attempt, Parcel] = {}
        self._flying: dict[Attempt, asyncio.Task[None]] = {}
        self._outcomes: dict[Attempt, Outcome] = {}
        self._left: set[Attempt] = set()
        self._log = structlog.get_logger()

    def timer(self, *, every: timedelta) -> Timer:
        """Return the timer that drives it."""
        return Timer(every=every, peek=self.peek, work=self.work)

    async def peek(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> bool:
        """Post what is marked and committed, and say whether a turn has anything to write."""
        sending, is_due = await store.in_hand(connection, parts, partitions, now=now, busy=self._busy())
        # What is not in that state any more was recorded, rolled back, answered, or is not ours now.
        self._outcomes = {attempt: how for attempt, how in self._outcomes.items() if attempt in sending}
        self._marked = {attempt: parcel for attempt, parcel in self._marked.items() if attempt in sending}
        self._left = {attempt for attempt in sending if attempt not in self._marked}
        for attempt, parcel in self._marked.items():
            if attempt not in self._flying and attempt not in self._outcomes:
                self._flying[attempt] = asyncio.create_task(self._post(attempt, parcel))
        return bool(is_due or self._outcomes or self._left)

    async def work(self, turn: Turn) -> None:
        """Record outcomes, doubt what was left behind, and mark what is due."""
        ids = {notice_id for notice_id, _ in (*self._outcomes, *self._left)}
        known = await store.deliveries(turn.connection, ids) if ids else {}
        changed = [
            delivery
            for delivery in known.values()
            if delivery.state == "sending" and self._record(turn, delivery)
        ]
        waiting = await store.due(
            turn.connection,
            turn.parts,
            turn.partitions,
            now=turn.now,
            busy=self._busy(),
            limit=_AT_A_TURN,
        )
        load, directory = self._load(), self._directories()
        for delivery in waiting:
            if load[delivery.endpoint_key] < self._at_once:
                load[delivery.endpoint_key] += self._begin(turn, delivery, directory)
                changed.append(delivery)
        await store.save_deliveries(turn.connection, changed)

    def _load(self) -> Counter[str]:
        """Return how many attempts are under way to each endpoint."""
        return Counter(
            parcel.endpoint_key for attempt, parcel in self._marked.items() if attempt not in self._outcomes
        )

    def _busy(self) -> list[str]:
        return [key for key, number in self._load().items() if number >= self._at_once]

    def _record(self, turn: Turn, delivery: Delivery) -> bool:
        attempt = (delivery.notice_id, delivery.attempt)
        outcome = self._outcomes.get(attempt)
        if outcome is not None:
            state, due_at = self._schedule.after(
                outcome, notice_id=delivery.notice_id, attempt=delivery.attempt, now=turn.now
            )
            self._say(turn, delivery, state, due_at=due_at, outcome=outcome)
        elif attempt in self._left:
            self._say(turn, delivery, "unknown", due_at=turn.now, outcome=Outcome("courier-gone"))
        else:
            return False
        return True

    def _begin(self, turn: Turn, delivery: Delivery, directory: Directory) -> int:
        """Do what is due with one notice; return 1 when it is to be posted."""
        assert delivery.document is not None
        notice = NoticeChanged.read(delivery.document.encode())
        if notice.channel == "console":
            self._log.info(
                "notice_told",
                notice=notice.notice_id,
                recipient=notice.recipient.ref,
                case=notice.case_number,
                text=notice.text.text,
            )
            delivery.attempt += 1
            self._say(turn, delivery, "sent", due_at=None, outcome=Outcome("shown"))
            return 0
        address = directory.addresses.get(delivery.endpoint_key)
        secrets = self._secrets.of(address.holder) if address else ()
        if address is None or notice.channel != "webhook" or not secrets:
            lacking = (
                "no-channel" if notice.channel != "webhook" else "no-secret" if address else "no-address"
            )
            self._say(turn, delivery, "given-up", due_at=None, outcome=Outcome(lacking))
            return 0
        delivery.attempt += 1
        body = body_of(notice, delivery.document)
        self._marked[delivery.notice_id, delivery.attempt] = Parcel(
            delivery.endpoint_key, address, secrets, body
        )
        self._say(turn, delivery, "sending", due_at=None, outcome=None)
        return 1

    def _say(
        self,
        turn: Turn,
        delivery: Delivery,
        state: NoticeState,
        *,
        due_at: datetime | None,
        outcome: Outcome | None,
    ) -> None:
        assert delivery.document is not None
        delivery.state, delivery.due_at = state, due_at
        told = TransportOutcome(code=outcome.code, detail=outcome.detail) if outcome else None
        notice = NoticeChanged.read(delivery.document.encode()).model_copy(
            update={
                "state": state,
                "attempt": delivery.attempt,
                "outcome": told,
                "not_before": due_at,
                "at": turn.now,
            }
        )
        turn.emit(
            Outgoing(
                NOTICES_CHANGED.name,
                notice.endpoint_key,
                notice,
                derive_id(notice.notice_id, state, str(delivery.attempt)),
                subject=notice.incident_id,
            )
        )

    async def _post(self, attempt: Attempt, parcel: Parcel) -> None:
        try:
            self._outcomes[attempt] = await self._webhooks.send(
                parcel.address.address, secrets=parcel.secrets, notice_id=attempt[0], body=parcel.body
            )
        finally:
            del self._flying[attempt]


def body_of(notice: NoticeChanged, document: str) -> bytes:
    """Return what the receiver of a webhook is sent; the same bytes on every attempt."""
    told = {name: value for name, value in from_json(document).items() if name not in _PRIVATE}
    return to_json(
        {"type": f"notice.{notice.template.name}", "timestamp": instant_text(notice.at), "data": told}
    )
