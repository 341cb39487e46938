"""Named places where a test may freeze this process: no-ops unless WANGGE_STOP_POINT names them."""

import os
import signal
from collections import Counter

NAMES = ("after-lock", "before-commit", "after-commit", "mid-publish")

_wanted: dict[str, set[int]] = {}
_passed: Counter[str] = Counter()


def arm(wish: str | None, *, mode: str) -> None:
    """
    Arm the stop points that *wish* names, as `name` or `name@n` (the n-th passage), comma separated.

    Raises SystemExit in production, and for a name that does not exist.
    """
    _wanted.clear()
    _passed.clear()
    if not wish:
        return
    if mode == "production":
        raise SystemExit("WANGGE_STOP_POINT is set, and production refuses it: unset it")
    for item in wish.split(","):
        name, _, nth = item.strip().partition("@")
        if name not in NAMES:
            raise SystemExit(f"WANGGE_STOP_POINT: {name!r} is none of {', '.join(NAMES)}")
        _wanted.setdefault(name, set()).add(int(nth or 1))


def stop_point(name: str) -> None:
    """Freeze here (SIGSTOP to ourselves) if this passage was asked for."""
    if not _wanted:
        return
    _passed[name] += 1
    if _passed[name] in _wanted.get(name, ()):
        os.kill(os.getpid(), signal.SIGSTOP)
