"""Stop points do nothing unless asked for, and production refuses to be asked."""

import pytest

from wangge_chassis.stop_points import arm, stop_point


def test_a_stop_point_nobody_asked_for_does_nothing() -> None:
    arm(None, mode="production")

    stop_point("before-commit")


def test_production_refuses_stop_points() -> None:
    with pytest.raises(SystemExit, match="production refuses"):
        arm("before-commit", mode="production")


def test_an_unknown_stop_point_is_named() -> None:
    with pytest.raises(SystemExit, match="'nowhere' is none of"):
        arm("nowhere", mode="development")
