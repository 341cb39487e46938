"""What follows for a notice from how an attempt went: each step is noted, to be written, and is a fact."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wangge_chassis import Outgoing
from wangge_contracts.v1 import NoticeState
from wangge_notifier import saying
from wangge_notifier.channels import Policy
from wangge_notifier.contacts import Lang
from wangge_notifier.delivering import Outcome, Schedule
from wangge_notifier.directory import Directory
from wangge_notifier.pacing import Lane
from wangge_notifier.page import lang_of
from wangge_notifier.saying import Delivery
from wangge_notifier.sending import Flight
from wangge_notifier.succeeding import passed_on, successors
from wangge_notifier.templates import Filled, Templates


@dataclass(slots=True)
class Errand:
    """What the courier does in one turn or batch; it counts when it is committed."""

    now: datetime
    policy: Policy
    directory: Directory
    templates: Templates
    changed: dict[str, Delivery] = field(default_factory=dict)
    begun: list[Flight] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)

    def move(
        self,
        delivery: Delivery,
        state: NoticeState,
        outcome: Outcome | None = None,
        *,
        due_at: datetime | None = None,
        **more: object,
    ) -> Outgoing:
        """Note the next state of a notice, and return the fact that says it."""
        self.changed[delivery.notice_id] = delivery
        delivery.state, delivery.due_at = state, due_at
        return saying.changed(delivery, at=self.now, outcome=outcome, **more)

    def learn(self, flight: Flight) -> bool:
        """Let the endpoint's lane learn how an attempt went; return whether it is gone from now on."""
        lane, outcome = flight.lane, flight.outcome
        assert outcome is not None
        lane.flying -= 1
        there = not lane.disabled
        if lane.learn(self.policy.channels.pace(flight.channel), outcome, now=self.now):
            self.lanes[lane.endpoint_key] = lane
        return there and lane.disabled

    def record(self, flight: Flight, delivery: Delivery, schedule: Schedule) -> Iterator[Outgoing]:
        """Say how an attempt went and what follows: a wait, a doubt, or an end."""
        outcome, channels = flight.outcome, self.policy.channels
        assert outcome is not None
        self.recorded.append(delivery.notice_id)
        stands = (delivery.state, delivery.attempt)
        if stands != ("unknown" if flight.asks else "sending", flight.parcel.attempt):
            return  # an answer that came meanwhile says more
        delivery.reference = outcome.reference or delivery.reference
        if outcome.untried and not flight.asks:
            delivery.spared += 1
        state, due_at = schedule.after(
            outcome,
            notice_id=delivery.notice_id,
            attempt=delivery.attempt if outcome.untried else delivery.attempt - delivery.spared,
            now=self.now,
            until=delivery.until,
            doubt=channels.of(flight.channel).doubt,
        )
        if state == "given-up":
            yield from self.end(delivery, outcome)
        else:
            if outcome.untried and due_at is not None and delivery.until is not None:
                delivery.until = max(delivery.until, due_at + channels.patience(delivery.notice["urgency"]))
            yield self.move(delivery, state, outcome, due_at=due_at)
            if state == "unknown" and due_at is None:
                yield self.to_desk(delivery, "endpoint-doubtful")

    def doubt(self, delivery: Delivery) -> Iterator[Outgoing]:
        """Say that nobody knows what became of an attempt whose process is gone."""
        person = self.policy.channels.of(delivery.channel).doubt == "person"
        due_at = None if person else self.now
        yield self.move(delivery, "unknown", Outcome("courier-gone"), due_at=due_at)
        if person:
            yield self.to_desk(delivery, "endpoint-doubtful")

    def end(self, delivery: Delivery, outcome: Outcome) -> Iterator[Outgoing]:
        """Give a notice up, and hand it to the recipient's next means."""
        yield self.move(delivery, "given-up", outcome)
        yield from self.hand_on(delivery)

    def hand_on(self, delivery: Delivery) -> Iterator[Outgoing]:
        """Hand what is given up to the recipient's next means, if there is one."""
        following = saying.fallback(delivery, at=self.now)
        if following is not None:
            yield following

    def pass_on(self, delivery: Delivery) -> Iterator[Outgoing]:
        """Give a notice that was kept back to who is on duty by now, if its recipient is not."""
        there = successors(delivery, self.directory, now=self.now)
        if there:
            yield self.move(delivery, "given-up", Outcome("off-duty"))
        for told in there:
            yield from passed_on(delivery, told, self.directory, at=self.now)

    def to_desk(self, delivery: Delivery, what: str) -> Outgoing:
        """Tell the district's desk that a person must see to it."""
        return saying.to_desk(
            delivery,
            what,
            desk=self.policy.desk,
            subject=self.subject(what, delivery),
            filled=self.filled(what, delivery, saying.doubtful_words(delivery)),
            at=self.now,
        )

    def subject(self, name: str, delivery: Delivery) -> str:
        """Return the subject of a template in the language of the notice."""
        return self.templates.wording(name, _lang(delivery)).subject

    def filled(self, name: str, delivery: Delivery, words: Mapping[str, str]) -> Filled:
        """Return what a template says with these *words* in the language of the notice."""
        return self.templates.filled(name, _lang(delivery), words)


def _lang(delivery: Delivery) -> Lang:
    return lang_of(delivery.notice["template"]["lang"])
