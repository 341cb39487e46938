"""A sound configuration -> reference.published: its parts under their hashes, the manifest last."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wangge_contracts.message import derive_id
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_contracts.v1 import Person, ReferencePublished
from wangge_local import stories, topics
from wangge_local.bundle import Bundle, digest
from wangge_local.ground import GroundError
from wangge_local.house_books import Books
from wangge_local.listening import Listener
from wangge_local.speaking import Speaker

_OPERATOR = Person(staff_id="operator", role="operator")
_MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Outsiders:
    """Who has topics of his own: slugs of terminal systems, and of departments with a mailbox."""

    terminals: tuple[str, ...]
    departments: tuple[str, ...]

    @property
    def owners(self) -> tuple[str, ...]:
        """Their topic prefixes, as `departments.gas`."""
        return (
            *(f"terminals.{slug}" for slug in self.terminals),
            *(f"departments.{slug}" for slug in self.departments),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reference topic holds: hashes of the parts, the version in force and its units."""

    version: str | None
    hashes: frozenset[str]
    departments: frozenset[str]


def outsiders(bundle: Bundle, folder: Path) -> Outsiders:
    """Name everybody to whom the configuration in *folder* gives topics; raises `BadStory`."""
    rosters = bundle.part("rosters")
    terminals = {rosters.get("terminal"), *(post.get("terminal") for post in rosters["posts"])}
    for story in stories.read_all(folder):
        terminals |= {step.via.removeprefix("terminals.") for step in story.steps if "terminals." in step.via}
    if (mapping := folder / "mapping.toml").exists():
        terminals.add(tomllib.loads(mapping.read_text("utf-8")).get("terminal"))
    return Outsiders(
        terminals=tuple(sorted(slug for slug in terminals if slug)),
        departments=tuple(sorted(unit["slug"] for unit in bundle.part("departments") if _has_mailbox(unit))),
    )


def webhook_holders(bundle: Bundle) -> tuple[str, ...]:
    """Name the holders that the configuration tells by webhook."""
    return tuple(
        contact["holder"]
        for contact in bundle.part("contacts").get("contacts", ())
        if any(endpoint["channel"] == "webhook" for endpoint in contact.get("endpoints", ()))
    )


def publish(bootstrap: str, bundle: Bundle, *, at: datetime) -> bool:
    """
    Publish *bundle* unless it is in force already, and say whether anything was said.

    What stands on the topic is not said again, so an interrupted publication is completed by the next
    one. *at* is house time, UTC. Raises GroundError when Kafka is away.
    """
    stands = standing(bootstrap)
    if stands.version == bundle.version:
        return False
    speaker = Speaker(bootstrap, source="/wangge/operator")
    for kind, content in bundle.parts.items():
        if bundle.hashes[kind] not in stands.hashes:
            part = _published(bundle, "part", name=bundle.hashes[kind], content=content, at=at, part=kind)
            speaker.say(REFERENCE_PUBLISHED.name, part, key=part.hash, message_id=_id(part), at=at)
    speaker.flush()
    hashes = dict(bundle.hashes)
    manifest = _published(bundle, "manifest", name=digest(hashes), content=hashes, at=at, part=None)
    speaker.say(REFERENCE_PUBLISHED.name, manifest, key=manifest.hash, message_id=_id(manifest), at=at)
    speaker.flush()
    return True


def standing(bootstrap: str) -> Standing:
    """Read what has been published; raises GroundError when Kafka is away."""
    contents: dict[str, object] = {}
    manifest: ReferencePublished | None = None
    with Listener(bootstrap, [REFERENCE_PUBLISHED.name], since="start") as listener:
        for record in listener.rest():
            said = ReferencePublished.read(record.value or b"")
            if said.kind == "manifest":
                manifest = said
            else:
                contents[said.hash] = said.content
    units: Iterable[dict[str, str]] = ()
    if manifest is not None and isinstance(manifest.content, dict):
        units = contents.get(str(manifest.content.get("departments")), ())  # type: ignore[assignment]
    return Standing(
        version=manifest.version if manifest else None,
        hashes=frozenset(contents),
        departments=frozenset(unit["slug"] for unit in units),
    )


def make_topics(bootstrap: str, of: Outsiders) -> list[str]:
    """Make the topics that are missing, before anybody is told of who needs them; return their names."""
    return topics.create(bootstrap, terminals=of.terminals, departments=of.departments)


def refuse_removal(bundle: Bundle, *, before: Iterable[str], books: Books) -> None:
    """:raises GroundError: a unit of *before* is missing in *bundle* though it still holds open tasks."""
    gone = sorted(set(before) - {unit["slug"] for unit in bundle.part("departments")})
    if busy := books.busy(gone):
        raise GroundError(
            f"{', '.join(busy)} still holds open tasks and cannot be removed: close or forward them first"
        )


def _has_mailbox(unit: dict[str, str]) -> bool:
    return unit["reach"] == _MAILBOX


def _published(
    bundle: Bundle, kind: str, *, name: str, content: object, at: datetime, part: str | None
) -> ReferencePublished:
    return ReferencePublished.model_validate(
        {
            "kind": kind,
            "part": part,
            "hash": name,
            "version": bundle.version,
            "effective_from": at,
            "content": content,
            "published_by": _OPERATOR,
        }
    )


def _id(published: ReferencePublished) -> str:
    return derive_id("reference", published.kind, published.hash)
