"""The wiring of the ledger: one consumer of everything, one door."""

from wangge_chassis import Consumer, Database, Service
from wangge_chassis.private_files import Unusable, read_private
from wangge_chassis.producing import Producer
from wangge_chassis.reference import Reference
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


def make_service(settings: Settings) -> Service:
    """Return the service, not yet running. Raises SystemExit when the file of people cannot be read."""
    reference = Reference(keeps=KEEPS, needed=False, decides=False)
    counter = Counter(
        books=Books(Database(settings.postgres, schema=NAME), connections=settings.connections),
        producer=Producer(settings.kafka, client_id=f"{NAME}-door-{settings.replica}"),
        people=_people(settings),
        names=Names(reference),
    )
    return Service(
        name=NAME,
        settings=settings,
        consumers=(Consumer(name=NAME, topics=(*TOPICS, REPLAYS.named(NAME)), room=Ledger()),),
        package="wangge_ledger",
        door=make_door(counter),
        reference=reference,
        tasks=(counter.attend,),
    )


def _people(settings: Settings) -> People:
    try:
        return read_private(People, settings.people)
    except Unusable as error:
        raise SystemExit(f"{NAME}: {error}") from None
