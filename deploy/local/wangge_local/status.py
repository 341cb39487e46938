"""How the house stands: ready or not and why, who runs, what waits, what died, what stands still."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wangge_contracts.topics import SERVICES
from wangge_local.cli_screen import say, say_json, table
from wangge_local.clock import ClockKeeper
from wangge_local.doors import JSON, Door
from wangge_local.ground import GroundError
from wangge_local.house_books import DATABASE, Halted, HouseBooks, Lags
from wangge_local.house_folder import HouseFolder, Starting, by_clocks
from wangge_local.kafka import Kafka
from wangge_local.listening import Log
from wangge_local.ports import LOOPBACK
from wangge_local.postgres import Postgres
from wangge_local.postgres_sessions import (
    Blocking,
    HeldOpen,
    blocking,
    blocking_line,
    held_line,
    held_open,
)
from wangge_local.quiet import consumers_of
from wangge_local.topics import differing

_PATIENCE_S = 5.0
"""So long may database and broker each take to answer: who asks for the status wants to know it now."""


def show(folder: HouseFolder, *, as_json: bool) -> int:
    """Print how the house in *folder* stands; return 0 when it is ready and 1 when it is not."""
    stands = standing(folder)
    if as_json:
        say_json(stands)
    else:
        tell(stands)
    return 0 if stands["ready"] else 1


def standing(folder: HouseFolder) -> dict[str, Any]:
    """Return everything that `wangge status` tells; a house that does not run is not ready."""
    keeper = folder.keeper()
    try:
        remembered = folder.remembered()
    except Starting as starting:
        return _nothing_known(folder) | {"why": [starting.text], "pid": keeper.pid if keeper else None}
    stands = _nothing_known(folder) | {
        "config": str(remembered.config),
        "district": remembered.district,
        "time_zone": remembered.time_zone,
        "pid": keeper.pid if keeper else None,
    }
    if keeper is None:
        stands["why"] = ["no house runs here: start it with wangge up"]
        return stands
    healths = healths_of(folder)
    stands["absent"] = absent(healths)
    stands["services"] = [_service(name, health) for name, health in healths.items()]
    stands["why"] = [f"{name}: {reason}" for name, health in healths.items() for reason in health["reasons"]]
    stands["notes"] = [
        f"{name}: {note}" for name, health in healths.items() for note in health.get("notes", ())
    ]
    try:
        found, away = _inside(folder, healths)
    except GroundError as error:
        found, away = {}, [error.text]
    stands |= found
    stands["why"] += [*away, *no_room(folder)]
    stands["ready"] = not stands["why"]
    return stands


def no_room(folder: HouseFolder) -> Iterator[str]:
    """Say why broker or database, which has ended, is not started again: there is no room on its disk."""
    for ground in (Kafka(folder.kafka), Postgres(folder.postgres)):
        if ground.pid is None:
            try:
                ground.require_room()
            except GroundError as error:
                yield f"{type(ground).__name__} is not started again: {error.text}"


def _nothing_known(folder: HouseFolder) -> dict[str, Any]:
    return {
        "ready": False,
        "why": [],
        "data": str(folder.root),
        "config": None,
        "district": None,
        "time_zone": None,
        "pid": None,
        "services": [],
        "absent": [],
    }


def healths_of(folder: HouseFolder) -> dict[str, JSON]:
    """Return what every replica says of itself."""
    doors = folder.remembered().doors
    return {name: Door(name, f"http://{LOOPBACK}:{port}").health() for name, port in doors.items()}


def absent(replicas: Iterable[str]) -> list[str]:
    """Return the services of which none of these *replicas* is one: a house may be started without some."""
    there = {name.rpartition("-")[0] for name in replicas}
    return [service for service in SERVICES if service not in there]


def _service(name: str, health: JSON) -> dict[str, Any]:
    consumers = {key: value for key, value in health.items() if isinstance(value, dict)}
    return {
        "name": name,
        "ready": bool(health.get("ready")),
        "reasons": list(health.get("reasons", ())),
        "reference_version": health.get("reference_version"),
        "notes": list(health.get("notes", ())),
        "parts": {consumer: state.get("parts", 0) for consumer, state in consumers.items()},
    }


def _inside(folder: HouseFolder, healths: dict[str, JSON]) -> tuple[dict[str, Any], list[str]]:
    postgres = Postgres(folder.postgres, patience_s=_PATIENCE_S)
    log = Log(Kafka(folder.kafka).bootstrap, patience_s=_PATIENCE_S)
    books, clock = HouseBooks(postgres), ClockKeeper(postgres)
    of_the_database: dict[str, Callable[[], Any]] = {
        "house_time": lambda: clock.now().isoformat(timespec="seconds"),
        "halted": lambda: [asdict(part) for part in books.halted()],
        "unpublished": lambda: [asdict(row) for row in books.unpublished()],
        "held_open": lambda: [asdict(held) for held in held_open(postgres, DATABASE)],
        "blocking": lambda: [asdict(held) for held in blocking(postgres, DATABASE)],
        "pulse": books.pulse,
    }
    found, away = gathered(of_the_database)
    of_the_broker: dict[str, Callable[[], Any]] = {
        "dead_letters": lambda: dead_letters(log),
        "differing": lambda: differing(log.bootstrap, timeout=_PATIENCE_S),
    }
    if pulse := found.pop("pulse", None):
        of_the_broker["lag"] = lambda: Lags(log, books, consumers_of(healths)).now(pulse)
    more, silent = gathered(of_the_broker)
    return found | more, away + silent


def gathered(asked: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return what each of *asked* answers, and why from one on there is none: the rest is not waited for."""
    found: dict[str, Any] = {}
    for name, ask in asked.items():
        try:
            found[name] = ask()
        except GroundError as error:
            return found, [error.text]
    return found, []


def dead_letters(log: Log) -> dict[str, int]:
    """Return how many dead letters each service has; those that were replayed are among them."""
    names = {f"{service}.dead-letters": service for service in SERVICES}
    first, stands = log.first(names), log.next(names)
    counts = dict.fromkeys(SERVICES, 0)
    for at, end in stands.items():
        counts[names[at[0]]] += end - first.get(at, 0)
    return counts


def tell(stands: dict[str, Any]) -> None:
    """Print how a house stands, as far as it could be found out."""
    say("ready" if stands["ready"] else "not ready", style="bold green" if stands["ready"] else "bold red")
    for why in stands["why"]:
        say(f"  {why}", style="red")
    for note in stands.get("notes", ()):
        say(f"  {note}", style="yellow")
    config, now = stands["config"] or "-", stands.get("house_time")
    told = by_clocks(datetime.fromisoformat(now), ZoneInfo(stands["time_zone"])) if now else "-"
    say(f"{stands['data']}, configuration {config}, house time {told}")
    services, absent = stands["services"], stands.get("absent")
    if not services and not absent:
        return
    say()
    if services:
        table(
            ("service", "ready", "parts"),
            [
                (
                    service["name"],
                    "yes" if service["ready"] else "no",
                    ", ".join(f"{parts} ({name})" for name, parts in service["parts"].items()),
                )
                for service in services
            ],
        )
    if absent:
        say(f"not started here: {', '.join(absent)}", style="yellow")
    _tell_what_waits(stands)
    for part in stands.get("halted", ()):
        say(halted_line(Halted(**part)), style="red")


def _tell_what_waits(stands: dict[str, Any]) -> None:
    """Print what there is to say of each; what could not be asked for stands among the reasons above."""
    say()
    if (lag := stands.get("lag")) is not None:
        _tell_lag(lag)
    if (unpublished := stands.get("unpublished")) is not None:
        for row in unpublished:
            say(
                f"{row['service']} has {row['rows']} messages not known to be published,"
                f" the oldest for {row['topic']} since {row['since']}"
            )
        if not unpublished:
            say("nothing waits to be published")
    for lock in stands.get("blocking", ()):
        say(blocking_line(Blocking(**lock)), style="yellow")
    for held in stands.get("held_open", ()):
        say(held_line(HeldOpen(**held)), style="yellow")
    for line in stands.get("differing", ()):
        say(f"{line} as the table says (wangge publish puts it right)", style="yellow")
    if (dead := stands.get("dead_letters")) is not None:
        letters = {service: count for service, count in dead.items() if count}
        if letters:
            told = ", ".join(f"{count} of {service}" for service, count in letters.items())
            say(f"dead letters: {told} (wangge dead-letters list)", style="yellow")
        else:
            say("no dead letters")


def _tell_lag(lag: Mapping[str, Mapping[str, int]]) -> None:
    waiting = [
        (consumer, topic, records)
        for consumer, topics in sorted(lag.items())
        for topic, records in topics.items()
        if records
    ]
    if waiting:
        table(("consumer", "topic", "records to read"), waiting)
    else:
        say(f"nothing waits to be read on {sum(map(len, lag.values()))} inputs")


def halted_line(part: Halted) -> str:
    """Say in one line which part stands still, at which record and why."""
    numbers = f", expected {part.expected}, seen {part.seen}" if part.seen is not None else ""
    return (
        f"{part.service}: part {part.part} of {part.consumer} stands still at {part.topic}[{part.partition}]"
        f"@{part.offset}, key {part.key}{numbers}: {part.reason} (wangge partition why {part.service})"
    )
