"""The page about restoring from a backup, step by step, on a house that has gone on since."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.checker import Fact, Gathered, check
from tests.ground import folder as fresh_folder
from tests.service.chassis.running import facts, read_all
from tests.system.running import DONGCHENG, ROOT, RunningHouse
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.v1 import IncidentAccepted
from wangge_local.cli_screen import Note, Steps
from wangge_local.ground import plain_environment, poll, run
from wangge_local.house import House
from wangge_local.house_books import DATABASE
from wangge_local.house_replicas import Replica
from wangge_local.postgres import binaries

REPORTS = 4
"""Before the backup, and as many after it."""


class HouseByHand(RunningHouse):
    """A house whose rooms an operator starts and stops, one by one."""

    def __init__(self, at: Path) -> None:
        super().__init__(at)
        self.house = House(self.folder, DONGCHENG)
        self.backup = at / "backup"

    @property
    def rooms(self) -> dict[str, Replica]:
        return {replica.service: replica for replica in self.house.replicas}

    def stop_rooms(self) -> None:
        for replica in self.rooms.values():
            replica.ask_to_stop()
        for replica in self.rooms.values():
            assert replica.stopped(timeout=60)

    def back_up(self) -> None:
        """Make a base backup of the database, while all work on it."""
        address = ("-d", self.house.postgres.dsn(), "-D", str(self.backup))
        command = [str(binaries() / "pg_basebackup"), *address, "--checkpoint=fast"]
        run(command, what="no backup", environment=plain_environment())

    def restore(self) -> None:
        """Put the backup in the place of the database."""
        self.house.postgres.stop()
        cluster = self.house.postgres.folder / "cluster"
        cluster.rename(cluster.with_name("lost"))
        shutil.copytree(self.backup, cluster)
        self.house.postgres.start()

    def sql(self, text: str) -> list[str]:
        return self.house.postgres.sql(text, database=DATABASE)

    def reports(self) -> list[str]:
        """Have as many reported, and every third taken on; the numbers that were told."""
        cases = [self.report() for _ in range(REPORTS)]
        for case in cases[::3]:
            self.told(case, until="clock started")
            self.wangge("answer", case, "acknowledge")
        return cases

    def delete_group(self, arguments: list[str]) -> None:
        """Do what Kafka's own tool does with these arguments, again while the group still has members."""
        option = dict(zip(arguments[::2], arguments[1::2], strict=True))
        client = AdminClient({"bootstrap.servers": option["--bootstrap-server"], "log_level": 0})
        why = ""
        for _ in poll(timeout=60, every=0.5):
            try:
                client.delete_consumer_groups([option["--group"]])[option["--group"]].result()
                return
            except KafkaException as error:
                why = str(error)
        raise AssertionError(why)


@contextmanager
def a_house_by_hand() -> Iterator[HouseByHand]:
    with fresh_folder() as at:
        by_hand = HouseByHand(at)
        with by_hand.folder.held():
            try:
                under_way = Steps(None)
                bundle = by_hand.house.lay_ground(under_way)
                by_hand.house.publish(under_way, bundle)
                by_hand.house.open_rooms(under_way)
                yield by_hand
            finally:
                by_hand.house.stop(Note())


def steps() -> list[str]:
    """What the page says in its numbered steps."""
    page = (ROOT / "deploy/local/README.md").read_text("utf-8").split("## Restore from a backup\n")[1]
    return re.split(r"^\d\. ", page.split("\n## ")[0], flags=re.M)[1:]


def number(case: str) -> str:
    """The last part of a case number, as the sequence gave it."""
    return str(int(case.rpartition("-")[2]))


def code(step: str) -> list[str]:
    """What stands in a step as code."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", step)]


def stands(room: Replica) -> bool:
    """Whether it says that the database is older than what was told."""
    return "OlderThanTold" in "; ".join(room.door.health()["reasons"])


def has_no_lag(room: Replica) -> bool:
    health = room.door.health()
    lags = [told["lag"] for told in health.values() if isinstance(told, dict) and "lag" in told]
    return bool(health["ready"]) and bool(lags) and not any(sum(lag.values()) for lag in lags)


def accepted(bootstrap: str) -> list[IncidentAccepted]:
    """What was accepted, as everybody else heard of it: the first telling counts."""
    told = [IncidentAccepted.read(r.value()) for r in read_all(bootstrap, topics.INCIDENTS_ACCEPTED.name)]
    return list({incident.incident_id: incident for incident in reversed(told)}.values())


@pytest.mark.long
def test_a_house_on_an_older_database_stands_and_after_the_pages_steps_has_every_report_once() -> None:
    _, _, raise_sequence, take_back, start_again = steps()
    with a_house_by_hand() as house:
        before = house.reports()
        house.back_up()
        since = house.reports()
        wait_for("all work is done", lambda: house.run("status").exit_code == 0)
        house.stop_rooms()
        house.restore()

        for room in house.rooms.values():
            room.start()
        for name, room in house.rooms.items():
            wait_for(f"{name} says why", partial(stands, room))
        assert "OlderThanTold" in house.run("status").output

        house.stop_rooms()
        highest = max(incident.case_number for incident in accepted(house.bootstrap))
        _, example, raising = code(raise_sequence)
        assert number(example) in raising
        house.sql(raising.replace(number(example), number(highest)))
        command, *groups = code(take_back)
        for group in groups:
            _, *arguments = command.replace("ADDRESS", house.bootstrap).replace("GROUP", group).split()
            arguments.remove("--delete")
            house.delete_group(arguments)
        for name in dict.fromkeys(re.findall("|".join(house.rooms), start_again)):
            house.rooms[name].start()
            wait_for(f"{name} has no lag", partial(has_no_lag, house.rooms[name]), within_s=60)

        wait_for("the house is ready", lambda: house.run("status").exit_code == 0)
        after = house.report()
        assert int(number(after)) == int(number(highest)) + REPORTS + 1, "none that was told is another's"
        house.told(after, until="clock started")
        cases = [*before, *since, after]
        cards = [card["case_number"] for card in house.asked("incidents", "--limit", "200")]
        told = facts(house.bootstrap, topics.INCIDENTS_CHANGED.name)
        gathered = Gathered(
            spoken=set(cases),
            effects=cards,
            # What comes out differently is told in vain, says the page; under other numbers it must not be.
            facts=[Fact(fact.topic, fact.key, fact.sequence, fact.message_id) for fact in told],
            halted=house.sql("SELECT reason FROM router.halted UNION SELECT reason FROM ledger.halted"),
        )
        assert check(gathered) == []
        assert sorted(cards) == sorted(cases)
        assert house.sql("SELECT count(*) FROM router.incident") == [str(len(cases))]
        for case in [*before[::3], *since[::3]]:
            house.told(case, until="acknowledge")
