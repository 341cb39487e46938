"""A mapping file and a row of some city's CSV -> the report that a terminal would have sent. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from wangge_contracts.calendars import TimeZone
from wangge_contracts.v1 import ReportSubmitted, Slug
from wangge_local.drafting_family import Family
from wangge_local.ground import GroundError
from wangge_local.handwritten import toml_of

_RULE = frozenset({"column", "values", "otherwise", "template", "value"})
_NUMBERS = frozenset({"lon", "lat"})
_INSTANTS = frozenset({"captured_at", "occurred_at", "sent_at", "mandated_deadline"})
Row = Mapping[str, str]


class Mapped(BaseModel):
    """
    How a CSV's columns become a report's fields.

    `report` has the shape of `ReportSubmitted`; where a value depends on the row stands a table with `column`
    (and, to translate it, `values` and `otherwise`) or `template`. A table whose value is empty is left out.
    `expected` says what the city itself decided, to compare with; it is never sent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    terminal: Slug
    time_zone: TimeZone
    report: dict[str, Any]
    expected: dict[str, Any] = {}
    family: Family | None = None
    """How a type's relatives are known, for `wangge rules draft`."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read *file*; raises GroundError with what to mend."""
        try:
            mapped = cls.model_validate(toml_of(file))
            _refuse_unsound([mapped.report, mapped.expected])
        except OSError as error:
            raise GroundError(f"{file} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:  # also no TOML, no UTF-8, not what we read
            raise GroundError(f"{file}: {' '.join(str(error).split())}") from None
        return mapped

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the report is made from."""
        return frozenset(_columns(self.report))

    @property
    def columns_to_compare(self) -> frozenset[str]:
        """The columns that say what the city itself decided."""
        return frozenset(_columns(self.expected))

    def report_of(self, row: Row) -> ReportSubmitted:
        """
        Return what *row* reports.

        :raises ValueError: it is no whole row, or the contract refuses it (pydantic's ValidationError).
        """
        _refuse_broken(row)
        fields = _filled(self.report, row, zone=ZoneInfo(self.time_zone), name="report")
        if not fields.get("place"):
            fields["place"] = {"unknown": True}
        return ReportSubmitted.model_validate(fields)

    def captured_of(self, row: Row) -> datetime | None:
        """Return when *row* was reported, without reading the rest; raises ValueError as `report_of` does."""
        _refuse_broken(row)
        rule, zone = self.report.get("captured_at"), ZoneInfo(self.time_zone)
        at = _filled(rule, row, zone=zone, name="captured_at")
        return at if isinstance(at, datetime) else None

    def expected_of(self, row: Row, name: str) -> Any:
        """Return what the city itself decided about *name*; None when the mapping or the row does not say."""
        rule = self.expected.get(name)
        return _filled(rule, row, zone=ZoneInfo(self.time_zone), name=name) if rule is not None else None


def _refuse_broken(row: Row) -> None:
    """:raises ValueError: cells stand under the wrong columns, or hold what no message may."""
    if None in row:  # where `csv` puts the cells that have no column
        raise ValueError("it has more cells than the header")
    if None in row.values():  # a line that was half written, or a quotation mark that nothing closes
        raise ValueError("it has fewer cells than the header")
    if any("\0" in cell for cell in row.values() if cell):
        raise ValueError("a cell holds the character U+0000")


def _refuse_unsound(value: Any) -> None:
    """:raises ValueError: a rule in *value* could be worked out for no row at all."""
    if isinstance(value, list):
        for item in value:
            _refuse_unsound(item)
    elif isinstance(value, dict):
        for word, kind in (("column", str), ("template", str), ("values", dict)):
            if not isinstance(value.get(word, kind()), kind):
                raise ValueError(f"`{word}` cannot be {value[word]!r}")
        for _, name, inside, _ in Formatter().parse(value.get("template", "")):
            if name is not None and (set(name) & set(".[") or not name or "{" in (inside or "")):
                raise ValueError(f"a template names columns alone, as {{type}}: {value['template']!r}")
        for item in value.values():
            _refuse_unsound(item)


def _columns(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _columns(item)
    elif isinstance(value, dict):
        if isinstance(value.get("column"), str):
            yield value["column"]
        for _, name, _, _ in Formatter().parse(value.get("template", "")):
            if name is not None:
                yield name
        for item in value.values():
            yield from _columns(item)


def _filled(value: Any, row: Row, *, zone: ZoneInfo, name: str) -> Any:
    """Return *value* with every rule in it worked out for *row*; None where nothing is known."""
    if isinstance(value, list):
        items = (_filled(item, row, zone=zone, name=name) for item in value)
        return tuple(item for item in items if item is not None) or None
    if not isinstance(value, dict):
        return value
    if value and value.keys() <= _RULE:
        return _worked_out(value, row, zone=zone, name=name)
    if "template" in value:
        text = _formatted(value["template"], row)
        rest = {key: item for key, item in value.items() if key != "template"}
        return {"text": text, **rest} if text else None
    if "column" in value:
        return _with_column(value, row, zone=zone)
    if value.keys() >= _NUMBERS:
        return _point(value, row, zone=zone)
    return _fields(value, row, zone=zone)


def _fields(value: dict[str, Any], row: Row, *, zone: ZoneInfo) -> dict[str, Any] | None:
    filled = {key: _filled(item, row, zone=zone, name=key) for key, item in value.items()}
    return {key: found for key, found in filled.items() if found is not None} or None


def _point(value: dict[str, Any], row: Row, *, zone: ZoneInfo) -> dict[str, Any] | None:
    """A point has both numbers, and is none of those that the city writes where it does not know."""
    unknown = value.get("unknown", ())
    filled = _fields({key: item for key, item in value.items() if key != "unknown"}, row, zone=zone) or {}
    if not filled.keys() >= _NUMBERS or any(point.items() <= filled.items() for point in unknown):
        return None
    return filled


def _with_column(value: dict[str, Any], row: Row, *, zone: ZoneInfo) -> Any:
    """A table with a column beside fixed fields: the column holds its code, or, of a system's, the number."""
    rule = {key: item for key, item in value.items() if key in _RULE}
    rest = {key: item for key, item in value.items() if key not in _RULE}
    found = _worked_out(rule, row, zone=zone, name="code")
    if found is None:
        return None
    return {**rest, ("number" if "system" in rest else "code"): found}


def _worked_out(rule: Mapping[str, Any], row: Row, *, zone: ZoneInfo, name: str) -> Any:
    if "value" in rule:
        return rule["value"]
    if "template" in rule:
        return _formatted(rule["template"], row)
    text = (row.get(rule["column"]) or "").strip()
    if "values" in rule:
        return rule["values"].get(text, rule.get("otherwise"))
    if not text:
        return rule.get("otherwise")
    if name in _NUMBERS:
        return float(text)
    if name in _INSTANTS or name in ("deadline", "closed"):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return text


def _formatted(template: str, row: Row) -> str:
    return template.format_map({key: (value or "").strip() for key, value in row.items()}).strip()
