"""The wiring of the escalation room: one consumer, one bell, one door."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from wangge_chassis import Consumer, Database, Service
from wangge_chassis.backlogs import Backlogs
from wangge_chassis.probes import Health
from wangge_chassis.reference import Reference
from wangge_contracts.topics import ACTS_JUDGED, INCIDENTS_CHANGED, REPLAYS
from wangge_escalation.aside import Aside
from wangge_escalation.audit import Audit
from wangge_escalation.bell import Bell
from wangge_escalation.door import make_door
from wangge_escalation.guessing import Guessing
from wangge_escalation.handlers import ClockRoom, almanacs_of
from wangge_escalation.holding import Hold
from wangge_escalation.relieving import Relief
from wangge_escalation.settings import Settings

NAME = "escalation"


def make_service(settings: Settings) -> Service:
    """The service, not yet running."""
    reference = Reference(keeps=("calendars",))
    almanacs = almanacs_of(reference)
    patience = timedelta(seconds=settings.patience_s)
    aside = Aside()
    bell = Bell(
        almanacs,
        rings_per_turn=settings.rings_per_turn,
        patience=patience,
        net=timedelta(seconds=settings.bell_net_s),
        hold=Hold(timedelta(seconds=settings.held_at_most_s)),
        aside=aside,
    )
    audit = Audit(
        lambda: bell.hold,
        every=timedelta(seconds=settings.audit_every_s),
        bound=timedelta(seconds=settings.audit_bound_s),
    )
    guessing = Guessing(almanacs)
    relief = Relief(
        almanacs, bell.expect, per_turn=settings.relieved_per_turn, patience=patience, aside=aside
    )
    consumer = Consumer(
        name=NAME,
        topics=(INCIDENTS_CHANGED.name, ACTS_JUDGED.name, REPLAYS.named(NAME)),
        room=ClockRoom(almanacs, bell.expect, patience=patience),
        timers=(bell.timer, relief.timer, audit.timer, guessing.timer),
    )
    return Service(
        name=NAME,
        settings=settings,
        consumers=(consumer,),
        package="wangge_escalation",
        door=make_door(Database(settings.postgres, schema=NAME), almanacs),
        reference=reference,
        tasks=_tasks(bell, audit, settings),
        examines=(lambda health: examine(health, audit, aside), guessing.examine),
    )


def examine(health: Health, audit: Audit, aside: Aside) -> None:
    """Say in *health* what only this room knows; a replica without parts answers for nothing."""
    if not health.details.get(NAME, {}).get("parts"):  # there is no consumer yet while it starts
        audit.forget()
        aside.keep((), 1)
    audit.examine(health)
    aside.examine(health)


def _tasks(bell: Bell, audit: Audit, settings: Settings) -> tuple[Callable[[], Awaitable[None]], ...]:
    backlogs = Backlogs(settings.kafka, client_id=f"wangge-{NAME}-lateness-{settings.replica}")
    late, every = timedelta(seconds=settings.late_s), timedelta(seconds=settings.late_every_s)
    attend = partial(bell.attend, backlogs, late=late, every=every)
    if settings.dead_man_url is None:
        return (attend,)
    url = settings.dead_man_url.replace("{replica}", settings.replica)
    return attend, partial(audit.ping, url, every=timedelta(seconds=settings.dead_man_every_s))
