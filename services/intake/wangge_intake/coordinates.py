"""Points in the coordinate systems of Chinese maps -> WGS-84."""

from math import atan2, cos, pi, sin, sqrt

_A = 6378245.0
_EE = 0.00669342162296594323
"""Axis in metres and squared eccentricity of the Krasovsky 1940 ellipsoid, which GCJ-02 is computed on."""
_X_PI = pi * 3000.0 / 180.0


def wgs84(lon: float, lat: float, *, crs: str) -> tuple[float, float] | None:
    """
    Return longitude and latitude in WGS-84 degrees; None for a coordinate system that we do not know.

    CGCS2000 differs from WGS-84 by centimetres and is passed on. GCJ-02 and BD-09 are undone with the
    formulas that are publicly known (the authority has published neither): the way there and back errs by
    less than 0.01 m and 0.5 m;
    against points surveyed in both systems the deviation is reported as a few metres.
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
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    magic = 1.0 - _EE * sin(radians) ** 2
    root = sqrt(magic)
    return (
        lon + east * 180.0 / (_A / root * cos(radians) * pi),
        lat + north * 180.0 / (_A * (1.0 - _EE) / (magic * root) * pi),
    )


def _from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    there = lon, lat
    for _ in range(3):
        back = to_gcj02(*there)
        there = there[0] + lon - back[0], there[1] + lat - back[1]
    return there


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
