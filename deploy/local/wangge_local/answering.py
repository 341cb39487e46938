"""One answer from the command line, said where its holder would say it: own topic, PDA, or console."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic_core import ValidationError, to_json

from wangge_contracts.v1 import TASK_OVER, Task, TaskAnswered, TaskChanged
from wangge_local import verdicts_shown
from wangge_local.cli_options import kafka_of, ledger_of, postgres_of
from wangge_local.clock import ClockKeeper, span
from wangge_local.doors import step
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.standing import in_force
from wangge_local.typed import first_fault
from wangge_local.voices import CONSOLE, Voices


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to answer, as options give it."""

    incident: str
    act: str
    holder: str | None
    task: str | None
    """Which of the holder's tasks, by id or kind."""
    text: str | None
    reason_code: str | None
    verdict: str | None
    result_code: str | None
    until: str | None
    """A span from now, as `5d`."""
    evidence: tuple[str, ...]
    """Purposes of attachments that are declared; nothing is uploaded."""
    to: str | None = None
    """Who takes over, for `forward`."""
    order_id: str | None = None
    """The supervision that is replied to; by default the task's own."""
    suggested_unit: str | None = None
    """Whose it is, for `return`; *basis* is the rule or paper that says so."""
    basis: str | None = None
    milestone: str | None = None
    """What is reached, for `progress`."""
    planned_completion: str | None = None
    """A span from now, as `5d`."""
    contact: str | None = None
    """How somebody without a system was reached, for `contact-logged`."""
    spoke_to: str | None = None
    contact_result: str | None = None


def send(folder: HouseFolder, wish: Wish, *, as_json: bool) -> int:
    """Say it, wait for the verdict and print it; return 0 when it was applied. Raises GroundError."""
    ledger = ledger_of(folder)
    found = ledger.get(f"/v1/incidents/{step(wish.incident)}")
    task = TaskChanged.read(to_json(meant_among(found["tasks"], wish)))
    bootstrap, now = kafka_of(folder), ClockKeeper(postgres_of(folder)).now()
    parts = in_force(bootstrap, at=now)
    answer = made(wish, task, staff_id=_staff(parts["rosters"], task.holder), now=now)
    owner = way_of(task.holder, departments=parts["departments"], rosters=parts["rosters"])
    owners = [owner] if owner != CONSOLE else []
    with Voices(bootstrap, ledger, owners, source="/wangge-answer") as voices:
        voices.answer(owner, answer, at=now)
        verdict = voices.verdict(answer.answer_id)
    return verdicts_shown.show(verdict, f"{task.holder} said {wish.act} on {owner}", as_json=as_json)


def made(wish: Wish, task: Task, *, staff_id: str, now: datetime) -> TaskAnswered:
    """Return the answer to *task*; *now* is house time. Raises GroundError for what the contract refuses."""
    fields: dict[str, Any] = {
        "answer_id": secrets.token_hex(8),
        "task_id": task.task_id,
        "incident_id": task.incident_id,
        "based_on_revision": task.revision,
        "act": wish.act,
        "actor": {"staff_id": staff_id},
        "on_behalf_of": task.holder,
        "acted_at": now,
        "reason_code": wish.reason_code,
        "verdict": wish.verdict,
        "result_code": wish.result_code or ("solved" if wish.act == "done" else None),
        "requested_until": now + span(wish.until) if wish.until else None,
        "text": {"text": wish.text, "lang": "zh"} if wish.text else None,
        "to": wish.to,
        "order_id": wish.order_id or _supervision(wish, task),
        "evidence": tuple(_declared(number, purpose) for number, purpose in enumerate(wish.evidence)),
        "suggested_unit": wish.suggested_unit,
        "basis": wish.basis,
        "milestone": wish.milestone,
        "planned_completion": now + span(wish.planned_completion) if wish.planned_completion else None,
        "contact": _contact(wish, now=now),
    }
    try:
        return TaskAnswered.model_validate({key: value for key, value in fields.items() if value is not None})
    except ValidationError as error:
        raise GroundError(f"this is no answer: {first_fault(error)}") from None


def _supervision(wish: Wish, task: Task) -> str | None:
    return task.supervised.order_id if wish.act == "reply" and task.supervised else None


def _contact(wish: Wish, *, now: datetime) -> dict[str, Any] | None:
    said = {"how": wish.contact, "spoke_to": wish.spoke_to, "result": wish.contact_result}
    given = {name: value for name, value in said.items() if value is not None}
    return given | {"at": now} if given else None


def way_of(holder: str, *, departments: list[dict[str, Any]], rosters: Mapping[str, Any]) -> str:
    """Return the topic prefix on which *holder* answers, or the console."""
    kind, _, name = holder.partition(":")
    if kind == "department":
        reach = next((unit["reach"] for unit in departments if unit["slug"] == name), None)
        return f"departments.{name}" if reach == "mailbox" else CONSOLE
    if kind == "officer":
        post = next((post for post in rosters["posts"] if post["holder"] == holder), None)
        terminal = (post or {}).get("terminal") or rosters.get("terminal")
        return f"terminals.{terminal}" if terminal else CONSOLE
    return CONSOLE


def meant_among(tasks: Sequence[Mapping[str, Any]], wish: Wish) -> Mapping[str, Any]:
    """Return the one of these that *wish* means. Raises GroundError when that is none, or one of several."""
    turns = [task for task in tasks if task["state"] not in TASK_OVER]
    fitting = [task for task in turns if wish.holder in (None, task["holder"])]
    if wish.task is not None:
        fitting = [task for task in fitting if wish.task in (task["task_id"], task["kind"])]
    if len(fitting) > 1:
        fitting = [task for task in fitting if wish.act in task["allowed_acts"]] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if not turns:
        raise GroundError(f"{wish.incident}: nobody has the turn: wangge explain {wish.incident}")
    if fitting and len({task["holder"] for task in fitting}) == 1:
        kinds = ", ".join(task["kind"] for task in fitting)
        wanted = f"{fitting[0]['holder']} has {len(fitting)} open tasks ({kinds}): say which with --task"
    else:
        wanted = f"{wish.holder} has no such task" if wish.holder else "say who answers with --as"
    holders = ", ".join(f"{task['holder']} ({task['kind']})" for task in turns)
    raise GroundError(f"{wish.incident}: {wanted}; the turn is with {holders}")


def _staff(rosters: Mapping[str, Any], holder: str) -> str:
    post = next((post for post in rosters["posts"] if post["holder"] == holder), None)
    return str(post["staff_id"]) if post else f"syn-{holder.partition(':')[2].replace('/', '-')}"[:64]


def _declared(number: int, purpose: str) -> dict[str, Any]:
    return {
        "slot": f"{purpose}-{number + 1}",
        "sha256": sha256(b"").hexdigest(),
        "bytes": 0,
        "media_type": "image/jpeg",
        "purpose": purpose,
    }
