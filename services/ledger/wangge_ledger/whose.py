"""Whose tasks a caller may ask for: an outsider those that his mailbox brings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

OFFICER = "officer:"


@dataclass(frozen=True, slots=True)
class Whose:
    """Some *holders*, and, unless it is None, every officer who is not among *officers_but*."""

    holders: frozenset[str]
    officers_but: frozenset[str] | None = None

    @classmethod
    def of_outsider(cls, owner: str, rosters: Mapping[str, Any]) -> Self:
        """
        Return for whom *owner*, as `departments.gas` or `terminals.pda`, is told of tasks.

        :param rosters: the part of that name in force: a terminal system has the officers whose post names
            it, and where the roster does, those whose post names none.
        """
        family, _, slug = owner.partition(".")
        if family == "departments":
            return cls(frozenset({f"department:{slug}"}))
        named = {
            post["holder"]: post["terminal"]
            for post in rosters.get("posts", ())
            if post.get("terminal") and post["holder"].startswith(OFFICER)
        }
        theirs = frozenset(holder for holder, terminal in named.items() if terminal == slug)
        others = named.keys() - theirs if rosters.get("terminal") == slug else None
        return cls(theirs, None if others is None else frozenset(others))

    def has(self, holder: str) -> bool:
        """Whether *holder* is one of them."""
        if holder in self.holders:
            return True
        return (
            self.officers_but is not None and holder.startswith(OFFICER) and holder not in self.officers_but
        )
