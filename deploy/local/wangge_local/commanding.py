"""One order from the command line, given at the ledger's counter as a desk would give it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import ValidationError

from wangge_contracts.message import words
from wangge_contracts.v1 import HOUSE_ORDERS, DeskOrdered, Order
from wangge_local import verdicts_shown
from wangge_local.cli_options import kafka_of, ledger_of, postgres_of
from wangge_local.clock import ClockKeeper, span
from wangge_local.doors import step
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.typed import first_fault
from wangge_local.voices import Voices

ORDERS = tuple(word for word in words(Order) if word not in HOUSE_ORDERS)
"""What a person may order."""
_SPANS = ("until", "reply_by")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to order, as options give it; instants are spans from now, as `5d`."""

    incident: str
    order: str
    desk: str | None
    staff: str | None
    tasks: tuple[str, ...]
    parties: tuple[str, ...]
    """`handle=department:water`: kind and holder."""
    fields: Mapping[str, str | None]
    """What else it says, by the names of `DeskOrdered`."""


def send(folder: HouseFolder, wish: Wish, *, as_json: bool) -> int:
    """Give it, wait for the verdict and print it; return 0 when it was applied. Raises GroundError."""
    ledger = ledger_of(folder)
    found = ledger.get(f"/v1/incidents/{step(wish.incident)}")
    other = wish.fields.get("other_incident_id")
    other = str(ledger.get(f"/v1/incidents/{step(other)}")["incident"]["incident_id"]) if other else None
    order = made(
        wish, found["incident"], found["tasks"], other=other, now=ClockKeeper(postgres_of(folder)).now()
    )
    with Voices(kafka_of(folder), ledger, [], source="/wangge-order") as voices:
        voices.order(order)
        verdict = voices.verdict(order.order_id)
    return verdicts_shown.show(verdict, f"{order.on_behalf_of} ordered {wish.order}", as_json=as_json)


def made(
    wish: Wish,
    incident: Mapping[str, Any] | None,
    tasks: list[Mapping[str, Any]],
    *,
    other: str | None,
    now: datetime,
) -> DeskOrdered:
    """Return the order; *now* is house time. Raises GroundError for what the contract refuses."""
    require_order(wish.order)
    if incident is None:
        raise GroundError(f"{wish.incident} is not accepted: wangge explain {wish.incident}")
    fields: dict[str, Any] = {
        "order_id": secrets.token_hex(8),
        "order": wish.order,
        "incident_id": incident["incident_id"],
        "mode": incident["mode"],
        "actor": {"staff_id": wish.staff or "syn-shift-leader"},
        "on_behalf_of": wish.desk or _desk(incident, tasks),
        "effective_at": now,
        "task_ids": tuple(_task(name, tasks) for name in wish.tasks),
        "parties": tuple(party_of(party) for party in wish.parties),
    }
    fields |= fields_of(wish, now)
    if other is not None:
        fields["other_incident_id"] = other
    try:
        return DeskOrdered.model_validate(fields)
    except ValidationError as error:
        raise GroundError(f"this is no order: {first_fault(error)}") from None


def _desk(incident: Mapping[str, Any], tasks: list[Mapping[str, Any]]) -> str:
    """Return the desk that decides: what the newest task says, else the district's."""
    return str(tasks[-1]["desk"]) if tasks else f"desk:{incident['district']}"


def _task(name: str, tasks: list[Mapping[str, Any]]) -> str:
    """Return the task of that id, or the newest of that kind or holder."""
    fitting = [task["task_id"] for task in tasks if name in (task["task_id"], task["kind"], task["holder"])]
    if not fitting:
        there = ", ".join(f"{task['kind']} of {task['holder']}" for task in tasks) or "none"
        raise GroundError(f"no task is called {name}: name an id, a kind or a holder; there are {there}")
    return str(fitting[-1])


def require_order(word: str) -> None:
    """Raise GroundError when *word* is no order that a person gives."""
    if word not in ORDERS:
        raise GroundError(f"{word} is no order that a person gives: use one of {', '.join(ORDERS)}")


def party_of(party: str) -> dict[str, str]:
    """Return who gets a task, as an order says it. Raises GroundError for what is no party."""
    kind, separator, holder = party.partition("=")
    if not separator:
        raise GroundError(f"{party}: write a party as KIND=HOLDER, as handle=department:beijing-water")
    return {"kind": kind, "holder": holder, "role": "lead" if kind == "handle" else kind}


def fields_of(wish: Wish, now: datetime) -> dict[str, Any]:
    """Return what else *wish* says as fields of an order; *now* is house time."""
    return {name: _field(name, value, now) for name, value in wish.fields.items() if value is not None}


def _field(name: str, value: str, now: datetime) -> Any:
    if name in _SPANS:
        return now + span(value)
    if name in ("reason", "description"):
        return {"text": value, "lang": "zh"}
    if name == "class_ref":
        scheme, _, rest = value.partition(":")
        code, _, condition = rest.partition("/")
        version = scheme.partition("@")[2] or "1"
        found = {"scheme": scheme.partition("@")[0], "version": version, "code": code}
        return found | ({"condition": condition} if condition else {})
    return value
