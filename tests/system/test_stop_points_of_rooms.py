"""
Intake and router frozen at every named place, then resumed or killed, while another takes their parts over.

What is said of one incident comes from a terminal, a department and a desk, so that its facts are caused
from three topics, and the router's timer refuses what has waited too long for its incident.
"""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.ground import FreshDatabase
from tests.system.said import ROOMS
from tests.system.storm import Storm
from tests.waiting import wait_for
from wangge_local.kafka import Kafka

REPORTS = range(240)
ALONE = range(1, 3)
"""Reports about which nothing else is said, and nothing after them."""


def freeze(storm: Storm, room: str, *, stop_point: str, frozen_after_s: int) -> None:
    """Start `z` of *room* on what was said, let it freeze in the middle, and start `n` to take over."""
    settings: dict[str, Any] = {"frozen_after_s": frozen_after_s, "session_timeout_s": 2, "batch_size": 100}
    storm.start(room, "z", stop_point=stop_point, **settings)
    wait_for(f"the owner of {room} is frozen", lambda: storm.frozen(f"{room}-z"))
    storm.start(room, "n", **settings)


def let_commit_and_kill(storm: Storm, room: str) -> None:
    """Kill `z`, frozen before its commit, after it: `n`, which came in between, must see what it left."""
    storm.wait_locked_out(room)
    storm.signal(f"{room}-z", signal.SIGCONT)
    wait_for(f"{room} is frozen again, after its commit", lambda: storm.frozen(f"{room}-z"))
    # Not the outbox: `n` may have published by now, and deleted, what it found there.
    assert storm.count(room, "SELECT sum(last_position) FROM ownership") > 0
    storm.kill(f"{room}-z")


def finish(storm: Storm, *, reports: range) -> None:
    """Wait until all is done: nothing is lost, nothing is doubled, and the order is kept."""
    storm.wait_quiet(within_s=40)
    storm.stop_all()
    assert storm.breaches() == []
    assert len(storm.gathered.effects) == len(reports)
    assert len({incident for incident, _ in storm.gathered.tasks}) == len(reports)


@pytest.mark.long
@pytest.mark.parametrize("then", ["resumed", "killed"])
@pytest.mark.parametrize("place", ["after-lock@3", "before-commit@3", "after-commit@3", "mid-publish@20"])
def test_rooms_frozen_anywhere_lose_nothing(
    kafka: Kafka, database: FreshDatabase, tmp_path: Path, place: str, then: str
) -> None:
    with Storm(kafka, database, tmp_path) as storm:
        storm.say(REPORTS)
        for room in ROOMS:
            freeze(storm, room, stop_point=place, frozen_after_s=3)
            storm.wait_taken_over(room)

            if then == "killed":
                storm.kill(f"{room}-z")
            else:
                storm.signal(f"{room}-z", signal.SIGCONT)
            storm.wait_handled(room)
        finish(storm, reports=REPORTS)
        assert {"accepted", "duplicate", "applied", "refused"} <= storm.outcomes


@pytest.mark.long
def test_rooms_frozen_before_commit_and_killed_after_it_keep_the_order(
    kafka: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    with Storm(kafka, database, tmp_path) as storm:
        storm.say(REPORTS)
        for room in ROOMS:
            freeze(storm, room, stop_point="before-commit@3,after-commit@3", frozen_after_s=60)

            let_commit_and_kill(storm, room)
            storm.wait_handled(room)
        finish(storm, reports=REPORTS)
        assert {"accepted", "duplicate", "applied", "refused"} <= storm.outcomes


@pytest.mark.long
def test_the_last_that_a_room_committed_is_published_though_nothing_comes_after_it(
    kafka: Kafka, database: FreshDatabase, tmp_path: Path
) -> None:
    # The heir that takes a part over without its lock does not see what `z` commits after that. If more comes
    # to the part, the heir's next row takes a position that `z` has taken: a refusal, a second takeover, and
    # no harm. If nothing comes, `z`'s facts lie in the outbox for good, and that is the breach seen here.
    with Storm(kafka, database, tmp_path) as storm:
        storm.say(ALONE)
        storm.start("intake", "a")
        storm.wait_handled("intake")
        freeze(storm, "router", stop_point="before-commit@1,after-commit@1", frozen_after_s=60)

        let_commit_and_kill(storm, "router")
        finish(storm, reports=ALONE)
