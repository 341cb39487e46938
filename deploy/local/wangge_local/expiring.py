"""`wangge contacts expire`: contacts of matters that have long been over are erased (PIPL article 19)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from wangge_contracts.v1 import INCIDENT_OVER
from wangge_local.cli_options import ledger_of
from wangge_local.cli_screen import say, say_json
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door, Refused, step
from wangge_local.erasing import erased
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import CONSOLE, read_tokens
from wangge_local.postgres import Postgres


def expire(folder: HouseFolder, over_for: timedelta, *, reason: str, as_json: bool) -> None:
    """
    Erase every contact of a matter that is over, and of which nothing was said for *over_for* (house time).

    It asks the ledger once for each matter that a contact is kept of. Raises GroundError when a door says no
    or is away; it may be begun again.
    """
    ledger = ledger_of(folder)
    intake = Door("intake", folder.door("intake-0"), read_tokens(folder).get(CONSOLE))
    before = ClockKeeper(Postgres(folder.postgres)).now() - over_for
    kept = 0
    gone: list[str] = []
    for contact in _kept(intake):
        quiet = quiet_since(ledger, contact["incident_id"])
        if quiet is not None and quiet <= before and erased(intake, contact["ref"], reason=reason):
            gone.append(contact["ref"])
        else:
            kept += 1
    if as_json:
        say_json({"erased": gone, "kept": kept})
    else:
        say(f"erased: {len(gone)}; kept: {kept}")


def quiet_since(ledger: Door, incident_id: str) -> datetime | None:
    """
    Return when the last was said of a matter that is over, None while it is not.

    One that went into another is over when that is: its reporter hears of the close.
    """
    try:
        told = ledger.get(f"/v1/incidents/{step(incident_id)}")
    except Refused as refused:
        if refused.status == 404:
            return None
        raise
    incident: dict[str, Any] = told["incident"] or {}
    if incident.get("state") not in INCIDENT_OVER:
        return None
    last = max(datetime.fromisoformat(line["effective_at"]) for line in told["timeline"])
    if incident["state"] != "merged":
        return last
    into = incident.get("merged_into")
    quiet = quiet_since(ledger, into) if into else None
    return quiet and max(quiet, last)


def _kept(intake: Door) -> Iterator[dict[str, str]]:
    after = ""
    while page := intake.get("/v1/contacts", after=after)["contacts"]:
        yield from page
        after = page[-1]["ref"]
