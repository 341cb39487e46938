"""Whether punitive rungs are held: while what was not read yet may be the answer that ends a clock. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Hold:
    """
    What is known of the rooms before us, and since when it makes us wait.

    Times are monotonic seconds. A hold lasts *at_most*, and begins anew only after all have caught up: a part
    that stands still for an operator must not stop the bell for ever.
    """

    at_most: timedelta
    since_s: float = 0.0
    behind: Mapping[str, int] | None = None
    """How many records each room that is late has not handled for too long; None: it is not known."""
    holds: bool = True

    @property
    def asked(self) -> bool:
        """Whether anything was learnt yet, if only that nobody answers."""
        return self.behind is not None or self.since_s > 0

    def see(self, behind: Mapping[str, int] | None, *, now_s: float) -> "Hold":
        """Take in what the broker said, or that it said nothing (None)."""
        clear = behind is not None and not behind
        if clear:
            return replace(self, behind=behind, holds=False, since_s=0.0)
        since_s = self.since_s or now_s
        within = now_s - since_s < self.at_most.total_seconds()
        return replace(self, behind=behind, holds=within, since_s=since_s)

    @property
    def reason(self) -> str | None:
        """What a person must know: why something is held, or why it is held no longer."""
        if self.behind is None:
            late = "nobody knows whether the rooms before this one are late"
        elif self.behind:
            late = ", ".join(f"{room} has {count} old records to read" for room, count in self.behind.items())
        else:
            return None
        if self.holds:
            return f"red lights and listings are held: {late}"
        return f"red lights and listings ring though {late}: the hold has lasted {self.at_most}"
