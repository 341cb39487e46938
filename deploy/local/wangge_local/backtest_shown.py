"""`wangge backtest`: the confusion by type with the worst first, and one line for a program."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from wangge_contracts.signs import in_json
from wangge_intake.city import City
from wangge_local.backtest import Backtest, Confusion
from wangge_local.bundle import load
from wangge_local.cli_screen import SCREEN, flat, say, table
from wangge_local.ground import GroundError
from wangge_local.history import History
from wangge_local.history_shown import mapping_of, tell_left_out, watched
from wangge_local.replay_mapping import Mapped


def backtest(
    file: Path, config: Path, *, mapping: Path | None, since: date | None, until: date | None, as_json: bool
) -> int:
    """Hold *config* against *file*; return 0. Raises GroundError or BadBundle for what cannot be used."""
    chosen = mapping_of(config, mapping)
    mapped = Mapped.read(chosen)
    if "department" not in mapped.expected:
        raise GroundError(f"{chosen} does not say which unit had each row: add [expected.department]")
    bundle = load(config)
    judged = Backtest.of(bundle.version, bundle.parts)
    history = History(file, mapped, since=since, until=until, city=City.of(bundle.version, bundle.parts))
    for past in watched(history):
        judged.judge(past)
    history.refuse_if_empty(judged.rows)
    if not as_json:
        _tell(judged)
        tell_left_out(history)
    more = {"by_type": _by_type(judged), "left_out": _left_out(history)} if as_json else {}
    SCREEN.file.write(in_json(json.dumps(judged.summary() | more, ensure_ascii=False)) + "\n")
    return 0


def _tell(judged: Backtest) -> None:
    worst = judged.worst_first()
    if worst:
        table(
            ("type", "rows", "wrong", "right", "sent to", "the city had it at"),
            (_line(code, found) for code, found in worst),
        )
    say(f"{len(judged.by_type) - len(worst)} more types without a mistake")
    say(f"the right unit: {judged.right:,} of {judged.rows:,} rows ({judged.right / judged.rows:.2%})")
    if judged.unknown:
        say(f"rows that say no unit that the mapping knows, counted as wrong: {judged.unknown:,}")
    if judged.with_target:
        near = f"{judged.near:,} of {judged.with_target:,} ({judged.near / judged.with_target:.1%})"
        say(f"the city's deadline within 5 minutes: {near}")
        say(f"verdicts on closed rows that their own instants contradict: {judged.contradictions:,}")


def _line(code: str, found: Confusion) -> tuple[Any, ...]:
    share = f"{found.right / found.rows:.1%}"
    routed, instead = flat(dict(found.routed.most_common())), flat(dict(found.instead.most_common()))
    return code, found.rows, found.wrong, share, routed, instead


def _by_type(judged: Backtest) -> dict[str, Any]:
    return {
        code: {
            "rows": found.rows,
            "wrong": found.wrong,
            "sent_to": dict(found.routed.most_common()),
            "instead_of": dict(found.instead.most_common()),
        }
        for code, found in judged.worst_first()
    }


def _left_out(history: History) -> dict[str, Any]:
    return {reason: {"rows": left.rows, "first": left.first} for reason, left in history.left_out.items()}
