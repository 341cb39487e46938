"""A declared outage -> every clock of that time is relieved of it, some in each turn."""

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
from wangge_escalation.store import RUNNING, Affected, Place

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
        self._beyond: Place | None = None
        """What was reached; None: the end."""
        self._rests_until_s = 0.0
        """When to go through what runs again, monotonic: a net."""
        self._spoilt = False
        """Whether a clock was set aside on the way, so that the net is to catch what has stopped as well."""
        self.timer = Timer(every=_EVERY, peek=_always, work=self.relieve)

    async def relieve(self, turn: Turn) -> None:
        """
        Relieve the next clocks of every outage that is declared, and say so of those that it changes.

        One that cannot be counted is set aside, and met again when all are gone through anew.
        """
        almanac = self._almanacs()
        if not almanac.outages:
            self._walk = None
            return
        walk = almanac.declared, turn.parts
        start = Place(min(each.since for each in almanac.outages))
        if walk != self._walk:
            self._walk, self._beyond = walk, start
        elif self._beyond is None:
            if time.monotonic() < self._rests_until_s:
                return
            self._beyond, self._spoilt = start if self._spoilt else RUNNING, False
        affected = Affected(turn.parts, turn.partitions, almanac.declared)
        clocks, beyond = await store.unrelieved(
            turn.connection, affected, beyond=self._beyond, limit=self._limit
        )
        relieved: list[Clock] = []
        said: list[Said] = []
        for clock in clocks:
            scene = scene_of(clock, almanac, now=turn.now, patience=self._patience)
            try:
                moved, more = relieve(clock, almanac.outages, scene=scene)
            except Exception as error:  # it is pure: whatever it raises, this clock is to blame
                self._aside.put(clock, error, now=turn.now)
                self._spoilt = True
                continue
            relieved.append(moved)
            said += more
        for each in said:
            for promised in outgoing(each, almanac):
                turn.emit(promised)
        if relieved:
            await store.save_rung(turn.connection, relieved, declared=almanac.declared)
            self._expect(relieved)
        turn.afterwards.append(lambda: self._go_on(beyond, clocks=len(clocks), facts=len(said)))

    def _go_on(self, beyond: Place | None, *, clocks: int, facts: int) -> None:
        self._beyond = beyond
        if beyond is None:
            self._rests_until_s = time.monotonic() + _AGAIN_S
        else:
            self.timer.wake()
        if facts:
            structlog.get_logger().info("clocks_relieved", clocks=clocks, facts=facts)


async def _always(*_: object) -> bool:
    return True
