"""accepted, attached, answered, ordered -> whose turn it is: the fact, the mailboxes, the verdict."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wangge_chassis import Connection, Outgoing, Received, Room, Turn, partition_of
from wangge_chassis.postgres import beside
from wangge_chassis.reference import NotPublished, Reference
from wangge_contracts.calendars import UnknownCalendar
from wangge_contracts.v1 import DeskOrdered, IncidentAccepted, ReportAttached, TaskAnswered
from wangge_router import store
from wangge_router.directory import Directory
from wangge_router.docket import Docket, Scene
from wangge_router.remembering import Memory
from wangge_router.sayings import Register, Said, name_of

_GIVEN_UP_PER_TURN = 200
DirectoryOf = Callable[[], Directory]
"""Gives the directory of the reference data in force."""


@dataclass(slots=True)
class Session:
    """What one batch works on."""

    scene: Scene
    dockets: dict[str, Docket]
    register: Register
    known: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """What the register held before the batch."""


class RouterRoom(Room):
    """Whose turn is it?"""

    def __init__(self, directory_of: DirectoryOf) -> None:
        self._directory_of = directory_of
        self._memory = Memory()

    async def load(self, connection: Connection, received: Sequence[Received], now: datetime) -> Session:
        """Fetch the dockets of the batch and which of its acts were said before; look its places up."""
        new: dict[str, IncidentAccepted] = {}
        incident_ids: dict[str, None] = {}
        acts: list[tuple[str, str]] = []
        task_ids: dict[str, None] = {}
        for record in received:
            match record.message:
                case IncidentAccepted():
                    incident_ids[record.message.incident_id] = None
                    new[record.envelope.id] = record.message
                case ReportAttached():
                    incident_ids[record.message.incident_id] = None
                case TaskAnswered():
                    incident_ids[record.message.incident_id] = None
                    acts.append(name_of(record.message))
                    task_ids[record.message.task_id] = None
                case DeskOrdered():
                    incident_ids[record.message.incident_id] = None
                    acts.append(name_of(record.message))
                    task_ids |= dict.fromkeys(record.message.task_ids)
        asked = store.load(connection, list(incident_ids), acts, list(task_ids), self._memory)
        async with beside(asked) as loading:
            directory = self._directory_of()
            sites = dict(zip(new, directory.sorting.registry.sites(tuple(new.values())), strict=True))
        dockets, register = loading.result()
        return Session(Scene(directory, now, sites), dockets, register, frozenset(register))

    def decide(self, state: Session, received: Received) -> Iterable[Outgoing]:
        """Hear one message and say what follows; a calendar that is not here yet is waited for."""
        try:
            yield from self._decide(state, received)
        except UnknownCalendar as error:
            raise NotPublished(str(error)) from error

    def _decide(self, state: Session, received: Received) -> Iterable[Outgoing]:
        message, message_id = received.message, received.envelope.id
        match message:
            case IncidentAccepted():
                docket = state.dockets[message.incident_id]
                return docket.hear_accepted(message, message_id, state.scene)
            case TaskAnswered():
                effective_at = message.effective_at or received.appended_at
                said = Said(id=message_id, effective_at=effective_at, answer=message)
            case DeskOrdered():
                said = Said(id=message_id, effective_at=message.effective_at, order=message)
            case ReportAttached():
                said = Said(id=message_id, effective_at=message.effective_at, attached=message)
            case _:
                return ()
        return state.dockets[message.incident_id].hear(said, state.scene, state.register)

    async def save(self, connection: Connection, state: Session) -> None:
        """Write what changed."""
        heard = ((*name, digest) for name, digest in state.register.items() if name not in state.known)
        await store.save(connection, state.dockets.values(), heard, self._memory)


class GivingUp:
    """Refuses what has waited too long for an incident that intake never accepted."""

    def __init__(self, directory_of: DirectoryOf, *, after: timedelta) -> None:
        self._directory_of = directory_of
        self._after = after

    async def peek(
        self, connection: Connection, parts: frozenset[int], partitions: int, now: datetime
    ) -> bool:
        """Whether anything has waited too long."""
        del now
        return await store.anything_given_up(connection, parts, partitions, after=self._after)

    async def work(self, turn: Turn) -> None:
        """Give the verdicts that nobody else can give."""
        dockets = await store.given_up(
            turn.connection, turn.parts, turn.partitions, after=self._after, limit=_GIVEN_UP_PER_TURN
        )
        scene = Scene(self._directory_of(), turn.now)
        for docket in dockets:
            part = str(partition_of(docket.incident_id, turn.partitions))
            for outgoing in docket.give_up(scene):
                turn.emit(outgoing, part=part)
        await store.save(turn.connection, dockets, ())


def directory_of(reference: Reference) -> DirectoryOf:
    """Return what gives the directory in force, worked out once per version."""
    return reference.reading(
        lambda bundle: Directory.of(
            bundle.version, bundle.parts, bundle.ever.get("calendars", ()), bundle.ever.get("ladder", ())
        )
    )
