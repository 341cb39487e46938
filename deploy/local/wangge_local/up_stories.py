"""The stories told to a new house: its time starts in the past and is the present after the last step."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread
from zoneinfo import ZoneInfo

from wangge_contracts.topics import INCIDENTS_ACCEPTED
from wangge_local.clock import ClockKeeper, advance
from wangge_local.doors import Door
from wangge_local.ground import GroundError
from wangge_local.house_books import HouseBooks
from wangge_local.house_folder import HouseFolder
from wangge_local.listening import Log
from wangge_local.player import Player
from wangge_local.postgres import Postgres
from wangge_local.quiet import Quiet
from wangge_local.stories import Story, Telling
from wangge_local.stories_expected import shortfalls
from wangge_local.stories_plan import incident_id, plan, scenes, starts_at, told_since
from wangge_local.voices import Voices
from wangge_local.whole_files import write_whole

Say = Callable[[str, str], None]
"""Says a line in a style."""


class _Interrupted(Exception):
    """The house is to stop; the telling goes on at the next start."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the stories of a house have been told; kept in its folder after every step."""

    tellings: tuple[Telling, ...]
    steps: int = 0
    over: bool = False

    def write(self, folder: HouseFolder) -> None:
        """Keep it."""
        kept = {
            "stories": [{"name": t.story.name, "began": t.began.isoformat()} for t in self.tellings],
            "steps": self.steps,
            "over": self.over,
        }
        write_whole(folder.told, json.dumps(kept, indent=2) + "\n")


def read_progress(folder: HouseFolder, known: Sequence[Story]) -> Progress | None:
    """Return how far the stories have been told; None when no telling has begun."""
    if not folder.told.exists():
        return None
    kept = json.loads(folder.told.read_text())
    by_name = {story.name: story for story in known}
    tellings = tuple(
        told_since(by_name[told["name"]], datetime.fromisoformat(told["began"]))
        for told in kept["stories"]
        if told["name"] in by_name
    )
    return Progress(tellings, int(kept["steps"]), bool(kept["over"]))


def is_telling(folder: HouseFolder) -> bool:
    """Whether stories have begun that are not over."""
    return folder.told.exists() and not json.loads(folder.told.read_text())["over"]


def begin(
    folder: HouseFolder, known: Sequence[Story], *, clock: ClockKeeper, log: Log, zone: ZoneInfo
) -> Progress | None:
    """
    Set a new house's time back to where its stories begin; it stands still until they are told.

    None when there is nothing to tell: all is told, or the house has lived already. Call it before anything
    is published.
    """
    progress = read_progress(folder, known)
    if progress is None:
        if clock.moved() or any(log.next([INCIDENTS_ACCEPTED.name]).values()) or not known:
            return None
        progress = Progress(plan(known, now=clock.real_now(), zone=zone))
        progress.write(folder)
    if not clock.moved():
        clock.set(starts_at(progress.tellings), rate=0, first=True)
    return None if progress.over else progress


@dataclass(slots=True)
class Teller:
    """Tells what is left in a thread of its own; `stop` ends it between two steps."""

    folder: HouseFolder
    progress: Progress
    bootstrap: str
    postgres: Postgres
    ledger: Door
    replicas: Sequence[Door]
    owners: tuple[str, ...]
    zone: ZoneInfo
    say: Say
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin to tell."""
        self._thread = Thread(target=self._run, name="stories", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let it come to an end; if the stories are not over, house time stands still where they are."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self) -> None:
        try:
            self._tell()
        except _Interrupted:
            return
        except GroundError as error:
            self.say(f"the stories stop here: {error}", "red")
            with suppress(GroundError):
                ClockKeeper(self.postgres).set(None)  # the house goes on without them

    def _tell(self) -> None:
        clock, books = ClockKeeper(self.postgres), HouseBooks(self.postgres)
        healths = {door.name: door.health() for door in self.replicas}
        quiet = Quiet(self.bootstrap, self.postgres, healths, check=self._check)
        voices = Voices(self.bootstrap, self.ledger, self.owners, source="/stories", check=self._check)
        with voices:
            player = Player(voices, self.ledger)
            for number, scene in enumerate(scenes(self.progress.tellings)):
                if number < self.progress.steps:
                    continue
                # Time stands still while somebody speaks: how long it takes us is no part of the story.
                advance(clock, books, to=scene.at, settle=quiet.wait, rate=0)
                player.play(scene)
                self._keep(number + 1)
                self.say(f"{self._wall(scene.at)}  {scene.step.tell.zh}  {scene.step.tell.en}", "cyan")
        quiet.wait()
        advance(clock, books, to=clock.real_now(), settle=quiet.wait, rate=0)
        clock.to_present()
        self._keep(self.progress.steps, over=True)
        for telling in self.progress.tellings:
            self._conclude(telling)

    def _conclude(self, telling: Telling) -> None:
        told = self.ledger.get(f"/v1/incidents/{incident_id(telling)}")
        differences = shortfalls(telling.story.expect, told, began=telling.began)
        number = told["incident"]["case_number"]
        title = f"{telling.story.title.zh} {telling.story.title.en} ({number})"
        for difference in differences:
            self.say(f"{title}: {difference}", "red")
        if not differences:
            self.say(f"{title}: told to its end, {told['incident']['state']} as expected", "green")

    def _wall(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%d %b %H:%M}"

    def _keep(self, steps: int, *, over: bool = False) -> None:
        self.progress = Progress(self.progress.tellings, steps, over)
        self.progress.write(self.folder)

    def _check(self) -> None:
        if self._stop.is_set():
            raise _Interrupted
