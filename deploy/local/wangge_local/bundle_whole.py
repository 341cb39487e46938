"""All parts of a configuration at once, and what may be found wrong where they do not fit one another."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wangge_contracts.calendars import Calendars
from wangge_contracts.v1 import Department, Place, StandardRow, Terminal
from wangge_escalation.ladder import Ladders
from wangge_local.bundle_parts import District, Rosters
from wangge_notifier.channels import Channels
from wangge_notifier.contacts import Contacts
from wangge_notifier.templates import Own
from wangge_router.addresses import AddressEntry
from wangge_router.boundaries import Boundaries
from wangge_router.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of a configuration, parsed."""

    district: District
    calendars: Calendars
    places: Sequence[Place]
    departments: Sequence[Department]
    standard: Sequence[StandardRow]
    rulebook: Rulebook
    ladder: Ladders
    rosters: Rosters
    contacts: Contacts
    terminals: Sequence[Terminal]
    channels: Channels = field(default_factory=Channels)
    boundaries: Boundaries | None = None
    addresses: Sequence[AddressEntry] = ()
    templates: Own | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in which part and where in its file, and what to do; a warning refuses nothing."""

    kind: str
    path: tuple[str | int, ...]
    text: str
    remedy: str
    warning: bool = False
    quoted: str = ""
    """The very text that stands in the file, where the path does not lead to it."""
    earlier: tuple[str | int, ...] | None = None
    """Of two that are not allowed beside each other the path of the first."""


def repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield each name that comes a second time, and its number."""
    seen: Counter[str] = Counter()
    for number, name in enumerate(names):
        seen[name] += 1
        if seen[name] == 2:
            yield number, name
