"""House time never goes back, so it is not moved to where nothing could be counted any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wangge_local import clock_moving
from wangge_local.bundle import load
from wangge_local.clock import Step
from wangge_local.clock_moving import ahead_text, move, ready, require_countable
from wangge_local.ground import GroundError
from wangge_local.house_folder import DEFAULT_CONFIG, HouseFolder, Remembered

NOON = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HouseFolder:
    """A house in which it is noon in Beijing and goes on from there, and nothing runs."""
    clock = SimpleNamespace(now=lambda: NOON, stands_still=lambda: False)
    for name in ("kafka_of", "postgres_of", "HouseBooks", "require_countable"):
        monkeypatch.setattr(clock_moving, name, lambda *_: None)
    monkeypatch.setattr(clock_moving, "healths_of", lambda *_: {})
    monkeypatch.setattr(clock_moving, "in_force", lambda *_, **__: {})
    monkeypatch.setattr(clock_moving, "ClockKeeper", lambda _: clock)
    monkeypatch.setattr(clock_moving, "Quiet", lambda *_: SimpleNamespace(wait=None))
    folder = HouseFolder(tmp_path)
    folder.remember(Remembered(config=DEFAULT_CONFIG, district="110101", time_zone="Asia/Shanghai", doors={}))
    return folder


def test_stories_that_could_not_go_on_keep_nobody_from_moving_the_time_that_they_left_running(
    folder: HouseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.told.write_text('{"stories": [], "steps": 1, "over": false}')
    moved_to: list[datetime] = []
    monkeypatch.setattr(clock_moving, "advance", lambda *_, to, **__: moved_to.append(to))

    move(folder, "5h", as_json=False)
    assert moved_to == [NOON + timedelta(hours=5)]

    standing = SimpleNamespace(now=lambda: NOON, stands_still=lambda: True)
    monkeypatch.setattr(clock_moving, "ClockKeeper", lambda _: standing)
    with pytest.raises(GroundError, match=r"^a story is being told"):
        move(folder, "5h", as_json=False)


@pytest.mark.parametrize("error", [GroundError("the house has not come to rest"), KeyboardInterrupt()])
def test_who_is_stopped_on_the_way_hears_how_far_time_has_come(
    folder: HouseFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
) -> None:
    def rings_once(*_: Any, on_step: Callable[[Step], None], **__: Any) -> None:
        on_step(Step(NOON + timedelta(hours=1), due=True))
        raise error

    monkeypatch.setattr(clock_moving, "advance", rings_once)

    with pytest.raises(type(error)):
        move(folder, "5h", as_json=False)

    told = " ".join(capsys.readouterr().err.split())
    assert "from 2026-01-06 12:00:00 CST to 2026-01-06 13:00:00 CST" in told
    assert "on the way to 2026-01-06 17:00:00 CST" in told


def test_two_do_not_move_the_time_at_once(folder: HouseFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def another_comes(*_: Any, **__: Any) -> None:
        with pytest.raises(GroundError, match=r"^house time is being moved already: wait"):
            move(folder, "1h", as_json=False)

    monkeypatch.setattr(clock_moving, "advance", another_comes)
    move(folder, "5h", as_json=False)

    monkeypatch.setattr(clock_moving, "advance", lambda *_, **__: None)
    move(folder, "1h", as_json=False)


def test_time_is_not_moved_while_a_room_does_not_say_what_it_reads(
    folder: HouseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"ready": True, "reasons": []}
    silent = {"ready": False, "reasons": ["gives no answer"]}
    monkeypatch.setattr(clock_moving, "healths_of", lambda *_: {"intake-0": there, "router-0": silent})

    with pytest.raises(GroundError, match=r"not ready: router-0 gives no answer \(wangge status\)$"):
        ready(folder, within_s=0.01)


def test_time_stays_before_the_end_of_the_calendars() -> None:
    city = load(DEFAULT_CONFIG).parts
    ends = datetime(2028, 12, 31, 16, 0, tzinfo=UTC)  # the year 2029 begins in Beijing

    require_countable(ends - timedelta(seconds=1), city)
    with pytest.raises(GroundError, match=r"ends with 2028, and .* go no further than 2029-01-01"):
        require_countable(ends, city)


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (timedelta(days=2, minutes=1), "2 d 0 h ahead of real time"),
        (timedelta(hours=-13, seconds=-20), "13:00 behind real time"),
    ],
)
def test_how_far_house_time_is_ahead_is_told_in_words(span: timedelta, says: str) -> None:
    assert ahead_text(span) == says
