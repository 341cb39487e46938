"""Whose clock differs: what time it is to broker and database, held against this machine's clock."""

import time

import structlog

from wangge_chassis import metrics

_BORNE_S = 5.0
"""Clocks that are kept (NTP) differ by milliseconds; deadlines are in minutes at least."""
_SAID_AGAIN_S = 60.0
"""By so much a difference must change to be said anew."""

_said: dict[str, float] = {}


def ahead_s(told_s: float, *, since_s: float, now_s: float) -> float:
    """
    Return by how many seconds, less than 0: behind, a clock differs that said *told_s* of a moment of ours.

    All are Unix times. The moment lies anywhere from *since_s*, when it was asked, to *now_s*: what may be
    the answer's way, or a wait, is no difference.
    """
    return told_s - min(max(told_s, since_s), now_s)


def hold_against_ours(whose: str, told_s: float, *, since_s: float) -> None:
    """Note what the clock of *whose* said after *since_s* by ours, Unix times; tell when it differs."""
    ahead = ahead_s(told_s, since_s=since_s, now_s=time.time())
    metrics.ahead(whose).set(ahead)
    before, differs = _said.get(whose), abs(ahead) > _BORNE_S
    if differs and (before is None or abs(ahead - before) > _SAID_AGAIN_S):
        _said[whose] = ahead
        structlog.get_logger().error("clock_differs", whose=whose, ahead_s=round(ahead, 1))
    elif not differs and before is not None:
        del _said[whose]
        structlog.get_logger().info("clock_agrees", whose=whose)


def differing() -> list[str]:
    """Say whose clock differs from ours, and by how much."""
    return [
        f"the clock of {whose} is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
        for whose, ahead in sorted(_said.items())
    ]
