"""Whose clock differs from this machine's, and by how much, is said as long as it does."""

import time

import pytest

from wangge_chassis.skew import ahead_s, differing, hold_against_ours


@pytest.mark.parametrize(
    ("told_s", "ahead"), [(1000.0, 0.0), (1015.0, 0.0), (1020.0, 0.0), (1620.0, 600.0), (400.0, -600.0)]
)
def test_a_wait_for_the_answer_is_no_difference(told_s: float, ahead: float) -> None:
    assert ahead_s(told_s, since_s=1000.0, now_s=1020.0) == ahead


def test_a_clock_that_differs_is_named_until_it_agrees() -> None:
    now_s = time.time()
    for whose, told_s in (("Kafka", now_s - 600), ("PostgreSQL", now_s + 600)):
        hold_against_ours(whose, told_s, since_s=now_s)
    told = differing()
    for whose in ("Kafka", "PostgreSQL"):
        hold_against_ours(whose, now_s, since_s=now_s)

    assert told == [
        "the clock of Kafka is 600 s behind this machine's",
        "the clock of PostgreSQL is 600 s ahead of this machine's",
    ]
    assert differing() == []
