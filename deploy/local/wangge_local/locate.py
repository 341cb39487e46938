"""Points, one a line -> the street, community and grid of each, by a configuration's map or other streets."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from wangge_contracts.coordinates import wgs84
from wangge_contracts.v1 import Names, Place, PlaceLevel, Wgs84
from wangge_local.bundle_whole import repeated
from wangge_local.ground import GroundError
from wangge_local.handwritten import text_of
from wangge_router.addresses import AddressEntry
from wangge_router.boundaries import Boundaries
from wangge_router.places import Registry
from wangge_router.placing import Atlas

_BATCH = 500
_LONGEST = 60
"""Characters of a line that still help to find it in the file."""
LEVELS: tuple[PlaceLevel, ...] = ("street", "community", "grid")
_ADDRESSES = TypeAdapter(tuple[AddressEntry, ...])
_PLACES = TypeAdapter(tuple[Place, ...])


@dataclass(frozen=True, slots=True)
class Given:
    """One point as it was given: the number of its line, its fields, and what they mean."""

    line: int
    fields: tuple[str, ...]
    point: Wgs84
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is no point, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Header:
    """The first line, where it names columns."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a point lies: the places that are known by their level, and what is doubtful."""

    given: Given
    places: Mapping[PlaceLevel, tuple[str, Names]]
    flags: tuple[str, ...]


class Chart:
    """A map with the names of its places."""

    def __init__(self, places: Iterable[Place], boundaries: Boundaries, called: Mapping[str, Names]) -> None:
        """Draw it. Places that are not registered go by the names they are *called*."""
        self._registry = Registry(tuple(places))
        self._atlas = Atlas(boundaries)
        self._called = called

    @classmethod
    def of_bundle(cls, parts: Mapping[str, Any]) -> "Chart":
        """Return the map of a configuration. Raises GroundError when it has none."""
        if "boundaries" not in parts:
            raise GroundError(
                "this configuration has no map: add boundaries.geojson, or name streets with --streets FILE"
            )
        boundaries = Boundaries.model_validate_json(json.dumps(parts["boundaries"]))
        return cls(_PLACES.validate_json(json.dumps(parts["places"])), boundaries, {})

    @classmethod
    def of_streets(cls, parts: Mapping[str, Any], file: Path, *, crs: str) -> "Chart":
        """
        Return the streets of a GeoJSON *file* and nothing finer: areas drawn otherwise would not fit them.

        A file that does not name its coordinate system (`"crs": "GCJ02"`) is read in *crs*. Raises
        GroundError for what cannot be used.
        """
        try:
            read = json.loads(text_of(file))
            features = [feature | {"properties": _street(feature)} for feature in read["features"]]
            named = read.get("crs") if isinstance(read.get("crs"), str) else crs
            boundaries = Boundaries.model_validate_json(json.dumps({"crs": named, "features": features}))
            called = {each["properties"]["code"]: _called(each["properties"]) for each in features}
            if twice := [code for _, code in repeated(each.properties.code for each in boundaries.features)]:
                raise ValueError(f"{twice[0]} is outlined twice: keep one, or make them one MultiPolygon")
            return cls(_PLACES.validate_json(json.dumps(parts["places"])), boundaries, called)
        except (KeyError, TypeError, AttributeError) as error:
            raise GroundError(f"{file} is no GeoJSON of streets with a `code` each: {error!r}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise GroundError(f"{file}: {where}: {first['msg']}; correct it") from error
        except ValueError as error:
            raise GroundError(f"{file} cannot be used: {error}") from error

    def answers(self, given: Iterable[Given | Bad | Header]) -> Iterator[Answer | Bad | Header]:
        """Say of each point where it lies, in the order given; what is no point is passed on."""
        lines = iter(given)
        while batch := list(islice(lines, _BATCH)):
            asked = [each for each in batch if isinstance(each, Given)]
            spots = self._atlas.look([each.point for each in asked], [each.accuracy_m for each in asked])
            found = iter(spots)
            for each in batch:
                if not isinstance(each, Given):
                    yield each
                    continue
                spot = next(found)
                flags = (*(() if spot.code else ("outside",)), *(("border",) if spot.border else ()))
                yield Answer(each, self._places(spot.code) if spot.code else {}, flags)

    def _places(self, code: str) -> dict[PlaceLevel, tuple[str, Names]]:
        located = self._registry.find(code)
        if located is None:
            return {"street": (code, self._called[code])}
        known = {level: getattr(located, level) for level in LEVELS}
        return {level: (place.code, place.name) for level, place in known.items() if place is not None}


def of_addresses(parts: Mapping[str, Any]) -> Registry:
    """Return the places of a configuration, to be found by address. Raises GroundError without addresses."""
    if "addresses" not in parts:
        raise GroundError("this configuration knows no addresses: add addresses.toml")
    entries = _ADDRESSES.validate_json(json.dumps(parts["addresses"]))
    return Registry(_PLACES.validate_json(json.dumps(parts["places"])), None, entries)


def read(lines: Iterable[str], *, crs: str) -> Iterator[Given | Bad | Header]:
    """Read points, `lon,lat` or `lon,lat,accuracy_m` a line; a header and empty lines are no fault."""
    first = True
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text:
            yield _read(number, text, crs=crs, may_be_header=first)
            first = False


def _read(number: int, text: str, *, crs: str, may_be_header: bool) -> Given | Bad | Header:
    fields = [field.strip().strip('"') for field in text.split(",")]
    try:
        lon, lat = float(fields[0]), float(fields[1])
        accuracy = float(fields[2]) if len(fields) > 2 and fields[2] else 0.0
    except (ValueError, IndexError):
        if may_be_header and len(fields) > 1 and not any(map(_is_number, fields)):
            return Header(text)
        return Bad(number, f"{_brief(text)} is no point: write lon,lat in degrees")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return Bad(
            number, f"{_brief(text)} is nowhere on earth: write the longitude first, then the latitude"
        )
    if not 0 <= accuracy <= 1e7:
        return Bad(number, f"{_brief(text)}: an accuracy is 0 to 10,000,000 metres")
    degrees = wgs84(lon, lat, crs=crs)
    assert degrees is not None, crs
    return Given(number, tuple(fields), Wgs84(lon=degrees[0], lat=degrees[1]), accuracy)


def _brief(text: str) -> str:
    """Return *text* as somebody finds it in a file, were it a binary one; not what would fill a screen."""
    return repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _street(feature: Mapping[str, Any]) -> dict[str, Any]:
    return {**feature["properties"], "level": "street"}


def _called(properties: Mapping[str, Any]) -> Names:
    name = str(properties.get("name") or properties["code"])
    return Names(zh=name, en=name)
