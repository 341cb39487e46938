"""What rules and guards may ask about an incident, worked out when something asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property

from wangge_contracts.calendars import WEEKDAYS
from wangge_contracts.hours import Works, by_the_week
from wangge_contracts.v1 import ClassRef, IncidentAccepted
from wangge_router.places import Located

Zones = Mapping[str, frozenset[str]]
"""The place codes of each zone, by its name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What facts are looked at by besides the incident: the district's clocks, zones and working days."""

    time_zone: tzinfo = UTC
    zones: Zones = field(default_factory=dict)
    works: Works = by_the_week


@dataclass(frozen=True)
class Facts:
    """What rules may ask about an incident; what only a guard asks is worked out when one does."""

    incident: IncidentAccepted
    located: Located
    setting: Setting

    @property
    def class_ref(self) -> ClassRef | None:
        """The class as reported."""
        return self.incident.class_ref

    @cached_property
    def class_key(self) -> tuple[str, str]:
        """Scheme and code of the class."""
        return self.scheme, self.code

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The codes of where it lies, the finest first."""
        return self.located.codes

    @property
    def terminal(self) -> str:
        """The terminal system it came by."""
        return self.incident.terminal

    @property
    def source(self) -> str:
        """Who reported: officer, hotline ..."""
        return self.incident.source

    @property
    def nature(self) -> str:
        """What is wanted: problem, complaint ..."""
        return self.incident.nature

    @property
    def urgency(self) -> str:
        """As claimed by who reports; not claimed counts as `normal`."""
        return self.incident.urgency_claimed or "normal"

    @cached_property
    def text(self) -> str:
        """The description in lower case; empty without one."""
        return self.incident.description.text.casefold() if self.incident.description else ""

    @cached_property
    def local(self) -> datetime:
        """When it took effect, by the district's clocks."""
        return self.incident.effective_at.astimezone(self.setting.time_zone)

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The answers of the report's form by their codes; of two with one code the last."""
        return {each.code: each.value for each in self.incident.attributes}

    @property
    def component(self) -> str:
        """The code of the numbered thing it is about."""
        return self.incident.place.component.code if self.incident.place.component else ""

    @property
    def component_scheme(self) -> str:
        """The scheme of that code."""
        return self.incident.place.component.scheme if self.incident.place.component else ""

    @property
    def scheme(self) -> str:
        """The scheme of the class."""
        return self.class_ref.scheme if self.class_ref else ""

    @property
    def code(self) -> str:
        """The class."""
        return self.class_ref.code if self.class_ref else ""

    @property
    def condition(self) -> str:
        """The filing condition within the class."""
        return (self.class_ref.condition or "") if self.class_ref else ""

    @property
    def street(self) -> str:
        """The code of the street."""
        return self.located.street.code if self.located.street else ""

    @property
    def community(self) -> str:
        """The code of the community."""
        return self.located.community.code if self.located.community else ""

    @property
    def grid(self) -> str:
        """The code of the grid."""
        return self.located.grid.code if self.located.grid else ""

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of the zones it lies in."""
        return tuple(
            name for name, codes in self.setting.zones.items() if any(at in codes for at in self.places)
        )

    @property
    def flags(self) -> tuple[str, ...]:
        """What is doubtful about its place."""
        return self.incident.place_flags

    @property
    def accuracy_m(self) -> float:
        """How accurate its point is, metres; -1 where that is not told."""
        point = self.incident.place.point
        return -1.0 if point is None or point.accuracy_m is None else point.accuracy_m

    @property
    def mode(self) -> str:
        """Whether it counts: actual, exercise, test."""
        return self.incident.mode

    @property
    def role(self) -> str:
        """In which role somebody reports."""
        return self.incident.reporter_role

    @property
    def day(self) -> str:
        """The day of the week: mon ... sun."""
        return WEEKDAYS[self.local.weekday()]

    @property
    def hour(self) -> int:
        """The hour of the day, 0-23."""
        return self.local.hour

    @property
    def minute(self) -> int:
        """The minute of the hour."""
        return self.local.minute

    @property
    def repeats(self) -> int:
        """How often it was reported before."""
        return self.incident.repeat_count

    @property
    def confidential(self) -> bool:
        """The reporter's identity is not to be told."""
        return self.incident.confidential

    @property
    def wants_reply(self) -> bool:
        """Who reports wants to hear what became of it."""
        return self.incident.wants_reply
