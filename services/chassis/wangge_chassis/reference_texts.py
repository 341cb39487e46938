"""Reference data kept as text, and read whenever it is asked for: read, it takes ten times the room."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from wangge_contracts.pieces import joined


class Parts(Mapping[str, Any]):
    """The parts of one version, by kind."""

    def __init__(self, pieces: Mapping[str, Sequence[str]]) -> None:
        self._pieces = pieces

    def __getitem__(self, kind: str) -> Any:
        return _read(self._pieces[kind])

    def __contains__(self, kind: object) -> bool:
        return kind in self._pieces

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)


@dataclass(frozen=True, slots=True)
class Editions:
    """All contents that a kind of part has had; equal where their texts are."""

    pieces: Sequence[Sequence[str]]
    """Of each of them."""

    def __iter__(self) -> Iterator[Any]:
        return map(_read, self.pieces)


def _read(pieces: Iterable[str]) -> Any:
    return joined([from_json(text) for text in pieces])
