"""A box -> boxes that tile it -> rings that share every corner, bent a little to look like streets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import cos, radians, sin
from typing import NamedTuple

UNIT = 1e-5
"""Degrees of one lattice step, about a metre; boxes are counted in whole steps."""
DECIMALS = 6

Corner = tuple[int, int]
"""East and north, in steps."""
Ring = tuple[Corner, ...]
"""Corners counterclockwise, the first repeated as the last."""


class Box(NamedTuple):
    """A rectangle of the lattice, in steps of longitude and latitude."""

    west: int
    south: int
    east: int
    north: int


def divide(box: Box, parts: int) -> list[Box]:
    """
    Cut *box* into *parts* of about the same size, always across its longer side.

    In the order in which grids are numbered: west to east, and north to south. Raises ValueError for a box
    too small to be cut.
    """
    return sorted(_cut(box, parts), key=lambda part: (-part.north, part.west))


def _cut(box: Box, parts: int) -> Iterator[Box]:
    if parts == 1:
        yield box
        return
    first = parts // 2
    wide, high = box.east - box.west, box.north - box.south
    if min(wide, high) < parts:
        raise ValueError(f"{box} is too small to be cut into {parts}")
    if wide * cos(radians(box.south * UNIT)) > high:
        at = box.west + wide * first // parts
        halves = box._replace(east=at), box._replace(west=at)
    else:
        at = box.north - high * first // parts
        halves = box._replace(south=at), box._replace(north=at)
    yield from _cut(halves[0], first)
    yield from _cut(halves[1], parts - first)


def rings(boxes: Sequence[Box]) -> list[Ring]:
    """
    The ring of each box, with the corners of all others that lie on its sides.

    Where a border of one meets the side of another, both have the corner; so they go on sharing their border
    wherever the corners are moved.
    """
    north_of: Mapping[int, set[int]] = defaultdict(set)
    east_of: Mapping[int, set[int]] = defaultdict(set)
    for west, south, east, north in boxes:
        for x, y in ((west, south), (east, south), (east, north), (west, north)):
            north_of[x].add(y)
            east_of[y].add(x)
    return [_ring(box, north_of, east_of) for box in boxes]


def _ring(box: Box, north_of: Mapping[int, set[int]], east_of: Mapping[int, set[int]]) -> Ring:
    west, south, east, north = box
    lower = sorted(x for x in east_of[south] if west <= x < east)
    right = sorted(y for y in north_of[east] if south <= y < north)
    upper = sorted((x for x in east_of[north] if west < x <= east), reverse=True)
    left = sorted((y for y in north_of[west] if south < y <= north), reverse=True)
    corners = [(x, south) for x in lower] + [(east, y) for y in right]
    corners += [(x, north) for x in upper] + [(west, y) for y in left]
    return (*corners, corners[0])


def outline(inner: Iterable[Ring]) -> Ring:
    """
    The ring around rings that share their borders: what two of them walk in both directions is inside.

    Raises ValueError when that is not one ring.
    """
    walked = {side for ring in inner for side in pairwise(ring)}
    after = {start: end for start, end in walked if (end, start) not in walked}
    corners = [min(after)]
    while corners[-1] in after:
        corners.append(after.pop(corners[-1]))
    if after or corners[-1] != corners[0]:
        raise ValueError(f"the outline from {corners[0]} is not one ring: its parts do not lie side by side")
    return tuple(corners)


def bent(ring: Ring) -> list[list[float]]:
    """
    The ring as positions, longitude and latitude in degrees, moved by up to about fifty metres.

    The bend is smooth and gentle against the size of a grid: no two borders come to cross.
    """
    return [_bent(x, y) for x, y in ring]


def _bent(x: int, y: int) -> list[float]:
    east = x + 45 * sin(y / 700) + 12 * sin(x / 210 + y / 130)
    north = y + 40 * sin(x / 600) + 10 * sin(x / 150 - y / 190)
    return [round(east * UNIT, DECIMALS), round(north * UNIT, DECIMALS)]
