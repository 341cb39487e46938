"""Whatever receivers do and however often the courier is killed, every notice ends once."""

import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.ground import FreshDatabase
from tests.service.chassis.running import read_all
from tests.service.ledger.running import RoomProcess, say
from tests.service.notifier.receivers import (
    Receivers,
    content,
    id_of,
    kind_of,
    notice,
    parts,
    receiving,
    secrets,
)
from tests.service.notifier.test_notifier import publication
from tests.waiting import wait_for
from wangge_local.kafka import Kafka

FINAL = {"sent", "given-up"}
UNDELIVERABLE = {"gone", "redirecting", "bad-tls"}
CHANNELS = {
    "patience_s": {"urgent": 240},
    "breaker": {"failures": 60, "first_rest_s": 0.5, "longest_rest_s": 0.5},
    "use": {"webhook": {"at_once": 8, "per_s": 500, "burst": 500}},
}
SETTINGS = {
    "admitted": "127.0.0.0/8",
    "attempts": 10,
    "first_wait_s": 0.2,
    "longest_wait_s": 0.5,
    "send_within_s": 1,
    "log_level": "warning",
}
OF_EACH = 3


def lived_through(
    kafka: Kafka, database: FreshDatabase, folder: Path, *, notices: int, kill_every_s: float, kills: int
) -> Receivers:
    """Send *notices* to every kind of receiver while the courier is killed; check every promise."""
    file = folder / "secrets.toml"
    file.write_text(secrets(OF_EACH))
    with receiving(late_s=1.5) as receivers:
        say(kafka, publication(parts(receivers, OF_EACH, channels=CHANNELS)))
        room = RoomProcess("notifier", kafka, database, folder, secrets=file, **SETTINGS)
        try:
            room.start()
            said = [notice(receivers, number, OF_EACH) for number in range(notices)]
            for number in range(kills):
                say(kafka, said[number * notices // kills : (number + 1) * notices // kills])
                time.sleep(kill_every_s)
                room.kill()
                room.start()

            def open_ones() -> list[str]:
                rows = database.sql(
                    "SELECT state, count(*) FROM notifier.delivery WHERE channel = 'webhook' GROUP BY state"
                )
                counts = dict(row.split("|") for row in rows)
                done = sum(int(counts.pop(state, 0)) for state in FINAL)
                return [] if done == notices and not counts else [f"{done} of {notices}", str(counts)]

            try:
                wait_for("every notice has ended", lambda: not open_ones(), within_s=90 + notices / 10)
            except AssertionError as error:
                raise AssertionError(f"{error}: {open_ones()}") from None
        finally:
            room.stop()
        _check(kafka, receivers, notices)
        return receivers


def _check(kafka: Kafka, receivers: Receivers, notices: int) -> None:
    kinds = {id_of(number): kind_of(number) for number in range(notices)}
    facts = {
        dict(record.headers())["ce_id"]: record for record in read_all(kafka.bootstrap, "notices.changed.v1")
    }
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for record in facts.values():
        told = content(record)
        states[told["notice_id"]][told["state"]] += 1
    for notice_id, kind in kinds.items():
        ends = {state: number for state, number in states[notice_id].items() if state in FINAL}
        assert ends == {"given-up" if kind in UNDELIVERABLE else "sent": 1}, (kind, states[notice_id])
        # Beyond what we ourselves call doubtful, nobody has anything twice.
        assert receivers.took[notice_id] <= 1 + states[notice_id]["unknown"], kind
        assert receivers.took[notice_id] >= (kind not in UNDELIVERABLE), kind
        # No attempt without a fact that says so, and none after the end.
        assert receivers.heard[notice_id] <= states[notice_id]["sending"], kind
    assert receivers.strayed == 0
    assert read_all(kafka.bootstrap, "notifier.dead-letters") == []
    assert "whsec_" not in "".join(record.value().decode() for record in facts.values())


def test_every_notice_ends_once_whatever_receivers_do_and_however_often_we_are_killed(
    fresh_topics: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    lived_through(fresh_topics, database, tmp_path, notices=110, kill_every_s=0.7, kills=1)

    assert SECRETS_OF_NOBODY not in (tmp_path / "notifier.log").read_text("utf-8")


@pytest.mark.long
def test_five_thousand_notices_end_once_each(
    fresh_topics: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    lived_through(fresh_topics, database, tmp_path, notices=5_000, kill_every_s=3.0, kills=10)


SECRETS_OF_NOBODY = "whsec_"
