"""`wangge notices`: what the ledger knows of notices, for people or for programs."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wangge_local.cli_options import ledger_of
from wangge_local.cli_screen import first_of, say, say_json, table
from wangge_local.doors import Door
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import CONSOLE, read_tokens
from wangge_local.incidents import one

Told = Mapping[str, Any]
_MOST = 500
"""So many the ledger tells at most; whether there are more than that cannot be asked."""
WHOM = {
    "holder": "has the turn",
    "deputy": "stands in for {instead_of}, of whom nobody is on duty",
    "desk": "decides about the task",
    "desk-calls": "must call {instead_of}, which nothing of ours reaches",
    "nobody-on-duty": "neither {instead_of} nor who stands in is on duty",
    "lead": "leads the matter",
    "reporter": "asked for a reply",
    "terminal": "runs the terminal system",
    "operator": "an operator tries it",
}
"""Why this person, by the word on the notice."""
MEANS = {
    "shown": "a console shows everything",
    "preferred": "comes first at this urgency",
    "usual": "comes first among the recipient's means",
    "default": "the recipient has no line of his own",
    "fallback": "the means before it failed for good",
    "record-only": "for the record; it rings no bell",
    "asked": "an operator named it",
}
"""Why this means, by the word on the notice."""


def show_list(
    folder: HouseFolder,
    *,
    incident: str | None,
    to: str | None,
    channel: str | None,
    state: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print notices, the newest first; GroundError when the ledger is away."""
    ledger = ledger_of(folder)
    told = ledger.get(
        "/v1/notices",
        incident=incident,
        recipient=to,
        channel=channel,
        state=state,
        limit=min(limit + 1, _MOST),
    )
    found = first_of(told["notices"], limit)
    if as_json:
        say_json(found)
    elif not found:
        say(f"none{_because(ledger, incident)}")
    else:
        zone = folder.zone()
        table(
            ("notice", "at", "case", "to", "because", "by", "state", "template"),
            [
                (
                    notice["notice_id"][:12],
                    when(notice["at"], zone),
                    notice.get("case_number"),
                    notice["recipient"].get("name") or notice["recipient"]["ref"],
                    (notice.get("why") or {}).get("recipient"),
                    notice["channel"],
                    notice["state"],
                    notice["template"]["name"],
                )
                for notice in found
            ],
        )


def _because(ledger: Door, incident: str | None) -> str:
    """Say why there are none of an *incident* that the ledger does not know, or not yet: it is no error."""
    try:
        if incident is not None:
            one(ledger, incident)
    except GroundError as unknown:
        return f": {unknown}"
    return ""


def show_one(folder: HouseFolder, name: str, *, as_json: bool) -> None:
    """Print one notice; GroundError when there is none of that name."""
    notice = find(ledger_of(folder), name)
    if as_json:
        say_json(notice)
        return
    say(f"{notice['notice_id']} {notice['state']}", style="bold")
    say(f"to {_whom(notice)} by {notice['channel']}, {when(notice['at'], folder.zone())}")
    say(f"{notice.get('subject', '')}: {notice['text']['text']}")


def explain(folder: HouseFolder, name: str, *, as_json: bool) -> None:
    """Print why this person, why this means, every attempt, and what came before and after it."""
    ledger = ledger_of(folder)
    notice = find(ledger, name)
    told = explained(notice, ledger.get(f"/v1/incidents/{notice['incident_id']}"))
    if as_json:
        say_json(told)
        return
    zone = folder.zone()
    say(f"{notice['notice_id']} {notice['state']}", style="bold")
    say(f"whom: {_whom(notice)}: {told['whom']}")
    say(f"means: {notice['channel']}: {told['means']}; then {', '.join(told['then']) or 'nothing else'}")
    template = notice["template"]
    say(f"words: {template['name']}, version {template['version']}, {template['lang']}, at {told['fact']}")
    if told["waits_until"]:
        say(f"waits until {when(told['waits_until'], zone)}")
    for attempt in told["attempts"]:
        outcome = " ".join(filter(None, (attempt["code"], attempt["detail"])))
        say(f"  {when(attempt['at'], zone)}  {attempt['state']}  attempt {attempt['attempt']}  {outcome}")
    for what, other in told["others"]:
        say(f"{what}: {other}")


def explained(notice: Told, incident: Told) -> dict[str, Any]:
    """Return the account of *notice* out of all that is known of its matter."""
    why = notice.get("why") or {}
    words = {"instead_of": why.get("instead_of", "the holder")}
    notice_id = notice["notice_id"]
    said = [
        line["document"]
        for line in incident["timeline"]
        if line["topic"] in ("notices.composed.v1", "notices.changed.v1", "notices.answered.v1")
        and line["document"].get("notice_id") == notice_id
    ]
    others = [
        *((key.replace("_", " "), notice[key]) for key in _BEFORE if key in notice),
        *(
            (after, other["notice_id"])
            for key, after in _BEFORE.items()
            for other in incident["notices"]
            if other.get(key) == notice_id
        ),
    ]
    return {
        "notice": notice,
        "whom": WHOM.get(why.get("recipient", ""), "it was not written down").format(**words),
        "means": MEANS.get(why.get("channel", ""), "it was not written down"),
        "fact": why.get("fact") or notice["cause"],
        "then": [fallback["channel"] for fallback in notice.get("fallbacks", ())],
        "waits_until": notice.get("not_before"),
        "attempts": [
            {
                "at": each["at"],
                "state": each.get("state") or each["answer"],
                "attempt": each.get("attempt", ""),
                "code": (each.get("outcome") or {}).get("code"),
                "detail": (each.get("outcome") or {}).get("detail"),
            }
            for each in said
        ],
        "others": others,
    }


def resend(folder: HouseFolder, name: str, *, as_json: bool) -> None:
    """Ask the notifier's door for a notice once more. Raises GroundError when it says no."""
    notice = find(ledger_of(folder), name)
    door = Door("notifier", folder.door("notifier-0"), read_tokens(folder).get(CONSOLE))
    answer = door.post(
        f"/v1/notices/{notice['notice_id']}/answers", json.dumps({"answer": "resend"}).encode()
    )
    if as_json:
        say_json(answer)
    else:
        say(f"asked for {notice['notice_id']} once more: wangge notices explain {notice['notice_id'][:12]}")


def find(ledger: Door, name: str) -> dict[str, Any]:
    """Return the notice called *name*, or the only one whose id begins so; GroundError otherwise."""
    found = ledger.get("/v1/notices", notice=name, limit=2)["notices"]
    if len(found) == 1:
        return dict(found[0])
    wanted = f"several notices begin with {name!r}" if found else f"there is no notice {name!r}"
    raise GroundError(f"{wanted}: wangge notices list")


def when(instant: str, zone: ZoneInfo) -> str:
    """Return an instant by the district's clocks."""
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _whom(notice: Told) -> str:
    to = notice["recipient"]
    staff = f", {to['staff_id']}" if "staff_id" in to else ""
    return f"{to.get('name') or to['ref']} ({to['ref']}{staff})"


_BEFORE = {"fallback_of": "fell back to", "resend_of": "sent again as", "folded_into": "speaks for"}
"""By which field a notice names the one before it, and what that is called from the other side."""
