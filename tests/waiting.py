"""How tests wait: for what must become true, never for a time."""

import time
from collections.abc import Callable
from typing import Any


def wait_for(what: str, holds: Callable[[], Any], *, within_s: float = 45) -> Any:
    """Wait until *holds* gives something true and return it; fail naming *what* otherwise."""
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s:.0f} s: {what}")
