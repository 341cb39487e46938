"""The ledger, live: a table that changes with every fact; plain lines where there is no terminal."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Event, Lock, Thread
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from wangge_local.cli_screen import SCREEN, say
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door, Refused
from wangge_local.ground import GroundError
from wangge_local.watch_rows import Row, drawn, fact_text, row_of

_FACTS_KEPT = 30
_CASES_KEPT = 30
_TOLD_EVERY_S = 0.2
_AGAIN_AFTER_S = 1.0
_CLOCK_EVERY_S = 1.0


class LiveLedger:
    """
    Follows the ledger's stream in a thread and keeps what the screen shows.

    When the ledger is away it goes on from where it was as soon as it is back; when its database was restored
    (410), it says so and begins anew. House time is asked for every
    second, because it may be moved without a fact.
    """

    def __init__(self, ledger: Door, clock: ClockKeeper, *, zone: ZoneInfo) -> None:
        self._ledger = ledger
        self._clock = clock
        self._zone = zone
        self._rows: dict[str, Row] = {}
        self._stale: dict[str, None] = {}
        self._facts: deque[Text] = deque(maxlen=_FACTS_KEPT)
        self._unsaid: deque[Text] = deque()
        self._house = datetime.now(UTC), time.monotonic()
        self._stop = Event()
        self._lock = Lock()
        self._position: str | None = None

    def start(self) -> None:
        """Begin to follow, with the newest matters that there are."""
        self._begin()
        for work in (self._follow, self._fetch):
            Thread(target=work, name=work.__name__, daemon=True).start()

    def stop(self) -> None:
        """Follow no more."""
        self._stop.set()

    def note(self, text: str, style: str = "") -> None:
        """Put a line of the house's own among the facts."""
        line = Text(text, style=style)
        with self._lock:
            self._facts.append(line)
            self._unsaid.append(line)

    def unsaid(self) -> Iterator[Text]:
        """Yield every line that has come since it was last asked."""
        while self._unsaid:
            yield self._unsaid.popleft()

    def drawn(self, *, title: str) -> RenderableType:
        """Return what fits on the screen now."""
        with self._lock:
            rows = list(reversed(self._rows.values()))
            facts = list(self._facts)
        now = self._now()
        title = f"{title}  {now.astimezone(self._zone):%d %b %H:%M}  Ctrl-C ends it"
        return drawn(rows, facts, now=now, title=title, height=SCREEN.height)

    def _now(self) -> datetime:
        """House time as it was last asked for, run on since then."""
        at, asked = self._house
        return at + timedelta(seconds=time.monotonic() - asked)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._hear()
            except Refused as refused:
                if refused.status == HTTPStatus.GONE:
                    self.note("the ledger's database was restored since: begun anew", "yellow")
                    self._begin()
            except (OSError, ValueError):
                pass  # It is away, or broke off: what was missed is told from where it was.
            self._stop.wait(_AGAIN_AFTER_S)

    def _begin(self) -> None:
        self._position = None
        with suppress(GroundError):
            newest = self._ledger.get("/v1/incidents", limit=_CASES_KEPT)["incidents"]
            with self._lock:
                self._rows.clear()
                self._stale |= {card["incident_id"]: None for card in reversed(newest)}

    def _hear(self) -> None:
        for position, line in self._ledger.events("/v1/stream", last=self._position):
            if self._stop.is_set():
                return
            self._position = position
            if line:
                self._take(line)

    def _take(self, line: Any) -> None:
        text = fact_text(line, self._zone)
        with self._lock:
            self._facts.append(text)
            self._unsaid.append(text)
            self._stale[line["incident_id"]] = None

    def _fetch(self) -> None:
        """Ask again for the matters of which something was said, the newest said last."""
        while not self._stop.is_set():
            if time.monotonic() - self._house[1] > _CLOCK_EVERY_S:
                with suppress(GroundError):
                    self._house = self._clock.now(), time.monotonic()
            with self._lock:
                wanted = list(self._stale)[-_CASES_KEPT:]
                self._stale.clear()
            for incident_id in wanted:
                with suppress(GroundError, KeyError, TypeError):
                    row = row_of(self._ledger.get(f"/v1/incidents/{incident_id}"))
                    with self._lock:
                        self._rows.pop(incident_id, None)
                        self._rows[incident_id] = row
                        for old in list(self._rows)[:-_CASES_KEPT]:
                            del self._rows[old]
            self._stop.wait(_TOLD_EVERY_S)


def watch(live: LiveLedger, *, title: str) -> None:
    """Show the live ledger until Ctrl-C."""
    live.start()
    try:
        if not SCREEN.is_moving:
            _lines(live)
        with Live(live.drawn(title=title), console=SCREEN, screen=False, auto_refresh=False) as screen:
            while True:
                screen.update(live.drawn(title=title), refresh=True)
                time.sleep(0.25)
    finally:
        live.stop()


def _lines(live: LiveLedger) -> None:
    while True:
        for line in live.unsaid():
            say(line.plain)
        time.sleep(0.2)
