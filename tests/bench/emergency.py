"""A gas leak, from the street's order until the last of those who must hear of it was told."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tests.bench import backlog
from tests.bench.figures import median_of
from tests.bench.whole import TERMINAL, Whole
from tests.gas_leak import CLASS, GRID, MUST_HEAR, STREET, WORKSTATION, dispatch, turn_of
from wangge_contracts.topics import NOTICES_CHANGED
from wangge_contracts.v1 import NoticeChanged, Person, TaskAnswered
from wangge_local.doors import Door, Refused
from wangge_local.ground import GroundError, poll
from wangge_local.house_keys import CONSOLE
from wangge_local.listening import Listener
from wangge_local.voices import CONSOLE as AT_THE_CONSOLE, Voices

_WITHIN_S = 30.0


def emergencies(whole: Whole) -> dict[str, Any]:
    """So many gas leaks, one after the other, in a house that has nothing else to do."""
    assert whole.house.keys is not None
    ledger = Door("ledger", whole.site.folder.door("ledger-0"), whole.house.keys.tokens[CONSOLE])
    runs: list[float] = []
    with Voices(whole.site.kafka.bootstrap, ledger, (), source="/bench") as voices:
        for _ in range(5 * whole.rounds):
            runs.append(_one(whole, ledger, voices))
    whole.say(f"gas leak, order to the last of {len(MUST_HEAR)} told: {runs} s")
    return {"last_s": max(runs), "p50_s": median_of(runs), "runs_s": runs}


def _one(whole: Whole, ledger: Door, voices: Voices) -> float:
    """Seconds from the street's order to the last one of whom the courier says that he was told."""
    number = next(whole.numbers)
    area, place = next((area, at) for area, at in whole.mix.areas if area.code == GRID)
    plain = whole.mix.report(number)
    spot = plain.place.model_copy(update={"area": area, "point": _moved(plain.place.point, place)})
    report = plain.model_copy(update={"class_ref": CLASS, "place": spot, "attributes": ()})
    voices.report(f"terminals.{TERMINAL}", report, at=datetime.now(UTC))
    incident_id = backlog.incident_id(TERMINAL, number)
    task = _turn(ledger, incident_id, WORKSTATION)
    voices.answer(AT_THE_CONSOLE, _referred_up(incident_id, task), at=datetime.now(UTC))
    at = datetime.now(UTC).replace(microsecond=0)
    order = dispatch(incident_id, _turn(ledger, incident_id, STREET), at=at)
    with Listener(whole.site.kafka.bootstrap, [NOTICES_CHANGED.name], since="now") as notices:
        began = time.monotonic()
        voices.order(order)
        missing = set(MUST_HEAR)
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


def _turn(ledger: Door, incident_id: str, desk: str) -> Mapping[str, Any]:
    """The task by which *desk* must dispatch, as soon as the ledger knows of it."""
    for _ in poll(timeout=_WITHIN_S, every=0.05):
        with suppress(Refused):  # not heard of yet
            if (turn := turn_of(ledger.get(f"/v1/incidents/{incident_id}"), desk)) is not None:
                return turn
    raise GroundError(f"{desk} has nothing to dispatch of {incident_id} after {_WITHIN_S:.0f} s")


def _referred_up(incident_id: str, turn: Mapping[str, Any]) -> TaskAnswered:
    return TaskAnswered(
        answer_id=f"up-{incident_id}",
        task_id=turn["task_id"],
        incident_id=incident_id,
        based_on_revision=turn["revision"],
        act="refer-up",
        actor=Person(staff_id="syn-110101009015-head", role="head"),
        on_behalf_of=WORKSTATION,
        reason_code="beyond-community",
    )
