"""The wiring of the notifier: a composer keyed by incident, a courier keyed by endpoint, and a door."""

from datetime import timedelta
from functools import partial

from wangge_chassis import Consumer, Database, Service
from wangge_chassis.private_files import Unusable, read_private
from wangge_chassis.producing import Producer
from wangge_chassis.reference import Reference
from wangge_chassis.rereading import Reread
from wangge_contracts.topics import (
    CLOCKS_CHANGED,
    INCIDENTS_CHANGED,
    INCIDENTS_REJECTED,
    NOTICES_ANSWERED,
    NOTICES_COMPOSED,
    REPLAYS,
)
from wangge_notifier.addresses import Admitted
from wangge_notifier.channels import Policy
from wangge_notifier.courier import Courier
from wangge_notifier.delivering import Schedule
from wangge_notifier.dialling import Dialler
from wangge_notifier.door import Door, make_door
from wangge_notifier.handlers import Composer, directories_of, templates_of
from wangge_notifier.linking import Links, links_under
from wangge_notifier.mailing import Mails
from wangge_notifier.secrecy import Secrets
from wangge_notifier.settings import Settings
from wangge_notifier.taking import CourierRoom
from wangge_notifier.texting import Texts
from wangge_notifier.vault import Confided, Vault
from wangge_notifier.webhook import Webhooks

NAME = "notifier"


def make_service(settings: Settings) -> Service:
    """Return the service, not yet running. Raises SystemExit when the file of secrets cannot be read."""
    reference = Reference(keeps=("calendars", "ladder"))
    directories, templates = directories_of(reference), templates_of(reference)
    secrets = _secrets(settings)

    def links() -> Links | None:
        return links_under(settings.public_url, key=secrets().link)

    policies = reference.reading(lambda bundle: Policy.of(bundle.parts))
    dialler = Dialler(Admitted.parse(settings.admitted), within_s=settings.send_within_s)
    inside = Dialler(Admitted.parse("0.0.0.0/0,::/0"), within_s=settings.send_within_s)
    vault = Vault(inside, secrets, settings.contacts_url)
    courier = Courier(
        directories,
        policies,
        templates,
        {
            "webhook": Webhooks(dialler, secrets),
            "sms": Confided(
                Texts(dialler, secrets, callback=f"{settings.public_url}/v1/callbacks/sms"),
                vault,
                holds="phone",
            ),
            "email": Confided(Mails(secrets, within_s=settings.send_within_s), vault, holds="email"),
        },
        Schedule(
            settings.attempts,
            timedelta(seconds=settings.first_wait_s),
            timedelta(seconds=settings.longest_wait_s),
        ),
        links=links,
        look_every=timedelta(seconds=settings.look_every_s),
    )
    producer = Producer(settings.kafka, client_id=f"{NAME}-door-{settings.replica}")
    door = Door(
        Database(settings.postgres, schema=NAME),
        producer,
        secrets,
        policies,
        links=links,
        connections=settings.connections,
    )
    replays = REPLAYS.named(NAME)
    return Service(
        name=NAME,
        settings=settings,
        consumers=(
            Consumer(
                name=f"{NAME}-composer",
                topics=(INCIDENTS_CHANGED.name, CLOCKS_CHANGED.name, INCIDENTS_REJECTED.name, replays),
                room=Composer(
                    directories,
                    templates,
                    still_news=timedelta(seconds=settings.still_news_s),
                ),
            ),
            Consumer(
                name=f"{NAME}-courier",
                topics=(NOTICES_COMPOSED.name, NOTICES_ANSWERED.name, replays),
                room=CourierRoom(courier),
                timers=(courier.timer,),
            ),
        ),
        package="wangge_notifier",
        door=make_door(door),
        reference=reference,
        tasks=(dialler.attend, inside.attend, door.attend, secrets.attend),
        examines=(secrets.examine, courier.examine),
        producers=(producer,),
    )


def _secrets(settings: Settings) -> Reread[Secrets]:
    try:
        return Reread("secrets", settings.secrets, partial(read_private, Secrets))
    except Unusable as error:
        told = f"WANGGE_NOTIFIER_SECRETS: {error}; correct the file and start again"
        raise SystemExit(f"{NAME}: {told}") from None
