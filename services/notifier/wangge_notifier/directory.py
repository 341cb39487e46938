"""Who is who and how they are reached, in one version of the reference data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic_core import to_json

from wangge_contracts.message import derive_id, known
from wangge_contracts.v1 import Channel, Department, Names, Place, Reach


class _Lenient(BaseModel):
    """Reference data of a newer version may say more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Endpoint(_Lenient):
    """One means of reaching somebody; at the console the holder is its own address."""

    channel: str
    address: str | None = None


CONSOLE = Endpoint(channel="console")


class _Contact(_Lenient):
    holder: str
    duty_phone: str | None = None
    endpoints: tuple[Endpoint, ...] | None = None


class _Contacts(_Lenient):
    defaults: tuple[Endpoint, ...] = (CONSOLE,)
    contacts: tuple[_Contact, ...] = ()


class _District(_Lenient):
    time_zone: str = "Asia/Shanghai"


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
    time_zone: str
    names: Mapping[str, Names]
    contact_only: frozenset[str]
    phones: Mapping[str, str]
    addresses: Mapping[str, Address]
    """Every endpoint that has an address, by its key."""
    _endpoints: Mapping[str, tuple[Endpoint, ...]] = field(repr=False)
    _defaults: tuple[Endpoint, ...] = field(repr=False)
    _effects: Mapping[tuple[str, str], frozenset[str]] = field(repr=False)

    @classmethod
    def of(cls, version: str, parts: Mapping[str, Any]) -> Self:
        """Read one bundle's parts; raises ValueError, with pydantic's account of it, for a useless one."""
        contacts = _Contacts.model_validate(parts.get("contacts", {}))
        lines = {contact.holder: contact.endpoints for contact in contacts.contacts if contact.endpoints}
        departments = _Departments.validate_json(to_json(parts.get("departments", [])))
        names = {f"desk:{place.code}": _desk(place) for place in _places(parts)}
        names |= {f"department:{department.slug}": department.name for department in departments}
        names |= {post.holder: post.name for post in _Rosters.model_validate(parts.get("rosters", {})).posts}
        return cls(
            version=version,
            time_zone=_District.model_validate(parts.get("district", {})).time_zone,
            names=names,
            contact_only=frozenset(
                f"department:{department.slug}"
                for department in departments
                if known(Reach, department.reach) == "contact-only"
            ),
            phones={each.holder: each.duty_phone for each in contacts.contacts if each.duty_phone},
            addresses={
                endpoint_key(holder, endpoint): Address(holder, endpoint.channel, endpoint.address)
                for holder, endpoints in lines.items()
                for endpoint in endpoints
                if endpoint.address
            },
            _endpoints=lines,
            _defaults=contacts.defaults,
            _effects={
                (ladder.name, rung.name): frozenset(rung.effects)
                for ladder in _Ladders.model_validate(parts.get("ladder", {})).ladders
                for rung in ladder.rungs
            },
        )

    def endpoints(self, holder: str) -> tuple[Endpoint, ...]:
        """How *holder* is reached, the usual way first; whoever has no line of his own, by the defaults."""
        return self._endpoints.get(holder, self._defaults)

    def has_a_line(self, holder: str) -> bool:
        """Whether *holder* has endpoints of its own."""
        return holder in self._endpoints

    def name(self, holder: str) -> Names:
        """What people call *holder*."""
        return self.names.get(holder) or Names(zh=holder, en=holder)

    def effects(self, ladder: str | None, rung: str) -> frozenset[str]:
        """
        Whom a rung tells: `tell-holder`, `tell-desk`. *ladder* is a clock's, name and version joined.

        A ladder that is not in this version any more tells both: somebody must hear of it.
        """
        for (name, known_rung), effects in self._effects.items():
            if known_rung == rung and (ladder or "").startswith(f"{name}-"):
                return effects
        return frozenset({"tell-holder", "tell-desk"})


def endpoint_key(holder: str, endpoint: Endpoint) -> str:
    """Return the key that orders notices to one endpoint; two holders at one address share it."""
    return derive_id("endpoint", endpoint.channel, endpoint.address or holder)


def channel_of(endpoint: Endpoint) -> Channel:
    """Return the endpoint's channel as this version knows it; an unknown one is the console."""
    found: Channel = known(Channel, endpoint.channel)
    return found


def _places(parts: Mapping[str, Any]) -> tuple[Place, ...]:
    return _Places.validate_json(to_json(parts.get("places", [])))


def _desk(place: Place) -> Names:
    workstation = place.level == "community"
    return Names(
        zh=f"{place.name.zh}{'社区综合工作站' if workstation else '指挥中心'}",
        en=f"{place.name.en} {'workstation' if workstation else 'command centre'}",
    )
