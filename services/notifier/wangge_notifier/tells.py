"""Which fact tells whom, and by which template: one entry of the table `tells.toml`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from wangge_contracts.message import words
from wangge_contracts.v1 import ClockChange, IncidentChange, TaskChange, TaskKind

Audience = Literal["holder", "former", "desk", "lead", "reporter", "terminal"]
"""
The holder of the task; who had it, or decided about the matter, until somebody else's order; the desk that
decides; the lead of a matter; its reporter, if he asked for a reply (回告); who runs the terminal system.
"""
_FIXED = ("report-rejected",)
_WORDS = {
    "task": set(words(TaskChange)),
    "incident": set(words(IncidentChange)),
    "clock": set(words(ClockChange)),
}


def _known(fact: str) -> str:
    kind, _, word = fact.partition("-")
    # A rung is named by its ladder, so any name may follow.
    if fact in _FIXED or kind == "rung" or word in _WORDS.get(kind, ()):
        return fact
    raise ValueError(
        f"no such fact: {fact!r}; write task-, incident- or clock- and a word of the contracts "
        f"(task-assigned), rung- and the name of a rung, or {', '.join(_FIXED)}"
    )


Fact = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known)]
"""`task-<change>`, `incident-<change>`, `clock-<change>`, `rung-<name>`, or one of the few without a word."""


class Tell(BaseModel):
    """Who hears of one fact, each by which template; nobody named: nobody hears of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: Fact
    kinds: tuple[TaskKind, ...] = ()
    """Only of tasks of these kinds; none named: of all."""
    tells: dict[Audience, Annotated[str, Field(min_length=1, max_length=48)]]

    def suits(self, kind: str | None) -> bool:
        """Whether this entry is about a task of that kind."""
        return not self.kinds or kind in self.kinds
