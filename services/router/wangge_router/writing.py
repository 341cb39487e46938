"""What is told and what is kept share their bytes: an incident, and each task, is written as JSON once."""

from collections.abc import Iterable

from wangge_contracts.message import refuse_nul
from wangge_contracts.v1 import Incident, IncidentChanged
from wangge_router.case import Case, Held

Bytes = dict[str, bytes]
"""What was written while a batch is decided, by the id of the incident or task: the newest of each."""


def write_incident(incident: Incident) -> bytes:
    """Return *incident* as it stands in a fact; raises `Unreadable` for a NUL character."""
    data: bytes = incident.__pydantic_serializer__.to_json(incident, exclude_none=True)
    refuse_nul(data)
    return data


def write_fact(fact: IncidentChanged, incident: bytes, tasks: Iterable[bytes]) -> bytes:
    """Return *fact* as `write` would, with its incident and its tasks already written."""
    rest: bytes = fact.__pydantic_serializer__.to_json(fact, exclude_none=True, exclude={"incident", "tasks"})
    return b'{"incident":%b,"tasks":[%b],%b' % (incident, b",".join(tasks), rest[1:])


def write_case(case: Case, bytes_of: Bytes) -> bytes:
    """Return *case* as its row keeps it; what *bytes_of* does not hold is written now."""
    incident = bytes_of.get(case.incident.incident_id) or write_incident(case.incident)
    rest: bytes = case.__pydantic_serializer__.to_json(case, exclude_none=True, exclude={"incident", "held"})
    held = b",".join(write_held(held, bytes_of) for held in case.held)
    return b'{"incident":%b,"held":[%b],%b' % (incident, held, rest[1:])


def write_held(held: Held, bytes_of: Bytes) -> bytes:
    """Return *held* as a row keeps it."""
    task = bytes_of.get(held.task.task_id) or held.task.write()
    rest: bytes = held.__pydantic_serializer__.to_json(held, exclude={"task"}, exclude_defaults=True)
    return b'{"task":%b,%b' % (task, rest[1:]) if len(rest) > 2 else b'{"task":%b}' % task
