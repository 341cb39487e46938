"""Who is who and how they are reached, in one version of the reference data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic_core import to_json

from wangge_contracts.hours import Works, by_the_week, working_days
from wangge_contracts.message import derive_id, known
from wangge_contracts.reckoning import Hours
from wangge_contracts.v1 import Channel, Department, Names, Place, Reach as UnitReach
from wangge_notifier.contacts import Contacts, Endpoint, Lang, Reach, firsts
from wangge_notifier.people import People, Told


class _Lenient(BaseModel):
    """Reference data of a newer version may say more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _District(_Lenient):
    time_zone: str = "UTC"
    language: Lang = "zh"


class _Terminal(_Lenient):
    slug: str
    name: Names


class _Post(_Lenient):
    holder: str
    name: Names


class _Rosters(_Lenient):
    posts: tuple[_Post, ...] = ()


class _Rung(_Lenient):
    name: str
    effects: tuple[str, ...] = ()


class _Ladder(_Lenient):
    name: str
    rungs: tuple[_Rung, ...] = ()


class _Ladders(_Lenient):
    ladders: tuple[_Ladder, ...] = ()


_Departments = TypeAdapter(tuple[Department, ...])
_Places = TypeAdapter(tuple[Place, ...])
_Terminals = TypeAdapter(tuple[_Terminal, ...])


@dataclass(frozen=True, slots=True)
class Address:
    """Where an endpoint is, and whose secret signs what is sent there."""

    holder: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Directory:
    """What the notifier reads of one bundle."""

    version: str
    zone: ZoneInfo
    lang: Lang
    """In which whoever asks for no other is told."""
    names: Mapping[str, Names]
    """Of holders, of terminal systems, and of people by their staff number."""
    contact_only: frozenset[str]
    phones: Mapping[str, str]
    addresses: Mapping[tuple[str, str], Address]
    """Every endpoint that has an address, by its key and by whose it is: several may share one."""
    people: People
    to_reporters: tuple[Channel, ...]
    """By what a reporter can be reached, the first first: what `channels` describes."""
    defaults: tuple[Endpoint, ...]
    _reaches: Mapping[str, Reach] = field(repr=False)
    _effects: Mapping[tuple[str, str], frozenset[str]] = field(repr=False)
    hours: Hours = field(default_factory=Hours, repr=False)
    """What limits are counted by."""
    works: Works = field(default=by_the_week, repr=False)
    """Tells working days from days off."""

    @classmethod
    def of(cls, version: str, parts: Mapping[str, Any], hours: Hours | None = None) -> Self:
        """Read one bundle's parts; raises ValueError, with pydantic's account of it, for a useless one."""
        contacts = Contacts.model_validate_json(to_json(parts.get("contacts", {})))
        departments = _Departments.validate_json(to_json(parts.get("departments", [])))
        places = _Places.validate_json(to_json(parts.get("places", [])))
        names = {f"desk:{place.code}": _desk(place) for place in places}
        names |= {f"department:{department.slug}": department.name for department in departments}
        names |= {
            f"terminal:{each.slug}": each.name
            for each in _Terminals.validate_json(to_json(parts.get("terminals", [])))
        }
        names |= {post.holder: post.name for post in _Rosters.model_validate(parts.get("rosters", {})).posts}
        names |= {person.staff_id: person.name for person in contacts.people if person.name}
        reaches: dict[str, Reach] = {each.holder: each for each in contacts.contacts}
        reaches |= {each.staff_id: each for each in contacts.people}
        district, works = _District.model_validate(parts.get("district", {})), working_days(parts)
        return cls(
            version=version,
            zone=ZoneInfo(district.time_zone),
            lang=district.language,
            names=names,
            contact_only=frozenset(
                f"department:{department.slug}"
                for department in departments
                if known(UnitReach, department.reach) == "contact-only"
            ),
            phones={each.holder: each.duty_phone for each in contacts.contacts if each.duty_phone},
            addresses={
                (endpoint_key(whose, endpoint), whose): Address(whose, endpoint.channel, endpoint.address)
                for whose, reach in reaches.items()
                for endpoint in reach.endpoints or ()
                if endpoint.address
            },
            people=People.read(parts.get("rosters", {}), contacts, places, works),
            to_reporters=_to_reporters(parts.get("channels", {})),
            defaults=contacts.defaults,
            _reaches=reaches,
            _effects={
                (ladder.name, rung.name): frozenset(rung.effects)
                for ladder in _Ladders.model_validate(parts.get("ladder", {})).ladders
                for rung in ladder.rungs
            },
            hours=hours or Hours(),
            works=works,
        )

    def reach(self, told: Told) -> Reach | None:
        """How somebody is reached: as the person says, else as his post or unit; None: by the defaults."""
        own = self._reaches.get(told.staff_id or "")
        return own if own is not None and own.endpoints else self._reaches.get(told.ref, own)

    def address(self, key: str, *, ref: str, staff_id: str | None) -> Address | None:
        """
        Return where the endpoint *key* of somebody at *ref* is: the person's own, else his post's or unit's.

        None when it is neither's any more, though another may still be told there.
        """
        own = self.addresses.get((key, staff_id)) if staff_id else None
        return own or self.addresses.get((key, ref))

    def means(self, told: Told) -> int:
        """By how many endpoints that ring somebody may be told first."""
        return firsts(self.reach(told), self.defaults)

    def has_a_line(self, holder: str) -> bool:
        """Whether *holder*, or anybody there, has endpoints of its own."""
        reaches = (self._reaches.get(who) for who in (holder, *self.people.of.get(holder, ())))
        return any(reach is not None and reach.endpoints for reach in reaches)

    def local(self, at: datetime) -> datetime:
        """Return the wall time of the district at an instant (UTC)."""
        return at.astimezone(self.zone)

    def name(self, holder: str) -> Names:
        """What people call *holder*."""
        slug = holder.partition(":")[2] or holder
        return self.names.get(holder) or Names(zh=slug, en=slug)

    def effects(self, ladder: str | None, rung: str) -> frozenset[str]:
        """
        Whom a rung tells of which its fact says nothing: `tell-holder`, `tell-desk`.

        *ladder* is a clock's, name and version joined. One that is not in this version any more tells both:
        somebody must hear of it.
        """
        name, _, _ = (ladder or "").rpartition("-")
        return self._effects.get((name, rung), frozenset({"tell-holder", "tell-desk"}))


def endpoint_key(holder: str, endpoint: Endpoint) -> str:
    """Return the key that orders notices to one endpoint; two holders at one address share it."""
    return derive_id("endpoint", endpoint.channel, endpoint.address or holder)


def channel_of(endpoint: Endpoint) -> Channel:
    """Return the endpoint's channel as this version knows it; an unknown one is the console."""
    found: Channel = known(Channel, endpoint.channel)
    return found


def _to_reporters(channels: Mapping[str, Any]) -> tuple[Channel, ...]:
    described: tuple[tuple[str, Channel], ...] = (("sms", "sms"), ("mail", "email"))
    return tuple(channel for name, channel in described if channels.get(name))


def _desk(place: Place) -> Names:
    workstation = place.level == "community"
    return Names(
        zh=f"{place.name.zh}{'综合工作站' if workstation else '指挥中心'}",
        en=f"{place.name.en} {'workstation' if workstation else 'command centre'}",
    )
