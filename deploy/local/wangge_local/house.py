"""The whole house on one machine: its ground, its topics and reference data, and every room as a process."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from wangge_contracts.topics import SERVICES
from wangge_local import house_keys
from wangge_local.bundle import Bundle, load as load_bundle
from wangge_local.cli_screen import Note, Steps, say
from wangge_local.clock import ClockKeeper
from wangge_local.doors import Door
from wangge_local.ground import GroundError, private
from wangge_local.ground_tended import Tended
from wangge_local.house_books import DATABASE, HouseBooks
from wangge_local.house_folder import HouseFolder, Remembered
from wangge_local.house_keys import Keys
from wangge_local.house_replicas import STOPS_WITHIN_S, Replica, migrates, wait_until_ready
from wangge_local.kafka import Kafka
from wangge_local.ports import LOOPBACK, kept_ports
from wangge_local.postgres import Postgres
from wangge_local.publish import (
    Outsiders,
    make_topics,
    outsiders,
    publish,
    refuse_overtaken,
    refuse_removal,
    refuse_uncounted,
    removed,
    webhook_holders,
)
from wangge_local.standing import awaited, standing
from wangge_local.topics import differing

READY_WITHIN_S = 90.0
_LONG_S = 10.0
"""A migration that has run for so long gets a line: where there is no terminal, nothing else shows it."""


@dataclass(slots=True)
class House:
    """
    One house in one folder; whoever starts it holds the folder's lock and stays until it is stopped.

    :param scale: how many replicas of each service, where it is not one.
    :param without: services that are not started: somebody runs them elsewhere, or works on them.
    """

    folder: HouseFolder
    config: Path
    scale: Mapping[str, int] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    kafka: Kafka = field(init=False)
    postgres: Postgres = field(init=False)
    replicas: list[Replica] = field(default_factory=list)
    keys: Keys | None = None
    _grounds: tuple[Tended, ...] = field(init=False)

    def __post_init__(self) -> None:
        # What runs is bound to us: however we end, nothing of the house is left behind.
        self.kafka = Kafka(self.folder.kafka, bound=True)
        self.postgres = Postgres(self.folder.postgres, bound=True)
        self._grounds = (Tended(self.kafka), Tended(self.postgres))

    @property
    def clock(self) -> ClockKeeper:
        """House time; known once PostgreSQL runs."""
        return ClockKeeper(self.postgres)

    @property
    def ledger(self) -> Door:
        """The ledger's door, entered with the console's token; known once the ground is laid."""
        port = next((replica.port for replica in self.replicas if replica.service == "ledger"), 0)
        return Door("ledger", f"http://{LOOPBACK}:{port}", self.keys.console if self.keys else None)

    def lay_ground(self, steps: Steps) -> Bundle:
        """
        Check the configuration, start PostgreSQL and Kafka, make roles, schemas and topics.

        :raises GroundError: something is missing or taken. :raises BadBundle, BadStory: what to mend.
        """
        with steps.step("configuration") as note:
            bundle = load_bundle(self.config)
            district = bundle.part("district")
            self._refuse_other_district(district["code"])
            found = outsiders(bundle, self.config)
            note(f"{self.config.name}, version {bundle.version}")
        with steps.step("PostgreSQL") as note:
            self.postgres.start()
            self.postgres.provision(SERVICES, database=DATABASE)
            note(f"127.0.0.1:{self.postgres.port}")
        with steps.step("Kafka") as note:
            self.kafka.start()
            note(self.kafka.bootstrap)
        with steps.step("topics") as note:
            for line in _first(differing(self.kafka.bootstrap)):
                say(f"put right: {line}", style="yellow")
            made = make_topics(self.kafka.bootstrap, found)
            note(f"{len(made)} made" if made else "all there")
        self._settle(bundle, found)
        return bundle

    def publish(self, steps: Steps, bundle: Bundle) -> set[str]:
        """Publish the reference data, return who goes by them; GroundError when nobody could work by them."""
        with steps.step("reference data") as note:
            now = self.clock.now()
            stands, gone = standing(self.kafka.bootstrap, at=now), set[str]()
            if since := awaited(bundle, before=stands):
                # Remembered as the configuration of the next start, which must not bring it forward.
                note(f"in force from {since:%Y-%m-%d %H:%M} UTC on")
            else:
                gone = removed(stands, bundle)
                if bundle.version != stands.version:
                    refuse_uncounted(bundle, at=now)
                    refuse_overtaken(bundle, before=stands)
                try:
                    refuse_removal(bundle, before=stands, books=HouseBooks(self.postgres))
                except GroundError as error:
                    raise GroundError(f"{error}; until then start with the configuration as it was") from None
                fresh = publish(self.kafka.bootstrap, bundle, at=now)
                note("published" if fresh else "in force")
            self.folder.remember(self.folder.remembered().model_copy(update={"config": self.config}))
        return gone

    def open_rooms(self, steps: Steps) -> None:
        """Start every service and wait until all work; raises GroundError when they do not get so far."""
        with steps.step("services") as note:
            private(self.folder.logs)
            for replica in self.replicas:
                replica.start()
            since, waiting = dict[str, float](), dict[str, str]()
            for waiting in wait_until_ready(self.replicas, timeout=READY_WITHIN_S):
                for line in _told_late(waiting, since):
                    say(line)
                note(_said(waiting, of=len(self.replicas)))
            for name, why in waiting.items():
                say(f"{name} works, but a person must decide: {why} (wangge partition list)", style="yellow")

    def tend(self) -> Iterator[str]:
        """Start again what has ended; yields a line for each try. Call it often."""
        for replica in self.replicas:
            yield from replica.tend()
        for ground in self._grounds:
            yield from ground.tend(now=time.monotonic())

    def stop(self, note: Note) -> None:
        """Stop every service, then the ground, each in order; what does not stop in time is killed."""
        running = [replica for replica in self.replicas if replica.program is not None]
        for replica in running:
            replica.ask_to_stop()
        ends = time.monotonic() + STOPS_WITHIN_S
        killed = []
        for replica in running:
            note(f"waiting for {replica.name}")
            if not replica.stopped(timeout=ends - time.monotonic()):
                killed.append(replica.name)
        note("waiting for Kafka")
        self.kafka.stop()
        note("waiting for PostgreSQL")
        self.postgres.stop()
        note(f"{', '.join(killed)} had to be killed" if killed else "all stopped")

    def _before(self) -> Remembered | None:
        """What the start before settled."""
        with suppress(GroundError):
            return self.folder.remembered()
        return None

    def _refuse_other_district(self, code: str) -> None:
        before = self._before()
        if before is not None and before.district != code:
            raise GroundError(
                f"the house in {self.folder.root} is {before.district}'s, not {code}'s: choose another --data"
            )

    def _settle(self, bundle: Bundle, found: Outsiders) -> None:
        """Decide who runs where, with which keys, and remember it for the commands to come."""
        names = [
            (service, str(number))
            for service in SERVICES
            if service not in self.without
            for number in range(self.scale.get(service, 1))
        ]
        ports = kept_ports(self.folder.ports, [f"{service}-{number}" for service, number in names])
        self.keys = house_keys.make(self.folder, found.owners, webhooks=webhook_holders(bundle))
        for service, number in names:
            port = ports[f"{service}-{number}"]
            own = self._environment(service, number, port) | self.keys.environment.get(service, {})
            if service == "intake":
                own |= {"district": bundle.part("district")["code"]}
            if service == "notifier":
                # Units' systems and gateways that are tried out here listen on this machine.
                own |= {"admitted": "127.0.0.0/8,::1/128", "public_url": f"http://{LOOPBACK}:{port}"}
                if "intake-0" in ports:
                    own |= {"contacts_url": f"http://{LOOPBACK}:{ports['intake-0']}"}
            self.replicas.append(Replica(service, number, port, self.folder, own))
        doors = {replica.name: replica.port for replica in self.replicas}
        district, before = bundle.part("district"), self._before()
        self.folder.remember(
            Remembered(
                # Another one is not that of the next start before it is published: it may be refused.
                config=before.config if before else self.config,
                district=district["code"],
                time_zone=district["time_zone"],
                doors=doors,
            )
        )

    def _environment(self, service: str, number: str, port: int) -> dict[str, str]:
        return {
            "kafka": self.kafka.bootstrap,
            "postgres": self.postgres.dsn(service, database=DATABASE),
            "port": str(port),
            "replica": number,
            "mode": "development",
        }


def _first(lines: Sequence[str], *, most: int = 10) -> list[str]:
    """As many as can be read at a glance: after an upgrade it may be every topic."""
    return [*lines[:most], *([f"{len(lines) - most} more"] if len(lines) > most else [])]


def _said(waiting: Mapping[str, str], *, of: int) -> str:
    if not waiting:
        return f"{of} ready"
    name, why = min(waiting.items(), key=lambda one: not migrates(one[1]))
    return f"{of - len(waiting)} of {of} ready; {name}: {why}"


def _told_late(waiting: Mapping[str, str], since: dict[str, float]) -> Iterator[str]:
    """Yield a line for each migration that has run for long; *since* keeps when each was first seen."""
    now = time.monotonic()
    for line in (f"{name}: {why}" for name, why in waiting.items() if migrates(why)):
        if now - since.setdefault(line, now) > _LONG_S:
            since[line] = math.inf  # told
            yield line
