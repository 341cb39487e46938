"""What is asked at a door is what was typed, whatever stands in it."""

import pytest

from wangge_local.doors import step
from wangge_local.ground import GroundError


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("2026-1", "2026-1"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a/b%2F", "a%2Fb%252F"),
        ("坑", "%E5%9D%91"),
    ],
)
def test_a_name_is_one_step_of_the_path(name: str, asked: str) -> None:
    assert step(name) == asked


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(GroundError, match="case number"):
        step(name)
