"""A gas leak, from the street's order until the last of those who must hear of it was told."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.bench import backlog
from tests.bench.figures import median_of
from tests.bench.whole import TERMINAL, Whole
from wangge_contracts.topics import NOTICES_CHANGED
from wangge_contracts.v1 import DeskOrdered, NoticeChanged, OrderedParty, Person, TaskAnswered, Text
from wangge_contracts.v1.parts import ClassRef
from wangge_local.doors import Door, Refused
from wangge_local.ground import GroundError, poll
from wangge_local.house_keys import CONSOLE
from wangge_local.listening import Listener
from wangge_local.voices import CONSOLE as AT_THE_CONSOLE, Voices

GRID = "110101009015004"
_GAS_LEAK = ClassRef(scheme="gb-event", version="30428-city-1", code="0502", condition="1")
_WORKSTATION, _STREET = "desk:110101009015", "desk:110101009"
_SECRETARY, _POLICE = f"officer:{GRID}/secretary", f"officer:{GRID}/police"
_SECURITY = "officer:110101009015/security-head"
_PROPERTY = "department:gongti-property"
_PARTIES = (
    OrderedParty(holder="department:beijing-gas", kind="handle", role="lead"),
    OrderedParty(holder=_PROPERTY, kind="assist", role="assist"),
    *(OrderedParty(holder=each, kind="attend", role="attend") for each in (_SECRETARY, _POLICE, _SECURITY)),
)
_MUST_HEAR = frozenset(
    {
        (_SECRETARY, "attend"),
        (_POLICE, "attend"),
        (_SECURITY, "attend"),
        (_PROPERTY, "task-given"),
        (_STREET, "task-call"),
    }
)
"""Recipients, each with its template; the gas company is contact-only, so the desk is told to call it."""
_WITHIN_S = 30.0


def emergencies(whole: Whole) -> dict[str, Any]:
    """So many gas leaks, one after the other, in a house that has nothing else to do."""
    assert whole.house.keys is not None
    ledger = Door("ledger", whole.site.folder.door("ledger-0"), whole.house.keys.tokens[CONSOLE])
    runs: list[float] = []
    with Voices(whole.site.kafka.bootstrap, ledger, (), source="/bench") as voices:
        for _ in range(5 * whole.rounds):
            runs.append(_one(whole, ledger, voices))
    whole.say(f"gas leak, order to the last of {len(_MUST_HEAR)} told: {runs} s")
    return {"last_s": max(runs), "p50_s": median_of(runs), "runs_s": runs}


def _one(whole: Whole, ledger: Door, voices: Voices) -> float:
    """Seconds from the street's order to the last one of whom the courier says that he was told."""
    number = next(whole.numbers)
    area, place = next((area, at) for area, at in whole.mix.areas if area.code == GRID)
    plain = whole.mix.report(number)
    spot = plain.place.model_copy(update={"area": area, "point": _moved(plain.place.point, place)})
    report = plain.model_copy(update={"class_ref": _GAS_LEAK, "place": spot, "attributes": ()})
    voices.report(f"terminals.{TERMINAL}", report, at=datetime.now(UTC))
    incident_id = backlog.incident_id(TERMINAL, number)
    task = _turn(ledger, incident_id, _WORKSTATION)
    voices.answer(AT_THE_CONSOLE, _referred_up(incident_id, task), at=datetime.now(UTC))
    order = _dispatch(incident_id, _turn(ledger, incident_id, _STREET))
    with Listener(whole.site.kafka.bootstrap, [NOTICES_CHANGED.name], since="now") as notices:
        began = time.monotonic()
        voices.order(order)
        missing = set(_MUST_HEAR)
        while missing and time.monotonic() - began < _WITHIN_S:
            for record in notices.more(timeout=0.02):
                notice = NoticeChanged.read(record.value or b"")
                if notice.incident_id == incident_id and notice.state == "sent":
                    missing.discard((notice.recipient.ref, notice.template.name))
        lasted = time.monotonic() - began
    if missing:
        raise GroundError(f"not told of a gas leak within {_WITHIN_S:.0f} s: {sorted(missing)}")
    return round(lasted, 2)


def _moved(point: Any, to: tuple[float, float]) -> Any:
    return point.model_copy(update={"lon": to[0], "lat": to[1]})


def _turn(ledger: Door, incident_id: str, holder: str) -> Mapping[str, Any]:
    """The task by which *holder* must dispatch, as soon as the ledger knows of it."""
    for _ in poll(timeout=_WITHIN_S, every=0.05):
        try:
            tasks = ledger.get(f"/v1/incidents/{incident_id}")["tasks"]
        except Refused:  # not heard of yet
            continue
        for task in tasks:
            if (task["holder"], task["kind"]) == (holder, "dispatch"):
                return dict(task)
    raise GroundError(f"{holder} has nothing to dispatch of {incident_id} after {_WITHIN_S:.0f} s")


def _referred_up(incident_id: str, task: Mapping[str, Any]) -> TaskAnswered:
    return TaskAnswered(
        answer_id=f"up-{incident_id}",
        task_id=task["task_id"],
        incident_id=incident_id,
        based_on_revision=task["revision"],
        act="refer-up",
        actor=Person(staff_id="syn-110101009015-head", role="head"),
        on_behalf_of=_WORKSTATION,
        reason_code="beyond-community",
    )


def _dispatch(incident_id: str, task: Mapping[str, Any]) -> DeskOrdered:
    return DeskOrdered(
        order_id=f"go-{incident_id}",
        order="dispatch",
        incident_id=incident_id,
        task_ids=(task["task_id"],),
        mode="actual",
        actor=Person(staff_id="syn-110101009-desk", role="desk"),
        on_behalf_of=_STREET,
        role="desk",
        urgency="urgent",
        reason=Text(text="燃气泄漏,立即处置", lang="zh"),
        effective_at=datetime.now(UTC).replace(microsecond=0),
        parties=_PARTIES,
    )
