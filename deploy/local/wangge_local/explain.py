"""Where a matter is, who held it and how long, what was decided and why, who must act, what is in its way."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from wangge_chassis import partition_of
from wangge_contracts.v1 import TASK_OVER
from wangge_local.cli_options import kafka_of, ledger_of, postgres_of
from wangge_local.cli_screen import SCREEN, say_json
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Refused, step
from wangge_local.explain_course import course
from wangge_local.explain_kin import Relative, relatives, waits_for
from wangge_local.explain_shown import screen, words_of
from wangge_local.explain_turns import counted, turns
from wangge_local.house_books import Halted, HouseBooks
from wangge_local.house_folder import HouseFolder
from wangge_local.incidents import one
from wangge_local.listening import Log
from wangge_local.status import halted_line
from wangge_local.watch_rows import clock_text

_LAST = 8
_SCREEN_LINES = 40
"""What is printed for no terminal is made for one of that height."""


def show(folder: HouseFolder, name: str, *, whole: bool, as_json: bool) -> None:
    """
    Print it for the incident with the id or case number *name*: on one screen, or the *whole* of it.

    :raises GroundError: nobody knows it.
    """
    told = one(ledger_of(folder), name)
    now = ClockKeeper(postgres_of(folder)).now()
    kin = relatives(told["incident"] or {}, lambda other: _incident(folder, other))
    found = explained(told, now=now, halted=_in_its_way(folder, told), kin=kin)
    if as_json:
        say_json(found)
        return
    words = words_of(told, zone=folder.zone(), now=now)
    height = SCREEN.height if SCREEN.is_terminal else _SCREEN_LINES
    for drawn in screen(told, found, words, width=SCREEN.width, height=None if whole else height):
        SCREEN.print(drawn)


def explained(
    told: Mapping[str, Any], *, now: datetime, halted: Sequence[Halted], kin: Sequence[Relative] = ()
) -> dict[str, Any]:
    """Return what is to be said of the incident, which hangs together with *kin*; *now* is house time."""
    incident = told["incident"]
    if incident is None:
        lines = [_line(entry) for entry in told["timeline"]]
        return {"state": "unknown to intake", "next": [], "last": lines[-_LAST:], "in_its_way": _said(halted)}
    deadlines = {clock["task_id"]: clock for clock in told["clocks"] if clock["state"] == "running"}
    held = [task for task in told["tasks"] if task["state"] not in TASK_OVER]
    return {
        "incident_id": incident["incident_id"],
        "case_number": incident["case_number"],
        "mode": incident["mode"],
        "state": incident.get("state", "accepted"),
        "next": [_turn(task, deadlines.get(task["task_id"]), now=now) for task in held],
        "waits_for": _waits_for(incident, held, kin),
        "kin": [asdict(each) for each in kin],
        "turns": [asdict(turn) | {"late": turn.late} for turn in turns(told)],
        "course": [asdict(line) for line in course(told)],
        "counted_s": {holder: int(span.total_seconds()) for holder, span in counted(told, now=now).items()},
        "last": [_line(entry) for entry in told["timeline"]][-_LAST:],
        "in_its_way": _said(halted),
    }


def _waits_for(
    incident: Mapping[str, Any], turns: Sequence[Mapping[str, Any]], kin: Sequence[Relative]
) -> str:
    """Say who must act next in one line."""
    if not turns and "revision" not in incident:
        return "the router has not taken it up yet: wangge status"
    own = " and ".join(dict.fromkeys(f"{task['holder']} must {task['kind']}" for task in turns))
    return waits_for(incident, own, kin) or "nobody: it is over"


def _incident(folder: HouseFolder, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] | None = ledger_of(folder).get(f"/v1/incidents/{step(name)}")["incident"]
    except Refused:
        return None
    return found


def _turn(task: Mapping[str, Any], clock: Mapping[str, Any] | None, *, now: datetime) -> dict[str, Any]:
    deadline = clock["deadline"] if clock else None
    return {
        "task_id": task["task_id"],
        "kind": task["kind"],
        "holder": task["holder"],
        "state": task["state"],
        "since": task["assigned_at"],
        "deadline": deadline,
        "left": clock_text(datetime.fromisoformat(deadline), now=now) if deadline else None,
        "allowed_acts": task["allowed_acts"],
        "decided": task["decision"]["reason"],
    }


def _line(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: entry[name] for name in ("effective_at", "topic", "what", "who")}


def _said(halted: Sequence[Halted]) -> list[str]:
    return [halted_line(part) for part in halted]


def _in_its_way(folder: HouseFolder, told: Mapping[str, Any]) -> list[Halted]:
    """Return the parts that stand still and that this incident belongs to."""
    halted = HouseBooks(postgres_of(folder)).halted()
    if not halted or not told["timeline"]:
        return []
    document = told["incident"] or told["timeline"][0]["document"]
    partitions = Log(kafka_of(folder)).counts()["incidents.accepted.v1"]
    part = str(partition_of(document["incident_id"], partitions))
    return [each for each in halted if each.part == part]
