"""The part `boundaries` of a bundle: the areas of streets, communities and grids, as GeoJSON (RFC 7946)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from wangge_contracts.v1 import Latitude, Longitude, PlaceCode

Crs = Literal["WGS84", "GCJ02"]
"""What the two numbers mean. RFC 7946 knows WGS-84 only, so the part says it in a member of its own."""
Position = tuple[Longitude, Latitude]
"""Longitude before latitude, in degrees."""
Ring = Annotated[tuple[Position, ...], Field(min_length=4)]
"""A closed line: its last position is its first."""
Area = Annotated[tuple[Ring, ...], Field(min_length=1)]
"""The outer ring, then the holes."""


class _Lenient(BaseModel):
    """GeoJSON allows members that a reader does not know; they are passed over and not published."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Polygon(_Lenient):
    """One area."""

    type: Literal["Polygon"]
    coordinates: Area

    @property
    def areas(self) -> tuple[Area, ...]:
        """Its pieces: one."""
        return (self.coordinates,)


class MultiPolygon(_Lenient):
    """An area in several pieces."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[tuple[Area, ...], Field(min_length=1)]

    @property
    def areas(self) -> tuple[Area, ...]:
        """Its pieces."""
        return self.coordinates


class Identity(_Lenient):
    """Which place of the registry it is."""

    level: Literal["street", "community", "grid"]
    code: PlaceCode


class Feature(_Lenient):
    """The area of one place."""

    type: Literal["Feature"] = "Feature"
    properties: Identity
    geometry: Annotated[Polygon | MultiPolygon, Field(discriminator="type")]


class Boundaries(_Lenient):
    """
    The part itself: a FeatureCollection.

    The areas of one level should touch and not overlap, and those of one level at least should cover the
    district: what lies in none of them counts as outside of it.
    """

    type: Literal["FeatureCollection"] = "FeatureCollection"
    crs: Crs
    features: Annotated[tuple[Feature, ...], Field(min_length=1)]
