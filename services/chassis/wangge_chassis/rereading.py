"""An operator's file, read again whenever it has changed; what is wrong with it changes nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from wangge_chassis import metrics
from wangge_chassis.private_files import Unusable
from wangge_chassis.probes import Health

_LOOK_EVERY_S = 2.0
T = TypeVar("T")


class Reread(Generic[T]):
    """
    What a file says now: call it for that.

    :param holds: what stands in it, one word for the log, for health and for
        `wangge_file_unusable{holds="..."}`.
    :param file: None: there is none, and *read* is told so.
    :param read: reads it, and raises Unusable with a text that names no secret.
    :raises Unusable: it cannot be read at the start.
    """

    def __init__(self, holds: str, file: Path | None, read: Callable[[Path | None], T]) -> None:
        self._holds = holds
        self._file = file
        self._read = read
        self._version = self._current_version()
        self._said = read(file)
        self.trouble: str | None = None
        """Why the file as it stands is of no use, for the operator; None when what it says holds."""

    def __call__(self) -> T:
        return self._said

    def look(self) -> bool:
        """Read the file again if it has changed, and say whether what it says holds from now on."""
        version = self._current_version()
        if version == self._version:
            return False
        # Noted before it is read: what changes meanwhile is seen next time.
        self._version = version
        try:
            self._said = self._read(self._file)
        except Unusable as error:
            self.trouble = f"{error}; the {self._holds} from before hold"
            return False
        self.trouble = None
        return True

    async def attend(self) -> None:
        """Look again and again, until cancelled."""
        log = structlog.get_logger()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            before = self.trouble
            if self.look():
                log.info(f"{self._holds}_read")
            elif self.trouble is not None and self.trouble != before:
                log.error(f"{self._holds}_unusable", reason=self.trouble)
            metrics.UNUSABLE.labels(self._holds).set(self.trouble is not None)

    def examine(self, health: Health) -> None:
        """Say with the replica's health that the file is of no use."""
        if self.trouble is not None:
            health.notes.append(f"{self._holds}: {self.trouble}")

    def _current_version(self) -> tuple[int, ...]:
        """Return what changes with the file: time, size and place of what lies under its name."""
        try:
            found = self._file.stat() if self._file is not None else None
        except OSError:
            return (0,)
        return (found.st_mtime_ns, found.st_size, found.st_ino) if found is not None else ()
