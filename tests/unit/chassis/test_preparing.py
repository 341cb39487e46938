"""What tells how many partitions the house began with."""

import pytest

from wangge_chassis.preparing import of_the_house


@pytest.mark.parametrize(
    ("counts", "told"),
    [((), 1), ((1, 1), 1), ((12, 12, 13, 12), 12), ((12, 3, 12, 12), 12), ((12, 13), 12)],
)
def test_one_topic_with_another_number_misleads_nobody(counts: tuple[int, ...], told: int) -> None:
    assert of_the_house(counts) == told
