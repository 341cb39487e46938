"""The wiring of intake."""

import structlog

from wangge_chassis import Consumer, Database, Service
from wangge_chassis.browsing import Browser
from wangge_chassis.outsiders import Outsiders, read_outsiders
from wangge_chassis.private_files import Unusable
from wangge_chassis.producing import Producer
from wangge_chassis.reference import Reference
from wangge_chassis.rereading import Reread
from wangge_intake.callers import Callers
from wangge_intake.contacts import Contacts
from wangge_intake.door import Door
from wangge_intake.handlers import Intake, city_of, topics_of
from wangge_intake.mailbox import Mailbox
from wangge_intake.pages import make_pages
from wangge_intake.sealing import seal_with
from wangge_intake.settings import Settings
from wangge_intake.speakers import PATTERN
from wangge_intake.verdicts import Verdicts


def make_service(settings: Settings) -> Service:
    """
    Return intake as *settings* have it: the room, the door, or both in one process.

    Raises SystemExit when the file of tokens cannot be read.
    """
    reference = Reference(needed=False)
    city = city_of(reference)
    outsiders = _outsiders(settings)
    door = _door(settings, outsiders) if settings.door else None
    contacts = Contacts(
        Database(settings.postgres, schema="intake"),
        settings.readers,
        settings.erasers,
        per_s=settings.contacts_per_s,
        burst=settings.contacts_burst,
    )
    mailbox = Mailbox(
        Browser(settings.kafka, client_id=f"intake-door-{settings.replica}"),
        wait_limit_s=settings.wait_limit_s,
    )
    consumer = Consumer(
        name="intake",
        pattern=PATTERN,
        room=Intake(district=settings.district, city_of=city),
        expects=topics_of(city),
        seal=seal_with(settings.dead_letter_key.get_secret_value()),
    )
    return Service(
        name="intake",
        settings=settings,
        consumers=(consumer,) if settings.room else (),
        package="wangge_intake",
        door=make_pages(door, contacts, mailbox) if door else None,
        tasks=(outsiders.attend, door.attend, contacts.attend, mailbox.attend) if door else (),
        reference=reference,
        examines=(outsiders.examine,),
    )


def _outsiders(settings: Settings) -> Reread[Outsiders]:
    try:
        return Reread("tokens", settings.tokens if settings.door else None, read_outsiders)
    except Unusable as error:
        raise SystemExit(f"intake: {error}") from None


def _door(settings: Settings, outsiders: Reread[Outsiders]) -> Door:
    return Door(
        callers=Callers(
            lambda header: outsiders().owner(header),
            quota_per_s=settings.quota_per_s,
            quota_burst=settings.quota_burst,
            tell=lambda owner: structlog.get_logger().warning("quota_used_up", owner=owner),
        ),
        producer=Producer(
            settings.kafka,
            client_id=f"intake-door-{settings.replica}",
            within_s=settings.kept_within_s,
        ),
        verdicts=Verdicts(Database(settings.postgres, schema="intake")),
        body_limit=settings.body_limit,
        wait_limit_s=settings.wait_limit_s,
    )
