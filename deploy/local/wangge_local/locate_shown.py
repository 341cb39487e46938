"""What `wangge locate` prints: a line for each point as CSV or JSON, complaints beside them."""

import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wangge_contracts.signs import in_json
from wangge_contracts.v1 import Address, Names
from wangge_local import bundle
from wangge_local.cli_screen import complain
from wangge_local.locate import LEVELS, Answer, Bad, Chart, Header, of_addresses, read

COLUMNS = (*LEVELS, "flags")


def locate(
    lines: Iterable[str], *, config: Path, crs: str, streets: Path | None = None, as_json: bool = False
) -> int:
    """Print where each point of *lines* lies; return 1 if there was a line that is no point."""
    parts = bundle.load(config).parts
    chart = Chart.of_streets(parts, streets, crs=crs) if streets else Chart.of_bundle(parts)
    rows = csv.writer(sys.stdout, lineterminator="\n")
    bad = 0
    for answer in chart.answers(read(lines, crs=crs)):
        match answer:
            case Bad():
                bad += 1
                complain(f"line {answer.line}: {answer.why}")
            case Header() if not as_json:
                sys.stdout.write(",".join((answer.text, *COLUMNS)) + "\n")
            case Answer() if as_json:
                sys.stdout.write(in_json(json.dumps(_told(answer), ensure_ascii=False)) + "\n")
            case Answer():
                rows.writerow(_row(answer))
    return 1 if bad else 0


def locate_addresses(lines: Iterable[str], *, config: Path, as_json: bool = False) -> int:
    """Print where each address of *lines* lies; return 0. Raises GroundError without addresses."""
    registry = of_addresses(bundle.load(config).parts)
    rows = csv.writer(sys.stdout, lineterminator="\n")
    for text in (line.strip() for line in lines):
        if not text:
            continue
        site = registry.by_address(Address(text=text[:500]))
        named = {level: site.located.names[level] for level in LEVELS}
        if as_json:
            places = {level: _named(at.code, at.names) for level, at in named.items() if at}
            told = {"address": text, "flags": list(site.flags)} | places
            sys.stdout.write(in_json(json.dumps(told, ensure_ascii=False)) + "\n")
        else:
            rows.writerow([text, *(at.code if at else "" for at in named.values()), " ".join(site.flags)])
    return 0


def _row(answer: Answer) -> list[str]:
    codes = [answer.places[level][0] if level in answer.places else "" for level in LEVELS]
    return [*answer.given.fields, *codes, " ".join(answer.flags)]


def _told(answer: Answer) -> dict[str, Any]:
    given = answer.given
    places = {level: _named(*place) for level, place in answer.places.items()}
    return {"line": given.line, "wgs84": given.point.model_dump(), "flags": list(answer.flags)} | places


def _named(code: str, names: Names) -> dict[str, object]:
    return {"code": code, "names": names.model_dump()}
