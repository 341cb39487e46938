"""The wiring of the router: one consumer, and what gives up what never comes."""

from datetime import timedelta

from wangge_chassis import Consumer, Service, Timer
from wangge_chassis.reference import Reference
from wangge_contracts.topics import (
    DESK_ORDERED,
    INCIDENTS_ACCEPTED,
    REPLAYS,
    REPORTS_ATTACHED,
    TASKS_ANSWERED,
)
from wangge_router.handlers import GivingUp, RouterRoom, directory_of
from wangge_router.settings import Settings

NAME = "router"
_PEEK_EVERY = timedelta(seconds=1)


def make_service(settings: Settings) -> Service:
    """Return the service, not yet running."""
    reference = Reference(keeps=("calendars", "ladder"))
    current = directory_of(reference)
    giving_up = GivingUp(current, after=timedelta(seconds=settings.unknown_after_s))
    consumer = Consumer(
        name=NAME,
        topics=(
            INCIDENTS_ACCEPTED.name,
            REPORTS_ATTACHED.name,
            TASKS_ANSWERED.name,
            DESK_ORDERED.name,
            REPLAYS.named(NAME),
        ),
        room=RouterRoom(current),
        timers=(Timer(every=_PEEK_EVERY, peek=giving_up.peek, work=giving_up.work),),
    )
    return Service(
        name=NAME,
        settings=settings,
        consumers=(consumer,),
        package="wangge_router",
        reference=reference,
    )
