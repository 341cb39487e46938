"""What went wrong last, when to try again, and when trying again is no use."""

import math
import time
from collections import deque
from random import uniform

from wangge_chassis.blaming import blamed
from wangge_chassis.ownership import Fenced, Touched

_FENCED_A_MINUTE = 5
_LONGEST_WAIT_S = 5.0
_SETTLES_S = 10.0
"""Longer than the longest wait: whoever fails again within it has not recovered."""


class Patience:
    """
    The waits between failures of one consumer.

    An outage is met with back-off and jitter. Where parts can be taken over but their records not be handled,
    a takeover proves nothing: only a batch ends that trouble, or some time without another failure. Being
    fenced is met with a third of the session's time, for two owners that retake at once expel each other for
    ever; five times in a minute it is not a pause but a second process under our name (messaging-proof C5).
    What an operator decided about a part is no such thing, and waits for nothing.
    """

    def __init__(self, *, session_timeout_s: float, replica: str) -> None:
        self.fatal: str | None = None
        self._session_timeout_s = session_timeout_s
        self._replica = replica
        self._trouble: str | None = "starting"
        self._retry_at = 0.0
        self._failures = 0
        self._relapsed = False
        self._held_since = math.inf
        self._step_since = math.inf
        self._fenced_at: deque[float] = deque(maxlen=_FENCED_A_MINUTE)

    @property
    def trouble(self) -> str | None:
        """What keeps us from working; None when all is well."""
        return None if self._is_over else self._trouble

    @property
    def _is_over(self) -> bool:
        return self._held_for_s >= (_SETTLES_S if self._relapsed else 0)

    @property
    def _held_for_s(self) -> float:
        # A step that waits for somebody's lock takes longer than trouble takes to settle.
        return min(time.monotonic(), self._step_since) - self._held_since

    @property
    def over(self) -> bool:
        """Whether it is time to try again; never after something fatal."""
        return self.fatal is None and time.monotonic() >= self._retry_at

    def wait(self, wait_s: float) -> None:
        """Try again in *wait_s* seconds."""
        self._retry_at = time.monotonic() + wait_s

    def meet(self, error: Exception) -> float:
        """Note *error* and return for how many seconds nothing is tried."""
        held_for_s, self._held_since = self._held_for_s, math.inf
        if held_for_s >= _SETTLES_S:
            self.worked()
        self._trouble = blamed(error)
        if isinstance(error, Touched):
            wait_s = 0.0
        elif isinstance(error, Fenced):
            wait_s = self._session_timeout_s / 3
            now = time.monotonic()
            self._fenced_at.append(now)
            if len(self._fenced_at) == _FENCED_A_MINUTE and now - self._fenced_at[0] < 60:
                self.fatal = (
                    f"fenced {_FENCED_A_MINUTE} times in a minute: "
                    f"does another process run as replica {self._replica}?"
                )
        else:
            self._failures += 1
            self._relapsed |= 0 <= held_for_s < _SETTLES_S
            wait_s = uniform(0.5, 1.0) * min(0.2 * 2**self._failures, _LONGEST_WAIT_S)
        self.wait(wait_s)
        return wait_s

    def step_begins(self) -> None:
        """Something is begun of which nobody knows yet whether it will fail: until it ends no time counts."""
        self._step_since = time.monotonic()

    def step_ends(self) -> None:
        """It has ended, well or not."""
        self._step_since = math.inf

    def end(self) -> None:
        """All parts are held again."""
        self._held_since = time.monotonic()

    def worked(self) -> None:
        """Records were handled: all is well again."""
        self._failures = 0
        self._relapsed = False
