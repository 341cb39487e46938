"""Intake and router in several replicas, without the rest of the house."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from cryptography.fernet import Fernet

from tests.ground import FreshDatabase, renew_topics
from tests.replicas import Replicas
from tests.system.said import Said
from tests.system.storm_speech import REPORTS
from tests.waiting import wait_for
from wangge_local import bundle, publish
from wangge_local.kafka import Kafka

CONFIG = Path(__file__).parents[2] / "deploy/config/dongcheng"


class Storm(Replicas, Said):
    """Replicas of intake and router, named `router-a`, on a broker that has their topics alone."""

    def __init__(self, kafka: Kafka, database: FreshDatabase, folder: Path) -> None:
        Replicas.__init__(self, kafka, database, folder)
        Said.__init__(self, kafka, database)
        self._key = Fernet.generate_key().decode()
        configuration = bundle.load(CONFIG)
        outsiders = publish.outsiders(configuration, CONFIG)
        renew_topics(kafka.bootstrap, terminals=(), departments=outsiders.departments)
        # A terminal that asked for more than one partition, so that one report may lie on two of them.
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        append_time = {"message.timestamp.type": "LogAppendTime"}
        for made in admin.create_topics([NewTopic(REPORTS, 5, config=append_time)]).values():
            made.result(30)
        publish.make_topics(kafka.bootstrap, outsiders)
        publish.publish(kafka.bootstrap, configuration, at=datetime.now(UTC))

    def start(self, service: str, replica: str, *, stop_point: str = "", **settings: Any) -> None:
        """Start one replica, impatient with frozen owners and with what never comes."""
        own = {"dead_letter_key": self._key} if service == "intake" else {"unknown_after_s": 5}
        usual: dict[str, Any] = {"replica": replica, "session_timeout_s": 4, "frozen_after_s": 6, **own}
        self.launch(f"{service}-{replica}", service, stop_point=stop_point, **(usual | settings))

    def wait_taken_over(self, room: str) -> None:
        """Wait until a replica holds a part of *room* that another has held."""
        epochs = "SELECT count(*) FROM ownership WHERE epoch > 1"
        wait_for(f"an heir works in {room}", lambda: self.count(room, epochs) > 0)

    def wait_locked_out(self, room: str) -> None:
        """Wait until a replica waits for the lock of one that is frozen in its transaction."""
        locks = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = current_user"
        )
        wait_for(f"an heir waits for the lock in {room}", lambda: self.count(room, locks) > 0)
