"""A configuration folder -> a bundle of reference data, whole and sound, or refused with what to mend."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from wangge_contracts.calendars import Calendars
from wangge_contracts.pieces import divide, named
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_contracts.v1 import Department, Place, StandardRow, Terminal
from wangge_escalation.ladder import Ladders
from wangge_local import bundle_filling as filling
from wangge_local.bundle_checks import findings, unusable
from wangge_local.bundle_files import Unreadable, file_of, read
from wangge_local.bundle_lines import line_of, line_of_feature, line_quoting
from wangge_local.bundle_names import is_told, named_twice, unread
from wangge_local.bundle_parts import District, Rosters
from wangge_local.bundle_problems import BadBundle, Problem, brief
from wangge_local.bundle_whole import Finding, Parts
from wangge_notifier.channels import Channels
from wangge_notifier.contacts import Contacts
from wangge_notifier.templates import Own
from wangge_router.addresses import AddressEntry
from wangge_router.boundaries import Boundaries
from wangge_router.rulebook import Rulebook

KINDS: Mapping[str, TypeAdapter[Any]] = {
    "district": TypeAdapter(District),
    "calendars": TypeAdapter(Calendars),
    "places": TypeAdapter(tuple[Place, ...]),
    "departments": TypeAdapter(tuple[Department, ...]),
    "standard": TypeAdapter(tuple[StandardRow, ...]),
    "rulebook": TypeAdapter(Rulebook),
    "ladder": TypeAdapter(Ladders),
    "rosters": TypeAdapter(Rosters),
    "contacts": TypeAdapter(Contacts),
    "templates": TypeAdapter(Own),
    "channels": TypeAdapter(Channels),
    "terminals": TypeAdapter(tuple[Terminal, ...]),
    "boundaries": TypeAdapter(Boundaries),
    "addresses": TypeAdapter(tuple[AddressEntry, ...]),
}
"""The parts of a bundle; each is written in a file of its name (`bundle_files.file_of`)."""
OPTIONAL = frozenset({"addresses", "boundaries", "channels", "templates"})
"""Parts that a city may lack."""

_LISTS = {"standard": "rows"} | {kind: kind for kind in ("places", "departments", "terminals", "addresses")}
"""Parts whose content is a list: under which key the file holds it."""
_HEADROOM = 0.9
"""How much of the largest message may be filled at all; the rest is for what is said around it."""
_FILLED = 0.5
"""How much of the largest message a piece of a part fills: a city may grow between two editions."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """All reference data of one city at one version, as it is published."""

    version: str
    """Follows from the content: the same files make the same version."""
    parts: Mapping[str, Any] = field(repr=False)
    """The content of each part by its kind, as JSON values."""
    pieces: Mapping[str, Any] = field(repr=False)
    """What is published: the parts, the larger ones in pieces (`wangge_contracts.pieces`)."""
    hashes: Mapping[str, str] = field(repr=False)
    """The SHA-256 of each piece's canonical JSON; it is the manifest's content."""
    warnings: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, parts: Mapping[str, Any], *, warnings: tuple[Problem, ...] = ()) -> Self:
        """Return the bundle of these parts."""
        cut = pieces(parts)
        hashes = {name: digest(piece) for name, piece in cut.items()}
        return cls(digest(hashes)[:16], parts, cut, hashes, warnings)

    def part(self, kind: str) -> Any:
        """The content of one part."""
        return self.parts[kind]


def load(folder: Path) -> Bundle:
    """
    Read, complete and check the configuration in *folder*.

    Raises `BadBundle` with everything that was found; nothing of a bad configuration is used.
    """
    reading = _Reading(folder)
    contents = reading.contents()
    reading.refuse()
    reading.cross_check()
    reading.refuse()
    if why := unusable(contents):
        raise BadBundle(folder, [Problem(folder.name, None, why, "correct it")])
    return Bundle.of(contents, warnings=tuple(each for each in reading.problems if each.warning))


def pieces(parts: Mapping[str, Any]) -> dict[str, Any]:
    """*parts* as they are published: what would fill more than half of a message is divided."""
    most = int(REFERENCE_PUBLISHED.max_bytes * _FILLED)
    return {
        named(kind, number): piece
        for kind, content in parts.items()
        for number, piece in enumerate(divide(content, most=most), 1)
    }


def canonical(content: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8: the same content is always the same bytes."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(content: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return sha256(canonical(content)).hexdigest()


class _Reading:
    """The reading of one folder: what was found in it so far, and what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._texts: dict[str, str] = {}
        self._written: dict[str, dict[str, Any]] = {}
        self._parsed: dict[str, Any] = {}

    def contents(self) -> dict[str, Any]:
        """The content of every part that can be read; what cannot be is among the problems."""
        for kind in KINDS:
            self._read(kind)
        self.refuse()
        written = self._written
        contents = {
            "district": self._part("district", lambda: written["district"]),
            "calendars": self._part("calendars", lambda: filling.calendars(written["calendars"])),
        }
        # Every limit is completed from these two: without them the other files would be full of echoes.
        self.refuse()
        calendar, language = self._parsed["district"].calendar, self._parsed["district"].language
        versions = {each.name: each.version for each in self._parsed["calendars"].calendars}
        class_versions = written["standard"].get("versions", {})
        for kind, fill in {
            "places": lambda: filling.places(written["places"]),
            "departments": lambda: filling.departments(written["departments"]),
            "standard": lambda: filling.standard(
                written["standard"], calendar=calendar, versions=versions, language=language
            ),
            "rulebook": lambda: filling.rulebook(
                written["rulebook"], class_versions=class_versions, calendar=calendar, versions=versions
            ),
            "ladder": lambda: written["ladder"],
            "rosters": lambda: filling.rosters(written["rosters"], self._parsed.get("places") or ()),
            "contacts": lambda: written["contacts"],
            "channels": lambda: written["channels"],
            "templates": lambda: written["templates"],
            "terminals": lambda: filling.tables(written["terminals"], "terminals"),
            "boundaries": lambda: written["boundaries"],
            "addresses": lambda: filling.tables(written["addresses"], "addresses"),
        }.items():
            if kind in written:
                contents[kind] = self._part(kind, fill)
        return contents

    def cross_check(self) -> None:
        """Add everything in which the parts do not fit one another."""
        for finding in findings(Parts(**self._parsed)):
            self._add(replace(finding, path=self._as_written(finding.kind, finding.path)))

    def refuse(self) -> None:
        """Raise `BadBundle` if anything was found that is more than a warning."""
        if any(not problem.warning for problem in self.problems):
            raise BadBundle(self.folder, [problem for problem in self.problems if not problem.warning])

    def _read(self, kind: str) -> None:
        try:
            self._texts[kind], self._written[kind] = read(self.folder, kind)
        except Unreadable as why:
            if not (why.missing and kind in OPTIONAL):
                self.problems.append(Problem(file_of(kind), why.line, why.text, why.remedy))

    def _part(self, kind: str, fill: Callable[[], Any]) -> Any:
        for finding in (*unread(kind, self._written[kind]), *named_twice(kind, self._written[kind])):
            self._add(finding)
        try:
            parsed = KINDS[kind].validate_python(fill())
        except filling.Unfillable as unfillable:
            error = unfillable.error
            if isinstance(error, str):
                self._add(Finding(kind, unfillable.path, error, "correct it"))
            else:
                self._problems_of(kind, error, unfillable.path)
            return None
        except ValidationError as error:
            self._problems_of(kind, error, (_LISTS[kind],) if kind in _LISTS else ())
            return None
        self._parsed[kind] = parsed
        content = KINDS[kind].dump_python(parsed, mode="json", exclude_none=True)
        size = max(len(canonical(piece)) for piece in pieces({kind: content}).values())
        if size > REFERENCE_PUBLISHED.max_bytes * _HEADROOM:
            most = int(REFERENCE_PUBLISHED.max_bytes * _HEADROOM)
            text = f"a row of the part has {size:,} bytes, and a message takes {most:,}"
            at = filling.too_long(content, _LISTS.get(kind, kind), most=most)
            self._add(Finding(kind, self._as_written(kind, at), text, "shorten it"))
        return content

    def _problems_of(self, kind: str, error: ValidationError, under: tuple[str | int, ...]) -> None:
        for each in error.errors(include_url=False):
            if is_told(each):
                continue
            self._add(_finding(kind, each, self._as_written(kind, (*under, *each["loc"]))))

    def _as_written(self, kind: str, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """The path of a value in the part -> its path in the file."""
        return filling.written_row(self._written[kind], path) if kind == "standard" else path

    def _add(self, finding: Finding) -> None:
        text, file = self._texts.get(finding.kind, ""), file_of(finding.kind)
        find = line_of if file.endswith(".toml") else line_of_feature
        line = find(text, finding.path) or line_quoting(text, finding.quoted)
        told = finding.text
        if finding.earlier is not None and (other := find(text, finding.earlier)) is not None:
            told = f"{told}, the first in {file}:{other}"
        self.problems.append(Problem(file, line, told, finding.remedy, warning=finding.warning))


def _finding(kind: str, error: Any, path: tuple[str | int, ...]) -> Finding:
    where = ".".join(brief(str(part)) for part in path) or "the file"
    text = f"{where}: {error['msg'].removeprefix('Value error, ')}"
    remedy = getattr(error.get("ctx", {}).get("error"), "remedy", "") or {
        "missing": "add it",
        "extra_forbidden": "remove it, or correct its name",
        "literal_error": "use one of these words",
    }.get(error["type"], "correct it")
    return Finding(kind, path, text, remedy)
