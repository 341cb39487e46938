"""The wiring of the notifier: a composer keyed by incident, a courier keyed by endpoint."""

from datetime import timedelta

from wangge_chassis import Consumer, Service
from wangge_chassis.reference import Reference
from wangge_contracts.topics import (
    CLOCKS_CHANGED,
    INCIDENTS_CHANGED,
    INCIDENTS_REJECTED,
    NOTICES_ANSWERED,
    NOTICES_COMPOSED,
    REPLAYS,
)
from wangge_notifier.courier import Courier
from wangge_notifier.delivering import Schedule
from wangge_notifier.handlers import Composer, CourierRoom, directories_of
from wangge_notifier.sending import Webhooks
from wangge_notifier.settings import Settings
from wangge_notifier.signing import Secrets
from wangge_notifier.templates import Templates

NAME = "notifier"


def make_service(settings: Settings) -> Service:
    """Return the service, not yet running. Raises ValueError when the secrets cannot be read."""
    reference = Reference()
    directories = directories_of(reference)
    webhooks = Webhooks(within_s=settings.send_within_s)
    courier = Courier(
        directories,
        webhooks,
        Secrets.read(settings.secrets),
        Schedule(
            settings.attempts,
            timedelta(seconds=settings.first_wait_s),
            timedelta(seconds=settings.longest_wait_s),
        ),
        at_once=settings.at_once,
    )
    replays = REPLAYS.named(NAME)
    return Service(
        name=NAME,
        settings=settings,
        consumers=(
            Consumer(
                name=f"{NAME}-composer",
                topics=(INCIDENTS_CHANGED.name, CLOCKS_CHANGED.name, INCIDENTS_REJECTED.name, replays),
                room=Composer(directories, Templates.load(), lang=settings.language),
            ),
            Consumer(
                name=f"{NAME}-courier",
                topics=(NOTICES_COMPOSED.name, NOTICES_ANSWERED.name, replays),
                room=CourierRoom(),
                timers=(courier.timer(every=timedelta(seconds=settings.look_every_s)),),
            ),
        ),
        package="wangge_notifier",
        reference=reference,
        tasks=(webhooks.attend,),
    )
