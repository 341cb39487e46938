"""One bundle of reference data as it was published -> its parts, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic_core import to_json

from wangge_contracts.hours import working_days
from wangge_contracts.v1 import Department, Holder, Names, Place, Short, Slug, StandardRow
from wangge_router.addresses import AddressEntry
from wangge_router.boundaries import Boundaries
from wangge_router.rulebook import Rulebook
from wangge_router.sorting import Sorting


class _Lenient(BaseModel):
    """Reference data of a newer version may say more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Post(_Lenient):
    """A post on a roster and who fills it."""

    holder: Holder
    name: Names
    staff_id: Short | None = None
    terminal: Slug | None = None
    """The terminal system that carries this officer's tasks and answers; absent: the roster's."""


class Rosters(_Lenient):
    """The part `rosters`: every post that is filled."""

    terminal: Slug | None = None
    posts: tuple[Post, ...] = ()
    deputies: dict[str, str] = {}
    """Who stands in for whom (代班), as `posts.deputies` reads it."""


class _Contact(_Lenient):
    holder: Holder
    duty_phone: Short | None = None


class _District(_Lenient):
    time_zone: str = "UTC"
    language: str = "zh"


_Departments = TypeAdapter(tuple[Department, ...])
_Places = TypeAdapter(tuple[Place, ...])
_Rows = TypeAdapter(tuple[StandardRow, ...])
_Addresses = TypeAdapter(tuple[AddressEntry, ...])
_Contacts = TypeAdapter(tuple[_Contact, ...])


@dataclass(frozen=True, slots=True)
class Parts:
    """What the router reads of a bundle."""

    sorting: Sorting
    places: tuple[Place, ...]
    rosters: Rosters
    phones: Mapping[str, str]
    """By holder."""
    language: str
    """In which a reporter is told."""

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> Self:
        """
        Read *parts*; `district` (then it is UTC there), `boundaries`, `rosters` and `contacts` may be absent.

        Raises ValueError, with pydantic's account of it, for a bundle that cannot be used.
        """
        rosters = Rosters.model_validate(parts.get("rosters", {}))
        district = _District.model_validate(parts.get("district", {}))
        contacts = _Contacts.validate_python(parts.get("contacts", {}).get("contacts", ()))
        boundaries = parts.get("boundaries")
        places = _Places.validate_json(to_json(parts["places"]))
        sorting = Sorting.of(
            rulebook=Rulebook.model_validate_json(to_json(parts["rulebook"])),
            departments=_Departments.validate_json(to_json(parts["departments"])),
            places=places,
            standard=_Rows.validate_json(to_json(parts["standard"])),
            officers=[post.holder for post in rosters.posts] or None,
            boundaries=Boundaries.model_validate_json(to_json(boundaries)) if boundaries else None,
            addresses=_Addresses.validate_json(to_json(parts.get("addresses", ()))),
            time_zone=district.time_zone,
            works=working_days(parts),
        )
        phones = {contact.holder: contact.duty_phone for contact in contacts if contact.duty_phone}
        return cls(sorting, places, rosters, phones, district.language)
