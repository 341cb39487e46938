"""When calls that may take equally long are late: one alarm for all of them."""

import asyncio


class Deadlines:
    """
    One alarm for all calls under way: they may take equally long, so who began first is late first.

    A timer for each call costs a seventh of all that the call does.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._late_at: dict[asyncio.Timeout, float] = {}
        self._alarm: asyncio.TimerHandle | None = None

    def begin(self, call: asyncio.Timeout) -> None:
        """Let *call* end with TimeoutError when its time is over, unless it ends before."""
        loop = asyncio.get_running_loop()
        self._late_at[call] = loop.time() + self._within_s
        if self._alarm is None:
            self._alarm = loop.call_later(self._within_s, self._look)

    def end(self, call: asyncio.Timeout) -> None:
        """Forget *call*."""
        self._late_at.pop(call, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now, self._alarm = loop.time(), None
        for call, late_at in list(self._late_at.items()):
            if late_at > now:
                self._alarm = loop.call_at(late_at, self._look)
                return
            self.end(call)
            call.reschedule(now)
