"""A program that the house stands on, started again when it has ended, later each time that it is in vain."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wangge_local.daemon import put_away
from wangge_local.ground import GroundError

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0


class Ground(Protocol):
    """Kafka or PostgreSQL."""

    @property
    def pid(self) -> int | None:
        """Its process, None when it does not run."""

    @property
    def log(self) -> Path:
        """Where it says why it ended."""

    def start(self) -> None:
        """Start it and wait until it answers; raises GroundError when it does not."""


@dataclass(slots=True)
class Tended:
    """One of them. The house stays up without it: its services wait, and nothing they were given is lost."""

    ground: Ground
    _ended: bool = False
    _again_at: float = 0.0
    _wait_s: float = _FIRST_WAIT_S

    def tend(self, *, now: float) -> Iterator[str]:
        """
        Start it unless it runs or was just tried; keep the log of what runs short.

        Yields a line for a person about the end and each try.
        """
        if now < self._again_at:
            return
        if self.ground.pid is not None:
            put_away(self.ground.log)
            return
        name = type(self.ground).__name__
        if not self._ended:
            yield f"{name} ended (see {self.ground.log}); it is started again"
            self._ended = True
        try:
            self.ground.start()
        except (GroundError, OSError) as error:
            yield f"{error}; tried again in {self._wait_s:g} s"
            self._again_at = now + self._wait_s
            self._wait_s = min(self._wait_s * 2, _LONGEST_WAIT_S)
        else:
            yield f"{name} runs again"
            self._wait_s = _FIRST_WAIT_S
            self._ended = False
