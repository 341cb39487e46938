"""Who is told for a post, a desk or a unit: whoever is on duty there, else a deputy, else the desk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from wangge_contracts.hours import Window, Works, by_the_week
from wangge_contracts.posts import Seats, deputies, entry
from wangge_contracts.v1 import Place, RecipientReason
from wangge_notifier.contacts import Contacts


class _Post(BaseModel):
    """Reference data of a newer version may say more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    holder: str
    staff_id: str | None = None


class _Rosters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    posts: tuple[_Post, ...] = ()
    shifts: dict[str, tuple[Window, ...]] = {}
    duty: dict[str, str] = {}
    deputies: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told, at which post or unit, and why."""

    ref: str
    """The post, desk or unit that is addressed."""
    staff_id: str | None
    reason: RecipientReason
    instead_of: str | None = None

    @property
    def who(self) -> str:
        """The person; without a number the post or unit itself."""
        return self.staff_id or self.ref


@dataclass(frozen=True, slots=True)
class People:
    """The people of each post, desk and unit, their hours of duty, and who stands in for them."""

    of: Mapping[str, Sequence[str]]
    """Staff numbers by holder; a holder without any is told as such."""
    deputies: Mapping[str, str]
    _shifts: Mapping[str, tuple[Window, ...]] = field(repr=False)
    _own: Mapping[str, str] = field(repr=False)
    _posts: Mapping[str, str] = field(repr=False)
    _works: Works = field(repr=False)

    @classmethod
    def read(
        cls, rosters: Any, contacts: Contacts, places: Sequence[Place], works: Works = by_the_week
    ) -> Self:
        """
        Read the part `rosters`, and who else is at units and desks; ValueError for a useless one.

        :param works: whether a shift of working days, or of days off, begins on a day.
        """
        read, seats = _Rosters.model_validate(rosters), Seats(places)
        of: dict[str, list[str]] = {}
        for post in read.posts:
            of.setdefault(post.holder, []).extend([post.staff_id] if post.staff_id else [])
        for person in contacts.people:
            for holder in person.at:
                of.setdefault(holder, []).append(person.staff_id)
        shifts = ((holder, entry(read.duty, holder, seats)) for holder in of.keys() | read.duty.keys())
        return cls(
            of=of,
            deputies=deputies(read.deputies, of.keys() | _named(read.deputies), seats),
            _shifts=read.shifts,
            _own={person.staff_id: person.shift for person in contacts.people if person.shift},
            _posts={holder: shift for holder, shift in shifts if shift},
            _works=works,
        )

    def told(self, holder: str, *, reason: RecipientReason, desk: str, local: datetime) -> tuple[Told, ...]:
        """
        Return whom to tell for *holder* at *local*, a wall time: whoever is on duty; else the nearest deputy
        who is; else the *desk*, which is never empty.
        """
        for post in self._line(holder):
            found = tuple(self._present(post, local))
            if found:
                deputy = post != holder
                instead_of = holder if deputy else None
                return tuple(
                    Told(post, staff_id, "deputy" if deputy else reason, instead_of) for staff_id in found
                )
        staff = tuple(self._present(desk, local)) or (None,)
        return tuple(Told(desk, staff_id, "nobody-on-duty", holder) for staff_id in staff)

    def _line(self, holder: str) -> Iterator[str]:
        """Yield *holder*, his deputy, the deputy's deputy ... each once."""
        seen: set[str] = set()
        post: str | None = holder
        while post is not None and post not in seen:
            seen.add(post)
            yield post
            post = self.deputies.get(post)

    def _present(self, holder: str, local: datetime) -> Iterator[str | None]:
        """Yield who of *holder* is on duty; None stands for a holder of whom nobody is known by number."""
        for staff_id in dict.fromkeys(self.of.get(holder) or (None,)):
            shift = self._own.get(staff_id or "") or self._posts.get(holder)
            windows = self._shifts.get(shift) if shift is not None else None
            if windows is None or any(window.ends(local, self._works) for window in windows):
                yield staff_id


def _named(entries: Mapping[str, str]) -> set[str]:
    return {holder for pair in entries.items() for holder in pair if ":" in holder}
