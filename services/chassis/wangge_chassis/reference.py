"""Which version of the reference data is in force: found once in a turn, under its lock."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog
from pydantic_core import from_json

from wangge_chassis.postgres import Connection

Parsed = TypeVar("Parsed")


class NotPublished(TimeoutError):
    """
    A message names reference data that have not arrived here, or those in force are of no use.

    It counts as an outage: nothing is skipped, the replica is not ready and says why, and tries again.
    """


@dataclass(frozen=True, slots=True)
class Bundle:
    """One complete version of the reference data; parts are raw JSON, each room parses its own."""

    version: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    ever: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Of the kinds that the room keeps, every content of any complete version, the oldest first."""

    def part(self, kind: str) -> Any:
        """Return the part of *kind*; raises LookupError when this version has none."""
        try:
            return self.parts[kind]
        except KeyError:
            raise LookupError(f"reference version {self.version} has no part {kind!r}") from None


@dataclass(frozen=True, slots=True)
class _Manifest:
    version: str
    effective_from: datetime
    parts: Mapping[str, str]
    """The hash of each part, by its kind."""


class Reference:
    """
    The reference data as a service's turns see them.

    What is in force follows from the service's schema and house time alone, so all replicas agree, and a
    part never goes back to an older version when its owner changes.

    :param keeps: kinds of part of which the room needs every version, because what runs on keeps the one
        that it started with.
    """

    def __init__(self, *, keeps: Collection[str] = ()) -> None:
        self.trouble: str | None = "reference data not read yet"
        """Why no turn may begin; it ends with the next complete version, or when one's time has come."""
        self.incomplete: dict[str, str] = {}
        """What versions lack of which a manifest was heard."""
        self._keeps = keeps
        self._manifests: Sequence[_Manifest] = ()
        self._versions: frozenset[str] = frozenset()
        self._contents: dict[str, Any] = {}
        self._bundle: Bundle | None = None

    def current(self) -> Bundle:
        """Return the bundle in force; to be asked once in a turn. Raises NotPublished before the first."""
        if self._bundle is None:
            raise NotPublished(self.trouble)
        return self._bundle

    def reading(self, parse: Callable[[Bundle], Parsed]) -> Callable[[], Parsed]:
        """
        Return what gives the bundle in force as *parse* reads it, worked out once for each.

        It raises NotPublished when *parse* raises LookupError or ValueError.
        """
        last: tuple[Bundle, Parsed] | None = None

        def current() -> Parsed:
            nonlocal last
            bundle = self.current()
            if last is None or last[0] is not bundle:
                try:
                    last = bundle, parse(bundle)
                except (LookupError, ValueError) as error:
                    raise self._refusal(
                        f"reference version {bundle.version} is of no use here: {error}"
                    ) from error
            return last[1]

        return current

    def require(self, version: str) -> None:
        """Raise NotPublished unless *version*, which a message names, is here and complete."""
        if version not in self._versions:
            known = self.incomplete.get(version, f"reference version {version} is not here")
            raise self._refusal(f"{known}, and a message was decided by it: publish it")

    def _refusal(self, why: str) -> NotPublished:
        self.trouble = why[:500]
        return NotPublished(self.trouble)

    def excuse(self, why: str) -> None:
        """Note why nothing is in force yet; what is in force needs no excuse."""
        if self._bundle is None:
            self.trouble = why

    async def see(self, connection: Connection, count: int, now: datetime) -> None:
        """
        Put the newest complete version in force whose time has come at house time *now*.

        :param count: how many manifests the schema holds; only when there are more they are read.
        """
        news = count != len(self._manifests)
        if news:
            self._manifests = await _manifests(connection)
            self._versions = frozenset(each.version for each in self._manifests)
        stands = next((each for each in reversed(self._manifests) if each.effective_from <= now), None)
        if stands is None:
            waiting = [f"version {each.version} holds from {each.effective_from}" for each in self._manifests]
            why = [*waiting, *self.incomplete.values()] or ["publish a configuration first"]
            self.excuse(f"no reference data: {', '.join(why)}")
        elif news or self._bundle is None or self._bundle.version != stands.version:
            await self._switch(connection, stands)

    async def _switch(self, connection: Connection, stands: _Manifest) -> None:
        kept = {
            kind: list(dict.fromkeys(each.parts[kind] for each in self._manifests if kind in each.parts))
            for kind in self._keeps
        }
        wanted = {*stands.parts.values(), *(name for names in kept.values() for name in names)}
        if lacking := wanted - self._contents.keys():
            self._contents = self._contents | await _contents(connection, lacking)
        self._contents = contents = {name: self._contents[name] for name in wanted}
        bundle = Bundle(
            stands.version,
            {kind: contents[name] for kind, name in stands.parts.items()},
            {kind: tuple(contents[name] for name in names) for kind, names in kept.items()},
        )
        self.trouble = None
        # Unchanged parts are the same objects: comparing them costs nothing, parsing them again would.
        if bundle != self._bundle:
            self._bundle = bundle
            structlog.get_logger().info("reference_switched", version=bundle.version)


async def _manifests(connection: Connection) -> Sequence[_Manifest]:
    """Read every complete version, in the order in which they take effect."""
    rows = await connection.fetch(
        "SELECT version, effective_from, parts FROM reference_manifest ORDER BY effective_from, log_offset"
    )
    return [_Manifest(row["version"], row["effective_from"], from_json(row["parts"])) for row in rows]


async def _contents(connection: Connection, names: Collection[str]) -> dict[str, Any]:
    rows = await connection.fetch(
        "SELECT hash, content FROM reference_part WHERE hash = ANY($1::text[])", list(names)
    )
    return {row["hash"]: from_json(row["content"]) for row in rows}
