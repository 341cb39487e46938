"""reference.published -> which version holds at an instant, and which are to hold after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from wangge_contracts.pieces import gathered, joined
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_contracts.v1 import ReferencePublished
from wangge_local.bundle import Bundle
from wangge_local.ground import GroundError
from wangge_local.listening import Listener


@dataclass(frozen=True, slots=True)
class Coming:
    """A complete version that was published for a later day."""

    version: str
    effective_from: datetime
    parts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reference topic holds: the hashes of all parts, and the version that holds at an instant."""

    version: str | None
    effective_from: datetime | None
    hashes: frozenset[str]
    parts: Mapping[str, Any]
    """The content of that version's parts, by kind."""
    coming: tuple[Coming, ...] = ()
    """What holds after it, the soonest first."""


def standing(bootstrap: str, *, at: datetime | None = None) -> Standing:
    """
    Read what has been published; raises GroundError when Kafka is away.

    :param at: house time at which a version is to hold; absent: when all have taken effect.
    """
    contents: dict[str, Any] = {}
    manifests: list[ReferencePublished] = []
    with Listener(bootstrap, [REFERENCE_PUBLISHED.name], since="start") as listener:
        for record in listener.rest():
            try:
                said = ReferencePublished.read(record.value or b"")
            except ValueError:
                continue  # the rooms pass over it, and say so in their logs
            if said.kind == "manifest" and isinstance(said.content, dict):
                manifests.append(said)
            else:
                contents[said.hash] = said.content
    return standing_of(manifests, contents, at=at)


def in_force(bootstrap: str, *, at: datetime) -> Mapping[str, Any]:
    """
    Return the parts of the version that holds at *at*, house time, by kind.

    What the folder of a configuration says may be half edited, or not published yet.

    :raises GroundError: Kafka is away, or nothing holds yet.
    """
    if not (parts := standing(bootstrap, at=at).parts):
        raise GroundError("no configuration is in force yet", see="wangge status")
    return parts


def standing_of(
    manifests: Sequence[ReferencePublished], contents: Mapping[str, Any], *, at: datetime | None
) -> Standing:
    """
    Return which of *manifests*, in the order of the log, holds at *at*, as the rooms find it.

    :param contents: the parts that are there, by their hashes; a version that lacks one is none.
    """
    complete = [each for each in manifests if contents.keys() >= set(_named(each).values())]
    # Of two that take effect at one instant the later one in the log holds, and the other never does.
    ordered = sorted(complete, key=lambda each: each.effective_from)
    ordered = [
        each
        for each, after in pairwise((*ordered, None))
        if each is not None and (after is None or each.effective_from < after.effective_from)
    ]
    due = [each for each in ordered if at is None or each.effective_from <= at]
    stands = due[-1] if due else None
    return Standing(
        version=stands.version if stands else None,
        effective_from=stands.effective_from if stands else None,
        hashes=frozenset(contents),
        parts=_parts(stands, contents) if stands else {},
        coming=tuple(
            Coming(each.version, each.effective_from, _parts(each, contents)) for each in ordered[len(due) :]
        ),
    )


def awaited(bundle: Bundle, *, before: Standing) -> datetime | None:
    """Return from when *bundle* is to hold, if it does not and was published for a day still to come."""
    if before.version == bundle.version:
        return None
    return next((each.effective_from for each in before.coming if each.version == bundle.version), None)


def _named(manifest: ReferencePublished) -> dict[str, str]:
    content = manifest.content if isinstance(manifest.content, dict) else {}
    return {kind: str(name) for kind, name in content.items()}


def _parts(manifest: ReferencePublished, contents: Mapping[str, Any]) -> dict[str, Any]:
    names = gathered(_named(manifest))
    return {kind: joined([contents[name] for name in each]) for kind, each in names.items()}
