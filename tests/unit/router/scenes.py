"""One small district with everybody whom the tests need, and what they say. Instants are house time, UTC."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from wangge_chassis.records import Outgoing
from wangge_contracts.message import Message, words
from wangge_contracts.v1 import (
    ActJudged,
    AnswerJudged,
    Attachment,
    DeskOrdered,
    IncidentAccepted,
    IncidentChanged,
    Person,
    ReportAttached,
    ReportReceipt,
    Task,
    TaskAnswered,
    TaskChanged,
    TaskKind,
    Text,
)
from wangge_router.case import Case, Held
from wangge_router.directory import Directory
from wangge_router.docket import Docket, Scene
from wangge_router.sayings import Register, Said

DISTRICT, STREET, COMMUNITY, GRID = "110101", "110101009", "110101009015", "110101009015004"
MORNING = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
NIGHT = MORNING + timedelta(hours=12)
"""When things are judged, unless a test says otherwise: long after they took effect."""
HOUR = {"value": 1.0, "clock_kind": "urgent-hours", "calendar": "dongcheng", "calendar_version": "1"}
MANAGER, POLICE, INSPECTOR = (f"officer:{GRID}/{role}" for role in ("manager", "police", "inspector"))
DESK, WORKSTATION, CENTRE = f"desk:{STREET}", f"desk:{COMMUNITY}", f"desk:{DISTRICT}"


def _names(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def _place(code: str, level: str, parent: str | None) -> dict[str, Any]:
    place = {"code": code, "scheme": "bj15", "level": level, "name": _names(code)}
    return place | ({"parent": parent} if parent else {})


def _department(slug: str, reach: str) -> dict[str, Any]:
    return {"slug": slug, "name": _names(slug), "level": "district", "reach": reach}


def _row(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "class_ref": {"scheme": "gb-event", "version": "1", "code": code, "condition": "1"},
        "names": _names(f"class {code}"),
        "limit": HOUR | {"value": 4.0},
        "closing_condition": "restored",
        **fields,
    }


PARTS: dict[str, Any] = {
    "places": [
        _place(DISTRICT, "district", None),
        _place(STREET, "street", DISTRICT),
        _place(COMMUNITY, "community", STREET),
        _place(GRID, "grid", COMMUNITY),
    ],
    "departments": [
        _department("water", "mailbox"),
        _department("roads", "mailbox"),
        _department("housing", "console"),
        _department("gas", "contact-only"),
    ],
    "standard": [
        _row("0501"),
        _row("0502", urgency="urgent"),
        _row("0503", required_evidence=[{"purpose": "after", "at_least": 1}]),
    ],
    "rulebook": {
        "class_versions": {"gb-event": "1"},
        "limits": dict.fromkeys(words(TaskKind), HOUR),
        "rules": [
            {
                "name": "leak",
                "when": {"classes": [{"scheme": "gb-event", "codes": ["0502"]}]},
                "then": {"dispatch": "workstation"},
            },
            {
                "name": "burst-pipe",
                "when": {"classes": [{"scheme": "gb-event", "codes": ["0501", "0503"]}]},
                "then": {"lead": "water", "attends": ["grid/police"]},
            },
            {
                "name": "pothole",
                "when": {"classes": [{"scheme": "gb-event", "codes": ["0505"]}]},
                "then": {"lead": "roads"},
            },
        ],
    },
    "rosters": {
        "terminal": "pda",
        "posts": [
            {"holder": holder, "name": _names(holder), "staff_id": holder.rpartition("/")[2]}
            for holder in (MANAGER, POLICE, INSPECTOR)
        ],
    },
    "contacts": {"defaults": [], "contacts": [{"holder": "department:gas", "duty_phone": "010-1"}]},
}
"""`water` has a mailbox, `housing` the console, `gas` a telephone; grid officers have the PDA."""


CALENDARS: dict[str, Any] = {
    "calendars": [
        {
            "name": "dongcheng",
            "version": "1",
            "time_zone": "Asia/Shanghai",
            "hours": [{"since": "08:00", "until": "12:00"}, {"since": "14:00", "until": "18:00"}],
            "first_year": 2025,
            "last_year": 2027,
        }
    ]
}


def directory(**parts: Any) -> Directory:
    return Directory.of("2026.1", PARTS | parts, [CALENDARS])


DIRECTORY = directory()


def without(*slugs: str) -> Directory:
    """The district once these units are gone from the reference data, and every rule that names one."""
    left = [unit for unit in PARTS["departments"] if unit["slug"] not in slugs]
    return directory(departments=left, rulebook=PARTS["rulebook"] | {"rules": []})


def minutes(count: float) -> datetime:
    """The instant so many minutes after the report."""
    return MORNING + timedelta(minutes=count)


def accepted(code: str = "0501", **fields: Any) -> IncidentAccepted:
    complete: dict[str, Any] = {
        "incident_id": "incident",
        "case_number": "110101-2026-0000001",
        "district": DISTRICT,
        "terminal": "pda",
        "report_id": "report",
        "mode": "actual",
        "source": "officer",
        "nature": "problem",
        "sensitivity": "normal",
        "confidential": False,
        "accepted_at": MORNING,
        "effective_at": MORNING,
        "captured_at": MORNING,
        "description": {"text": "水管破裂"},
        "class_ref": {"scheme": "gb-event", "version": "1", "code": code, "condition": "1"},
        "place": {"area": {"scheme": "bj15", "code": GRID}},
        "place_flags": [],
        "contact_ref": "contact",
        "reporter_role": "manager",
        "wants_reply": False,
        "reference_versions": {"bundle": "2026.1"},
        "repeat_count": 0,
    }
    return IncidentAccepted.model_validate(complete | fields)


def attached(kind: str = "reminder", *, at: float = 1, **fields: Any) -> ReportAttached:
    complete = accepted().model_dump(exclude={"relation", "repeat_of", "repeat_count"})
    complete |= {"relation": {"kind": kind, "report_id": "report"}, "effective_at": minutes(at)}
    return ReportAttached.model_validate(complete | fields)


def answer(task: Task | str, act: str, *, at: float = 1, by: str = "", **fields: Any) -> TaskAnswered:
    """What the holder of *task* says by its own way, unless *fields* have it otherwise."""
    holder = task.holder if isinstance(task, Task) else ""
    task_id = task.task_id if isinstance(task, Task) else task
    complete: dict[str, Any] = {
        "task_id": task_id,
        "incident_id": "incident",
        "based_on_revision": task.revision if isinstance(task, Task) else 1,
        "act": act,
        "actor": {"staff_id": by or holder.rpartition("/")[2].rpartition(":")[2] or "somebody"},
        "effective_at": minutes(at),
        **_way(holder),
        **_needed(act),
    }
    complete |= fields
    complete.setdefault("answer_id", f"{act} {task_id} {at}")
    return TaskAnswered.model_validate(complete)


def _way(holder: str) -> dict[str, Any]:
    if holder in ("department:water", "department:roads"):
        return {"origin": holder.replace("department:", "departments.")}
    if holder.startswith("officer:"):
        return {"origin": "terminals.pda"}
    return {"on_behalf_of": holder} if holder else {}


def _needed(act: str) -> dict[str, Any]:
    needed: dict[str, dict[str, Any]] = {
        "done": {"text": {"text": "修好了"}, "result_code": "solved"},
        "return": {"text": {"text": "不归我们"}, "reason_code": "not-ours"},
        "check": {"verdict": "passed", "text": {"text": "到现场看过"}},
        "verify": {"verdict": "passed", "text": {"text": "到现场看过"}},
        "approve": {"verdict": "approved", "text": {"text": "情况属实"}},
        "forward": {"to": "department:roads"},
        "refer-up": {"text": {"text": "超出本级能力"}},
        "explain": {"text": {"text": "管道改造须待停水"}},
        "reply": {"text": {"text": "明日完工"}, "order_id": "supervise 1"},
        "appeal": {"text": {"text": "停水期间无法施工"}, "reason_code": "force-majeure"},
        "request-extension": {"reason_code": "parts", "requested_until": minutes(300)},
        "request-suspension": {"reason_code": "season", "requested_until": minutes(10_000)},
        "contact-logged": {"contact": {"how": "phone", "at": MORNING}},
    }
    return needed.get(act, {})


def order(kind: str, *parties: str, at: float = 1, **fields: Any) -> DeskOrdered:
    """What the street's desk orders; a party is `<kind> <holder>`."""
    named = [party.partition(" ") for party in parties]
    complete: dict[str, Any] = {
        "order_id": f"{kind} {at}",
        "order": kind,
        "incident_id": "incident",
        "mode": "actual",
        "actor": {"staff_id": "dispatcher"},
        "on_behalf_of": DESK,
        "reason": {"text": "立即处置"},
        "effective_at": minutes(at),
        "parties": [
            {"holder": holder, "kind": task, "role": "lead" if task == "handle" else task}
            for task, _, holder in named
        ],
    }
    return DeskOrdered.model_validate(complete | fields)


def ladder(kind: str, *parties: str, **fields: Any) -> DeskOrdered:
    """What the ladder orders for the street's desk, by nobody in person."""
    complete: dict[str, Any] = {
        "actor": None,
        "role": "ladder",
        "order_id": f"ladder {kind} {fields.get('at', 1)}",
    }
    return order(kind, *parties, **(complete | fields))


BEFORE = Attachment(slot="0", sha256="1" * 64, bytes=1, media_type="image/jpeg", purpose="before")
AFTER = Attachment(slot="1", sha256="0" * 64, bytes=1, media_type="image/jpeg", purpose="after")
_READERS: dict[str, type[Message]] = {
    kind.TYPE: kind
    for kind in (ActJudged, AnswerJudged, DeskOrdered, IncidentChanged, ReportReceipt, TaskChanged)
}


@dataclass
class Play:
    """One docket and all that was said of it."""

    directory: Directory = DIRECTORY
    now: datetime = NIGHT
    docket: Docket = field(default_factory=lambda: Docket("incident"))
    register: Register = field(default_factory=dict)
    told: list[tuple[str, Message]] = field(default_factory=list)
    """Topic and message, in order."""
    ids: list[str] = field(default_factory=list)
    """Of those messages."""

    def hear(self, *messages: Message) -> "Play":
        for message in messages:
            self._tell(self._hear(message))
        return self

    def _hear(self, message: Message) -> Iterator[Outgoing]:
        scene = Scene(self.directory, self.now)
        match message:
            case IncidentAccepted():
                return self.docket.hear_accepted(message, "accepted", scene)
            case TaskAnswered():
                at = message.effective_at or self.now
                said = Said(id=f"answer {message.answer_id}", effective_at=at, answer=message)
            case DeskOrdered():
                said = Said(id=f"order {message.order_id}", effective_at=message.effective_at, order=message)
            case ReportAttached():
                name = f"attached {message.effective_at}"
                said = Said(id=name, effective_at=message.effective_at, attached=message)
            case _:
                raise AssertionError(message)
        return self.docket.hear(said, scene, self.register)

    def give_up(self) -> "Play":
        self._tell(self.docket.give_up(Scene(self.directory, self.now)))
        return self

    def _tell(self, said: Iterator[Outgoing]) -> None:
        for outgoing in said:
            kind = _READERS[outgoing.message.TYPE]
            message = kind.read(outgoing.message.write())
            # Copies are not checked when they are made: nothing is said that a writer would be refused.
            assert kind(**dict(message)) == message
            self.told.append((outgoing.topic, message))
            self.ids.append(outgoing.id)

    @property
    def case(self) -> Case:
        assert self.docket.case is not None
        return self.docket.case

    def held(self, kind: str, holder: str | None = None) -> Held:
        """The newest task of that kind."""
        found = [
            held for held in self.case.held if held.task.kind == kind and holder in (None, held.task.holder)
        ]
        return found[-1]

    def task(self, kind: str, holder: str | None = None) -> TaskChanged:
        return self.held(kind, holder).task

    def says(self, kind: str, act: str, *, holder: str | None = None, **fields: Any) -> "Play":
        """Let the holder of the newest task of *kind* say *act*."""
        return self.hear(answer(self.task(kind, holder), act, **fields))

    @property
    def judged(self) -> list[ActJudged | AnswerJudged]:
        """Every verdict, each once: what an outsider was refused is told the ledger, and then him."""
        found = [message for _, message in self.told if isinstance(message, AnswerJudged | ActJudged)]
        return [
            each
            for each, then in pairwise((*found, None))
            if each is not None
            and not (
                isinstance(each, ActJudged)
                and isinstance(then, AnswerJudged)
                and each.answer_id is not None
                and (each.answer_id, each.errors) == (then.answer_id, then.errors)
            )
        ]

    @property
    def verdict(self) -> tuple[str, ...]:
        """The last verdict: its outcome and the codes of its errors."""
        judged = [message for _, message in self.told if isinstance(message, AnswerJudged | ActJudged)][-1]
        return (judged.outcome, *(error.code for error in judged.errors))

    @property
    def complaint(self) -> tuple[str, str]:
        """What the last verdict complains of: the code and where."""
        _, judged = self.told[-1]
        assert isinstance(judged, AnswerJudged | ActJudged), judged
        assert judged.outcome == "refused"
        return judged.errors[0].code, judged.errors[0].pointer

    @property
    def facts(self) -> list[IncidentChanged]:
        return [message for _, message in self.told if isinstance(message, IncidentChanged)]

    @property
    def open_tasks(self) -> list[tuple[str, str]]:
        return [(held.task.kind, held.task.holder) for held in self.case.held if held.open]


def begun(code: str = "0501", **fields: Any) -> Play:
    return Play().hear(accepted(code, **fields))


def text(words_: str) -> Text:
    return Text(text=words_)


def person(staff_id: str) -> Person:
    return Person(staff_id=staff_id)
