"""A plan of a city -> a registry of places, their boundaries and addresses, made up where nothing is known.

`python -m wangge_local.synthetic FOLDER` reads FOLDER/synthetic.toml and writes places.toml, addresses.toml
and boundaries.geojson beside it; the same plan always makes the same files.
"""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.v1 import Code, Names, Place, PlaceCode, PlaceLevel
from wangge_local.handwritten import toml_of
from wangge_local.synthetic_shapes import UNIT, Box, Ring, bent, divide, outline, rings


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedCommunity(_Strict):
    """A community as the plan knows it: the end of its code, and its name without the word for it."""

    code: Annotated[str, Field(pattern=r"^\d{3}$")]
    name: Names
    grids: Annotated[int, Field(ge=1, le=999)]


class PlannedStreet(_Strict):
    """A street: its box, and either its known communities or how many are to be made up."""

    code: PlaceCode
    name: Names
    box: tuple[float, float, float, float]
    """West, south, east, north in degrees."""
    communities: Annotated[int, Field(ge=1, le=999)] | None = None
    grids: Annotated[int, Field(ge=1)] | None = None
    """Of the whole street, spread evenly over its communities."""
    known: tuple[PlannedCommunity, ...] = ()

    @model_validator(mode="after")
    def _known_or_counted(self) -> Self:
        if bool(self.known) == bool(self.communities and self.grids):
            raise ValueError(
                f"street {self.code}: give its `known` communities, or `communities` and `grids`"
            )
        return self

    def planned(self) -> tuple[PlannedCommunity, ...]:
        """The communities it has: those known, or made-up ones with a number for a name."""
        if self.known:
            return self.known
        each, rest = divmod(self.grids or 0, self.communities or 1)
        return tuple(
            PlannedCommunity(
                code=f"{n:03}",
                name=Names(zh=f"{self.name.zh}{n}号", en=f"{self.name.en} {n}"),
                grids=each + (n <= rest),
            )
            for n in range(1, (self.communities or 0) + 1)
        )


class Plan(_Strict):
    """What is known of a city, and how the rest is to be made up; the content of synthetic.toml."""

    head: str
    """What places.toml says of itself: which of it is fact, and which is not."""
    scheme: Code
    code: PlaceCode
    name: Names
    streets: tuple[PlannedStreet, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The plan in *folder*; raises FileNotFoundError, TOMLDecodeError, ValidationError."""
        return cls.model_validate(toml_of(folder / "synthetic.toml"))


def places(plan: Plan) -> Iterator[Place]:
    """Every place of the plan, from the district down, each level in the order of its codes."""
    levels: dict[PlaceLevel, list[Place]] = {"street": [], "community": [], "grid": []}

    def add(level: PlaceLevel, code: str, parent: str, zh: str, en: str) -> None:
        name = Names(zh=zh, en=en)
        levels[level].append(Place(code=code, scheme=plan.scheme, level=level, name=name, parent=parent))

    for street in plan.streets:
        add("street", street.code, plan.code, f"{street.name.zh}街道", street.name.en)
        for community in street.planned():
            code, zh, en = f"{street.code}{community.code}", community.name.zh, community.name.en
            add("community", code, street.code, f"{zh}社区", en)
            for n in range(1, community.grids + 1):
                add("grid", f"{code}{n:03}", code, f"{zh}第{n}网格", f"{en} grid {n}")
    yield Place(code=plan.code, scheme=plan.scheme, level="district", name=plan.name)
    for level in levels.values():
        yield from level


def boundaries(plan: Plan) -> dict[str, Any]:
    """The GeoJSON (RFC 7946) of the plan: a polygon for every street, community and grid, without a gap."""
    drawn = {code: box for street in plan.streets for code, box in _grids(street)}
    ring_of = dict(zip(drawn, rings(list(drawn.values())), strict=True))
    features: list[dict[str, Any]] = []
    for level, digits in (("street", 9), ("community", 12), ("grid", 15)):
        inner: dict[str, list[Ring]] = {}
        for code, ring in ring_of.items():
            inner.setdefault(code[:digits], []).append(ring)
        features += [_feature(level, code, outline(those)) for code, those in inner.items()]
    return {"type": "FeatureCollection", "crs": "WGS84", "synthetic": True, "features": features}


def _grids(street: PlannedStreet) -> Iterator[tuple[str, Box]]:
    west, south, east, north = (round(degrees / UNIT) for degrees in street.box)
    planned = street.planned()
    for community, area in zip(planned, divide(Box(west, south, east, north), len(planned)), strict=True):
        for n, box in enumerate(divide(area, community.grids), 1):
            yield f"{street.code}{community.code}{n:03}", box


def _feature(level: str, code: str, ring: Ring) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [bent(ring)]}
    return {"type": "Feature", "properties": {"level": level, "code": code}, "geometry": geometry}


def as_toml(plan: Plan) -> str:
    """places.toml: one place a line."""
    lines = [f"# {line}".rstrip() for line in plan.head.strip().splitlines()]
    lines += [f"scheme = {_quoted(plan.scheme)}", "", "places = ["]
    for place in places(plan):
        parent = f", parent = {_quoted(place.parent)}" if place.parent else ""
        name = f"{{ zh = {_quoted(place.name.zh)}, en = {_quoted(place.name.en)} }}"
        code, level = _quoted(place.code), _quoted(place.level)
        lines.append(f"  {{ code = {code}, level = {level}{parent}, name = {name} }},")
    return "\n".join([*lines, "]", ""])


_PER_GRID = 12
"""How many buildings a grid has: so that those of the stories (38, 36) lie in their grids."""


def addresses_as_toml(plan: Plan) -> str:
    """addresses.toml: the buildings of each grid, a grid a line; every community counts its own from 1."""
    lines = [
        "# Made by `python -m wangge_local.synthetic` from synthetic.toml: change that, not this.",
        "#",
        "# What stands in addresses, and where that is. Synthetic: each community numbers its buildings",
        "# from 1, twelve to a grid. Others have the same numbers: the community must be named as well.",
        "addresses = [",
    ]
    for place in places(plan):
        if place.level == "grid":
            number = int(place.code[-3:])
            first, last = (number - 1) * _PER_GRID + 1, number * _PER_GRID
            lines.append(f"  {{ place = {_quoted(place.code)}, buildings = [{first}, {last}] }},")
    return "\n".join([*lines, "]", ""])


def as_geojson(collection: dict[str, Any]) -> str:
    """boundaries.geojson: one feature a line, no spaces."""
    head = {key: value for key, value in collection.items() if key != "features"}
    features = ",\n".join(_compact(feature) for feature in collection["features"])
    return f'{_compact(head)[:-1]},"features":[\n{features}\n]}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> str:
    # A JSON string is a TOML string.
    return json.dumps(text, ensure_ascii=False)


def main(folder: Path) -> None:
    """Write the files of the plan in *folder*; raises what `Plan.read` raises."""
    plan = Plan.read(folder)
    (folder / "places.toml").write_text(as_toml(plan), "utf-8")
    (folder / "boundaries.geojson").write_text(as_geojson(boundaries(plan)), "utf-8")
    (folder / "addresses.toml").write_text(addresses_as_toml(plan), "utf-8")


if __name__ == "__main__":
    for each in islice(sys.argv, 1, None):
        main(Path(each))
