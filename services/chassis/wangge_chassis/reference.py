"""Which version of the reference data is in force: found once in a turn, under its lock."""

import asyncio
import gc
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import structlog
from pydantic_core import from_json

from wangge_chassis import metrics
from wangge_chassis.instants import HouseClock
from wangge_chassis.postgres import Connection
from wangge_chassis.reference_texts import Editions, Parts
from wangge_contracts.pieces import gathered

Parsed = TypeVar("Parsed")


class NotPublished(TimeoutError):
    """
    No reference data are in force.

    It counts as an outage: nothing is skipped, the replica is not ready and says why, and tries again.
    """


@dataclass(frozen=True, slots=True)
class Bundle:
    """One complete version of the reference data; parts are raw JSON, each room parses its own."""

    version: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    """By kind; read from its text whenever it is asked for: nobody keeps it beside what he made of it."""
    ever: Mapping[str, Iterable[Any]] = field(default_factory=dict)
    """Of the kinds that the room keeps, every content up to this version, the oldest first; read likewise."""

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
    parts: Mapping[str, tuple[str, ...]]
    """The hashes of each part's pieces, by its kind."""


class Reference:
    """
    The reference data as a service's turns see them.

    What is in force follows from the service's schema, house time and what this version of the service can
    read, so all its replicas agree, and a part never goes back to an older version when its owner changes. A
    version that a room cannot read is passed over: the one before stays in force.

    :param keeps: kinds of part of which the room needs every version, because what runs on keeps the one
        that it started with.
    :param needed: whether the rooms can do nothing without; else they begin before anything is published.
    :param decides: whether the rooms decide by it; who only shows it waits for no version.
    """

    def __init__(self, *, keeps: Collection[str] = (), needed: bool = True, decides: bool = True) -> None:
        self.trouble: str | None = "reference data not read yet" if needed else None
        """Why no turn may begin; it ends with the next version that can be read, or when its time comes."""
        self.incomplete: dict[str, str] = {}
        """What versions lack of which a manifest was heard."""
        self.unreadable: dict[str, str] = {}
        """Why versions are of no use here."""
        self.unreachable: str | None = None  # why no newer version can be heard of
        self._keeps = keeps
        self._needed = needed
        self._decides = decides
        self._seeing = asyncio.Lock()
        self._manifests: Sequence[_Manifest] = ()
        self._stands = -1
        """Which of them is in force."""
        self._texts: dict[str, str] = {}
        self._bundle: Bundle | None = None
        self._readers: list[Callable[[Bundle], Any]] = []
        self._read: tuple[Any, ...] = ()
        """What the readers made of it."""

    @property
    def version(self) -> str | None:
        """The version in force."""
        return self._bundle.version if self._bundle else None

    def current(self) -> Bundle:
        """Return the bundle in force; to be asked once in a turn. Raises NotPublished before the first."""
        if self._bundle is None:
            raise NotPublished(self.trouble or "no reference data")
        return self._bundle

    def reading(self, parse: Callable[[Bundle], Parsed]) -> Callable[[], Parsed]:
        """
        Return what gives the bundle in force as *parse* reads it, worked out once for each.

        A bundle for which *parse* raises anything is not put in force. To be called before
        the first turn; what it returns raises NotPublished before anything is in force.
        """
        number = len(self._readers)
        self._readers.append(parse)

        def current() -> Parsed:
            self.current()
            return cast("Parsed", self._read[number])

        return current

    def lacks(self, version: str) -> str | None:
        """
        Return why a message that was decided by *version* has to wait; None: it need not.

        It waits until that version is here, and while what is in force here is older, because the room
        cannot read that version: nobody decides by older data than who decided before.
        """
        if not self._decides:
            return None
        numbers = [number for number, each in enumerate(self._manifests) if each.version == version]
        if not numbers:
            known = self.incomplete.get(version, f"reference version {version} is not here")
            return f"{known}, and a message was decided by it: publish it"
        if version in self.unreadable and self._stands < numbers[-1]:
            known = f"reference version {version} cannot be read here ({self.unreadable[version]})"
            return f"{known}, and a message was decided by it: publish one that can"
        return None

    def excuse(self, why: str) -> None:
        """Note why nothing is in force yet; what is in force needs no excuse."""
        if self._bundle is None and self._needed:
            self.trouble = why[:500]

    async def look(self, connection: Connection, clock: HouseClock) -> None:
        """Let the schema say what is in force, outside a turn; *clock* says what house time it is."""
        now = await clock.now(connection)
        count = await connection.fetchval("SELECT count(*) FROM reference_manifest")
        await self.see(connection, count, now)

    async def see(self, connection: Connection, count: int, now: datetime) -> None:
        """
        Put the newest version in force that is complete, can be read, and whose time has come.

        A turn asks under its lock; where no turn decides by it, a door may ask, too.

        :param now: house time, UTC.
        :param count: how many manifests the schema holds; only when there are more they are read.
        """
        async with self._seeing:
            await self._see(connection, count, now)

    async def _see(self, connection: Connection, count: int, now: datetime) -> None:
        if news := count != len(self._manifests):
            self._manifests = await _manifests(connection)
        due = [number for number, each in enumerate(self._manifests) if each.effective_from <= now]
        for number in reversed(due):
            version = self._manifests[number].version
            if version in self.unreadable:
                continue
            if (not news and number == self._stands) or await self._switch(connection, number):
                return
        waiting = [f"version {each.version} holds from {each.effective_from}" for each in self._manifests]
        waiting = waiting[len(due) :]
        useless = [f"version {version} cannot be read: {why}" for version, why in self.unreadable.items()]
        why = [*useless, *waiting, *self.incomplete.values()] or ["publish a configuration first"]
        self.excuse(f"no reference data: {', '.join(why)}")

    async def _switch(self, connection: Connection, number: int) -> bool:
        """Put that version in force, unless it cannot be read."""
        stands = self._manifests[number]
        kept: dict[str, list[tuple[str, ...]]] = {
            kind: list(
                dict.fromkeys(
                    each.parts[kind]
                    for each in self._manifests[: number + 1]
                    if kind in each.parts and each.version not in self.unreadable
                )
            )
            for kind in self._keeps
        }
        wanted = {name for names in stands.parts.values() for name in names}
        wanted |= {name for each in kept.values() for names in each for name in names}
        if lacking := wanted - self._texts.keys():
            self._texts = self._texts | await _texts(connection, lacking)
        texts = {name: self._texts[name] for name in wanted}
        bundle = Bundle(
            stands.version,
            Parts({kind: [texts[name] for name in names] for kind, names in stands.parts.items()}),
            {
                kind: Editions([[texts[name] for name in names] for names in each])
                for kind, each in kept.items()
            },
        )
        before = self._bundle
        if before is None or (before.version, before.ever) != (bundle.version, bundle.ever):
            try:
                self._read = tuple(parse(bundle) for parse in self._readers)
            except Exception as error:  # a reader is pure: whatever it raises, the version is to blame
                self._pass_over(stands.version, f"{type(error).__name__}: {error}")
                return False
            self._bundle = bundle
            if before is not None:
                # What was made of it hangs in circles, and has lived for too long to be looked for soon.
                gc.collect()
            structlog.get_logger().info("reference_switched", version=bundle.version)
        self._texts, self._stands, self.trouble = texts, number, None
        return True

    def _pass_over(self, version: str, why: str) -> None:
        self.unreadable[version] = why[:300]
        metrics.UNREADABLE_VERSIONS.set(len(self.unreadable))
        structlog.get_logger().error("reference_of_no_use", version=version, reason=why[:1000])


async def _manifests(connection: Connection) -> Sequence[_Manifest]:
    """Read every complete version, in the order in which they take effect."""
    rows = await connection.fetch(
        "SELECT version, effective_from, parts FROM reference_manifest ORDER BY effective_from, log_offset"
    )
    return [
        _Manifest(row["version"], row["effective_from"], gathered(from_json(row["parts"]))) for row in rows
    ]


async def _texts(connection: Connection, names: Collection[str]) -> dict[str, str]:
    rows = await connection.fetch(
        "SELECT hash, content FROM reference_part WHERE hash = ANY($1::text[])", list(names)
    )
    return {row["hash"]: row["content"] for row in rows}
