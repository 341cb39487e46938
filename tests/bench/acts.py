"""
What an act costs the router beside broker and database: read, judged, told, its row packed and unpacked.

No batch holds two acts of one incident: a row is packed after every act. Lives go on side by side, so that
an act of each of the others comes between two of one; the router remembers them. The same is measured of a
router that remembers nothing, so that every row is unpacked and parsed: the dearest case.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.figures import Say, median_of
from tests.unit.router.scenes import accepted
from wangge_chassis.collecting import collect_seldom
from wangge_contracts.v1 import (
    ClassRef,
    DeskOrdered,
    IncidentAccepted,
    OrderedParty,
    Person,
    TaskAnswered,
    Text,
)
from wangge_local.bundle import load
from wangge_local.house_folder import DEFAULT_CONFIG
from wangge_router.case import Held
from wangge_router.directory import Directory
from wangge_router.docket import Scene
from wangge_router.remembering import NOTHING, Memory
from wangge_router.sayings import Register, Said
from wangge_router.store import docket_of, row_of

BEGAN = datetime(2026, 1, 6, 2, tzinfo=UTC)
LIVES = 200
TASKS, FACTS = 200, 2_000
"""The long incident: so many tasks by so many facts."""
_SAMPLE = 100
_DESK = "desk:110101009"
WORDS = ("acknowledge", "progress", "return", "designate", "progress", "done", "failed", "done", "passed")
"""What is said in a mixed life, after its report."""


@dataclass
class Life:
    """One incident, its row as the database keeps it, and what was put away of it."""

    directory: Directory
    memory: Memory
    name: str
    row: bytes | None = None
    away: dict[str, Held] = field(default_factory=dict)
    register: Register = field(default_factory=dict)
    said: int = 0
    held: tuple[Held, ...] = ()

    def begin(self) -> None:
        """Report it: a sewer, for the drainage company."""
        docket = docket_of(self.name, None, None)
        scene = Scene(self.directory, BEGAN)
        for told in docket.hear_accepted(report_of(self.name), f"report {self.name}", scene):
            told.message.write()
        self.row, self.held = row_of(docket, self.memory), docket.case.held if docket.case else ()

    def hear(self, message: bytes, kind: type[TaskAnswered] | type[DeskOrdered]) -> None:
        """Hear *message* as the room does, from its bytes to the row."""
        self.said += 1
        read: Any = kind.read(message)
        at = BEGAN + timedelta(seconds=self.said)
        docket = docket_of(self.name, self.row, None, self.memory)
        named = (read.task_id,) if kind is TaskAnswered else read.task_ids
        if away := [self.away[each] for each in named if each in self.away]:
            docket.bring_back(away)
        key = "answer" if kind is TaskAnswered else "order"
        said = Said.model_validate({"id": f"{self.name} {self.said}", "effective_at": at, key: read})
        before = docket.case
        for told in docket.hear(said, Scene(self.directory, at), self.register):
            told.message.write()
        assert docket.case is not before, f"{read} was refused"
        self.away |= {each.task.task_id: each for each in docket.put_away()}
        self.row = row_of(docket, self.memory)
        assert docket.case is not None
        self.held = docket.case.held

    def newest(self, kind: str) -> Held:
        return [each for each in self.held if each.task.kind == kind and each.open][-1]


def figures(*, rounds: int, say: Say) -> dict[str, float]:
    """
    Acts a second of one process, and microseconds an act in a small and in a long incident; medians.

    The process collects garbage as a service does.
    """
    collect_seldom()
    bundle = load(DEFAULT_CONFIG)
    directory = Directory.of(bundle.version, bundle.parts, [bundle.part("calendars")])
    rates, read, short, long = [], [], [], []
    for number in range(rounds):
        rates.append(_per_s(directory, Memory(), f"{number} remembered"))
        read.append(_per_s(directory, NOTHING, f"{number} read"))
        small = Life(directory, NOTHING, f"small {number}")
        small.begin()
        short.append(sum(_timed(small, "progress") for _ in range(_SAMPLE)) / _SAMPLE * 1e6)
        large = _long(Life(directory, NOTHING, f"long {number}"))
        long.append(sum(_timed(large, "progress") for _ in range(_SAMPLE)) / _SAMPLE * 1e6)
        say(f"acts: {rates[-1]:.0f}/s, of rows that are parsed {read[-1]:.0f}/s")
        say(f"acts: {short[-1]:.0f} us, in a long incident {long[-1]:.0f} us, both parsed")
    found = {
        "per_s": median_of(rates),
        "read_per_s": median_of(read),
        "short_us": median_of(short),
        "long_us": median_of(long),
    }
    return found | {"long_of_short": round(found["long_us"] / found["short_us"], 2)}


def _per_s(directory: Directory, memory: Memory, name: str) -> float:
    lives = [Life(directory, memory, f"{name} {each}") for each in range(LIVES)]
    for life in lives:
        life.begin()
    return LIVES * len(WORDS) / sum(_timed(life, word) for word in WORDS for life in lives)


def _timed(life: Life, word: str) -> float:
    message, kind = message_of(life, word)
    began = time.process_time()
    life.hear(message, kind)
    return time.process_time() - began


def _long(life: Life) -> Life:
    """Let helpers be called and be done, until there were as many tasks and facts as wanted."""
    life.begin()
    for _ in range(TASKS - 1):
        life.hear(*message_of(life, "call"))
        life.hear(*message_of(life, "helped"))
    while life.said < FACTS:
        life.hear(*message_of(life, "progress"))
    return life


def message_of(life: Life, word: str) -> tuple[bytes, type[TaskAnswered] | type[DeskOrdered]]:
    """Return what is said next, written, and what kind of message that is."""
    if word in ("designate", "call"):
        return _order(life, word).write(), DeskOrdered
    kind = {"failed": "check", "passed": "check", "helped": "assist"}.get(word, "handle")
    task = life.newest(kind).task
    act = {"failed": "check", "passed": "check", "helped": "done"}.get(word, word)
    fields: dict[str, Any] = {
        "answer_id": f"{life.name} {life.said}",
        "task_id": task.task_id,
        "incident_id": life.name,
        "based_on_revision": task.revision,
        "act": act,
        "actor": Person(staff_id=f"person of {kind}"),
        "on_behalf_of": task.holder,
        "text": Text(text="synthetic " * 10),
        "effective_at": BEGAN + timedelta(seconds=life.said + 1),
    }
    more = {"reason_code": "not-ours", "result_code": "solved", "verdict": word if kind == "check" else None}
    fields |= {name: value for name, value in more.items() if value}
    return TaskAnswered(**fields).write(), TaskAnswered


def _order(life: Life, word: str) -> DeskOrdered:
    lead = word == "designate"
    party = OrderedParty(
        holder="department:dongcheng-roads" if lead else "department:dongcheng-sanitation",
        kind="handle" if lead else "assist",
        role="lead" if lead else "assist",
    )
    return DeskOrdered(
        order_id=f"{life.name} {life.said}",
        order="designate" if lead else "call",
        incident_id=life.name,
        mode="test",
        actor=Person(staff_id="dispatcher"),
        on_behalf_of=_DESK,
        reason=Text(text="synthetic"),
        effective_at=BEGAN + timedelta(seconds=life.said + 1),
        parties=(party,),
    )


def report_of(name: str) -> IncidentAccepted:
    """Return the report by which the life of that name begins."""
    return accepted(
        incident_id=name,
        case_number=name,
        report_id=name,
        mode="test",
        accepted_at=BEGAN,
        effective_at=BEGAN,
        captured_at=BEGAN,
        description=Text(text="污水外溢,行人绕行," * 10),
        class_ref=ClassRef(scheme="gb-event", version="30428-city-1", code="0503", condition="1"),
        contact_ref=None,
        reference_versions={},
    )
