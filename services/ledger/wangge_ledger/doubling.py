"""Which matters may be one and the same (疑似重复): near in kind, place and time. A person decides (并案)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, degrees, radians, sin, sqrt
from typing import Any

from pydantic import BaseModel, ConfigDict

WITHIN = timedelta(days=7)
"""How far apart the two reports are at most: a hotline gathers matters of one place over 7 days."""
RADIUS_M = 250.0
"""How far away the other is at most, metres: the radius in which FixMyStreet suggests duplicates."""
_EARTH_M = 6_371_008.8
"""Mean radius of the earth, metres (IUGG)."""


class Seen(BaseModel):
    """What is compared of a matter."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    incident_id: str
    case_number: str
    mode: str
    state: str = "accepted"
    district: str
    accepted_at: datetime
    class_ref: dict[str, Any] | None = None
    place: dict[str, Any]
    merged_into: str | None = None

    @property
    def street(self) -> str | None:
        """The code of its street."""
        return (self.place.get("street") or {}).get("code")

    @property
    def finest(self) -> str | None:
        """The code of the finest place that is known: its grid, community or street."""
        levels = (self.place.get(level) for level in ("grid", "community", "street"))
        return next((level["code"] for level in levels if level), None)

    @property
    def around(self) -> tuple[float, float, float, float] | None:
        """Between which latitudes and longitudes, degrees, all lies that is near; None without a point."""
        here = self.place.get("wgs84")
        if here is None:
            return None
        up = degrees(RADIUS_M / _EARTH_M)
        aside = up / cos(radians(abs(here["lat"]) + up))
        return here["lat"] - up, here["lat"] + up, here["lon"] - aside, here["lon"] + aside


@dataclass(frozen=True, slots=True)
class Double:
    """A matter that may be the same, and why it seems so."""

    seen: Seen
    same_class: bool
    """Else only the family of the class is the same."""
    metres: float | None
    """None: not both have a point, and both lie in the same finest place."""
    apart: timedelta
    """Time between the two reports."""

    @property
    def told(self) -> dict[str, Any]:
        """What is said of it: which matter, and why."""
        return {
            "incident_id": self.seen.incident_id,
            "case_number": self.seen.case_number,
            "state": self.seen.state,
            "same_class": self.same_class,
            "metres": None if self.metres is None else round(self.metres),
            "apart_s": round(self.apart.total_seconds()),
        }


def doubles(of: Seen, others: Iterable[Seen]) -> list[Double]:
    """Return which of *others* may be the same as *of*, the likeliest first."""
    found = [double for other in others if (double := _double(of, other)) is not None]
    far = {id(each): (not each.same_class, each.metres or 0.0, each.apart) for each in found}
    return sorted(found, key=lambda each: far[id(each)])


def _double(of: Seen, other: Seen) -> Double | None:
    mine, theirs = of.class_ref, other.class_ref
    if mine is None or theirs is None or mine["scheme"] != theirs["scheme"]:
        return None
    if _family(mine["code"]) != _family(theirs["code"]) or other.incident_id == of.incident_id:
        return None
    apart = abs(of.accepted_at - other.accepted_at)
    metres = _metres(of.place.get("wgs84"), other.place.get("wgs84"))
    near = of.finest is not None and of.finest == other.finest if metres is None else metres <= RADIUS_M
    if not near or apart > WITHIN:
        return None
    return Double(other, mine["code"] == theirs["code"], metres, apart)


def _family(code: str) -> str:
    """
    Return what the classes of one family share: of codes in digits the first two, which tell the class
    (大类), as the others tell the subclass (GB/T 30428.2). Names that a city made up have no such order.
    """
    return code[:2] if code.isascii() and code.isdecimal() else code


def _metres(one: dict[str, float] | None, other: dict[str, float] | None) -> float | None:
    """Return the distance of two WGS-84 points on a sphere (haversine); 0.5 % off at most."""
    if one is None or other is None:
        return None
    lat, other_lat = radians(one["lat"]), radians(other["lat"])
    half = sin((other_lat - lat) / 2) ** 2
    half += cos(lat) * cos(other_lat) * sin(radians(other["lon"] - one["lon"]) / 2) ** 2
    return 2 * _EARTH_M * asin(sqrt(half))
