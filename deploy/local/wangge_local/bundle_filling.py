"""A file as it is written -> the content of its part: what is left out is filled from its surroundings."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from wangge_contracts.v1 import Place
from wangge_escalation.statutory import WrittenCalendar
from wangge_local.bundle_parts import WrittenRosters

Written = Mapping[str, Any]


class Unfillable(Exception):
    """What stands at *path* cannot even be completed; *error* says why."""

    def __init__(self, path: tuple[str | int, ...], error: ValidationError | str) -> None:
        super().__init__(f"{path}: {error}")
        self.path = path
        self.error = error


_BOTH = ("filing_condition", "closing_condition")
"""What may be written in both languages as one text, and is read in one."""


def tables(written: Written, key: str) -> list[dict[str, Any]]:
    """The tables under *key*; raises `Unfillable` when something else stands there, or nothing."""
    found = written.get(key)
    if isinstance(found, list) and all(isinstance(table, dict) for table in found):
        return found
    raise Unfillable((key,), f"`{key}` must be a list of tables")


def calendars(written: Written) -> Any:
    """Every calendar with its holidays spelled out as dates and a version made from its content."""
    frozen = []
    for number, calendar in enumerate(tables(written, "calendars")):
        try:
            frozen.append(WrittenCalendar.model_validate(calendar).freeze())
        except NotImplementedError as error:
            raise Unfillable(("calendars", number, "statutory"), f"no holidays are known: {error}") from error
        except ValidationError as error:
            raise Unfillable(("calendars", number), error) from error
    return {"calendars": [calendar.model_dump(mode="json") for calendar in frozen]}


def departments(written: Written) -> Any:
    """The list of departments."""
    return tables(written, "departments")


def places(written: Written) -> Any:
    """The list of places, each with the file's `scheme`."""
    return [{"scheme": written.get("scheme"), **place} for place in tables(written, "places")]


def standard(written: Written, *, calendar: str, versions: Mapping[str, str], language: str) -> Any:
    """
    The list of standard rows: the file's defaults in each, class versions and calendars filled in.

    A row with `conditions` is as many rows, which differ in what each condition says and are numbered in the
    order they are written. A row may give its class as `code` alone where the file's defaults name the
    scheme; a row without names is called by its code. A condition that is written as Chinese / English is
    that of the city's *language*.
    """
    defaults = written.get("defaults", {})
    if not isinstance(defaults, dict):
        raise Unfillable(
            ("defaults",), "`defaults` must be a table: what rows have that do not say otherwise"
        )
    defaults = dict(defaults)
    schemes = written.get("versions", {})
    if not isinstance(schemes, dict):
        raise Unfillable(("versions",), "`versions` must be a table: of each scheme its version")
    default_scheme = defaults.pop("scheme", None)
    rows = []
    for at, row in _each_row(written):
        row = {**defaults, **row}
        code = row.pop("code", None)
        given = {"scheme": default_scheme, "code": code} if code else row.get("class_ref", {})
        if not isinstance(given, dict):
            raise Unfillable((*at, "class_ref"), "`class_ref` must be a table with `scheme` and `code`")
        class_ref = dict(given)
        class_ref.setdefault("version", schemes.get(str(class_ref.get("scheme"))))
        if condition := row.pop("condition", None):
            class_ref["condition"] = condition
        row["class_ref"] = class_ref
        row.setdefault("names", {"zh": class_ref.get("code"), "en": class_ref.get("code")})
        row |= {name: _spoken(row[name], language) for name in _BOTH if name in row}
        rows.append(_with_calendars(row, calendar, versions))
    return rows


def _spoken(text: Any, language: str) -> Any:
    """What of Chinese / English is in that language; anything else as it is."""
    zh, both, en = text.partition(" / ") if isinstance(text, str) else (text, "", "")
    if not both or zh.isascii():
        return text
    return en if language == "en" else zh


def written_row(written: Written, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path of a value in the list of standard rows -> its path in the file."""
    if len(path) < 2 or path[0] != "rows":
        return path
    at, _ = next(islice(_each_row(written), int(path[1]), None))
    rest = path[2:]
    own = tables(written, "rows")[at[1]]
    if len(at) > 2 and rest and rest[0] not in own["conditions"][at[3]]:
        at = at[:2]
    return (*at, *rest)


def _each_row(written: Written) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every standard row, and where it is written: in a row of the file, or in one of its conditions."""
    for number, row in enumerate(tables(written, "rows")):
        if "conditions" not in row:
            yield ("rows", number), row
            continue
        shared = {key: value for key, value in row.items() if key != "conditions"}
        try:
            conditions = tables(row, "conditions")
        except Unfillable as error:
            raise Unfillable(("rows", number, "conditions"), error.error) from error
        for n, own in enumerate(conditions):
            yield ("rows", number, "conditions", n), {"condition": str(n + 1), **shared, **own}


def rulebook(written: Written, *, class_versions: Any, calendar: str, versions: Mapping[str, str]) -> Any:
    """The rulebook, whose rules mean the classes in the standard's versions."""
    filled: dict[str, Any] = _with_calendars(dict(written), calendar, versions)
    # What is no table is the standard's fault, and told there.
    of_standard = dict(class_versions) if isinstance(class_versions, dict) else {}
    return {"class_versions": of_standard, **filled}


def rosters(written: Written, known: Sequence[Place]) -> Any:
    """Every filled post by itself."""
    return WrittenRosters.model_validate(written).spread(known).model_dump(mode="json", exclude_none=True)


def too_long(content: Any, key: str, *, most: int) -> tuple[str | int, ...]:
    """
    Return the path of the first row of a part that fills more than *most* bytes of JSON; empty without one.

    :param key: under which the file holds what is a list in the part.
    """
    named: Mapping[str, Any] = {key: content} if isinstance(content, list) else content
    for name, rows in named.items():
        for at, row in enumerate(rows if isinstance(rows, list) else ()):
            if len(to_json(row)) > most:
                return name, at
    return ()


def _with_calendars(value: Any, calendar: str, versions: Mapping[str, str]) -> Any:
    """*value* with calendar and version in every limit that names none, however deep it lies."""
    if isinstance(value, list):
        return [_with_calendars(item, calendar, versions) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {key: _with_calendars(item, calendar, versions) for key, item in value.items()}
    if "clock_kind" in filled:
        name = filled.setdefault("calendar", calendar)
        filled.setdefault("calendar_version", versions.get(name, "unknown"))
    return filled
