"""One order with one reason for many matters (批量) from the command line: shown first, then given."""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from wangge_local import commanding
from wangge_local.cli_options import kafka_of, ledger_of, postgres_of
from wangge_local.cli_screen import say, say_json
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door, step
from wangge_local.ground import GroundError
from wangge_local.handwritten import text_of, why_no_text
from wangge_local.house_folder import HouseFolder
from wangge_local.voices import Verdict, Voices, is_good, told
from wangge_local.watch_rows import number_of

_SHOWN = 20
"""How many of the matters that are meant a dry run names; `--json` has all."""
_KEYS = ("place", "holder", "kind", "class", "mode")


@dataclass(frozen=True, slots=True)
class Many:
    """Which open matters are meant: all that the desk commands, those that fit, or those of a file."""

    everything: bool = False
    where: tuple[str, ...] = ()
    """`place=110101009`, `holder=department:water`, `kind=handle`, `class=gb-event:0501`: all must hold; and
    `mode=exercise`, else those meant are actual."""
    file: Path | None = None
    """A case number or id a line; `-` reads standard input."""
    bulk_id: str | None = None
    """That of an order which was cut off: it goes to those alone that have not had it."""


def send(folder: HouseFolder, wish: commanding.Wish, many: Many, *, sure: bool, as_json: bool) -> int:
    """
    Show which are meant; if *sure*, order it of each and print a line per verdict.

    Returns 0 when all was applied, or only shown. Raises GroundError.
    """
    ledger, named = ledger_of(folder), _named(many.file)
    fields = commanding.fields_of(wish, ClockKeeper(postgres_of(folder)).now())
    if other := fields.get("other_incident_id"):
        fields["other_incident_id"] = ledger.get(f"/v1/incidents/{step(other)}")["incident"]["incident_id"]
    bulk = bulk_of(wish, many, named, fields=fields)
    found = ledger.post("/v1/orders/bulk", to_json(bulk | {"dry_run": True}), timeout=60)
    given: list[Mapping[str, Any]] = list(found["given"])
    meant = new(found["meant"], given)
    lost = without(named, [*meant, *given])
    if not sure:
        return _shown(wish, meant, given, lost, as_json=as_json)
    if not as_json:
        say(f"{wish.order} for {_matters(meant)}; to say the same again: --bulk-id {bulk['bulk_id']}")
        _say_given(given, meant)
    verdicts: list[dict[str, Any]] = []
    good = all(one.get("outcome") != "refused" for one in given)
    with Voices(kafka_of(folder), ledger, [], source="/wangge-order") as voices:
        found = ledger.post("/v1/orders/bulk", to_json(bulk), timeout=120)
        # Meanwhile one may have come that is meant, or been closed: these have heard it.
        meant = new(found["meant"], found["given"])
        lost = without(named, [*meant, *found["given"]])
        numbers = {one["order_id"]: one["case_number"] for one in meant}
        try:
            for order_id, verdict in voices.verdicts(list(numbers)):
                good = good and is_good(verdict)
                verdicts.append(_kept(number := numbers.pop(order_id), verdict))
                if not as_json:
                    say(f"{len(verdicts)}/{len(meant)} {number} {told(verdict)}")
        except GroundError:
            good = good and _stand(ledger, bulk, numbers)
    silent = tuple(numbers.values())
    if as_json:
        ended = {"bulk_id": bulk["bulk_id"], "verdicts": verdicts, "silent": silent}
        say_json(ended | {"given": given, "not_meant": lost})
    else:
        _say_ended(verdicts, silent, lost)
    return 0 if good and not lost else 1


def bulk_of(
    wish: commanding.Wish, many: Many, named: tuple[str, ...], *, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the order for many as the ledger's door takes it. Raises GroundError for what cannot be one."""
    commanding.require_order(wish.order)
    if wish.desk is None:
        raise GroundError("say whose desk orders it: --as desk:CODE")
    if wish.tasks:
        raise GroundError("--task names tasks of one matter: for many say --where kind=KIND or holder=HOLDER")
    if not (wish.fields.get("reason") or wish.fields.get("reason_code")):
        raise GroundError("one order for many has one reason: --reason or --reason-code")
    conditions = [condition for each in many.where for condition in _condition(each)]
    where: dict[str, Any] = dict(conditions)
    if len(where) < len(conditions):
        raise GroundError("--where says one thing twice: all conditions hold, so give a key one value")
    if many.everything:
        where["place"] = where.get("place", wish.desk.removeprefix("desk:"))
    if many.file is not None:
        if not named:
            raise GroundError(f"{many.file} names no matter")
        where["incident_ids"] = named
    order = {
        "order": wish.order,
        "actor": {"staff_id": wish.staff or "syn-shift-leader"},
        "on_behalf_of": wish.desk,
        "parties": [commanding.party_of(party) for party in wish.parties],
        **fields,
    }
    return {"bulk_id": many.bulk_id or secrets.token_hex(8), "where": where, "order": order}


def new(meant: Iterable[Mapping[str, Any]], given: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those of *meant* that were not *given* the order before, under the same bulk id."""
    before = {one["order_id"] for one in given}
    return [one for one in meant if one["order_id"] not in before]


def without(named: Iterable[str], meant: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return which of *named* are not meant: nothing is known of them, they are over, or do not fit."""
    there = {one.get(name) for one in meant for name in ("incident_id", "case_number")}
    return tuple(name for name in named if name not in there)


def _stand(ledger: Door, bulk: Mapping[str, Any], order_ids: Iterable[str]) -> bool:
    """
    Whether the books know by now that each of these orders stands.

    What was said a moment ago under the same id is not judged again.
    """
    heard = ledger.post("/v1/orders/bulk", to_json({**bulk, "dry_run": True}), timeout=60)["given"]
    outcomes = {one["order_id"]: one.get("outcome", "refused") for one in heard}
    return all(outcomes.get(order_id, "refused") != "refused" for order_id in order_ids)


def _condition(each: str) -> list[tuple[str, str]]:
    key, _, value = each.partition("=")
    if key not in _KEYS or not value:
        raise GroundError(f"{each}: write --where KEY=VALUE with one of {', '.join(_KEYS)}")
    if key != "class":
        return [(key, value)]
    scheme, _, code = value.partition(":")
    return [("scheme", scheme), *([("code", code)] if code else [])]


def _named(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    try:
        text = text_of(file)
    except (OSError, UnicodeDecodeError) as error:
        raise GroundError(f"{file} cannot be read: {why_no_text(error)}") from None
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def _kept(case_number: str, verdict: Verdict) -> dict[str, Any]:
    return {"case_number": case_number, **verdict.model_dump(mode="json", exclude_none=True)}


def _shown(
    wish: commanding.Wish,
    meant: list[Mapping[str, Any]],
    given: list[Mapping[str, Any]],
    lost: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    if as_json:
        say_json({"meant": meant, "given": given, "not_meant": lost})
        return 0
    _say_given(given, meant)
    for one in meant[:_SHOWN]:
        say(number_of(one))
    if len(meant) > _SHOWN:
        say(f"... and {len(meant) - _SHOWN} more")
    for name in lost:
        say(f"{name} is not among them: unknown, over, or it does not fit")
    say(f"{wish.order} would be said to {_matters(meant)}; nothing was. To order it: --yes")
    return 0


def _matters(meant: Sized) -> str:
    return "1 matter" if len(meant) == 1 else f"{len(meant)} matters"


def _say_given(given: list[Mapping[str, Any]], meant: list[Mapping[str, Any]]) -> None:
    """Say who had the order before, with which verdicts, and how many are new."""
    if not given:
        return
    outcomes = Counter(one.get("outcome", "not judged yet") for one in given)
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    say(f"given already: {len(given)} of {len(given) + len(meant)} ({told}); new: {len(meant)}")


def _say_ended(verdicts: list[dict[str, Any]], silent: tuple[str, ...], lost: tuple[str, ...]) -> None:
    for number in silent:
        say(f"{number} no new verdict: said before, or not judged yet: wangge explain {number}")
    for name in lost:
        say(f"{name} was not ordered: unknown, over, or it does not fit")
    applied = sum(verdict["outcome"] in ("applied", "repeated") for verdict in verdicts)
    say(f"{applied} of {len(verdicts)} applied")
