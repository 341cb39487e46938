"""
A fresh clone -> a machine that can run and test the house. Done again, it sees in a moment that all is done.

Run by the system's Python before there is any environment (`make setup`): it needs the standard library
alone, and says nothing that a Python too old for the house could not read.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "wangge-setup.json"
MEMBERS = (
    "contracts",
    "services/chassis",
    "services/intake",
    "services/router",
    "services/escalation",
    "services/notifier",
    "services/ledger",
    "deploy/local",
)
"""The distributions of the workspace, each after those that it needs."""
OLDEST = (3, 11)
STEPS = 5


class SetupError(Exception):
    """What is missing and how to get it, in one line."""


def main() -> int:
    try:
        if sys.version_info < OLDEST:
            found = ".".join(map(str, sys.version_info[:3]))
            raise SetupError(
                f"Python 3.11 or newer is needed, {sys.executable} is {found}: try make PYTHON=python3.12"
            )
        with LOCK.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two set-ups at once: the second finds all done
            if _kept() != _wanted():
                _set_up()
    except SetupError as error:
        sys.stderr.write(f"setup: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: broken off; make setup goes on with what is missing\n")
        return 130
    return 0


def _set_up() -> None:
    began = time.monotonic()
    STAMP.unlink(missing_ok=True)
    _environment()
    _say(2, f"the {LOCK.read_text().count('==')} locked packages")
    _uv("pip", "sync", "--require-hashes", str(LOCK))
    _say(3, "the workspace's own eight distributions")
    editable = [part for member in MEMBERS for part in ("-e", f"./{member}")]
    _uv("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", *editable)
    _run([str(PYTHON), "-m", "wangge_local.setup_ground"])
    STAMP.write_text(json.dumps(_wanted(), indent=2) + "\n")
    _say(STEPS, f"all set up, in {time.monotonic() - began:.0f} s")


def _wanted() -> dict[str, str]:
    """What an environment depends on: when any of it differs, it is brought up to date."""
    text = hashlib.sha256()
    own = Path(__file__).with_name("setup_ground.py")
    for file in (LOCK, *(ROOT / member / "pyproject.toml" for member in MEMBERS), Path(__file__), own):
        text.update(file.read_bytes())
    jars = hashlib.sha256((ROOT / "deploy/local/jars.lock.json").read_bytes()).hexdigest()
    # The system's Python may be another one day, without the packages that lie below the first one's name.
    python = str(PYTHON.resolve())
    return {"folder": str(ROOT), "lock": text.hexdigest(), "jars": jars, "python": python}


def _kept() -> dict[str, str] | None:
    try:
        kept = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return None
    return dict(kept) if PYTHON.exists() else None


def _environment() -> None:
    """`.venv` with a working Python and the locked uv; one that was made elsewhere is replaced."""
    _say(1, f"the environment {VENV.name}, with Python {sys.version.split()[0]}")
    if VENV.exists() and not _works():
        shutil.rmtree(VENV)
    if not VENV.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            raise SetupError(
                f"{sys.executable} cannot make an environment: on Debian and Ubuntu, install python3-venv"
            )
    pinned = _requirement("uv")
    version = pinned.split("==")[1].split()[0]
    if _output([str(PYTHON), "-m", "uv", "--version"]).split()[1:2] == [version]:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wish:
        wish.write(pinned)
        wish.flush()
        _run([str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", wish.name])


def _works() -> bool:
    """
    Whether the environment was made here, and for the Python that it has by now.

    Scripts of a moved one point to where it was; packages lie in a folder of their Python's version.
    """
    asked = "import sys, sysconfig; print(sys.prefix); print(sysconfig.get_path('purelib'))"
    home, *packages = _output([str(PYTHON), "-c", asked]).splitlines() or [""]
    if home != str(VENV) or not all(Path(each).is_dir() for each in packages):
        return False
    script = VENV / "bin" / "activate"
    return script.exists() and str(VENV) in script.read_text("utf-8")


def _requirement(name: str) -> str:
    """The lock's entry of *name*, with its hashes."""
    lines: list[str] = []
    for line in LOCK.read_text().splitlines():
        if line.startswith(f"{name}==") or (lines and line.startswith(" ")):
            lines.append(line)
        elif lines:
            break
    if not lines:
        raise SetupError(f"{LOCK.name} does not name {name}")
    return "\n".join(lines) + "\n"


def _uv(*arguments: str) -> None:
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    surroundings["VIRTUAL_ENV"] = str(VENV)
    _run([str(VENV / "bin" / "uv"), *arguments], surroundings)


def _run(command: list[str], surroundings: dict[str, str] | None = None) -> None:
    try:
        code = subprocess.run(command, cwd=ROOT, env=surroundings, stdin=subprocess.DEVNULL).returncode
    except OSError as error:
        raise SetupError(f"{command[0]} does not start: {error.strerror}") from error
    if code:
        raise SetupError(
            f"stopped, because `{Path(command[0]).name} {' '.join(command[1:4])}` failed (see above)"
        )


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except OSError:
        return ""


def _say(step: int, what: str) -> None:
    sys.stdout.write(f"setup {step}/{STEPS}: {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
