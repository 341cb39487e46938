"""When trouble is over: a takeover that is followed by the same failure has ended nothing."""

import pytest

from wangge_chassis.patience import Patience

REFUSED = PermissionError("permission denied for table tally")


class Clock:
    """The process's clock, moved by the test."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("time.monotonic", found)
    return found


def fails(patience: Patience, *, times: int) -> float:
    """Fail, and take the parts over again, so often; return the last wait."""
    waits_s = []
    for _ in range(times):
        waits_s.append(patience.meet(REFUSED))
        patience.end()
    return waits_s[-1]


def test_an_outage_is_over_when_the_parts_are_held_again() -> None:
    patience = Patience(session_timeout_s=10, replica="a")

    for _ in range(3):
        patience.meet(REFUSED)
    assert patience.trouble == f"PermissionError: {REFUSED}"
    patience.end()
    assert patience.trouble is None


def test_who_fails_whenever_the_parts_are_held_again_says_so_all_the_while(clock: Clock) -> None:
    patience = Patience(session_timeout_s=10, replica="a")
    fails(patience, times=2)

    clock.now_s += 5
    assert patience.trouble == f"PermissionError: {REFUSED}"
    clock.now_s += 6
    assert patience.trouble is None


def test_the_waits_of_who_fails_again_and_again_grow_until_something_was_handled() -> None:
    patience = Patience(session_timeout_s=10, replica="a")

    assert fails(patience, times=8) >= 2.5
    patience.worked()
    assert patience.trouble is None
    assert fails(patience, times=1) <= 0.4


def test_a_failure_long_after_another_is_the_first_again(clock: Clock) -> None:
    patience = Patience(session_timeout_s=10, replica="a")
    fails(patience, times=8)

    clock.now_s += 11
    assert fails(patience, times=1) <= 0.4


def test_time_in_which_a_step_waits_for_a_lock_proves_nothing(clock: Clock) -> None:
    patience = Patience(session_timeout_s=10, replica="a")

    def wait_in_vain() -> None:
        patience.step_begins()
        clock.now_s += 15
        assert patience.trouble == f"PermissionError: {REFUSED}"
        patience.meet(REFUSED)
        patience.step_ends()
        patience.end()

    fails(patience, times=2)
    for _ in range(3):
        clock.now_s += 0.5
        wait_in_vain()
    clock.now_s += 11
    assert patience.trouble is None
