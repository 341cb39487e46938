"""What every service is mounted on: a batch in, one transaction, its outbox out. It knows no domain word."""

from wangge_chassis.consumer import Consumer, Room, Timer
from wangge_chassis.partitioner import key_hash, partition_of
from wangge_chassis.postgres import Connection, Database
from wangge_chassis.records import Outgoing, Received, Unread
from wangge_chassis.service import Service, run
from wangge_chassis.settings import FollowerSettings, ServiceSettings
from wangge_chassis.turn import Turn

__all__ = [
    "Connection",
    "Consumer",
    "Database",
    "FollowerSettings",
    "Outgoing",
    "Received",
    "Room",
    "Service",
    "ServiceSettings",
    "Timer",
    "Turn",
    "Unread",
    "key_hash",
    "partition_of",
    "run",
]
