"""The wiring of the escalation room: one consumer, one bell, one door."""

from datetime import timedelta

from wangge_chassis import Consumer, Database, Service
from wangge_chassis.reference import Reference
from wangge_contracts.topics import ACTS_JUDGED, INCIDENTS_CHANGED, REPLAYS
from wangge_escalation.door import make_door
from wangge_escalation.handlers import Bell, ClockRoom, almanacs_of
from wangge_escalation.settings import Settings

NAME = "escalation"


def make_service(settings: Settings) -> Service:
    """The service, not yet running."""
    reference = Reference(keeps=("calendars",))
    almanacs = almanacs_of(reference)
    patience = timedelta(seconds=settings.patience_s)
    bell = Bell(
        almanacs,
        rings_per_turn=settings.rings_per_turn,
        patience=patience,
        net=timedelta(seconds=settings.bell_net_s),
    )
    consumer = Consumer(
        name=NAME,
        topics=(INCIDENTS_CHANGED.name, ACTS_JUDGED.name, REPLAYS.named(NAME)),
        room=ClockRoom(almanacs, bell, patience=patience),
        timers=(bell.timer,),
    )
    return Service(
        name=NAME,
        settings=settings,
        consumers=(consumer,),
        package="wangge_escalation",
        door=make_door(Database(settings.postgres, schema=NAME), almanacs),
        reference=reference,
    )
