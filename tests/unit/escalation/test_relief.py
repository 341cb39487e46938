"""How far the relief of outages goes: through all that they concern once, then through what runs."""

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.escalation.bench import running
from tests.unit.escalation.builders import FULL_LADDER, HOUR, MORNING, almanac
from wangge_escalation import relieving, store
from wangge_escalation.aside import Aside
from wangge_escalation.clocks import Clock, Moved
from wangge_escalation.relieving import Relief
from wangge_escalation.store import RUNNING, Affected, Place

OUTAGE = {"since": MORNING - 2 * HOUR, "until": MORNING - HOUR, "reason": "no-power"}
START = Place(MORNING - 2 * HOUR)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """From where clocks were asked for: there is one, and the next step finds the end."""
    asked: list[Place] = []
    clock = running().clock
    assert clock is not None

    async def unrelieved(
        _: Any, affected: Affected, *, beyond: Place, limit: int
    ) -> tuple[list[Clock], Place | None]:
        del affected, limit
        asked.append(beyond)
        return [clock], RUNNING if beyond.ended_at else None

    async def done(*_: Any, **__: Any) -> None:
        return None

    monkeypatch.setattr(store, "unrelieved", unrelieved)
    monkeypatch.setattr(store, "save_rung", done)
    return asked


async def test_the_net_is_laid_for_what_runs_only(
    asked: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    relief = _relief()
    await _walks(relief, steps=3)
    _later(monkeypatch)
    await _walks(relief, steps=2)

    assert asked == [START, RUNNING, RUNNING]


async def test_what_was_set_aside_is_met_again_though_it_has_stopped(
    asked: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any, **__: Any) -> Moved:
        raise ValueError("no such calendar")

    relief = _relief()
    with monkeypatch.context() as patch:
        patch.setattr(relieving, "relieve", wrong)
        await _walks(relief, steps=2)
    for _ in range(2):
        _later(monkeypatch)
        await _walks(relief, steps=3)

    assert asked == [START, RUNNING, START, RUNNING, RUNNING]


def _relief() -> Relief:
    declared = almanac(ladder={**FULL_LADDER, "outages": [OUTAGE]})
    return Relief(
        lambda: declared, lambda _: None, per_turn=10, patience=timedelta(seconds=60), aside=Aside()
    )


async def _walks(relief: Relief, *, steps: int) -> None:
    """Let so many turns be begun and committed."""
    for _ in range(steps):
        turn: Any = SimpleNamespace(
            connection=None, parts=frozenset({0}), partitions=1, now=MORNING + HOUR, afterwards=[]
        )
        await relief.relieve(turn)
        for do in turn.afterwards:
            do()


def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes are over."""
    now = time.monotonic() + relieving._AGAIN_S
    monkeypatch.setattr(time, "monotonic", lambda: now)
