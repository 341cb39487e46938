"""One line of what was decided about a matter, and how much it matters. Pure."""

from dataclasses import dataclass
from datetime import datetime

MUST, SHOULD, MAY = 1, 2, 3
"""What answers a complaint; what tells the story; what the turns show as well."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was decided, said or refused; *at* is house time, *weight* one of MUST, SHOULD, MAY."""

    at: datetime
    who: str
    what: str
    reason: str
    weight: int
