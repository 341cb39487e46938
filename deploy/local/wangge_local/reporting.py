"""One report from the command line, handed in at intake's door as a terminal would."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from pydantic_core import ValidationError

from wangge_contracts.v1 import ReportSubmitted
from wangge_local.cli_options import kafka_of
from wangge_local.cli_screen import say, say_json
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door, Refused
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.house_keys import read_tokens
from wangge_local.postgres import Postgres
from wangge_local.standing import in_force
from wangge_local.typed import first_fault

_WAIT = {"Prefer": "wait=5"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_OWN_ID = re.compile(r"([0-9a-f]{11})-[0-9a-f]{10}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to report, as options give it."""

    terminal: str | None
    text: str | None
    class_: str | None
    """`scheme:code` or `scheme:code/condition`; the version is the configuration's."""
    source: str
    role: str
    grid: str | None
    address: str | None
    point: tuple[float, float] | None
    urgent: bool
    mode: str
    report_id: str | None = None
    """That of a report of which it is not known whether it was kept; None for a new one."""


def send(folder: HouseFolder, wish: Wish, *, as_json: bool) -> int:
    """
    Hand it in and print what became of it; return 0 when it was accepted.

    :raises GroundError: it was refused, or it is not known whether it was kept, and then under which id the
        same can be said again without its counting twice.
    """
    folder.require_keeper()
    tokens = read_tokens(folder)
    terminal = wish.terminal or next((o.partition(".")[2] for o in tokens if o.startswith("terminals.")), "")
    if (token := tokens.get(f"terminals.{terminal}")) is None:
        known = ", ".join(sorted(o.partition(".")[2] for o in tokens if o.startswith("terminals.")))
        raise GroundError(f"there is no terminal {terminal!r} here; there is {known}")
    report = made(wish, folder=folder, at=ClockKeeper(Postgres(folder.postgres)).now())
    door = Door("intake", folder.door("intake-0"), token)
    try:
        told: Mapping[str, Any] = door.post("/v1/reports", report.write(), headers=_WAIT)
    except GroundError as error:
        told = unkept(error, report.report_id)
        if as_json:
            say_json(told)
            return 1
        if told["outcome"] == "unknown":
            raise GroundError(f"{error}; {told['remedy']}") from None
        raise
    if as_json:
        say_json({"report_id": report.report_id, **told})
    else:
        number = told.get("case_number")
        say(f"{told['outcome']}: {number} (wangge explain {number})" if number else f"{told['outcome']}")
    return 0


def unkept(error: GroundError, report_id: str) -> dict[str, Any]:
    """Return what is known of a report that was not taken: a verdict, or that there is none."""
    if isinstance(error, Refused) and 400 <= error.status < 500:
        return {"outcome": "rejected", "report_id": report_id, **error.told}
    remedy = f"it is not known whether the report was kept: say the same again with --id {report_id}"
    return {"outcome": "unknown", "report_id": report_id, "detail": str(error), "remedy": remedy}


def made(wish: Wish, *, folder: HouseFolder, at: datetime) -> ReportSubmitted:
    """
    Return the report; *at* is house time, and does not count where an id of ours says when it was first made.

    :raises GroundError: contract or standard refuse it.
    """
    report_id = wish.report_id or _new_id(at)
    city = in_force(kafka_of(folder), at=at) if wish.grid or wish.class_ else {}
    place: dict[str, Any] = {}
    if wish.grid:
        place["area"] = _area(wish.grid, city)
    if wish.address:
        place["address"] = {"text": wish.address}
    if wish.point:
        place["point"] = {"lon": wish.point[0], "lat": wish.point[1], "crs": "WGS84"}
    fields: dict[str, Any] = {
        "report_id": report_id,
        "mode": wish.mode,
        "source": wish.source,
        "captured_at": _told_by(report_id) or at,
        "place": place or {"unknown": True},
        "reporter": {"role": wish.role},
    }
    if wish.text:
        fields["description"] = {"text": wish.text, "lang": "zh"}
    if wish.class_:
        fields["class_ref"] = _class(wish.class_, city)
    if wish.urgent:
        fields["urgency_claimed"] = "urgent"
    try:
        return ReportSubmitted.model_validate(fields)
    except ValidationError as error:
        raise GroundError(f"this is no report: {first_fault(error)}") from None


def _new_id(at: datetime) -> str:
    """Return an id that tells when it was made: what is said again under it has the same content."""
    return f"{(at - _EPOCH) // _MS:011x}-{secrets.token_hex(5)}"


def _told_by(report_id: str | None) -> datetime | None:
    found = _OWN_ID.fullmatch(report_id or "")
    return _EPOCH + int(found[1], 16) * _MS if found else None


def _area(code: str, city: Mapping[str, Any]) -> Mapping[str, str]:
    found = next((place for place in city["places"] if place["code"] == code), None)
    if found is None:
        raise GroundError(f"the registry has no place {code!r}: see places.toml of the configuration")
    return {"scheme": found["scheme"], "code": code}


def _class(text: str, city: Mapping[str, Any]) -> Mapping[str, Any]:
    scheme, _, rest = text.partition(":")
    code, _, condition = rest.partition("/")
    rows = city["standard"]
    for ref in (row["class_ref"] for row in rows):
        if (ref["scheme"], ref["code"]) == (scheme, code) and condition in ("", ref.get("condition")):
            named = {"scheme": scheme, "version": ref["version"], "code": code}
            return named | ({"condition": condition} if condition else {})
    there = dict.fromkeys(f"{row['class_ref']['scheme']}:{row['class_ref']['code']}" for row in rows)
    some = ", ".join(get_close_matches(text, there, n=5, cutoff=0.0))
    raise GroundError(f"the standard has no class {text!r}; nearest are {some}: see the city's standard.toml")
