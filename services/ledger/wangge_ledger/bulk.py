"""One order with one reason for many incidents (批量): said to each as what it is, tied by `bulk_id`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import to_json

from wangge_contracts.message import derive_id, most, words
from wangge_contracts.v1 import DeskOrdered, Holder, Id, Mode, PlaceCode, TaskKind, fault
from wangge_ledger import acts
from wangge_ledger.people import Speaker

MOST = 5_000
"""To how many incidents one bulk order goes at most."""
MOST_TASKS = most(DeskOrdered, "task_ids")
_OF_EACH = ("order_id", "incident_id", "task_ids", "bulk_id", "mode")

_MODES = {"type": "string", "enum": words(Mode)}


def _known(mode: str) -> str:
    if mode not in words(Mode):
        raise ValueError(f"use one of {', '.join(words(Mode))}")
    return mode


class Where(BaseModel):
    """Which open matters are meant: all conditions hold; at least one must be given, and null is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST)] | None = None
    """Of these alone; a case number will do as well."""
    holder: Holder | None = None
    """Somebody has an open task of it: the order is about those tasks."""
    kind: TaskKind | None = None
    """Of what kind that task is."""
    place: PlaceCode | None = None
    """It lies in that grid, community, street or district."""
    scheme: str | None = None
    code: str | None = None
    """Its class; the scheme alone means nearly all and is no condition."""
    mode: Annotated[Mode, AfterValidator(_known), WithJsonSchema(_MODES)] = "actual"
    """A drill in a street must not reach what is actual there; no condition by itself."""

    @model_validator(mode="after")
    def _asks_something(self) -> "Where":
        if all(each is None for each in (self.incident_ids, self.holder, self.kind, self.place, self.code)):
            raise ValueError(
                "name one of incident_ids, holder, kind, place, code: nobody orders of all at once"
            )
        return self


class Bulk(BaseModel):
    """What somebody orders of many: the fields of a `DeskOrdered`, but for those that each has of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bulk_id: Id
    """Made once and used again on every retry: then each order counts once."""
    where: Where
    order: dict[str, Any]
    dry_run: bool = False
    """Only say which are meant: nothing is ordered."""

    @model_validator(mode="after")
    def _leaves_out_what_each_has(self) -> "Bulk":
        told = [name for name in _OF_EACH if name in self.order]
        if told:
            raise ValueError(f"leave {', '.join(told)} out of the order: each incident gets its own")
        return self


@dataclass(frozen=True, slots=True)
class Meant:
    """One incident that a bulk order goes to, and the tasks that it is about."""

    incident_id: str
    mode: str
    task_ids: tuple[str, ...] = ()
    case_number: str = ""
    portion: int = 0
    """Of more tasks than one order names: how many orders go before this one."""

    def portions(self) -> Iterator["Meant"]:
        """Yield it in as many orders as its tasks take."""
        yield replace(self, task_ids=self.task_ids[:MOST_TASKS])
        for number, first in enumerate(range(MOST_TASKS, len(self.task_ids), MOST_TASKS), 1):
            yield replace(self, task_ids=self.task_ids[first : first + MOST_TASKS], portion=number)


@dataclass(frozen=True, slots=True)
class Given:
    """An order that was heard before under the same bulk id, and what became of it so far."""

    order_id: str
    order: str
    incident_id: str
    case_number: str | None
    speaker: str
    """The staff number of who typed it."""
    outcome: str | None = None
    """The router's last verdict; None while there is none."""

    @property
    def told(self) -> dict[str, str]:
        """What the door tells of it."""
        found = {
            "incident_id": self.incident_id,
            "case_number": self.case_number,
            "order_id": self.order_id,
            "outcome": self.outcome,
        }
        return {name: value for name, value in found.items() if value is not None}


def before(bulk: Bulk, heard: Iterable[Given], *, speaker: Speaker) -> dict[str, Given]:
    """
    Return those of *heard* that *speaker* gave by this very bulk, by the order's id.

    Ids are unique per speaker only. Raises `acts.Refused` where the id stands for another order.
    """
    given = {one.order_id: one for one in heard if one.speaker == speaker.staff_id}
    if any(one.order != bulk.order.get("order") for one in given.values()):
        raise acts.Refused((fault("id-reused", "/bulk_id"),))
    return given


def orders_of(
    bulk: Bulk, meant: Iterable[Meant], *, speaker: Speaker, now: datetime
) -> Iterator[DeskOrdered]:
    """
    Yield the order for each of *meant*, effective *now* (house time, UTC).

    Ids follow from the bulk and the incident, so a repeated bulk says the same orders again. Raises
    `acts.Refused` as a single order would be, also where nothing is meant: who looks first (`dry_run`) at a
    morning without matters learns of a slip before there are some.
    """
    meant = list(meant)
    if not meant:
        _order(bulk, Meant("none", "actual"), speaker=speaker, now=now)
    for one in meant:
        yield _order(bulk, one, speaker=speaker, now=now)


def _order(bulk: Bulk, one: Meant, *, speaker: Speaker, now: datetime) -> DeskOrdered:
    further = [str(one.portion)] if one.portion else []
    own = {
        "order_id": derive_id("bulk", bulk.bulk_id, one.incident_id, *further),
        "incident_id": one.incident_id,
        "task_ids": one.task_ids,
        "bulk_id": bulk.bulk_id,
        "mode": one.mode,
    }
    try:
        return acts.order_of(to_json(bulk.order | own), speaker=speaker, now=now)
    except acts.Refused as refused:
        # Where the fault lies in what was sent.
        within = [each.model_copy(update={"pointer": f"/order{each.pointer}"}) for each in refused.faults]
        raise acts.Refused(tuple(within)) from None
