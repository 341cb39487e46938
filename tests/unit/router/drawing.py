"""What the random machines draw from, and how long they are driven."""

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

MOOD = st.integers(0, 9)
PICK = st.integers(0, 1_000)
LATER = st.integers(1, 90)
"""Minutes until the next word: limits of an hour run out on the way."""
_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def drive(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Try that many lives of *machine*, of at most so many words each."""
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=_QUIET),
    )
