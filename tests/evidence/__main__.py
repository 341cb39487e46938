"""Run the long tests and keep what they said, with the machine and the day (`make test-long`)."""

import datetime
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import psutil

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def main() -> int:
    today = datetime.datetime.now(datetime.UTC)
    file = FOLDER / f"{today:%Y-%m-%d}-{host_kind()}.txt"
    command = [sys.executable, "-m", "pytest", "-m", "long", *sys.argv[1:]]
    with file.open("w", encoding="utf-8") as kept:
        for line in (*machine(today), ""):
            _tell(line, kept)
        tests = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert tests.stdout is not None
        for line in tests.stdout:
            _tell(line.rstrip("\n").replace(str(ROOT), "."), kept)
    sys.stdout.write(f"kept in {file.relative_to(ROOT)}\n")
    return tests.wait()


def host_kind() -> str:
    """What distinguishes one machine from another for a reader of figures, and not whose it is."""
    memory = round(psutil.virtual_memory().total / 2**30)
    return f"{platform.system().lower()}-{platform.machine()}-{psutil.cpu_count()}-cores-{memory}-gib"


def machine(now: datetime.datetime) -> Iterator[str]:
    """The lines that say when (UTC), on what, and of which state of the project."""
    memory = psutil.virtual_memory()
    yield f"when      {now:%Y-%m-%d %H:%M} UTC"
    yield f"project   {_output('git', 'rev-parse', '--short', 'HEAD')}{_changed()}"
    yield f"processor {_processor()}, {psutil.cpu_count()} cores"
    yield f"memory    {memory.total / 2**30:.1f} GiB, {memory.available / 2**30:.1f} free"
    yield f"kernel    {platform.system()} {platform.release()}"
    yield f"python    {platform.python_version()}"


def _changed() -> str:
    changed = _output("git", "status", "--porcelain", "--", ".", ":!tests/evidence")
    return " with changes that are not committed" if changed else ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def _tell(line: str, kept: TextIO) -> None:
    for stream in (sys.stdout, kept):
        stream.write(line + "\n")
        stream.flush()


if __name__ == "__main__":
    sys.exit(main())
