"""`wangge duplicates`: which open matters may be the same as one, for a person who decides (并案)."""

from datetime import timedelta
from typing import Any

from wangge_local.cli_screen import say, say_json, table
from wangge_local.doors import Door, step


def show(ledger: Door, incident: str, *, as_json: bool) -> None:
    """Print them, the likeliest first; GroundError when the ledger is away or knows no such matter."""
    found = ledger.get(f"/v1/incidents/{step(incident)}/duplicates")
    if as_json:
        say_json(found)
        return
    doubles: list[dict[str, Any]] = list(found["duplicates"])
    if not doubles:
        say("none: no open matter of the same family of classes is near in place and time")
        return
    table(("case", "state", "class", "distance", "apart"), [row(double) for double in doubles])
    likeliest = doubles[0]["case_number"]
    say(f"the same? wangge order {incident} merge --into {likeliest} --reason WHY")


def row(double: dict[str, Any]) -> tuple[str, ...]:
    """Return one of them as the table tells it."""
    metres = double["metres"]
    return (
        double["case_number"],
        double["state"],
        "the same" if double["same_class"] else "the same family",
        "the same place" if metres is None else f"{metres} m",
        _span(timedelta(seconds=double["apart_s"])),
    )


def _span(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"
