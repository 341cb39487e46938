"""Who is nearest on the roster (就近): the posts of a grid, then those of its community's other grids."""

from collections.abc import Iterator

from wangge_contracts.v1 import Holder
from wangge_router.draft import Draft


def here(draft: Draft, *roles: str) -> Iterator[Holder]:
    """Yield the filled posts with those *roles* of the grid in which the incident lies."""
    sorting = draft.directory.sorting
    located = sorting.registry.locate(draft.incident.place)
    for role in roles:
        holder, note = sorting.seat(f"grid/{role}", located)
        if note is None:
            yield holder


def nearby(draft: Draft, *roles: str) -> Iterator[Holder]:
    """Yield the filled posts with those *roles* of the other grids of its community, grid by grid."""
    sorting, incident = draft.directory.sorting, draft.incident
    for located in sorting.registry.neighbours(incident.place, incident.place_flags):
        for role in roles:
            holder, note = sorting.seat(f"grid/{role}", located)
            if note is None:
                yield holder
