"""`wangge config diff`: recorded incidents through two configurations, and what would be different."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from wangge_contracts.v1 import IncidentAccepted
from wangge_intake.city import City
from wangge_local.bundle import load
from wangge_local.cli_screen import ERRORS, say, say_json, table
from wangge_local.config_diff import Comparison
from wangge_local.faults import first_fault
from wangge_local.ground import GroundError
from wangge_local.history import History, accepted
from wangge_local.history_shown import mapping_of, tell_left_out, watched
from wangge_local.replay_mapping import Mapped
from wangge_router.directory import Directory
from wangge_router.sorting import Sorting

_LINES = 50
"""So many changes are shown to a person; a program gets all."""
_LEFT_OUT = 20
"""So many lines that are no incident are named."""


def diff(old: Path, new: Path, *, over: Path, mapping: Path | None, as_json: bool) -> int:
    """
    Compare *old* and *new* over the incidents of *over*; return 0.

    Raises GroundError or BadBundle for what cannot be used.
    """
    (old_sorting, old_city), (new_sorting, new_city) = _loaded(old), _loaded(new)
    comparison = Comparison(old_sorting, new_sorting)
    left_out: dict[int, str] = {}
    if _is_csv(over):
        mapped = Mapped.read(mapping_of(new, mapping))
        history = History(over, mapped, city=new_city)
        for past in watched(history):
            before = accepted(past.report, terminal=mapped.terminal, city=old_city)
            comparison.compare(past.incident, before=before)
        tell_left_out(history)
        rows = sum(left.rows for left in history.left_out.values())
    else:
        for incident in _from_lines(over, left_out):
            comparison.compare(incident)
        rows = len(left_out)
    _tell_lines(left_out)
    if not comparison.incidents:
        raise GroundError(f"{over} holds no incident: a line each of incidents.accepted.v1, or a CSV")
    if as_json:
        say_json(comparison.summary() | {"left_out": rows})
    else:
        _tell(comparison)
    return 0


def _loaded(config: Path) -> tuple[Sorting, City]:
    """What the router asks of *config*, and what intake does."""
    bundle = load(config)
    directory = Directory.of(bundle.version, bundle.parts)
    return directory.sorting, City.of(bundle.version, bundle.parts)


def _is_csv(over: Path) -> bool:
    return ".csv" in over.suffixes


def _from_lines(over: Path, left_out: dict[int, str]) -> Iterator[IncidentAccepted]:
    try:
        with over.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    yield _incident(line)
                except ValidationError as error:
                    left_out[number] = first_fault(error)
                except ValueError as error:
                    left_out[number] = str(error)
    except OSError as error:
        raise GroundError(f"{over} cannot be read: {error.strerror}") from None


def _incident(line: bytes) -> IncidentAccepted:
    """Read a record's value, alone or, as in the contracts' examples, beside its headers."""
    record = from_json(line)
    if isinstance(record, dict) and isinstance(record.get("value"), dict):
        line = to_json(record["value"])
    return IncidentAccepted.read(line)


def _tell_lines(left_out: Mapping[int, str]) -> None:
    for line, reason in islice(left_out.items(), _LEFT_OUT):
        ERRORS.print(f"left out: line {line}: {reason}")
    if (more := len(left_out) - _LEFT_OUT) > 0:
        ERRORS.print(f"left out: {more:,} lines more")


def _tell(comparison: Comparison) -> None:
    if comparison.changes:
        table(
            ("incident", "class", "from", "to", "by the new rule"),
            (
                (each.case_number, each.code, each.old.lead, each.new.lead, each.new.rule)
                for each in comparison.changes[:_LINES]
            ),
        )
    if (more := len(comparison.changes) - _LINES) > 0:
        say(f"and {more:,} more: all of them with --json")
    if comparison.pairs:
        table(
            ("incidents", "old rule", "from", "new rule", "to"),
            (
                (count, pair.old_rule, pair.old_lead, pair.new_rule, pair.new_lead)
                for pair, count in comparison.pairs.most_common()
            ),
        )
    say(f"{len(comparison.changes):,} of {comparison.incidents:,} incidents would change department")
