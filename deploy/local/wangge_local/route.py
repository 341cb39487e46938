"""`wangge route`: where a configuration would send an incident, and why, before anybody believes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from wangge_contracts.v1 import IncidentAccepted, ReportSubmitted
from wangge_intake.city import City
from wangge_local.bundle import Bundle, load
from wangge_local.cli_screen import say, say_json
from wangge_local.faults import first_fault
from wangge_local.ground import GroundError
from wangge_local.handwritten import text_of, why_no_text
from wangge_local.history import accepted
from wangge_router.directory import Directory
from wangge_router.explaining import Explanation, Given, explain

_Explanation = TypeAdapter(Explanation)


def show(file: Path, config: Path, *, terminal: str | None, whole: bool, as_json: bool) -> None:
    """
    Route every report or incident of *file* by *config*, and say where it goes; with *whole* also why.

    A report comes by *terminal*, or by the first of the configuration. Nothing runs and nothing is kept.
    Raises GroundError for a file that cannot be read or a terminal that there is not, BadBundle for a
    configuration that cannot be used.
    """
    bundle = load(config)
    directory, city = Directory.of(bundle.version, bundle.parts), City.of(bundle.version, bundle.parts)
    by = _terminal(bundle, terminal)
    try:
        text = text_of(file)
    except (OSError, UnicodeDecodeError) as error:
        raise GroundError(f"{file} cannot be read: {why_no_text(error)}") from None
    found = [
        (incident.case_number, explain(incident, directory))
        for incident in incidents(text, terminal=by, city=city, name=file.name)
    ]
    if as_json:
        say_json([{"incident": name} | _Explanation.dump_python(each, mode="json") for name, each in found])
        return
    for name, explanation in found:
        _tell(name, explanation, whole=whole)


def _terminal(bundle: Bundle, named: str | None) -> str:
    slugs: list[str] = [each["slug"] for each in bundle.part("terminals")]
    if named is not None and named not in slugs:
        raise GroundError(f"--terminal {named}: this city has {', '.join(slugs) or 'none'}")
    if not slugs:
        raise GroundError("this city has no terminal system: add one to terminals.toml")
    return named or slugs[0]


def incidents(text: str, *, terminal: str, city: City, name: str) -> Iterator[IncidentAccepted]:
    """
    Yield what *text* holds: one message or a list of them as JSON, or one a line.

    A message may stand alone or, as in the contracts' examples, under `value` beside its headers. A report is
    taken up as intake would the moment it was made, by *terminal*. Raises GroundError, naming the message.
    """
    for number, message in enumerate(_messages(text, name), start=1):
        try:
            value = message.get("value", message)
            kind = IncidentAccepted if "incident_id" in value else ReportSubmitted
            read = kind.read(json.dumps(value).encode())
            yield read if isinstance(read, IncidentAccepted) else accepted(read, terminal=terminal, city=city)
        except ValidationError as error:
            raise GroundError(f"{name}, message {number}: {first_fault(error)}") from None
        except (ValueError, AttributeError) as error:
            raise GroundError(f"{name}, message {number} is no report or incident: {error}") from None


def _messages(text: str, name: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise GroundError(f"{name} is neither JSON nor one JSON a line: {error}") from None
    return whole if isinstance(whole, list) else [whole]


def _tell(name: str, found: Explanation, *, whole: bool) -> None:
    to = ", ".join(f"{task.holder} has to {task.kind}" for task in found.tasks) or "nobody has a task"
    say(f"{name}: {to} by rule {found.rule}", style="bold")
    if not whole:
        return
    where = [f"{names.zh} {code}" for _, code, names in found.places]
    say(f"  where    {' / '.join(where)}{''.join(f', {flag}' for flag in found.flags)}")
    say(f"  rule     {found.rule}, layer {found.layer}, version {found.version}")
    if found.why:
        say(f"  why      {found.why}")
    for matched in found.matched:
        say(f"  matched  {matched}")
    for near in found.nearest:
        failed = "; ".join(f"{each.condition}: asks {each.asked}, met {each.met}" for each in near.failed)
        say(f"  not      {near.rule} ({near.layer}): {failed}")
    for note in found.notes:
        say(f"  note     {note}", style="yellow")
    for task in found.tasks:
        say(f"  task     {_task(task)}")
    for task in found.planned:
        say(f"  planned  {_task(task)}")
    for task in found.suggested:
        say(f"  suggests {_task(task)}")
    if found.automatic_after_minutes is not None:
        say(f"  confirm  the desk may differ; by itself after {found.automatic_after_minutes:g} min")
    for stage, limit in found.stages:
        say(f"  stage    {stage}, {limit}")
    checked = "nobody" if found.check_kind == "none" else f"{found.checker}, {found.check_kind}"
    say(f"  then     checked by {checked}; {found.urgency}, filed under {found.filed or 'no row yet'}")


def _task(task: Given) -> str:
    return f"{task.kind} {task.holder} ({task.name.zh}), {task.limit}"
