"""An address as people write it -> the place it names: the longest name wins, and nobody guesses."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from wangge_contracts.v1 import Address, Place, PlaceCode

_MOST = 200
"""How much of an address is read, characters."""
_NAMED = ("street", "community", "grid")


class AddressEntry(BaseModel):
    """What is found in one place: its buildings by number, and whatever else has a name there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: PlaceCode
    buildings: tuple[Annotated[int, Field(ge=1, le=9999)], Annotated[int, Field(ge=1, le=9999)]] | None = None
    """The first and the last number of its buildings (38号楼): unique in their community, not in the city."""
    names: Annotated[
        tuple[Annotated[str, Field(min_length=2, max_length=100)], ...], Field(max_length=1000)
    ] = ()
    """Streets, courts, buildings, squares."""


class Found(NamedTuple):
    """The finest place that an address names, and whether it names several that are finer."""

    code: str
    ambiguous: bool


class Gazetteer:
    """The names of one city, as they stand in addresses; those of its places are among them."""

    def __init__(
        self, entries: Sequence[AddressEntry], places: Sequence[Place], chains: Mapping[str, Sequence[str]]
    ) -> None:
        """Index them; *chains* are the codes from each place up to its district, itself first."""
        self._chains = chains
        named: dict[str, dict[str, None]] = {}
        for name, code in (*_of_places(places), *_of_entries(entries)):
            if len(name) > 1:
                named.setdefault(name, {})[code] = None
        self._codes = {name: tuple(codes) for name, codes in named.items()}
        self._lengths = sorted({len(name) for name in self._codes}, reverse=True)

    def find(self, address: Address) -> Found | None:
        """
        Return what *address* names; None when it names nothing that we know.

        The names in it are read from the longest to the shortest, and each narrows down what the longer ones
        left open: of 187 buildings with the number 38 the one in the community that is named as well. What
        stays open, or contradicts itself, is the finest place that holds all of it.
        """
        text = normalised(address.text)
        if address.building is not None:
            number = normalised(address.building)
            text += normalised(f" {number}号楼") if number.isdigit() and f"{number}号" not in text else ""
        open_codes: set[str] = set()
        contradicted = False
        for name in self._names_in(text[:_MOST]):
            codes = set(self._codes[name])
            narrowed = {finer for one in open_codes for other in codes if (finer := self._finer(one, other))}
            contradicted = contradicted or bool(open_codes and not narrowed)
            open_codes = narrowed or open_codes | codes
        if not open_codes:
            return None
        first, *others = open_codes
        shared = next(
            code for code in self._chains[first] if all(code in self._chains[other] for other in others)
        )
        return Found(shared, ambiguous=contradicted or bool(others))

    def _finer(self, one: str, other: str) -> str | None:
        """Return which of two places lies in the other; None when neither does."""
        if other in self._chains[one]:
            return one
        return other if one in self._chains[other] else None

    def _names_in(self, text: str) -> Iterator[str]:
        """Yield the names in *text*, the longest first; what a longer one covers is not read again."""
        taken = [False] * len(text)
        for length in self._lengths:
            for start in range(len(text) - length + 1):
                end = start + length
                if text[start:end] in self._codes and not any(taken[start:end]) and _whole(text, start, end):
                    taken[start:end] = [True] * length
                    yield text[start:end]


def normalised(text: str) -> str:
    """Return *text* without what differs from hand to hand: width, case, blanks and marks, # for 号."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("#", "号").replace("號", "号")
    return "".join(filter(str.isalnum, folded))


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no number is cut in two: 8号楼 does not stand in 38号楼."""
    cut_before = start > 0 and text[start - 1].isdigit() and text[start].isdigit()
    return not (cut_before or (end < len(text) and text[end - 1].isdigit() and text[end].isdigit()))


def _of_places(places: Iterable[Place]) -> Iterator[tuple[str, str]]:
    for place in places:
        if place.level in _NAMED:
            yield normalised(place.name.zh), place.code
            yield normalised(place.name.en), place.code


def _of_entries(entries: Iterable[AddressEntry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if entry.buildings is not None:
            first, last = entry.buildings
            for number in range(first, last + 1):
                yield f"{number}号楼", entry.place
        for name in entry.names:
            yield normalised(name), entry.place
