"""What the bell said, when: each rung by its id, how late it reached a reader, and how often."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from pydantic_core import from_json

from tests.bench.figures import spread
from wangge_contracts.topics import CLOCKS_CHANGED
from wangge_local.listening import Listener

_IS_A_RUNG = b'"rung":'
"""In a fact about a clock. To read the rest of 20,000 facts would take a fifth of a core from who rings."""


@dataclass(slots=True)
class Rung:
    """One rung as a reader of the topic got it."""

    told: bytes
    heard_at: float
    """`time.time` when it was first read."""
    key: str
    copies: int = 1

    @property
    def late_s(self) -> float:
        """Seconds from the instant at which it was due until it was read."""
        due = datetime.fromisoformat(from_json(self.told)["effective_at"])
        return self.heard_at - due.timestamp()


@dataclass(slots=True)
class Ears:
    """Hears every rung on `clocks.changed` from now on, in a thread of its own."""

    bootstrap: str
    rungs: dict[str, Rung] = field(default_factory=dict)
    """By the message's id: a copy of one that was heard is no other rung."""
    _keys: set[str] = field(default_factory=set)
    _stop: bool = False
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        listener = Listener(self.bootstrap, [CLOCKS_CHANGED.name], since="now")
        self._thread = threading.Thread(target=self._listen, args=(listener,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()

    def _listen(self, listener: Listener) -> None:
        with listener:
            while not self._stop:
                heard = listener.more(timeout=0.1)
                now = time.time()
                for record in heard:
                    id_ = record.header("ce_id")
                    if id_ in self.rungs:
                        self.rungs[id_].copies += 1
                    elif record.value is not None and _IS_A_RUNG in record.value:
                        key = (record.key or b"").decode()
                        self.rungs[id_] = Rung(record.value, now, key)
                        self._keys.add(key)

    def wait(self, keys: set[str], *, within_s: float) -> "Heard":
        """Wait until a rung of each of *keys* was heard, and return what was."""
        ends = time.monotonic() + within_s
        while not keys <= self._keys and time.monotonic() < ends:
            time.sleep(0.1)
        return Heard([rung for rung in list(self.rungs.values()) if rung.key in keys], len(keys))


@dataclass(frozen=True, slots=True)
class Heard:
    """The rungs of *wanted* clocks, of which each rings once."""

    rungs: Sequence[Rung]
    wanted: int

    def lateness(self) -> dict[str, float]:
        """The milliseconds of lateness that half and 99 in a hundred stay below, and the most."""
        return spread([rung.late_s for rung in self.rungs])

    def after(self, since: float) -> dict[str, float]:
        """How many seconds after *since*, by `time.time`, the first and the last were read."""
        heard = sorted(rung.heard_at - since for rung in self.rungs)
        return {"first_s": round(heard[0], 2), "last_s": round(heard[-1], 2)} if heard else {}

    def count(self) -> dict[str, int]:
        """
        How many were lost and how many rang twice.

        A copy of a record (same id) is no second ring: every reader passes over it.
        """
        keys = {rung.key for rung in self.rungs}
        return {
            "lost": self.wanted - len(keys),
            "doubled": len(self.rungs) - len(keys),
            "copies": sum(rung.copies - 1 for rung in self.rungs),
        }


def soon(seconds: float) -> datetime:
    """Return the instant in *seconds*, in whole milliseconds as house time has them."""
    at = time.time() + seconds
    return datetime.fromtimestamp(round(at, 3), UTC)
