"""What may begin now: of what is due, each endpoint up to its limits, and as one what goes as one."""

from collections.abc import Callable, Iterator
from datetime import datetime

from wangge_notifier.agenda import Agenda, Entry

AT_A_TURN = 400
_AS_ONE = 200
"""Most notices that become one."""


def picks(agenda: Agenda, now: datetime, room: Callable[[Entry], int]) -> Iterator[list[Entry]]:
    """Yield groups of what goes as one; *room* says how many may begin where an entry goes."""
    begun = 0
    for key in agenda.endpoints(now):
        first = agenda.first(key)
        if begun >= AT_A_TURN or first is None:
            return
        free = room(first)
        if free == 0 and first.until is not None and first.until < now:
            free = 1  # its time is over, and that is all that is to be said
        if free and first.gathers:
            group = [entry for entry in agenda.ready(key, _AS_ONE) if entry.gathers]
            yield group
            begun += 1
        elif free:
            for entry in agenda.ready(key, free):
                if not entry.gathers:
                    yield [entry]
                    begun += 1
        if free:
            agenda.served(key)
