"""An operator's file is followed while a room runs: what it says, and once what is wrong with it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.waiting import wait_for
from wangge_chassis import rereading
from wangge_chassis.private_files import Unusable
from wangge_chassis.rereading import Reread


def read(file: Path | None) -> int:
    assert file is not None
    try:
        return int(file.read_text())
    except ValueError:
        raise Unusable(f"{file.name}: it is no number") from None


async def test_what_changes_is_read_and_what_is_wrong_is_said_once_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "_LOOK_EVERY_S", 0.001)
    file = tmp_path / "numbers.txt"
    file.write_text("1")
    numbers = Reread("numbers", file, read)

    async def until(so: Callable[[], bool]) -> None:
        await asyncio.to_thread(wait_for, "it is looked at", so)
        await asyncio.sleep(0.02)  # Some more looks, at which there is nothing new to say.

    def unusable() -> float | None:
        return REGISTRY.get_sample_value("wangge_file_unusable", {"holds": "numbers"})

    with capture_logs() as said:
        following = asyncio.create_task(numbers.attend())
        file.write_text("22")
        await until(lambda: numbers() == 22)
        assert unusable() == 0
        file.write_text("three")
        await until(lambda: numbers.trouble is not None)
        assert (numbers(), unusable()) == (22, 1)
        file.write_text("4444")
        await until(lambda: numbers() == 4444)
        assert (numbers.trouble, unusable()) == (None, 0)
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    assert [line["event"] for line in said] == ["numbers_read", "numbers_unusable", "numbers_read"]
    assert said[1]["reason"] == "numbers.txt: it is no number; the numbers from before hold"
    assert said[1]["log_level"] == "error"
