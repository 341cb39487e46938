"""What intake looks up about its city: its district and year, where it ends, who may say what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter

from wangge_contracts.message import known
from wangge_contracts.topics import DEPARTMENT_ANSWERS, TERMINAL_ANSWERS, TERMINAL_REPORTS
from wangge_contracts.v1 import CoordinateSystem, PlaceCode, Slug, Source
from wangge_intake.whereabouts import NOWHERE, Bounds, DefaultPoints, default_points, on_earth

LOOKED_AT = ("boundaries", "district", "terminals")
"""The kinds of reference data that a report is judged by; a fact names their version."""


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Point(_Lenient):
    lon: float
    lat: float
    crs: CoordinateSystem = "WGS84"


class _District(_Lenient):
    code: PlaceCode
    time_zone: str
    default_points: tuple[_Point, ...] = ()


class _Terminal(_Lenient):
    slug: Slug
    sources: tuple[str, ...]
    officers: bool = False


class _Department(_Lenient):
    slug: Slug
    reach: str = ""


class _Geometry(_Lenient):
    coordinates: list[Any]


class _Feature(_Lenient):
    geometry: _Geometry


class _Boundaries(_Lenient):
    crs: str = "WGS84"
    features: tuple[_Feature, ...]


_Terminals = TypeAdapter(tuple[_Terminal, ...])
_Departments = TypeAdapter(tuple[_Department, ...])


@dataclass(frozen=True, slots=True)
class City:
    """What is known of the city; before anything is published hardly more than its district's code."""

    district: str
    zone: tzinfo = UTC
    """Where the year of a case number is taken from."""
    bounds: Bounds | None = None
    """The box around all areas that are drawn; None: no map, nothing is called outside."""
    defaults: DefaultPoints = NOWHERE
    versions: Mapping[str, str] = field(default_factory=dict)
    """The version of each kind that was looked at."""
    topics: frozenset[str] = frozenset()
    """On which outsiders are to speak."""
    _sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, version: str, parts: Mapping[str, Any]) -> Self:
        """Read one bundle; raises ValueError or LookupError for one that cannot be used."""
        district = _District.model_validate(parts["district"])
        terminals = _Terminals.validate_python(parts.get("terminals", ()))
        return cls(
            district=district.code,
            zone=ZoneInfo(district.time_zone),
            bounds=_box(_Boundaries.model_validate(parts["boundaries"])) if "boundaries" in parts else None,
            defaults=default_points((each.lon, each.lat) for each in district.default_points),
            versions={kind: version for kind in LOOKED_AT if kind in parts},
            topics=frozenset(_spoken(terminals, _Departments.validate_python(parts.get("departments", ())))),
            _sources={each.slug: each.sources for each in terminals},
        )

    def source(self, terminal: str, claimed: Source) -> Source:
        """
        Return how a report of *terminal* came, as far as we stand behind it.

        What a system may not claim, as a resident's app to be an officer, counts as the first that it may:
        who is verified on the spot (核实) is not for the reporter to choose.
        """
        allowed = self._sources.get(terminal)
        if not allowed or claimed in allowed:
            return claimed
        first: Source = known(Source, allowed[0])
        return first

    def year(self, now: datetime) -> int:
        """Return the year there."""
        return now.astimezone(self.zone).year


def _spoken(terminals: Iterable[_Terminal], departments: Iterable[_Department]) -> Iterator[str]:
    for terminal in terminals:
        yield TERMINAL_REPORTS.named(terminal.slug)
        if terminal.officers:
            yield TERMINAL_ANSWERS.named(terminal.slug)
    for unit in departments:
        if unit.reach == "mailbox":
            yield DEPARTMENT_ANSWERS.named(unit.slug)


def _box(boundaries: _Boundaries) -> Bounds | None:
    """Return the box around every area; a corner that cannot be converted does not count."""
    corners = (
        on_earth(lon, lat, crs=boundaries.crs)
        for feature in boundaries.features
        for lon, lat in _corners(feature.geometry.coordinates)
    )
    found = [corner for corner in corners if corner is not None]
    if not found:
        return None
    lons, lats = [lon for lon, _ in found], [lat for _, lat in found]
    return Bounds(min(lons), min(lats), max(lons), max(lats))


def _corners(coordinates: list[Any]) -> Iterable[tuple[float, float]]:
    """Yield the corners of a geometry, however deep its rings lie."""
    if coordinates and isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _corners(inner)
