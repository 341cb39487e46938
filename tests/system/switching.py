"""A house whose reference data are switched while reports flow: what is said to it, and what it says."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from tests.checker import Gathered
from tests.ground import FreshDatabase, free_ports_of, renew_topics
from tests.publishing import piece
from tests.replicas import Replicas
from tests.service.chassis.running import facts, get_json, read_all
from tests.system.said import first_tasks
from tests.system.storm_speech import report
from tests.waiting import wait_for
from wangge_contracts import topics
from wangge_contracts.v1 import IncidentChanged, ReportReceipt
from wangge_local import bundle, publish
from wangge_local.bundle import Bundle
from wangge_local.kafka import Kafka
from wangge_local.listening import Listener
from wangge_local.speaking import Speaker

CONFIG = Path(__file__).parents[2] / "deploy/config/dongcheng"
FACTS, REFERENCE = topics.INCIDENTS_CHANGED.name, topics.REFERENCE_PUBLISHED.name
REPORTS, RECEIPTS = topics.TERMINAL_REPORTS.named("pda"), topics.TERMINAL_RECEIPTS.named("pda")
PER_SECOND = 40
WITH_MAILBOX = 3
BASE = bundle.load(CONFIG)
PLACES = ("intake-a", "router-a", "router-b")


class Switching(Replicas):
    """Intake and two routers, and a terminal that goes on reporting broken pipes."""

    def __init__(self, kafka: Kafka, database: FreshDatabase, folder: Path) -> None:
        super().__init__(kafka, database, folder)
        self._ports = free_ports_of(folder, *PLACES)
        self._key = Fernet.generate_key().decode()
        self.reported = 0
        outsiders = publish.outsiders(BASE, CONFIG)
        renew_topics(kafka.bootstrap, terminals=outsiders.terminals, departments=outsiders.departments)
        self.publish(BASE)

    def start(self, name: str) -> None:
        """Start one replica, named like `router-a`."""
        service, _, replica = name.partition("-")
        own = {"dead_letter_key": self._key} if service == "intake" else {}
        self.launch(name, service, replica=replica, port=self._ports[name], session_timeout_s=4, **own)

    def why_not_ready(self, name: str) -> str:
        """Return why a replica is not ready; nothing when it is."""
        told = get_json(self._ports[name], "/health/ready", expect=503)
        return "; ".join(told["reasons"]) if told else ""

    def health(self, name: str) -> Any:
        """Return what a replica that is ready says of itself."""
        return wait_for(f"{name} is ready", partial(get_json, self._ports[name], "/health/ready", expect=200))

    def wait_ready(self, *names: str) -> None:
        """Wait until these replicas say that they do their work."""
        for name in names:
            port = self._ports[name]
            wait_for(f"{name} is ready", partial(get_json, port, "/health/ready", expect=200))

    def publish(self, bundle: Bundle) -> None:
        """Publish as `wangge publish` does, but without making topics or asking who is busy."""
        publish.publish(self.kafka.bootstrap, bundle, at=datetime.now(UTC))

    def put(self, bundle: Bundle, *kinds: str, manifest: bool) -> None:
        """Publish only these parts of a bundle, and its manifest or not."""
        speaker = Speaker(self.kafka.bootstrap, source="/tests")
        for kind, content in (
            *((name, bundle.pieces[name]) for name in kinds),
            *([("manifest", dict(bundle.hashes))] if manifest else []),
        ):
            message = piece(kind, content, version=bundle.version, since=datetime.now(UTC))
            speaker.say(REFERENCE, message, key=message.hash, message_id=message.hash[:32])
        speaker.flush()

    @contextmanager
    def reports(self) -> Iterator[None]:
        """Report at a steady rate meanwhile."""
        stopped = threading.Event()

        def speak() -> None:
            speaker = Speaker(self.kafka.bootstrap, source="/terminals/pda")
            while not stopped.wait(1 / PER_SECOND):
                self.reported += 1
                said = report(self.reported)
                speaker.say(REPORTS, said, key=None, message_id=said.report_id)
            speaker.flush()

        speaking = threading.Thread(target=speak)
        speaking.start()
        try:
            yield
        finally:
            stopped.set()
            speaking.join()

    def gather(self) -> Gathered:
        """Return what the checker takes: reports, their verdicts and effects, facts and tasks."""
        run = Gathered(spoken={f"r{number}" for number in range(1, self.reported + 1)})
        incidents: dict[str, set[str]] = defaultdict(set)
        for record in read_all(self.kafka.bootstrap, RECEIPTS):
            receipt = ReportReceipt.read(record.value())
            assert receipt.report_id is not None
            run.verdicts.append((receipt.report_id, dict(record.headers())["ce_id"].decode()))
            incidents[receipt.report_id].add(str(receipt.incident_id))
        run.facts = facts(self.kafka.bootstrap, FACTS)
        told = {fact.key for fact in run.facts}
        run.effects = [of for of, known in incidents.items() for incident in known if incident in told]
        run.tasks = list(first_tasks(run.facts))
        return run

    def count(self, service: str, query: str) -> int:
        """Run one counting query as the role of *service*."""
        return int(self.database.sql(query, role=service)[0])

    def facts_from_now(self) -> "Facts":
        """Hear the router from this moment on."""
        return Facts(Listener(self.kafka.bootstrap, [FACTS], since="now"))


class Facts:
    """The router's facts since some moment."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.told: list[IncidentChanged] = []

    def more(self) -> list[IncidentChanged]:
        """Take in what has come; return all."""
        self.told += [IncidentChanged.read(one.value or b"") for one in self._listener.more(timeout=0.02)]
        return self.told

    def wait_for_version(self, version: str) -> IncidentChanged:
        """Wait for the first fact that was decided by *version*."""
        fact: IncidentChanged = wait_for(
            f"a fact of version {version}",
            lambda: next((each for each in self.more() if version_of(each) == version), None),
        )
        return fact

    def go_on(self, *, count: int = PER_SECOND) -> list[IncidentChanged]:
        """Return the next *count* facts."""
        before = len(self.more())
        wait_for(f"{count} more facts", lambda: len(self.more()) >= before + count)
        return self.told[before:]


def version_of(fact: IncidentChanged) -> str:
    """Return the one version that decided a fact."""
    [version] = fact.reference_versions.values()
    return version


def variant(number: int, **rule_of_its_own: Any) -> Bundle:
    """
    Return a version of its own in two parts: a new unit, and the rule that leads broken pipes to it.

    The unit has no topics of its own, but `WITH_MAILBOX`'s needs them. Whoever took one part of it only
    would name the rule without the unit, or another version's.
    """
    reach = "mailbox" if number == WITH_MAILBOX else "console"
    parts: dict[str, Any] = deepcopy(dict(BASE.parts))
    water = next(unit for unit in parts["departments"] if unit["slug"] == "beijing-water")
    rules = parts["rulebook"]["rules"]
    index, rule = next((at, each) for at, each in enumerate(rules) if each["name"] == "water-pipe")
    parts["departments"].append(water | {"slug": unit(number), "reach": reach})
    own = {"name": unit(number), "then": rule["then"] | {"lead": unit(number)}}
    rules.insert(index, rule | own | rule_of_its_own)
    return Bundle.of(parts)


def unit(number: int) -> str:
    """Return the slug of the unit that a variant adds, and the name of its rule."""
    return f"pipes-{number}"
