"""A sound configuration -> reference.published: its parts under their hashes, the manifest last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from wangge_contracts.message import derive_id
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_contracts.v1 import Person, ReferencePublished
from wangge_local import stories, topics
from wangge_local.bundle import Bundle, digest
from wangge_local.calendars_ending import uncounted
from wangge_local.ground import GroundError
from wangge_local.handwritten import toml_of
from wangge_local.house_books import Busy, HouseBooks
from wangge_local.speaking import Speaker
from wangge_local.standing import Standing, standing

_OPERATOR = Person(staff_id="operator", role="operator")
_MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Outsiders:
    """Who has topics of his own: slugs of terminal systems, and of departments with a mailbox."""

    terminals: tuple[str, ...]
    departments: tuple[str, ...]
    reporters: tuple[str, ...] = ()
    """Of the terminal systems those that only report: officers have no tasks there."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Their topic prefixes, as `departments.gas`."""
        return (
            *(f"terminals.{slug}" for slug in self.terminals),
            *(f"departments.{slug}" for slug in self.departments),
        )


def outsiders(bundle: Bundle, folder: Path) -> Outsiders:
    """Name everybody to whom the configuration in *folder* gives topics; raises `BadStory`, GroundError."""
    listed = bundle.part("terminals")
    slugs = {each["slug"] for each in listed}
    for where, slug in _terminals_spoken_of(folder):
        if slug not in slugs:
            raise GroundError(f"{where} speaks by the terminal {slug!r}: add it to terminals.toml")
    return Outsiders(
        # As they are listed: who names none speaks by the first.
        terminals=tuple(each["slug"] for each in listed),
        reporters=tuple(sorted(each["slug"] for each in listed if not each["officers"])),
        departments=tuple(sorted(unit["slug"] for unit in bundle.part("departments") if _has_mailbox(unit))),
    )


def _terminals_spoken_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield which story or mapping beside the bundle speaks by which terminal."""
    for story in stories.read_all(folder):
        for step in story.steps:
            if "terminals." in step.via:
                yield f"the story {story.name}", step.via.removeprefix("terminals.")
    mapping = folder / "mapping.toml"
    try:
        slug = toml_of(mapping).get("terminal") if mapping.exists() else None
    except (OSError, ValueError, RecursionError) as error:
        raise GroundError(f"{mapping} cannot be read: {error}") from None
    if slug:
        yield "mapping.toml", slug


def webhook_holders(bundle: Bundle) -> tuple[str, ...]:
    """Name the holders, and the people by their staff numbers, that the configuration tells by webhook."""
    contacts = bundle.part("contacts")
    reached = [(each["holder"], each) for each in contacts.get("contacts", ())]
    reached += [(each["staff_id"], each) for each in contacts.get("people", ())]
    return tuple(
        who
        for who, reach in reached
        if any(endpoint["channel"] == "webhook" for endpoint in reach.get("endpoints", ()))
    )


def publish(bootstrap: str, bundle: Bundle, *, at: datetime, effective_from: datetime | None = None) -> bool:
    """
    Publish *bundle* unless it holds then already, and say whether anything was said.

    What stands on the topic is not said again, so an interrupted publication is completed by the next
    one. *at* is house time, UTC; the bundle is in force from then on, or from *effective_from*. Raises
    GroundError when Kafka is away.
    """
    since = max(at, effective_from or at)
    stands = standing(bootstrap, at=since)
    if stands.version == bundle.version:
        return False
    speaker = Speaker(bootstrap, source="/wangge/operator")
    for kind, content in bundle.pieces.items():
        if bundle.hashes[kind] not in stands.hashes:
            part = _published(
                bundle, "part", name=bundle.hashes[kind], content=content, since=since, part=kind
            )
            speaker.say(REFERENCE_PUBLISHED.name, part, key=part.hash, message_id=_id(part), at=at)
    speaker.flush()
    hashes = dict(bundle.hashes)
    manifest = _published(bundle, "manifest", name=digest(hashes), content=hashes, since=since, part=None)
    speaker.say(REFERENCE_PUBLISHED.name, manifest, key=manifest.hash, message_id=_id(manifest), at=at)
    speaker.flush()
    return True


def make_topics(bootstrap: str, of: Outsiders) -> list[str]:
    """Make the topics that are missing, before anybody is told of who needs them; return their names."""
    return topics.create(
        bootstrap, terminals=of.terminals, departments=of.departments, reporters=of.reporters
    )


def refuse_uncounted(bundle: Bundle, *, at: datetime) -> None:
    """:raises GroundError: a calendar of *bundle* does not know the year of *at*, when it is to hold from."""
    for why in uncounted(bundle, at):
        raise GroundError(f"{why}: correct first_year and last_year in calendars.toml")


def refuse_removal(bundle: Bundle, *, before: Standing, books: HouseBooks) -> None:
    """
    :raises GroundError: a unit, desk or post is missing in *bundle* though it still holds open tasks, or its
        work is being checked: a check that fails gives it back.
    """
    if busy := books.busy(sorted(removed(before, bundle))):
        raise GroundError(
            f"{told_busy(busy)}: close, forward or check them before they are removed (wangge explain CASE)"
        )


def refuse_overtaken(bundle: Bundle, *, before: Standing) -> None:
    """:raises GroundError: what was published for a later day lacks a unit, desk or post of *bundle*."""
    for each in before.coming:
        if gone := sorted(holders(bundle.parts) - holders(each.parts)):
            since = f"{each.effective_from:%Y-%m-%d %H:%M} UTC"
            raise GroundError(
                f"version {each.version}, published before, holds from {since} on and lacks {gone[0]}:"
                " publish first one from then on that has it"
            )


def removed(before: Standing, bundle: Bundle) -> set[str]:
    """Name who may hold tasks by what was published *before*, and not by *bundle*."""
    return holders(before.parts) - holders(bundle.parts)


def told_busy(busy: Sequence[Busy]) -> str:
    """Say who holds how much, and where to look first."""
    held = "; ".join(
        f"{each.holder} {' and '.join(_told_of(each))}, the oldest in {each.case_number}" for each in busy[:5]
    )
    return f"{held}; and {len(busy) - 5} more" if len(busy) > 5 else held


def _told_of(busy: Busy) -> Iterator[str]:
    if busy.tasks:
        yield f"still holds {busy.tasks} open task{'s' if busy.tasks > 1 else ''}"
    if busy.checked:
        yield f"has {busy.checked} done whose check is open"


def holders(parts: Mapping[str, Any]) -> set[str]:
    """
    Name everybody who may hold tasks: units, desks of places, posts of the rosters.

    `officer:CODE/` stands for every post at a place, whether a roster names it or not.
    """
    codes = [place["code"] for place in parts.get("places", ())]
    return {
        *(f"department:{unit['slug']}" for unit in parts.get("departments", ())),
        *(f"desk:{code}" for code in codes),
        *(f"officer:{code}/" for code in codes),
        *(post["holder"] for post in parts.get("rosters", {}).get("posts", ())),
    }


def _has_mailbox(unit: dict[str, str]) -> bool:
    return unit["reach"] == _MAILBOX


def _published(
    bundle: Bundle, kind: str, *, name: str, content: object, since: datetime, part: str | None
) -> ReferencePublished:
    return ReferencePublished.model_validate(
        {
            "kind": kind,
            "part": part,
            "hash": name,
            "version": bundle.version,
            "effective_from": since,
            "content": content,
            "published_by": _OPERATOR,
        }
    )


def _id(published: ReferencePublished) -> str:
    return derive_id("reference", published.kind, published.hash)
