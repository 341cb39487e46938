"""
A frozen owner at every named place, then resumed or killed (messaging-proof C12, 1.1).

The facts of one incident are caused from two topics and a timer, so that a batch holds all three. Random
chaos did not find the hole that these places find.
"""

import signal
from itertools import chain

import pytest

from tests.checker import check
from tests.ground import FreshDatabase
from tests.service.chassis.running import EchoRun, answer, echo_run, order
from tests.waiting import wait_for
from wangge_contracts.message import Message
from wangge_local.kafka import Kafka

KEYS = 60
MESSAGES = 3000


def speech() -> list[tuple[str, str, str, Message]]:
    """Return answers and orders about the same keys, alternating."""
    pairs = (
        (answer(number, f"i{number % KEYS}"), order(number, f"i{number % KEYS}"))
        for number in range(MESSAGES // 2)
    )
    return list(chain.from_iterable(pairs))


def finish(run: EchoRun) -> None:
    run.wait_done(effects=MESSAGES)
    run.stop_all()
    assert check(run.gather()) == []


@pytest.mark.parametrize(
    ("place", "then"),
    [
        ("before-commit@4", "killed"),
        ("mid-publish@20", "resumed"),
        *(
            pytest.param(place, then, marks=pytest.mark.long)
            for place, then in (
                ("after-lock@4", "resumed"),
                ("after-lock@4", "killed"),
                ("before-commit@4", "resumed"),
                ("after-commit@4", "resumed"),
                ("after-commit@4", "killed"),
                ("mid-publish@20", "killed"),
            )
        ),
    ],
)
def test_an_owner_frozen_anywhere_loses_nothing(
    fresh_topics: Kafka, database: FreshDatabase, place: str, then: str
) -> None:
    with echo_run(fresh_topics, database) as run:
        run.say(speech())
        run.start("z", stop_point=place)
        wait_for("the owner is frozen", lambda: run.frozen("z"))
        run.start("n")

        wait_for("the heir works", lambda: run.count("SELECT count(*) FROM ownership WHERE epoch > 1") > 0)
        if then == "killed":
            run.kill("z")
        else:
            run.signal("z", signal.SIGCONT)
        finish(run)


def test_an_owner_frozen_before_commit_and_killed_after_it_keeps_the_order(
    fresh_topics: Kafka, database: FreshDatabase
) -> None:
    with echo_run(fresh_topics, database) as run:
        run.say(speech())
        run.start("z", stop_point="before-commit@4,after-commit@4", frozen_after_s=60)
        wait_for("the owner is frozen in its transaction", lambda: run.frozen("z"))
        run.start("n")
        wait_for(
            "the heir waits for the lock",
            lambda: (
                run.count(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND usename = 'escalation'"
                )
                > 0
            ),
        )
        run.signal("z", signal.SIGCONT)
        wait_for("the owner is frozen again, after its commit", lambda: run.frozen("z"))

        run.kill("z")
        finish(run)
