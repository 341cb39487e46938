"""All that is said about one incident, judged in turn; what comes before the incident does waits for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wangge_chassis.records import Outgoing
from wangge_contracts.v1 import (
    ActOutcome,
    Cause,
    DeskOrdered,
    Faults,
    Id,
    IncidentAccepted,
    fault,
)
from wangge_router.accepting import accept
from wangge_router.attaching import attach
from wangge_router.case import Case, Held
from wangge_router.directory import Directory
from wangge_router.dividing import divided
from wangge_router.judging import judge
from wangge_router.later import later
from wangge_router.merging import refusal
from wangge_router.ordering import obey
from wangge_router.outcome import Outcome
from wangge_router.places import Site
from wangge_router.putting_away import brought_back, put_away
from wangge_router.sayings import MOST_WAITING, Register, Said, Waiting
from wangge_router.splitting import born, makes, reported, still_ended
from wangge_router.telling import answer_verdict, final_verdict, order_verdict, tell, to_incident
from wangge_router.writing import Bytes, Lines, write_case

UNKNOWN_INCIDENT = (fault("unknown-incident", "/incident_id"),)


@dataclass(frozen=True, slots=True)
class Scene:
    """What judging looks at besides the case: who is who, the house's time, UTC, and where things are."""

    directory: Directory
    now: datetime
    sites: Mapping[str, Site] = field(default_factory=dict)
    """Where the incidents of the batch lie, by the id of the message that brought them."""

    def site(self, accepted: IncidentAccepted, message_id: str) -> Site:
        """Return where *accepted* lies, looked up by itself if it was not with the batch."""
        return self.sites.get(message_id) or self.directory.sorting.registry.sites((accepted,))[0]


@dataclass(slots=True)
class Docket:
    """
    One incident's row while a batch is decided.

    The topics of the room come in any order, so an order or a further report may overtake the incident. It
    waits then, and is judged in the order in which things took effect.
    """

    incident_id: str
    case: Case | None = None
    waiting: tuple[Said, ...] = ()
    changed: bool = False
    bytes_of: Bytes = field(default_factory=dict)
    lines: Lines = field(default_factory=dict)

    def bring_back(self, away: Sequence[Held]) -> None:
        """Give the case tasks that were put away and are spoken of again."""
        if self.case is not None:
            self.case = brought_back(self.case, away)

    def put_away(self) -> tuple[Held, ...]:
        """Take out of the case what it can do without, and return it."""
        if self.case is None:
            return ()
        self.case, away = put_away(self.case)
        return away

    @property
    def expected(self) -> bool:
        """Whether somebody waits for a verdict that only the incident, or giving it up, can bring."""
        return any(said.attached is None for said in self.waiting)

    @property
    def document(self) -> bytes | None:
        """The case as its row keeps it."""
        return self.written()[0]

    def written(self) -> tuple[bytes | None, Lines]:
        """Return the case as its row keeps it, and the line of each task there."""
        return write_case(self.case, self.bytes_of, self.lines) if self.case else (None, {})

    @property
    def waiting_document(self) -> bytes | None:
        """What waits, as its row keeps it."""
        if not self.waiting:
            return None
        waiting = Waiting(said=self.waiting)
        data: bytes = waiting.__pydantic_serializer__.to_json(waiting, exclude_none=True)
        return data

    def hear_accepted(self, accepted: IncidentAccepted, cause_id: str, scene: Scene) -> Iterator[Outgoing]:
        """Take the incident up and judge what waited for it; an incident that is here is not routed again."""
        if self.case is not None:
            return
        cause = Cause(id=cause_id, kind="report", actor=accepted.recorded_by)
        site = scene.site(accepted, cause_id)
        yield from self._become(
            accept(accepted, scene.directory, site=site, cause=cause, now=scene.now), scene.directory
        )
        yield from self._catch_up(scene)

    def _begin(self, said: Said, order: DeskOrdered, scene: Scene) -> Iterator[Outgoing]:
        """Take up what was split from another incident, and judge what waited for it."""
        accepted, cause = reported(order), Cause(id=said.id, kind="order")
        site = scene.site(accepted, said.id)
        outcome = born(accepted, order, scene.directory, site=site, cause=cause, now=scene.now)
        yield from self._become(outcome, scene.directory)
        yield from self._verdict(said, "applied", (), scene)
        yield from self._catch_up(scene)

    def _catch_up(self, scene: Scene) -> Iterator[Outgoing]:
        waiting, self.waiting = self.waiting, ()
        for said in sorted(waiting, key=lambda said: (said.effective_at, said.id)):
            yield from self._judge(said, scene)

    def hear(self, said: Said, scene: Scene, register: Register) -> Iterator[Outgoing]:
        """Judge *said*, or let it wait; what was said before under the same id changes nothing."""
        name = said.name
        if name is not None:
            digest, earlier = said.digest, register.get(name)
            if earlier is not None:
                yield from self._repeated(said, scene, same=earlier == digest)
                return
            register[name] = digest
        if self.case is not None:
            yield from self._judge(said, scene)
        elif said.order is not None and makes(said.order, self.case):
            yield from self._begin(said, said.order, scene)
        elif len(self.waiting) < MOST_WAITING:
            self.waiting = (*self.waiting, said)
            self.changed = True
        else:
            yield from self._refuse(said, UNKNOWN_INCIDENT, scene)

    def give_up(self, scene: Scene) -> Iterator[Outgoing]:
        """Refuse the acts that still wait; a further report goes on waiting, for nobody expects a verdict."""
        refused = [said for said in self.waiting if said.attached is None]
        self.waiting = tuple(said for said in self.waiting if said.attached is not None)
        self.changed = True
        for said in refused:
            yield from self._refuse(said, UNKNOWN_INCIDENT, scene)

    def _judge(self, said: Said, scene: Scene) -> Iterator[Outgoing]:
        assert self.case is not None
        result = _result(self.case, said, scene)
        if isinstance(result, Outcome):
            yield from self._become(result, scene.directory)
            asks = result.approval_task
            for final in result.finals:
                yield final_verdict(final, result.case, cause=said.id, at=said.effective_at, now=scene.now)
            yield from self._verdict(said, "pending-approval" if asks else "applied", (), scene, asks)
        else:
            yield from self._refuse(said, result, scene)

    def _refuse(self, said: Said, errors: Faults, scene: Scene) -> Iterator[Outgoing]:
        """Say why not; another incident that asked something waits for the answer."""
        order = said.order
        answer = (refusal(order, self.case, errors) or still_ended(order, self.case)) if order else None
        if answer is not None:
            yield to_incident(answer)
        yield from self._verdict(said, "refused", errors, scene)

    def _become(self, outcome: Outcome, directory: Directory) -> Iterator[Outgoing]:
        self.changed = True
        for portion in divided(outcome, self.bytes_of):
            self.case = portion.case
            yield from tell(portion, directory, self.bytes_of)
        yield from later(outcome, directory)

    def _repeated(self, said: Said, scene: Scene, *, same: bool) -> Iterator[Outgoing]:
        if same:
            return self._verdict(said, "repeated", (), scene)
        pointer = "/answer_id" if said.answer else "/order_id"
        return self._verdict(said, "refused", (fault("id-reused", pointer),), scene)

    def _verdict(
        self, said: Said, outcome: ActOutcome, errors: Faults, scene: Scene, asks: Id | None = None
    ) -> Iterator[Outgoing]:
        case = self.case
        if said.order is not None:
            revision = case.incident.revision if case else None
            yield order_verdict(
                said.order, outcome, errors, cause_id=said.id, revision=revision, now=scene.now
            )
        if said.answer is not None:
            held = case.find(said.answer.task_id) if case else None
            yield from answer_verdict(
                said.answer,
                outcome,
                errors,
                approval_task=asks,
                cause_id=said.id,
                revision=held.task.revision if held else None,
                mode=case.incident.mode if case else "test",
                at=said.effective_at,
                now=scene.now,
            )


def _result(case: Case, said: Said, scene: Scene) -> Outcome | Faults:
    directory, now = scene.directory, scene.now
    if said.answer is not None:
        answer = said.answer
        cause = Cause(id=said.id, kind="answer", actor=answer.actor, on_behalf_of=answer.on_behalf_of)
        return judge(case, answer, directory, cause=cause, at=said.effective_at, now=now)
    if said.order is not None:
        order = said.order
        cause = Cause(id=said.id, kind="order", actor=order.actor, on_behalf_of=order.on_behalf_of)
        return obey(case, order, directory, cause=cause, now=now)
    assert said.attached is not None
    cause = Cause(id=said.id, kind="attachment", actor=said.attached.recorded_by)
    return attach(case, said.attached, directory, cause=cause, now=now)
