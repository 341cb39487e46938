"""The wiring of the ledger: one consumer of everything, one door."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from wangge_chassis import Consumer, Database, Service
from wangge_chassis.outsiders import read_outsiders
from wangge_chassis.private_files import Unusable, read_private
from wangge_chassis.producing import Producer
from wangge_chassis.reference import Reference
from wangge_chassis.rereading import Reread
from wangge_contracts.topics import REPLAYS
from wangge_ledger.books import Books
from wangge_ledger.chronicle import TOPICS
from wangge_ledger.counter import Counter
from wangge_ledger.door import make_door
from wangge_ledger.handlers import Ledger
from wangge_ledger.names import Names
from wangge_ledger.naming import KEEPS
from wangge_ledger.people import People
from wangge_ledger.settings import Settings

NAME = "ledger"
T = TypeVar("T")


def make_service(settings: Settings) -> Service:
    """Return the service, not yet running. Raises SystemExit when a file of tokens cannot be read."""
    people = _kept_current("people", settings.people, partial(read_private, People))
    outsiders = _kept_current("tokens", settings.tokens, read_outsiders)
    reference = Reference(keeps=KEEPS, needed=False, decides=False)
    producer = Producer(settings.kafka, client_id=f"{NAME}-door-{settings.replica}")
    counter = Counter(
        books=Books(Database(settings.postgres, schema=NAME), connections=settings.connections),
        producer=producer,
        people=people,
        outsiders=outsiders,
        names=Names(reference),
    )
    return Service(
        name=NAME,
        settings=settings,
        consumers=(Consumer(name=NAME, topics=(*TOPICS, REPLAYS.named(NAME)), room=Ledger()),),
        package="wangge_ledger",
        door=make_door(counter),
        reference=reference,
        tasks=(counter.attend, people.attend, outsiders.attend),
        examines=(people.examine, outsiders.examine),
        producers=(producer,),
    )


def _kept_current(holds: str, file: Path | None, read: Callable[[Path | None], T]) -> Reread[T]:
    try:
        return Reread(holds, file, read)
    except Unusable as error:
        raise SystemExit(f"{NAME}: {error}") from None
