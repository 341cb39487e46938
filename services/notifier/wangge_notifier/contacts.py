"""How people and units are reached: the part `contacts`. Refuses nonsense when it is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from wangge_contracts.hours import Window, Works, by_the_week, end_of
from wangge_contracts.message import known, words
from wangge_contracts.v1 import Channel, ChannelReason, Holder, Id, Names, Short, Slug, Urgency

Lang = Literal["zh", "en"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Endpoint(_Strict):
    """One means of reaching somebody. At the console who is told is his own address."""

    channel: Channel
    address: Annotated[str, Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.channel != "console" and self.address is None:
            raise ValueError(f"a {self.channel} endpoint needs an `address`")
        return self


CONSOLE = Endpoint(channel="console")
CHANNELS: tuple[Channel, ...] = ("console", "webhook", "sms", "email")
"""By what somebody can be told here; the contract has words for more."""


class Reach(_Strict):
    """By which means, in which order, at which hours and in which language somebody is told."""

    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1)] | None = None
    """The first is tried first, the others follow when it has failed for good; a console shows everything."""
    prefer: dict[Urgency, tuple[Channel, ...]] = {}
    """At this urgency these channels in this order and no others; none: the console alone."""
    quiet: tuple[Window, ...] = ()
    """What is not urgent waits until these hours are over (免打扰), by the district's clocks."""
    digest: time | None = None
    """What is not urgent comes once a day at this wall time, as one notice."""
    lang: Lang | None = None
    """Absent: the notifier's own language."""

    @field_validator("digest", mode="before")
    @classmethod
    def _is_a_wall_time(cls, written: object) -> object:
        """An hour and a minute: a number would be read as seconds."""
        if written is not None and not isinstance(written, str | time):
            raise ValueError('write an hour and a minute, as "08:30"')
        return written

    @model_validator(mode="after")
    def _prefers_what_it_has(self) -> Self:
        if self.prefer and self.endpoints is None:
            raise ValueError("`prefer` chooses among `endpoints`, and there are none")
        has = {endpoint.channel for endpoint in self.endpoints or ()}
        for urgency, channels in self.prefer.items():
            for channel in channels:
                if channel not in has:
                    raise ValueError(f"prefer.{urgency} names {channel}, which is not among the endpoints")
                if channels.count(channel) > 1:
                    raise ValueError(f"prefer.{urgency} names {channel} twice: name each channel once")
        return self


class Contact(Reach):
    """How a unit, desk or post is reached, where that differs from the defaults."""

    holder: Holder
    duty_phone: Short | None = None


class Person(Reach):
    """Somebody by his number: who fills a post of the rosters, or one of a unit's people."""

    staff_id: Id
    name: Names | None = None
    at: tuple[Holder, ...] = ()
    """Units and desks whose people he is one of; posts are the rosters' to fill."""
    shift: Slug | None = None
    """His hours of duty, among the rosters' shifts; absent: those of his post."""


class Contacts(_Strict):
    """How everybody is reached; the content of the part `contacts`."""

    defaults: Annotated[tuple[Endpoint, ...], Field(min_length=1)] = (CONSOLE,)
    contacts: tuple[Contact, ...] = ()
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One means that is used now, why this one, and what follows when it fails for good."""

    endpoint: Endpoint
    reason: ChannelReason
    fallbacks: tuple[Endpoint, ...] = ()


def ways(reach: Reach | None, defaults: Sequence[Endpoint], urgency: str) -> tuple[Way, ...]:
    """
    Return the means by which somebody is told at *urgency*; there is always one.

    A console shows everything and rings no bell, so it is used besides; of the others the first is, and the
    rest are its fallbacks.
    """
    own = reach.endpoints if reach is not None and reach.endpoints else None
    has = own or tuple(defaults)
    reason: ChannelReason = "usual" if own else "default"
    bells = [endpoint for endpoint in has if known(Channel, endpoint.channel) != "console"]
    found = [Way(CONSOLE, "shown")] if len(bells) < len(has) else []
    wanted = reach.prefer.get(known(Urgency, urgency)) if reach is not None else None
    if wanted is not None:
        reason = "preferred"
        bells = [bell for channel in wanted for bell in bells if bell.channel == channel]
    if bells:
        found.append(Way(bells[0], reason, tuple(bells[1:])))
    return tuple(found) or (Way(CONSOLE, "shown"),)


def firsts(reach: Reach | None, defaults: Sequence[Endpoint]) -> int:
    """Return how many endpoints that ring come first at some urgency: by so many somebody may be told."""
    every = (way for urgency in words(Urgency) for way in ways(reach, defaults, urgency))
    return len({way.endpoint for way in every if way.endpoint != CONSOLE})


def ways_to_reporter(contact_ref: str, channels: Sequence[Channel]) -> tuple[Way, ...]:
    """
    Return the means by which a reporter is told: the first of *channels*, whose address intake knows.

    At the console, where somebody may see that he must be called, he is told when the others have failed.
    """
    first, *others = (*(Endpoint(channel=each, address=contact_ref) for each in channels), CONSOLE)
    return (Way(first, "usual" if others else "shown", tuple(others)),)


def waits_until(
    reach: Reach | None, local: datetime, works: Works = by_the_week
) -> tuple[datetime | None, bool]:
    """
    Return until when what is not urgent waits at *local*, a wall time, and whether it then comes in a digest.

    None: it does not wait. *works* tells working days from days off.
    """
    if reach is None:
        return None, False
    at = local
    if reach.digest is not None:
        at = local.replace(hour=reach.digest.hour, minute=reach.digest.minute, second=0, microsecond=0)
        at += timedelta(days=at <= local)
    at = end_of(reach.quiet, at, works) or at
    return (at if at > local else None), reach.digest is not None
