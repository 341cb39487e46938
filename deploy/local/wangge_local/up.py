"""`wangge up`: everything started, watched over, and stopped again with Ctrl-C."""

import signal
from pathlib import Path
from time import sleep

from wangge_local import stories
from wangge_local.bundle import Bundle
from wangge_local.cli_screen import Steps, say, steps
from wangge_local.ground import GroundError
from wangge_local.house import House
from wangge_local.house_books import HouseBooks
from wangge_local.house_folder import DEFAULT_CONFIG, HouseFolder
from wangge_local.house_keys import CONSOLE, mark_shown
from wangge_local.listening import Log
from wangge_local.publish import outsiders
from wangge_local.publish_after import see_nothing_slipped
from wangge_local.up_screen import Shown
from wangge_local.up_stories import Progress, Teller, begin, is_telling
from wangge_local.watch import LiveLedger

_TEND_EVERY_S = 0.25


def up(
    folder: HouseFolder,
    *,
    config: Path | None,
    scale: dict[str, int],
    without: frozenset[str],
    with_stories: bool,
    watch: bool,
) -> None:
    """Run the house until it is told to stop; raises GroundError, BadBundle or BadStory when it cannot."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # `wangge stop`, and a terminal that is closed
        signal.signal(number, signal.default_int_handler)
    with folder.held():
        house = House(folder, _config(folder, config), scale, without)
        shown = Shown(watch=watch)
        teller: Teller | None = None
        try:
            with steps() as under_way:
                bundle = house.lay_ground(under_way)
                # Time stands still in a story that was interrupted: it is told on in any case.
                telling = with_stories or is_telling(folder)
                progress = _begin_to_tell(house, under_way) if telling else None
                gone = house.publish(under_way, bundle)
                house.open_rooms(under_way)
                look_again(house, bundle, gone, under_way)
            _introduce(house)
            live = LiveLedger(house.ledger, house.clock, zone=folder.zone())
            shown.start(live, title=f"Wangge, {house.config.name}")
            teller = _teller(house, bundle, progress, shown) if progress is not None else None
            if teller is not None:
                teller.start()
            while True:
                for line in house.tend():
                    shown.say(line, "yellow")
                shown.refresh()
                sleep(_TEND_EVERY_S)
        except KeyboardInterrupt:
            pass
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            shown.stop()
            with steps() as under_way, under_way.step("stopping") as note:
                if teller is not None:
                    note("waiting for the stories")
                    teller.stop()
                house.stop(note)


def _begin_to_tell(house: House, under_way: Steps) -> Progress | None:
    """Set a new house's time back to where its stories begin; None when there is nothing to tell."""
    with under_way.step("stories") as note:
        progress = begin(
            house.folder,
            list(stories.read_all(house.config)),
            clock=house.clock,
            log=Log(house.kafka.bootstrap),
            zone=house.folder.zone(),
        )
        note(_told(house, progress))
    return progress


def look_again(house: House, bundle: Bundle, gone: set[str], under_way: Steps) -> None:
    """
    Say which of those *gone* was given a task by the version before, as `wangge publish` does.

    The check before it asked the ledger as it had stopped, and a router may have decided more by then.
    """
    if not gone:
        return
    with under_way.step("units that went") as note:
        try:
            log, books = Log(house.kafka.bootstrap), HouseBooks(house.postgres)
            see_nothing_slipped(gone, bundle.version, log=log, books=books)
            note("hold no task")
        except GroundError as error:
            note("look at them")
            say(error.text, style="yellow")


def _teller(house: House, bundle: Bundle, progress: Progress, shown: Shown) -> Teller:
    return Teller(
        folder=house.folder,
        progress=progress,
        bootstrap=house.kafka.bootstrap,
        postgres=house.postgres,
        ledger=house.ledger,
        replicas=[replica.door for replica in house.replicas],
        owners=outsiders(bundle, house.config).owners,
        zone=house.folder.zone(),
        say=shown.say,
    )


def _told(house: House, progress: Progress | None) -> str:
    if progress is None:
        return "told already" if house.folder.told.exists() else "none: this house has lived already"
    names = ", ".join(telling.story.name for telling in progress.tellings)
    now = house.clock.now().astimezone(house.folder.zone())
    return f"{names}; house time is {now:%Y-%m-%d %H:%M}"


def _config(folder: HouseFolder, wish: Path | None) -> Path:
    """The configuration that was asked for, or the one last started or published, or Dongcheng's."""
    if wish is not None:
        return wish.expanduser().absolute()
    try:
        last = folder.remembered().config
    except GroundError:
        return DEFAULT_CONFIG
    if not last.is_dir():
        raise GroundError(f"{last}, last started or published, is not there: name another with --config")
    return last


def _introduce(house: House) -> None:
    """Say where the doors are and, once, the tokens that were made just now."""
    for service in ("intake", "notifier", "ledger"):
        ports = [replica.port for replica in house.replicas if replica.service == service]
        if ports:
            say(f"{service:<8} http://127.0.0.1:{ports[0]}")
    say(f"Kafka    {house.kafka.bootstrap}")
    if house.keys is not None and house.keys.unshown:
        say(f"tokens, shown this once (they lie in {house.folder.keys}):")
        for owner in house.keys.unshown:
            hint = "  acts for everybody at the console" if owner == CONSOLE else ""
            say(f"  {owner:<36} {house.keys.tokens[owner]}{hint}")
        mark_shown(house.folder, house.keys)
    say("Ctrl-C stops everything.")
