"""Who is who in one bundle of reference data: how a holder is named and reached, and who commands whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

from wangge_contracts.message import known
from wangge_contracts.posts import Seats, deputies
from wangge_contracts.reckoning import Hours
from wangge_contracts.topics import DEPARTMENT_TASKS, TERMINAL_TASKS
from wangge_contracts.v1 import ClassRef, Limit, Names, Party, Person, Place, Reach, TaskKind, Urgency
from wangge_router.parts import Parts, Post
from wangge_router.places import Located
from wangge_router.routes import Routes
from wangge_router.sorting import Sorting
from wangge_router.terms import Terms

_REMEMBERED = ("signing", "reach", "mailbox", "party", "name", "desk_above")
"""What is asked for every task, and stays as it is while a version is in force: each is worked out once."""
_MOST_REMEMBERED = 16_384
"""Answers of each: strangers may name anybody."""


@dataclass(frozen=True)
class Directory:
    """The reference data of one version, as the router looks at it."""

    version: str
    sorting: Sorting
    posts: Mapping[str, Post]
    phones: Mapping[str, str]
    routes: Routes
    deputies: Mapping[str, str]
    """Who stands in for an officer (代班): holder -> holder."""
    terminal: str | None
    """The terminal system of officers whose post names none; None: they have none."""
    _inside: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The unit above each, by holder."""
    _having_units: frozenset[str] = frozenset()
    _people: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    hours: Hours = field(default_factory=Hours, repr=False)
    language: str = "zh"
    """In which a reporter is told what became of his matter."""

    def __post_init__(self) -> None:
        for name in _REMEMBERED:
            object.__setattr__(self, name, lru_cache(_MOST_REMEMBERED)(getattr(self, name)))

    @classmethod
    def of(
        cls,
        version: str,
        parts: Mapping[str, Any],
        calendars: Iterable[Any] = (),
        ladders: Iterable[Any] = (),
    ) -> Self:
        """
        Look at one bundle's parts, as `parts` reads them.

        :param calendars: every part `calendars` that was ever published besides: a limit that runs keeps its
            own.
        :param ladders: every part `ladder` likewise, the oldest first: what they declared stays declared.

        Raises ValueError, with pydantic's account of it, for a bundle that cannot be used.
        """
        read = Parts.of(parts)
        sorting, posts = read.sorting, {post.holder: post for post in read.rosters.posts}
        inside = {
            f"department:{slug}": f"department:{unit.parent}"
            for slug, unit in sorting.departments.items()
            if unit.parent in sorting.departments
        }
        return cls(
            version=version,
            sorting=sorting,
            routes=Routes(sorting, version),
            posts=posts,
            deputies=deputies(read.rosters.deputies, posts.keys(), Seats(read.places)),
            phones=read.phones,
            terminal=read.rosters.terminal,
            language=read.language,
            _inside=inside,
            _having_units=frozenset(inside.values()),
            _people=_people(read.rosters.posts),
            hours=Hours.of(
                (*calendars, *(part for part in (parts.get("calendars"),) if part)),
                (*ladders, *(part for part in (parts.get("ladder"),) if part)),
            ),
        )

    @property
    def terms(self) -> Terms:
        """The terms of the city besides its limits: signing, verifying, reopening ..."""
        return self.sorting.rulebook.terms

    def limit(self, kind: TaskKind, class_ref: ClassRef | None) -> Limit:
        """Return the limit of a task of *kind* in an incident of that class."""
        return self.sorting.limit(kind, self.sorting.row(class_ref))

    def signing(self, kind: TaskKind, urgency: Urgency) -> Limit | None:
        """Return within what time such a task is to be signed for; None: it need not be."""
        return self.terms.signing(kind, urgency)

    def reach(self, holder: str) -> str | None:
        """How a department hears of its tasks; None for who is no department that we know."""
        department = self.sorting.departments.get(_slug(holder))
        return known(Reach, department.reach) if department else None

    def knows(self, holder: str) -> bool:
        """Whether there is such a unit, desk or post."""
        kind, _, name = holder.partition(":")
        if kind == "department":
            return name in self.sorting.departments
        if kind == "officer" and self.sorting.officers is not None:
            return holder in self.sorting.officers
        return self.sorting.registry.find(name.partition("/")[0]) is not None

    def located(self, holder_or_code: str) -> Located | None:
        """Where a desk or post sits, or a place lies."""
        code = holder_or_code.partition(":")[2] or holder_or_code
        return self.sorting.registry.find(code.partition("/")[0])

    def mailbox(self, holder: str) -> str | None:
        """The topic that brings *holder* its tasks; None for who reads them at the console or is called."""
        if holder.startswith("officer:"):
            terminal = self.terminal_of(holder)
            return TERMINAL_TASKS.named(terminal) if terminal else None
        if self.reach(holder) == "mailbox":
            return DEPARTMENT_TASKS.named(_slug(holder))
        return None

    def terminal_of(self, officer: str) -> str | None:
        """The terminal system that carries the tasks and answers of *officer*; None: none is named."""
        post = self.posts.get(officer)
        return (post and post.terminal) or self.terminal

    def fills(self, person: Person, officer: str) -> bool:
        """Whether *person* is known to hold that post; without a roster, whether his role is the post's."""
        post = self.posts.get(officer)
        if post is not None and post.staff_id is not None:
            return person.staff_id == post.staff_id
        return person.role == officer.rpartition("/")[2]

    def party(self, holder: str, role: str) -> Party:
        """*holder* as others at the incident see it."""
        return Party(holder=holder, role=role, name=self.name(holder), duty_phone=self.phones.get(holder))

    def name(self, holder: str) -> Names:
        """What people call *holder*: the unit, the post with its place, the desk of its place."""
        kind, _, name = holder.partition(":")
        if kind == "department":
            department = self.sorting.departments.get(name)
            return department.name if department else Names(zh=name, en=name)
        post = self.posts.get(holder)
        if post is not None:
            return post.name
        code, _, role = name.partition("/")
        place = self._place(code)
        zh, en = (place.name.zh, place.name.en) if place else (code, code)
        if kind == "desk":
            workstation = place is not None and place.level == "community"
            return Names(zh=f"{zh}{'综合工作站' if workstation else '指挥中心'}", en=f"{en} desk")
        return Names(zh=f"{zh} {role}", en=f"{en} {role}")

    def _place(self, code: str) -> Place | None:
        located = self.sorting.registry.find(code)
        return next((place for place in located.levels if place.code == code), None) if located else None

    def desk_above(self, desk: str) -> str | None:
        """The next desk above *desk* or post: workstation, street, district; None above the district's."""
        located = self.located(desk)
        if located is None:
            return None
        chain = list(dict.fromkeys(located.desk(level) for level in ("workstation", "street", "district")))
        above = chain[chain.index(desk) + 1 :] if desk in chain else chain
        return above[0] if above else None

    def unit_above(self, holder: str) -> str | None:
        """The unit that *holder* is part of."""
        return self._inside.get(holder)

    def has_units(self, holder: str) -> bool:
        """Whether a unit has others inside."""
        return holder in self._having_units

    def is_inside(self, unit: str, holder: str) -> bool:
        """Whether *unit* is part of *holder*, however deep."""
        seen: set[str] = set()
        above = self._inside.get(unit)
        while above is not None and above not in seen:
            if above == holder:
                return True
            seen.add(above)
            above = self._inside.get(above)
        return False

    def people(self, holder: str) -> frozenset[str]:
        """The staff numbers that fill *holder*'s posts on the roster; empty: not known."""
        return self._people.get(holder, frozenset())

    def commands(self, desk: str, place_of: str) -> bool:
        """
        Whether *desk* is the desk of the place of *place_of* (a holder or a code), or one above it.

        What a place that has gone still holds is the district's: else nobody could decide it any more.
        """
        kind, _, code = desk.partition(":")
        if kind != "desk" or place_of.startswith("department:"):
            return False
        located = self.located(place_of)
        return code in (located.codes if located is not None else (self.sorting.registry.district.code,))


def _people(posts: Iterable[Post]) -> dict[str, frozenset[str]]:
    people: dict[str, frozenset[str]] = {}
    for post in posts:
        if post.staff_id is not None:
            people[post.holder] = people.get(post.holder, frozenset()) | {post.staff_id}
    return people


def _slug(holder: str) -> str:
    return holder.removeprefix("department:")
