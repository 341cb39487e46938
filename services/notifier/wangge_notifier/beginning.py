"""What is due with one notice: it is shown, kept back, given up, or marked to be sent."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from wangge_chassis import Outgoing
from wangge_notifier import saying
from wangge_notifier.channels import Flood
from wangge_notifier.console import show
from wangge_notifier.delivering import Outcome
from wangge_notifier.directory import Address
from wangge_notifier.flying import Flights
from wangge_notifier.linking import Links
from wangge_notifier.pacing import Lane, Tally
from wangge_notifier.people import Told
from wangge_notifier.recording import Errand
from wangge_notifier.saying import Delivery
from wangge_notifier.sending import Flight, Parcel


def begin(errand: Errand, delivery: Delivery, flights: Flights, links: Links | None) -> Iterator[Outgoing]:
    """Do what is due with one notice."""
    channel, channels, lane = delivery.channel, errand.policy.channels, flights.lanes[delivery.endpoint_key]
    if channel == "console":
        show(delivery)
        delivery.attempt += 1
        yield errand.move(delivery, "sent", Outcome("shown"))
        return
    if back := _kept_back(errand, delivery, lane):
        delivery.gathers = delivery.gathers or back[1]
        delivery.until = back[0] + channels.patience(delivery.notice["urgency"])
        yield errand.move(delivery, "deferred", due_at=back[0])
        return
    address = _address(errand, delivery)
    lacking = _lacking(errand, delivery, lane, has_channel=channel in flights.means)
    if lacking is not None or address is None:
        yield from errand.end(delivery, Outcome(lacking or "no-address"))
        if lacking == "no-channel" and not delivery.notice.get("fallbacks"):
            yield errand.to_desk(delivery, lacking)
        return
    asks = delivery.state == "unknown" and channels.of(channel).doubt == "query"
    if not asks:
        delivery.attempt += 1
        yield errand.move(delivery, "sending")
    flight = Flight(_packed(errand, delivery, address, links), channel, lane, asks, delivery=delivery)
    errand.begun.append(flights.mark(flight, channels.pace(channel)))


def gather(errand: Errand, waiting: list[Delivery]) -> Iterator[Outgoing]:
    """Let the first of many, all of one mode, speak for all; the others have their last state."""
    carrier, *others = waiting
    carrier.gathers = False
    if not others:
        return
    filled = errand.filled("gathered", carrier, saying.gathered_words(carrier, others))
    carrier.rewrite(
        subject=errand.subject("gathered", carrier),
        text={**carrier.notice["text"], "text": filled.in_mode(carrier.notice["mode"]).text},
        folds=len(others),
    )
    for other in others:
        yield errand.move(other, "folded", folded_into=carrier.notice_id)


def _kept_back(errand: Errand, delivery: Delivery, lane: Lane) -> tuple[datetime, bool] | None:
    """Return until when a notice waits though it is due, and whether it gathers meanwhile."""
    if delivery.attempt > 0:
        return None
    urgency, channels = delivery.notice["urgency"], errand.policy.channels
    quiet = channels.quiet_until(delivery.channel, urgency, errand.now, errand.policy.zone)
    if quiet is not None:
        return quiet, delivery.may_gather
    if not delivery.may_gather or "folds" in delivery.notice:
        return None
    until = _persons(errand, delivery, lane) or _flooded(
        lane.tally, channels.of(delivery.channel).flood, errand.now
    )
    return (until, True) if until is not None else None


def _persons(errand: Errand, delivery: Delivery, lane: Lane) -> datetime | None:
    """
    Return until when a notice waits because its recipient has had too many.

    His endpoints may belong to several couriers, which know nothing of each other: each lets through its
    share. What another means has failed to bring was counted there.
    """
    person, recipient = errand.policy.channels.person, delivery.notice["recipient"]
    if person is None or delivery.notice.get("fallback_of"):
        return None
    told = Told(recipient["ref"], recipient.get("staff_id"), "holder")
    shares = errand.directory.means(told)
    share = person.model_copy(update={"most": max(1, person.most // max(1, shares))})
    return _flooded(lane.people.setdefault(told.who, Tally()), share, errand.now)


def _flooded(tally: Tally, flood: Flood | None, now: datetime) -> datetime | None:
    if flood is None:
        return None
    return tally.flooded_until(most=flood.most, within=timedelta(seconds=flood.within_s), now=now)


def _lacking(errand: Errand, delivery: Delivery, lane: Lane, *, has_channel: bool) -> str | None:
    """Return why a notice cannot be sent, whatever its address; None when it can."""
    if lane.disabled:
        return "endpoint-disabled"
    if delivery.until is not None and errand.now > delivery.until:
        return "too-late"
    return None if has_channel else "no-channel"


def _address(errand: Errand, delivery: Delivery) -> Address | None:
    recipient = delivery.notice["recipient"]
    if recipient["kind"] == "reporter":
        # Intake alone knows where he is: it is asked when nothing is locked.
        return Address(recipient["ref"], delivery.channel, "")
    return errand.directory.address(
        delivery.endpoint_key, ref=recipient["ref"], staff_id=recipient.get("staff_id")
    )


def _packed(errand: Errand, delivery: Delivery, address: Address, links: Links | None) -> Parcel:
    notice, channels = delivery.notice, errand.policy.channels
    confirm, ending = None, ""
    if links is not None and notice.get("confirm_by"):
        confirm = links.link(delivery.notice_id, expires_at=saying.link_expires(notice))
    if confirm is not None:
        ending = errand.filled("to-confirm", delivery, {"link": confirm}).text
    return Parcel(
        notice_id=delivery.notice_id,
        attempt=delivery.attempt,
        address=address.address,
        holder=address.holder,
        subject=notice.get("subject") or notice["template"]["name"],
        text=saying.text_of(notice, ending=ending, longest=channels.of(delivery.channel).longest),
        body=saying.body_of(delivery, confirm=confirm),
        channels=channels,
        contact_ref=None if address.address else address.holder,
        reference=delivery.reference,
    )
