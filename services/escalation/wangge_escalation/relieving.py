"""A declared outage -> every clock of that time is relieved of it, some in each turn."""

import math
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

import structlog

from wangge_chassis import Timer, Turn
from wangge_escalation import store
from wangge_escalation.aside import Aside
from wangge_escalation.clocks import Clock, Said
from wangge_escalation.handlers import Almanacs, outgoing, scene_of
from wangge_escalation.rounds import relieve
from wangge_escalation.store import Affected

_EVERY = timedelta(seconds=5)
"""How often a turn is begun for it: only there a room that nobody talks to learns what was published."""
_AGAIN_S = 600.0


class Relief:
    """
    Goes through the clocks of this replica's parts when outages were declared, once for each list of them.

    Each clock's row says against which list it was held, so whoever takes over goes on where this one was
    and nothing is said twice. What runs is relieved by its bell and by what is told of it as well; whoever
    is first.
    """

    def __init__(
        self,
        almanacs: Almanacs,
        expect: Callable[[Iterable[Clock]], None],
        *,
        per_turn: int,
        patience: timedelta,
        aside: Aside,
    ) -> None:
        self._almanacs = almanacs
        self._expect = expect
        self._limit = per_turn
        self._patience = patience
        self._aside = aside
        self._walk: tuple[str, frozenset[int]] | None = None
        """Through whose clocks, and for which outages."""
        self._after = ""
        """The task that was reached."""
        self._rests_until_s = math.inf
        """When to go through them again, monotonic: a net. For ever: not at the end yet."""
        self.timer = Timer(every=_EVERY, peek=_always, work=self.relieve)

    async def relieve(self, turn: Turn) -> None:
        """
        Relieve the next clocks of every outage that is declared, and say so of those that it changes.

        One that cannot be counted is set aside, and met again when all are gone through anew.
        """
        almanac = self._almanacs()
        walk = almanac.declared, turn.parts
        if walk != self._walk or time.monotonic() >= self._rests_until_s:
            self._walk, self._after, self._rests_until_s = walk, "", math.inf
        elif self._rests_until_s < math.inf:
            return
        if not almanac.outages:
            return
        affected = Affected(
            turn.parts, turn.partitions, almanac.declared, min(each.since for each in almanac.outages)
        )
        clocks = await store.unrelieved(turn.connection, affected, after=self._after, limit=self._limit)
        relieved: list[Clock] = []
        said: list[Said] = []
        for clock in clocks:
            scene = scene_of(clock, almanac, now=turn.now, patience=self._patience)
            try:
                moved, more = relieve(clock, almanac.outages, scene=scene)
            except Exception as error:  # it is pure: whatever it raises, this clock is to blame
                self._aside.put(clock, error, now=turn.now)
                continue
            relieved.append(moved)
            said += more
        for each in said:
            for promised in outgoing(each, almanac):
                turn.emit(promised)
        if relieved:
            await store.save_rung(turn.connection, relieved, declared=almanac.declared)
            self._expect(relieved)
        turn.afterwards.append(lambda: self._go_on(clocks, facts=len(said)))

    def _go_on(self, clocks: list[Clock], *, facts: int) -> None:
        if len(clocks) < self._limit:
            self._rests_until_s = time.monotonic() + _AGAIN_S
        else:
            self._after = clocks[-1].task_id
            self.timer.wake()
        if facts:
            structlog.get_logger().info("clocks_relieved", clocks=len(clocks), facts=facts)


async def _always(*_: object) -> bool:
    return True
