"""What is told and what is kept share their bytes: an incident, and each task, is written as JSON once."""

from collections.abc import Iterable

from wangge_contracts.message import refuse_nul
from wangge_contracts.v1 import Incident, IncidentChanged
from wangge_router.case import Case, Held

Bytes = dict[str, bytes]
"""What was written while a batch is decided, by the id of the incident or task: the newest of each."""
Lines = dict[str, tuple[Held, bytes]]
"""Tasks as they were read or written last, and the line of each, by id: what is not touched since stays."""


def write_incident(incident: Incident) -> bytes:
    """Return *incident* as it stands in a fact; raises `Unreadable` for a NUL character."""
    data: bytes = incident.__pydantic_serializer__.to_json(incident, exclude_none=True)
    refuse_nul(data)
    return data


def write_fact(fact: IncidentChanged, incident: bytes, tasks: Iterable[bytes]) -> bytes:
    """Return *fact* as `write` would, with its incident and its tasks already written."""
    rest: bytes = fact.__pydantic_serializer__.to_json(fact, exclude_none=True, exclude={"incident", "tasks"})
    return b'{"incident":%b,"tasks":[%b],%b' % (incident, b",".join(tasks), rest[1:])


def write_case(case: Case, bytes_of: Bytes, lines: Lines) -> tuple[bytes, Lines]:
    """
    Return *case* as its row keeps it, one JSON with each task on a line of its own, and those lines.

    What neither *bytes_of* nor *lines* hold is written now.
    """
    incident = bytes_of.get(case.incident.incident_id) or write_incident(case.incident)
    rest: bytes = case.__pydantic_serializer__.to_json(case, exclude_none=True, exclude={"incident", "held"})
    now = {held.task.task_id: (held, _line(held, bytes_of, lines)) for held in case.held}
    tasks = b",\n".join(line for _, line in now.values())
    return b'{"incident":%b,"held":[\n%b\n],%b' % (incident, tasks, rest[1:]), now


def read_case(document: bytes) -> tuple[Case, Lines]:
    """
    Return the case in *document*, and the lines of its tasks; fields of a newer version are passed over.

    A case without lines is one from before there were any.
    """
    case: Case = Case.__pydantic_validator__.validate_json(document, extra="ignore")
    _, *written = document.split(b"\n")
    return case, {held.task.task_id: (held, line) for held, line in zip(case.held, written, strict=False)}


def write_held(held: Held, bytes_of: Bytes) -> bytes:
    """Return *held* as a row keeps it."""
    task = bytes_of.get(held.task.task_id) or held.task.write()
    rest: bytes = held.__pydantic_serializer__.to_json(held, exclude={"task"}, exclude_defaults=True)
    return b'{"task":%b,%b' % (task, rest[1:]) if len(rest) > 2 else b'{"task":%b}' % task


def read_held(data: bytes) -> Held:
    """Return the task that a row keeps as *data*; fields of a newer version are passed over."""
    held: Held = Held.__pydantic_validator__.validate_json(data, extra="ignore")
    return held


def _line(held: Held, bytes_of: Bytes, lines: Lines) -> bytes:
    read, line = lines.get(held.task.task_id, (None, b""))
    return line.removesuffix(b",") if read is held else write_held(held, bytes_of)
