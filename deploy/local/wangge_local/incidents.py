"""`wangge incidents`: the ledger's list, for people or for programs; and one matter out of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wangge_contracts.message import words
from wangge_contracts.v1 import IncidentState
from wangge_local.cli_screen import first_of, say, say_json, table
from wangge_local.doors import Door, Refused, step
from wangge_local.ground import GroundError
from wangge_local.watch_rows import names_told, number_of

_PAGE = 200
_OPEN = "open"


def show(
    ledger: Door,
    *,
    state: str | None,
    street: str | None,
    department: str | None,
    text: str | None,
    limit: int,
    zone: ZoneInfo,
    as_json: bool,
) -> None:
    """
    Print matters, the newest first, by the clocks of *zone*.

    :raises GroundError: there is no such *state*, or the ledger is away.
    """
    states = (_OPEN, *words(IncidentState))
    if state is not None and state not in states:
        raise GroundError(f"there is no state {state!r}: say one of {', '.join(states)}")
    cards: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    after: str | None = None
    while len(cards) <= limit:
        page = ledger.get(
            "/v1/incidents",
            state=state,
            street=street,
            department=department,
            q=text,
            after=after,
            limit=min(_PAGE, limit + 1 - len(cards)),
        )
        cards += page["incidents"]
        names |= names_told(page)
        after = page.get("next")
        if after is None:
            break
    shown = first_of(cards, limit)
    if as_json:
        say_json(shown)
        return
    if not shown:
        say("none")
        return
    table(
        ("case", "state", "what", "where", "lead", "accepted", ""),
        [
            (
                number_of(card),
                card["state"],
                _what(card["card"]),
                _where(card, names),
                names.get(lead := card.get("lead") or "", lead.removeprefix("department:")),
                f"{datetime.fromisoformat(card['accepted_at']).astimezone(zone):%Y-%m-%d %H:%M}",
                ", ".join(word for word in ("overdue", "listed") if card[word]),
            )
            for card in shown
        ],
    )


def one(ledger: Door, name: str) -> Mapping[str, Any]:
    """Return all that is told of the incident with the id or case number *name*; GroundError for none."""
    try:
        return ledger.get(f"/v1/incidents/{step(name)}")
    except Refused as refused:
        raise GroundError(
            f"{refused}: was it accepted? wangge status shows what waits, wangge dead-letters list what died"
        ) from None


def _what(card: dict[str, Any]) -> str:
    names = card.get("class") or {}
    return str(names.get("zh") or card.get("description") or "")[:60]


def _where(card: dict[str, Any], names: Mapping[str, str]) -> str:
    inner = card["card"]
    finest = next((level for level in ("grid", "community", "street") if inner.get(level)), None)
    named = finest and (names.get(card[finest]) or inner[finest]["zh"])
    return str(inner.get("address") or named or card.get("grid") or card.get("street") or "")[:40]
