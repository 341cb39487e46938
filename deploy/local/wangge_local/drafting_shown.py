"""`wangge rules draft`: a city's past in, a rulebook for a person to edit out."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from wangge_local.cli_screen import ERRORS, SCREEN
from wangge_local.drafting import Circumstance, Draft, Seen, Support, drafted
from wangge_local.drafting_family import Mark
from wangge_local.drafting_written import written
from wangge_local.ground import GroundError
from wangge_local.history import History, Past
from wangge_local.history_shown import tell_left_out, watched
from wangge_local.replay_mapping import Mapped


def draft(file: Path, mapping: Path, *, until: date | None, out: Path | None, support: Support) -> int:
    """
    Write the rulebook that *file* supports to *out*, or print it; return 0.

    Raises GroundError for what cannot be read, and for a file that exists: somebody may have edited it.
    """
    if out is not None and out.exists():
        raise GroundError(f"{out} exists and may have been edited: move it away, or name another --out")
    mapped = Mapped.read(mapping)
    _refuse_unless_compared(mapped, mapping)
    column = mapped.family and mapped.family.column
    history = History(file, mapped, until=until, needed=frozenset({column} if column else ()))
    past = sorted(watched(history), key=lambda each: each.incident.captured_at)
    history.refuse_if_empty(len(past))
    seen = [_seen(each, mapped) for each in past if each.department is not None]
    if not seen:
        raise GroundError(f"no row of {file} says which unit had it: see [expected.department] in {mapping}")
    found = drafted(seen, support)
    zone = ZoneInfo(mapped.time_zone)
    days = " to ".join(
        f"{each.incident.captured_at.astimezone(zone):%Y-%m-%d}" for each in (past[0], past[-1])
    )
    text = written(found, source=f"{len(seen):,} rows of {file.name}, {days}")
    if out is None:
        SCREEN.file.write(text)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise GroundError(f"{out} cannot be written: {error.strerror}") from None
    _tell(found, history, without=len(past) - len(seen), out=out)
    return 0


def _refuse_unless_compared(mapped: Mapped, mapping: Path) -> None:
    if "department" not in mapped.expected:
        raise GroundError(f"{mapping} does not say which unit had each row: add [expected.department]")
    if mapped.family is not None and not mapped.family.shown_in(_template(mapped)):
        raise GroundError(
            f"{mapping}: no rule could see the family: write {{{mapped.family.column}}} into"
            " the template of report.description"
        )


def _seen(past: Past, mapped: Mapped) -> Seen:
    class_ref, area = past.incident.class_ref, past.incident.place.area
    mark: Mark | None = None
    if mapped.family is not None:
        code = class_ref.code if class_ref else None
        mark = mapped.family.mark(past.row, code=code, template=_template(mapped))
    circumstances: tuple[Circumstance, ...] = (("sources", past.incident.source),)
    if area is not None:
        circumstances = (("places", area.code), *circumstances)
    kind = (class_ref.scheme, class_ref.code) if class_ref else None
    return Seen(past.department or "", kind, mark, circumstances)


def _template(mapped: Mapped) -> str:
    description = mapped.report.get("description")
    return str(description.get("template", "")) if isinstance(description, dict) else ""


def _tell(found: Draft, history: History, *, without: int, out: Path | None) -> None:
    counts = f"{len(found.types)} types, {len(found.exceptions)} exceptions, {len(found.families)} families"
    ERRORS.print(f"drafted from {found.rows:,} rows: {counts}; {len(found.rare)} types left to their family")
    if without:
        rows = "1 row says" if without == 1 else f"{without:,} rows say"
        ERRORS.print(f"{rows} no unit that the mapping knows: not used")
    tell_left_out(history)
    if out is not None:
        ERRORS.print(f"written to {out}: edit it, put it into a configuration, and try it by wangge backtest")
