"""What all that the house stands on needs: room, programs that run to their end, time to come up."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


class GroundError(Exception):
    """
    Something the house stands on is not to be had. The text is one line that a person can act on.

    :param see: the command that tells more; *text* is what it says without that.
    """

    def __init__(self, text: str, *, see: str = "") -> None:
        super().__init__(f"{text}: {see}" if see else text)
        self.text = text


def require_space(folder: Path, *, megabytes: int) -> None:
    """:raises GroundError: fewer than *megabytes* are free where *folder* lies, or it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GroundError(f"cannot make the folder {folder}: {error.strerror}") from error
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise GroundError(f"only {free} MB are free under {folder}: {megabytes} MB are needed")


def private(folder: Path) -> None:
    """
    Make *folder* if it is not there, and shut it to everybody but its owner (0700), also one of before.

    Who else has an account on this machine is not to read what people said there, nor what was logged of it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def run(
    command: Sequence[str],
    *,
    what: str,
    environment: Mapping[str, str],
    text_in: str = "",
    timeout: float = 120,
    options: Mapping[str, Any] | None = None,
) -> str:
    """
    Run *command* to its end, with *text_in* as its input, and give its standard output.

    :param what: for the error: what could not be done.
    :param options: what else `subprocess` shall know, such as another user.
    :raises GroundError: it failed, is missing, or took longer than *timeout* seconds.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            input=text_in,
            env=environment,
            **(options or {}),
        )
    except FileNotFoundError as error:
        raise GroundError(f"{what}: {command[0]} is missing") from error
    except subprocess.TimeoutExpired as error:
        raise GroundError(f"{what}: no end after {timeout:.0f} s") from error
    if done.returncode:
        raise GroundError(f"{what}: {_telling_line(done.stderr or done.stdout)}")
    return str(done.stdout)


def poll(*, timeout: float, every: float = 0.02) -> Iterator[float]:
    """Yield the seconds left, every *every* seconds, until *timeout* has gone by."""
    ends = time.monotonic() + timeout
    while (left := ends - time.monotonic()) > 0:
        yield left
        time.sleep(every)


def _telling_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next(
        (line for line in lines if re.search("error|fatal", line, re.I)), (lines or ["no reason"])[-1]
    )


def plain_environment() -> dict[str, str]:
    """
    What a program needs of ours to run, and nothing that would change how it runs.

    All speak UTF-8 whatever the machine does: in another, Java finds no folder with a Chinese name.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}
