"""A house lives in one folder: what lies where, who runs on it now, and what it remembers between runs."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from wangge_local.ground import GroundError, poll
from wangge_local.ports import LOOPBACK
from wangge_local.whole_files import write_whole

ROOT = Path(__file__).parents[3]
DEFAULT_DATA = ROOT / "var"
DEFAULT_CONFIG = ROOT / "deploy" / "config" / "dongcheng"


class Remembered(BaseModel):
    """What the last `wangge up` settled, for every command that comes after it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    config: Path
    district: str
    time_zone: str
    doors: dict[str, int]
    """The port of each replica, by its name (`router-0`)."""


def by_clocks(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as the clocks of *zone* show it, and which zone that is."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


class Starting(GroundError):
    """A house starts here for the first time, and is not so far yet that anything could be asked of it."""


@dataclass(frozen=True, slots=True)
class HouseFolder:
    """Everything a house keeps, below *root*."""

    root: Path

    @property
    def kafka(self) -> Path:
        """The broker's folder."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """The database's folder."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One log per replica."""
        return self.root / "logs"

    @property
    def keys(self) -> Path:
        """Tokens and keys, for its owner's eyes alone."""
        return self.root / "keys"

    @property
    def ports(self) -> Path:
        """Ports of the doors: the same from one start to the next."""
        return self.root / "ports.json"

    @property
    def told(self) -> Path:
        """How far the stories have been told."""
        return self.root / "told.json"

    @property
    def lock(self) -> Path:
        """Held by the `wangge up` that runs here."""
        return self.root / "house.lock"

    @property
    def _memory(self) -> Path:
        return self.root / "house.json"

    @property
    def kept(self) -> tuple[Path, ...]:
        """All that a house leaves behind here."""
        return (self.kafka, self.postgres, self.logs, self.keys, self.ports, self.told, self._memory)

    def remembered(self) -> Remembered:
        """Return what the last start settled; raises GroundError when there was none, Starting meanwhile."""
        try:
            return Remembered.model_validate_json(self._memory.read_bytes())
        except FileNotFoundError:
            if self.keeper() is not None:
                raise Starting(
                    f"the house in {self.root} starts for the first time: wait until wangge status says ready"
                ) from None
            raise GroundError(f"no house has ever run in {self.root}: start one with wangge up") from None
        except (OSError, ValidationError) as error:
            raise GroundError(f"{self._memory} cannot be read: {error}".splitlines()[0]) from None

    def zone(self) -> ZoneInfo:
        """Return the time zone in which people there read clocks; raises GroundError before any start."""
        return ZoneInfo(self.remembered().time_zone)

    def remember(self, settled: Remembered) -> None:
        """Keep what this start settled."""
        write_whole(self._memory, settled.model_dump_json(indent=2) + "\n")

    def door(self, replica: str) -> str:
        """Return the address of a replica's HTTP door; raises GroundError when there is none."""
        doors = self.remembered().doors
        try:
            return f"http://{LOOPBACK}:{doors[replica]}"
        except KeyError:
            there = f"there are {', '.join(sorted(doors))}" if doors else "no room was started"
            raise GroundError(f"{replica} does not run here; {there}") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the one who runs the house; raises GroundError at once when somebody else does."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            file = self.lock.open("a+")
        except OSError as error:
            raise GroundError(f"cannot keep a house in {self.root}: {error.strerror}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise GroundError(
                    f"a house runs in {self.root} already (pid {self._owner().get('pid', '?')}):"
                    " look at it with wangge status, end it with wangge stop, or choose another --data"
                ) from None
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "began": psutil.Process().create_time()}))
            file.flush()
            yield

    def keeper(self) -> psutil.Process | None:
        """Return the `wangge up` that runs here, if one does."""
        if not self._is_held():
            return None
        owner = self._owner()
        with suppress(psutil.Error, KeyError):
            found = psutil.Process(owner["pid"])
            if abs(found.create_time() - owner["began"]) < 2:
                return found
        return None

    def require_keeper(self) -> None:
        """:raises GroundError: no house runs here. :raises Starting: nothing can be asked of it yet."""
        if self.keeper() is None:
            raise GroundError(f"no house runs in {self.root}: start it with wangge up")
        self.remembered()

    def dismiss(self, *, timeout: float = 90) -> bool:
        """
        Ask the house that runs here to stop and wait until it has; False when none ran.

        :raises GroundError: it has not stopped within *timeout* seconds.
        """
        keeper = self.keeper()
        if keeper is None:
            return False
        with suppress(psutil.NoSuchProcess):
            keeper.send_signal(signal.SIGTERM)
        for _ in poll(timeout=timeout, every=0.1):
            if not self._is_held():
                return True
        raise GroundError(f"the house (pid {keeper.pid}) has not stopped within {timeout:.0f} s")

    def _owner(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            return dict(json.loads(self.lock.read_text()))
        return {}

    def _is_held(self) -> bool:
        try:
            with self.lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except BlockingIOError:
            return True
        except OSError as error:
            raise GroundError(f"{self.lock} cannot be read: {error.strerror}") from None
        return False
