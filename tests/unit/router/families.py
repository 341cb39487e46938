"""Several incidents that belong together: each before its own docket, and what is on its way between them."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field

from tests.unit.router.scenes import CENTRE, DIRECTORY, NIGHT, accepted, answer, order
from wangge_chassis.records import Outgoing
from wangge_contracts.message import Message
from wangge_contracts.v1 import DeskOrdered, IncidentAccepted, TaskAnswered
from wangge_router.case import Case
from wangge_router.directory import Directory
from wangge_router.docket import Docket, Scene
from wangge_router.sayings import Register, Said
from wangge_router.turns import OPEN

NAMES = ("a", "b", "c", "d", "e")
CODE = "0505"
"""Its rule knows a lead and nobody who is called, so that it closes with its check."""
OVER = ("closed", "void", "not-accepted")


@dataclass
class Family:
    """The dockets by incident, and the orders between incidents that nobody has heard yet."""

    dockets: dict[str, Docket] = field(default_factory=dict)
    underway: tuple[DeskOrdered, ...] = ()
    heard: Register = field(default_factory=dict)
    at: int = 0
    verdicts: list[str] = field(default_factory=list)
    directory: Directory = DIRECTORY

    @classmethod
    def of(cls, count: int) -> "Family":
        family = cls()
        for name in NAMES[:count]:
            family.hear(accepted(CODE, incident_id=name, case_number=f"case-{name}"))
        return family

    def copy(self) -> "Family":
        """The same once more, to go on from in another way: cases never change, dockets and registers do."""
        return Family(
            {name: copy(docket) for name, docket in self.dockets.items()},
            self.underway,
            dict(self.heard),
            self.at,
            [],
        )

    def hear(self, message: Message) -> None:
        self.at += 1
        scene = Scene(self.directory, NIGHT)
        assert isinstance(message, IncidentAccepted | TaskAnswered | DeskOrdered)
        docket = self.dockets.setdefault(message.incident_id, Docket(message.incident_id))
        if isinstance(message, IncidentAccepted):
            told = docket.hear_accepted(message, f"accepted {message.incident_id}", scene)
        else:
            said = _said(message)
            told = docket.hear(said, scene, self.heard)
        for outgoing in told:
            if outgoing.topic == "desk.ordered.v1":
                # Written and read again: whatever goes between incidents goes over the wire.
                self.underway += (DeskOrdered.read(outgoing.message.write()),)
            if outgoing.topic == "acts.judged.v1":
                self.verdicts.append(outgoing.message.write().decode())
            self.keep(outgoing)

    def keep(self, outgoing: Outgoing) -> None:
        """Whatever else is to be kept of what was said."""

    def deliver(self, number: int, *, again: bool = False) -> None:
        """Let one of the orders arrive; *again*: it will come once more."""
        message = self.underway[number]
        if not again:
            self.underway = (*self.underway[:number], *self.underway[number + 1 :])
        self.hear(message)

    def settle(self) -> "Family":
        while self.underway:
            self.deliver(0)
        return self

    def case(self, name: str) -> Case:
        case = self.dockets[name].case
        assert case is not None
        return case

    @property
    def cases(self) -> Iterator[tuple[str, Case]]:
        return ((name, docket.case) for name, docket in self.dockets.items() if docket.case is not None)

    def state(self, name: str) -> str:
        return self.case(name).incident.state

    def ordered(self, name: str, kind: str, **fields: object) -> "Family":
        """Let the district order something of one incident."""
        at = float(self.at + 1)
        self.hear(
            order(
                kind, at=at, incident_id=name, order_id=f"{kind} {name} {at}", on_behalf_of=CENTRE, **fields
            )
        )
        return self

    def merge(self, child: str, parent: str) -> "Family":
        return self.ordered(child, "merge", other_incident_id=parent)

    def split(self, name: str) -> str:
        """Let a part be split off, and return its id, whether it is there yet or not."""
        before = set(self.case(name).incident.split)
        self.ordered(name, "split", description={"text": "另一半"})
        return next(iter(set(self.case(name).incident.split) - before), "")

    def step(self, name: str) -> None:
        """Let whoever has the main turn go on: the lead does it, the checker passes it."""
        for held in self.case(name).held:
            if held.task.state in OPEN and held.task.kind in ("handle", "check"):
                act = "done" if held.task.kind == "handle" else "check"
                at = float(self.at + 1)
                self.hear(answer(held.task, act, at=at, incident_id=name, answer_id=f"{act} {name} {at}"))
                return

    def finish(self, name: str) -> "Family":
        self.step(name)
        self.step(name)
        return self


def _said(message: TaskAnswered | DeskOrdered) -> Said:
    if isinstance(message, TaskAnswered):
        assert message.effective_at is not None
        return Said(id=f"answer {message.answer_id}", effective_at=message.effective_at, answer=message)
    return Said(id=f"order {message.order_id}", effective_at=message.effective_at, order=message)


def breaches(family: Family) -> Iterator[str]:
    """Yield what must not be, however the messages go: a circle, an orphan, a child open under its end."""
    for name, case in family.cases:
        incident = case.incident
        seen, up = {name}, incident.merged_into
        while up is not None:
            if up in seen:
                yield f"{name} is in a circle"
                break
            seen.add(up)
            up = family.case(up).incident.merged_into
        if incident.state == "merged" and incident.merged_into is None:
            yield f"{name} is merged into nothing"
        if incident.merged_into and name not in family.case(incident.merged_into).incident.merged:
            yield f"{name} is an orphan: {incident.merged_into} does not know it"
        # An appeal (申诉) comes after the close, and a desk is asked about it then.
        if case.over and any(held.open and held.task.kind != "approve" for held in case.held):
            yield f"{name} is over and somebody has a turn"
        waits = case.children or (incident.state == "merging" and case.passed)
        if not case.over and not waits and not any(held.open for held in case.held):
            yield f"{name} is open and nobody has the turn"
        for child in incident.split:
            born = family.dockets.get(child)
            state = born.case.incident.state if born and born.case else "not yet there"
            if incident.state in OVER and state not in (*OVER, "merged"):
                yield f"{child} is {state} under {name}, which is {incident.state}"
        revisions = [held.task.revision for held in case.held]
        if any(revision < 1 for revision in revisions):
            yield f"{name} has a task that was never told"


def unsettled(family: Family) -> Iterator[str]:
    """Yield what must not be once nothing is on its way any more."""
    for name, case in family.cases:
        incident = case.incident
        if incident.state == "merging":
            yield f"{name} waits for an answer that will not come"
        if incident.merged_into is not None:
            parent = family.state(incident.merged_into)
            expected = parent if parent in OVER else "merged"
            if incident.state != expected:
                yield f"{name} is {incident.state} under {incident.merged_into}, which is {parent}"
        for child in incident.merged:
            if family.case(child).incident.merged_into != name:
                yield f"{name} took {child} in, which does not know it"
        for child in incident.split:
            if child not in family.dockets or family.dockets[child].case is None:
                yield f"{child} was split off and never came to be"
            waits, over = child in case.children, family.case(child).over
            if waits == over:
                yield f"{name} {'waits' if waits else 'does not wait'} for {child}: {family.state(child)}"
        called = (held.task for held in case.held if held.open and held.task.kind == "attend")
        awaited = any(task.state != "working" for task in called)
        if case.passed and not case.children and not case.over and not awaited:
            yield f"{name} could be closed and is not"
