"""What the bell does with a clock that does not let itself be told of."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.escalation.bench import ALMANAC, running
from tests.unit.escalation.builders import HOUR, MORNING
from wangge_chassis import Outgoing
from wangge_escalation import store, store_due
from wangge_escalation.aside import Aside
from wangge_escalation.bell import Bell
from wangge_escalation.clocks import Clock
from wangge_escalation.holding import Hold
from wangge_escalation.store_due import Reach

PATIENCE = timedelta(seconds=60)


async def test_a_clock_of_which_too_much_is_to_be_said_costs_one_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = running().clock
    assert clock is not None
    asked: list[Reach] = []

    async def due(_: Any, reach: Reach, *, limit: int) -> list[Clock]:
        asked.append(reach)
        return [each for each in (clock,) if each.task_id not in reach.aside][:limit]

    async def done(*_: Any, **__: Any) -> None:
        return None

    def refuse(_: Outgoing) -> None:
        raise ValueError("too large")

    monkeypatch.setattr(store_due, "due", due)
    monkeypatch.setattr(store, "save_rung", done)
    bell = Bell(
        lambda: ALMANAC,
        rings_per_turn=10,
        patience=PATIENCE,
        net=PATIENCE,
        hold=Hold(timedelta(seconds=600)),
        aside=Aside(),
    )
    turn: Any = SimpleNamespace(
        connection=None, parts=frozenset({0}), partitions=1, now=MORNING + 11 * HOUR, recall=done, emit=refuse
    )

    with pytest.raises(ValueError, match="too large"):
        await bell.ring(turn)
    await bell.ring(turn)

    assert [reach.aside for reach in asked] == [(), (clock.task_id,)]
