"""What is said about an incident: who says it, and how one knows it again."""

from collections.abc import MutableMapping
from typing import Annotated

from pydantic import Field

from wangge_contracts.message import Instant, Part, derive_id
from wangge_contracts.v1 import DeskOrdered, Id, ReportAttached, TaskAnswered

MOST_WAITING = 100
"""How much may wait for one incident; an outsider who invents one must not fill our table."""
_OF_THE_WAY = {"origin", "effective_at"}
Register = MutableMapping[tuple[str, str], str]
"""What was said before: by speaker and id of the act, the digest of its content."""


class Said(Part):
    """One message about an incident, under its id as the cause of what follows, and since when it holds."""

    id: Id
    effective_at: Instant
    answer: TaskAnswered | None = None
    order: DeskOrdered | None = None
    attached: ReportAttached | None = None

    @property
    def name(self) -> tuple[str, str] | None:
        """Under which name it is recognised, if it is an act."""
        act = self.answer or self.order
        return name_of(act) if act is not None else None

    @property
    def digest(self) -> str:
        """
        What tells the content of an act apart, whenever and by whichever way it came.

        What has its default does not count, so that a field which a later version adds changes nothing.
        """
        act = self.answer or self.order
        assert act is not None
        content: bytes = act.__pydantic_serializer__.to_json(act, exclude_defaults=True, exclude=_OF_THE_WAY)
        return derive_id(content.decode())


class Waiting(Part):
    """What waits for an incident that is not here yet."""

    said: Annotated[tuple[Said, ...], Field(max_length=MOST_WAITING)] = ()


def name_of(act: TaskAnswered | DeskOrdered) -> tuple[str, str]:
    """Return under which name *act* is recognised: by speaker and id; ids are unique per speaker only."""
    return _speaker(act), act.answer_id if isinstance(act, TaskAnswered) else act.order_id


def _speaker(act: TaskAnswered | DeskOrdered) -> str:
    """Return whose ids the id of *act* is one of: the owner of a topic, a person, or the house itself."""
    if isinstance(act, TaskAnswered) and act.origin is not None:
        return act.origin
    return f"person:{act.actor.staff_id}" if act.actor else "house"
