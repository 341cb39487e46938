"""How each channel is used in one version of the reference data: its part `channels`, none of it secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from wangge_contracts.message import known
from wangge_contracts.v1 import Channel, Urgency
from wangge_notifier.delivering import Doubt
from wangge_notifier.pacing import Pace
from wangge_notifier.reporting import Report
from wangge_notifier.shaping import Call

Seconds = Annotated[float, Field(gt=0, le=30 * 86_400)]
Many = Annotated[int, Field(ge=1, le=10_000)]
RANKS: Mapping[str, int] = {"emergency": 0, "urgent": 1, "normal": 2}
_PATIENCE_S: Mapping[str, float] = {"emergency": 120, "urgent": 3600, "normal": 86_400}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Breaker(_Strict):
    """When an endpoint is left alone: after so many failures in a row; each probe doubles the rest."""

    failures: Many = 5
    first_rest_s: Seconds = 10
    longest_rest_s: Seconds = 600


class Flood(_Strict):
    """More than *most* notices to one endpoint or person within so long become one that says how many."""

    most: Many
    within_s: Seconds


class Use(_Strict):
    """How one channel is used."""

    at_once: Annotated[int, Field(ge=1, le=64)] = 8
    """Most attempts on their way to one endpoint."""
    per_s: Annotated[float, Field(gt=0, le=10_000)] = 50.0
    burst: Many = 50
    doubt: Doubt = "resend"
    """What follows when nobody knows whether a receiver has a notice; `query` needs `sms.query`."""
    rests: bool = False
    """Whether it keeps quiet hours."""
    flood: Flood | None = None
    longest: Annotated[int, Field(ge=20, le=10_000)] = 2000
    """Most characters of one text."""


class Quiet(_Strict):
    """Hours (of the district's clocks) in which channels that rest disturb nobody; what is urgent passes."""

    since: time
    until: time
    passes: frozenset[Literal["emergency", "urgent"]] = frozenset({"emergency", "urgent"})

    @model_validator(mode="after")
    def _end(self) -> Self:
        if self.since == self.until:
            raise ValueError(
                f"quiet hours from {self.since:%H:%M} to the same are no time at all, or all time"
            )
        return self

    @field_serializer("passes")
    def _in_one_order(self, passes: frozenset[str]) -> list[str]:
        # A bundle's version is made of these bytes, and the order of a set is another in every process.
        return sorted(passes)

    def ends(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the quiet hours end in which *now* (UTC) lies; None when it lies in none."""
        today = now.astimezone(zone).date()
        for begins_on in (today - timedelta(days=1), today):
            ends_on = begins_on if self.until > self.since else begins_on + timedelta(days=1)
            # Compared as instants: of two wall times of one zone Python sees no difference in the hour that
            # comes twice.
            begins, ends = (
                datetime.combine(day, wall, zone).astimezone(now.tzinfo)
                for day, wall in ((begins_on, self.since), (ends_on, self.until))
            )
            if begins <= now < ends:
                return ends
        return None


class Mail(_Strict):
    """The mail server; user and password are in the file of secrets."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$", max_length=320)]


class Gateway(_Strict):
    """An SMS gateway: how a text is sent, how one asks for its fate, and what it reports by itself."""

    send: Call
    query: Call | None = None
    report: Report | None = None


class Channels(_Strict):
    """The part `channels`; what it leaves out is as the defaults say."""

    use: dict[Channel, Use] = {}
    patience_s: dict[Urgency, Seconds] = {}
    """How long after it was composed a notice of this urgency is tried, before its next means is."""
    breaker: Breaker = Breaker()
    quiet: Quiet | None = None
    person: Flood | None = None
    """Of one person, over all his means; his endpoints that come first at some urgency share it equally."""
    sms: Gateway | None = None
    mail: Mail | None = None

    @field_validator("use")
    @classmethod
    def _at_the_console_nothing_waits(cls, use: dict[str, Use]) -> dict[str, Use]:
        if "console" in use:
            raise ValueError("the console has no limits: leave it out")
        return use

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        for channel, use in self.use.items():
            if use.doubt == "query" and (channel != "sms" or self.sms is None or self.sms.query is None):
                raise ValueError(f"use.{channel}.doubt = query needs `sms.query`")
        return self

    @cached_property
    def _paces(self) -> Mapping[str, Pace]:
        rest = self.breaker
        return {
            channel: Pace(
                at_once=use.at_once,
                per_s=use.per_s,
                burst=use.burst,
                opens_after=rest.failures,
                first_rest=timedelta(seconds=rest.first_rest_s),
                longest_rest=timedelta(seconds=rest.longest_rest_s),
            )
            for channel, use in [("", _PLAIN), *self.use.items()]
        }

    def of(self, channel: str) -> Use:
        """How *channel* is used."""
        return self.use.get(known(Channel, channel), _PLAIN)

    def pace(self, channel: str) -> Pace:
        """What an endpoint of *channel* is asked to bear."""
        return self._paces.get(channel) or self._paces[""]

    def patience(self, urgency: str) -> timedelta:
        """How long a notice of this urgency is tried by one means."""
        as_known: Urgency = known(Urgency, urgency)
        return timedelta(seconds=self.patience_s.get(as_known, _PATIENCE_S[as_known]))

    def quiet_until(self, channel: str, urgency: str, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return until when quiet hours keep a notice back at *now* (UTC); None when they do not."""
        if self.quiet is None or not self.of(channel).rests or urgency in self.quiet.passes:
            return None
        return self.quiet.ends(now, zone)


_PLAIN = Use()


@dataclass(frozen=True, slots=True)
class Policy:
    """What one bundle says of how notices are delivered."""

    channels: Channels
    zone: ZoneInfo
    desk: str
    """Who hears of what a person must see to: the district's desk."""

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> Self:
        """Read one bundle; raises ValueError for a useless one."""
        district = parts.get("district", {})
        zone = ZoneInfo(district.get("time_zone", "UTC"))
        return cls(
            Channels.model_validate(parts.get("channels", {})), zone, f"desk:{district.get('code', '0')}"
        )
