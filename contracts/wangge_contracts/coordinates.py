"""
Points in the coordinate systems of Chinese maps -> WGS-84. The only place with these formulas.

The authority has published none of them; what is publicly known is an approximation, and is reported to be
a few metres off points surveyed in both systems.
"""

from math import atan2, cos, degrees, pi, radians, sin, sqrt

_A = 6378245.0
_EE = 0.00669342162296594323
"""Axis in metres and squared eccentricity of the Krasovsky 1940 ellipsoid, which GCJ-02 is computed on."""
_X_PI = pi * 3000.0 / 180.0


def wgs84(lon: float, lat: float, *, crs: str) -> tuple[float, float] | None:
    """
    Return longitude and latitude in WGS-84 degrees; None for a coordinate system that we do not know.

    CGCS2000 differs from WGS-84 by centimetres and is passed on. GCJ-02 and BD-09 are undone with the
    publicly known formulas: the way there and back errs by less than 0.05 m and 0.5 m.
    """
    if crs in ("WGS84", "CGCS2000"):
        return lon, lat
    if crs == "GCJ02":
        return _from_gcj02(lon, lat)
    if crs == "BD09":
        return _from_gcj02(*_bd09_to_gcj02(lon, lat))
    return None


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return the GCJ-02 degrees of a WGS-84 point; outside the rectangle around China they are the same."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    px, py = pi * x, pi * y
    both = 0.1 * x * y
    waves = sin(6.0 * px) + sin(2.0 * px)
    tides = waves + sin(py) + 2.0 * sin(py / 3.0) + 8.0 * sin(py / 12.0) + 16.0 * sin(py / 30.0)
    north = -100.0 + 2.0 * x + (3.0 + 0.2 * y) * y + both + 0.2 * sqrt(abs(x)) + tides / 0.075
    tides = waves + sin(px) + 2.0 * sin(px / 3.0) + 7.5 * sin(px / 12.0) + 15.0 * sin(px / 30.0)
    east = 300.0 + (1.0 + 0.1 * x) * x + 2.0 * y + both + 0.1 * sqrt(abs(x)) + tides / 0.075
    phi = radians(lat)
    sine = sin(phi)
    magic = 1.0 - _EE * sine * sine
    root = sqrt(magic)
    return (
        lon + degrees(east * root / (_A * cos(phi))),
        lat + degrees(north * magic * root / (_A * (1.0 - _EE))),
    )


def _from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return what `to_gcj02` leads here from; each step leaves less than a hundredth of the error."""
    first = to_gcj02(lon, lat)
    there = lon + lon - first[0], lat + lat - first[1]
    again = to_gcj02(*there)
    return there[0] + lon - again[0], there[1] + lat - again[1]


def to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """Return the BD-09 degrees of a GCJ-02 point."""
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _X_PI)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _X_PI)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def _bd09_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 0.0065, lat - 0.006
    radius = sqrt(x * x + y * y) - 0.00002 * sin(y * _X_PI)
    angle = atan2(y, x) - 0.000003 * cos(x * _X_PI)
    return radius * cos(angle), radius * sin(angle)
