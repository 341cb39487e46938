"""Notices composed, and what came back -> how far each came."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wangge_chassis import Connection, Outgoing, Received, Room
from wangge_contracts.message import derive_id, known
from wangge_contracts.topics import TASKS_ANSWERED
from wangge_contracts.v1 import NoticeAnswer, NoticeAnswered, NoticeChanged, NoticeComposed
from wangge_notifier import saying, store_deliveries as store
from wangge_notifier.channels import RANKS
from wangge_notifier.courier import Courier
from wangge_notifier.delivering import answered_state, confirmation
from wangge_notifier.recording import Errand
from wangge_notifier.saying import Delivery


@dataclass(slots=True)
class Delivering:
    """What one batch of the courier works on."""

    deliveries: dict[str, Delivery]
    errand: Errand


class CourierRoom(Room):
    """Takes notices in hand, and notes what came back; the timer of `Courier` does the rest."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Delivering:
        """Load what is known of every notice that the batch speaks of."""
        spoken_of = (each.message for each in received)
        ids = {each.notice_id for each in spoken_of if isinstance(each, NoticeComposed | NoticeAnswered)}
        return Delivering(await store.deliveries(connection, ids), self._courier.opened(now))

    def decide(self, state: Delivering, received: Received) -> Iterable[Outgoing]:
        """Take in one notice, or one answer; an answer may come before its notice is heard of."""
        match received.message:
            case NoticeComposed() as notice:
                yield from self._take(state, notice)
            case NoticeAnswered() as answered:
                yield from self._note(state, answered, cause=received.envelope.id)

    def _take(self, delivering: Delivering, notice: NoticeComposed) -> Iterator[Outgoing]:
        errand, now = delivering.errand, delivering.errand.now
        delivery = delivering.deliveries.get(notice.notice_id)
        if delivery is None:
            delivery = Delivery(notice.notice_id, notice.endpoint_key, "composed")
            delivery.due_at = max(notice.not_before or now, now)
            delivering.deliveries[notice.notice_id] = delivery
        elif delivery.document is not None:
            return
        delivery.document = notice.write().decode()
        delivery.channel = notice.channel
        delivery.rank = RANKS.get(notice.urgency, 1)
        delivery.gathers = notice.digest and delivery.may_gather
        patience: timedelta = errand.policy.channels.patience(notice.urgency)
        delivery.until = (delivery.due_at or now) + patience
        if delivery.answered_at is not None:
            errand.changed[notice.notice_id] = delivery
            yield from self._moved(delivering, delivery, at=delivery.answered_at)
        else:
            yield from self._courier.take(errand, delivery)

    def _note(self, delivering: Delivering, answered: NoticeAnswered, *, cause: str) -> Iterator[Outgoing]:
        delivery = delivering.deliveries.get(answered.notice_id)
        if known(NoticeAnswer, answered.answer) == "resend":
            # Only what we have can be sent again; the door has looked.
            if delivery is not None and delivery.document is not None:
                yield from self._courier.again(delivering.errand, delivery, cause=cause)
            return
        if delivery is None:
            delivery = Delivery(answered.notice_id, answered.endpoint_key, "unknown")
            delivering.deliveries[answered.notice_id] = delivery
        state = answered_state(delivery.state, answered)
        if state is None:
            return
        # Whatever came back, it need not be tried again.
        delivery.state, delivery.due_at, delivery.answered_at = state, None, answered.at
        delivering.errand.changed[answered.notice_id] = delivery
        if delivery.document is not None:
            yield from self._moved(delivering, delivery, at=answered.at)

    def _moved(self, delivering: Delivering, delivery: Delivery, *, at: datetime) -> Iterator[Outgoing]:
        """Say how far a notice came by an answer; a confirmed call is an answer to its task as well."""
        said = saying.answered(delivery, at=at)
        yield said
        if delivery.state == "given-up":
            # What the provider could not bring goes by the next means.
            yield from delivering.errand.hand_on(delivery)
        if delivery.state != "confirmed":
            return
        for act in confirmation(NoticeChanged.read(said.message.write()), at=at):
            yield Outgoing(
                TASKS_ANSWERED.name,
                act.incident_id,
                act,
                derive_id("notifier", act.answer_id),
                subject=act.incident_id,
            )

    async def save(self, connection: Connection, state: Delivering) -> None:
        """Write how far the notices came."""
        await self._courier.save(connection, state.errand)

    def committed(self, state: Delivering) -> None:
        """Send what was marked."""
        self._courier.committed(state.errand)
