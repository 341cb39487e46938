"""What the files of a configuration may hold that no room defines: the district, rosters and contacts."""

from collections.abc import Iterator, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from wangge_contracts.calendars import TimeZone
from wangge_contracts.hours import Window
from wangge_contracts.posts import SeatOrHolder, seated
from wangge_contracts.v1 import (
    CoordinateSystem,
    Holder,
    Id,
    Latitude,
    Longitude,
    Names,
    Place,
    PlaceCode,
    PlaceLevel,
    Slug,
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DefaultPoint(_Strict):
    """A point that a device or a form sends when it does not know where it is."""

    lon: Longitude
    lat: Latitude
    crs: CoordinateSystem = "WGS84"


class District(_Strict):
    """What a configuration is for; the content of the part `district`."""

    code: PlaceCode
    name: Names
    time_zone: TimeZone
    calendar: Slug
    """Counts every limit that names no calendar of its own."""
    language: Literal["zh", "en"] = "zh"
    """Of notices and of what a reporter is told, where who reads it asks for no other."""
    default_points: tuple[DefaultPoint, ...] = ()


class Post(_Strict):
    """A post that is filled, or the desk of a place, and the staff number of who sits there."""

    holder: Holder
    name: Names
    staff_id: Id
    terminal: Slug | None = None


class _Duty(_Strict):
    """When the posts are manned, and by whom when their own people are away; written and published alike."""

    shifts: dict[Slug, tuple[Window, ...]] = {}
    """Hours of duty by name, by the district's clocks."""
    duty: dict[SeatOrHolder, Slug] = {}
    """The shift of a post at every place of a level, or of one holder; who has none is always on duty."""
    deputies: dict[SeatOrHolder, SeatOrHolder] = {}
    """Who stands in for whom (代班), likewise; read by `wangge_contracts.posts.deputies`."""


class Rosters(_Duty):
    """Who holds which post; the content of the part `rosters`."""

    terminal: Slug | None = None
    """The terminal system that carries officers' tasks and answers."""
    posts: tuple[Post, ...]


class WrittenRoster(_Strict):
    """Places of one level whose posts are all filled, but for those that are vacant."""

    level: PlaceLevel
    places: tuple[PlaceCode, ...] | None = None
    """Left out: all places of the level that no other roster names."""
    staff: dict[Slug, Id] = {}
    vacant: tuple[Slug, ...] = ()
    terminal: Slug | None = None


class WrittenRosters(_Duty):
    """`rosters.toml` as it is written: the posts of each level once, then the places that have them."""

    terminal: Slug | None = None
    roles: dict[PlaceLevel, dict[Slug, Names]]
    rosters: tuple[WrittenRoster, ...] = ()

    @model_validator(mode="after")
    def _levels_have_roles(self) -> Self:
        for roster in self.rosters:
            roles = self.roles.get(roster.level, {})
            unknown = sorted({*roster.staff, *roster.vacant} - roles.keys())
            if not roles or unknown:
                named = f"the post {unknown[0]}" if unknown else "any post"
                raise ValueError(f"roles.{roster.level} does not name {named}, but a roster does")
        return self

    def spread(self, places: Sequence[Place]) -> Rosters:
        """Every filled post by itself, named after its place; unknown places are left to the checks."""
        named = {code for roster in self.rosters for code in roster.places or ()}
        names = {place.code: place.name for place in places}
        posts: list[Post] = []
        for roster in self.rosters:
            rest = (p.code for p in places if p.level == roster.level and p.code not in named)
            for code in rest if roster.places is None else roster.places:
                posts += self._posts(roster, code, names.get(code, Names(zh=code, en=code)))
        return Rosters(
            terminal=self.terminal,
            posts=tuple(posts),
            shifts=self.shifts,
            duty=self.duty,
            deputies=self.deputies,
        )

    def _posts(self, roster: WrittenRoster, place: str, at: Names) -> Iterator[Post]:
        for role, called in self.roles[roster.level].items():
            if role not in roster.vacant:
                yield Post(
                    holder=seated(place, role),
                    name=Names(zh=f"{at.zh}{called.zh}", en=f"{at.en} {called.en}"),
                    staff_id=roster.staff.get(role, f"syn-{place}-{role}"),
                    terminal=roster.terminal,
                )
