"""What the services wrote into their logs, for people; with --json as it stands."""

import json
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from wangge_contracts.signs import in_json
from wangge_local.cli_screen import SCREEN, say
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder

_FOLLOW_EVERY_S = 0.2
_STYLES = {"warning": "yellow", "error": "red", "critical": "bold red"}
_SHOWN_ELSEWHERE = {"timestamp", "level", "event", "service", "replica"}


def show(folder: HouseFolder, name: str, *, follow: bool, lines: int, as_json: bool) -> None:
    """Print the last *lines* of every log of *name*, then, to *follow*, what comes; GroundError if none."""
    files = files_of(folder, name)
    for file in files:
        with file.open(encoding="utf-8", errors="replace", newline="\n") as log:
            for line in deque(log, maxlen=lines):
                _print(file.stem if len(files) > 1 else "", line, as_json=as_json)
    if follow:
        shown = set(files)
        for file, line in followed(folder, name, files):
            shown.add(file)
            _print(file.stem if len(shown) > 1 else "", line, as_json=as_json)


def files_of(folder: HouseFolder, name: str) -> list[Path]:
    """Return the logs of a service, a replica, Kafka or PostgreSQL; raises GroundError when there is none."""
    found = _there(folder, name)
    if not found:
        known = sorted({file.stem for file in folder.logs.glob("*.log")} | set(_ground(folder)))
        raise GroundError(f"there is no log of {name} in {folder.root}; there may be {', '.join(known)}")
    return found


def _there(folder: HouseFolder, name: str) -> list[Path]:
    ground = _ground(folder)
    if name in ground:
        return [ground[name]] if ground[name].exists() else []
    # What was typed is held against the names that there are: it is no pattern and no path.
    logs = folder.logs.glob("*.log")
    return sorted(file for file in logs if file.stem == name or file.stem.startswith(f"{name}-"))


def _ground(folder: HouseFolder) -> dict[str, Path]:
    return {"kafka": folder.kafka / "kafka.log", "postgres": folder.postgres / "postgres.log"}


def followed(folder: HouseFolder, name: str, files: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield, without end, each whole line that comes to *files* or to what is begun of *name* after them."""
    positions = {file: file.stat().st_size for file in files}
    while True:
        # A replica that is started meanwhile is followed from its first line.
        positions |= {file: 0 for file in _there(folder, name) if file not in positions}
        for file, position in positions.items():
            if file.stat().st_size < position:
                position = 0  # it was put away and begun anew
            with file.open("rb") as log:
                log.seek(position)
                for raw in log:
                    if not raw.endswith(b"\n"):
                        break
                    position += len(raw)
                    yield file, raw.decode(errors="replace")
            positions[file] = position
        time.sleep(_FOLLOW_EVERY_S)


def _print(replica: str, line: str, *, as_json: bool) -> None:
    if as_json:
        SCREEN.file.write(in_json(line))
        SCREEN.file.flush()
        return
    text, style = told(line)
    say(f"{replica} {text}" if replica else text, style=style)


def told(line: str) -> tuple[str, str]:
    """Return what a line of a log says, for people, and the style it is shown in."""
    try:
        entry = json.loads(line)
        at = str(entry["timestamp"])[11:23]
        level = str(entry["level"])
        event = str(entry["event"])
    except (ValueError, KeyError, TypeError):
        return line.rstrip("\n"), ""
    fields = " ".join(f"{name}={value}" for name, value in entry.items() if name not in _SHOWN_ELSEWHERE)
    return f"{at} {level:<8} {event} {fields}".rstrip(), _STYLES.get(level, "")
