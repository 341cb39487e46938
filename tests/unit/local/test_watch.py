"""Who watches is told what the ledger says, also when it says that he must begin anew."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from io import BytesIO
from typing import Any, cast
from urllib.error import HTTPError
from zoneinfo import ZoneInfo

import pytest

from tests.waiting import wait_for
from wangge_local import watch
from wangge_local.clock import ClockKeeper
from wangge_local.doors import STRAIGHT, Door


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return datetime(2026, 1, 6, 2, 0, tzinfo=UTC)


class Ledger:
    """A ledger that was restored after its first event, and knows one matter since then."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def __call__(self, request: urllib.request.Request, **_: object) -> BytesIO:
        if "/v1/stream" not in request.full_url:
            raise HTTPError(request.full_url, 404, "", Message(), BytesIO(b"{}"))
        last = request.get_header("Last-event-id")
        self.asked.append(last)
        if last == "900-1":
            raise HTTPError(request.full_url, 410, "Gone", Message(), BytesIO(b"{}"))
        number, what = ("900-1", "of-before") if len(self.asked) == 1 else ("7-1", "of-since")
        return BytesIO(f"id: {number}\ndata: {json.dumps(line(what))}\n\n".encode())


def line(what: str) -> dict[str, Any]:
    return {"incident_id": what, "effective_at": "2026-01-06T02:00:00.000Z", "what": what, "who": "somebody"}


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Iterator[watch.LiveLedger]:
    monkeypatch.setattr(STRAIGHT, "open", Ledger())
    monkeypatch.setattr(watch, "_AGAIN_AFTER_S", 0.01)
    door = Door("ledger", "http://127.0.0.1:1")
    live = watch.LiveLedger(door, cast("ClockKeeper", Clock()), zone=ZoneInfo("UTC"))
    live.start()
    yield live
    live.stop()


def test_who_watches_a_ledger_that_was_restored_is_told_so_and_goes_on(followed: watch.LiveLedger) -> None:
    said: list[str] = []

    def heard() -> bool:
        said.extend(text.plain for text in followed.unsaid())
        return any("of-since" in text for text in said)

    wait_for("the ledger goes on", heard, within_s=5)
    assert [text for text in said if "restored since: begun anew" in text] == said[1:2]


def test_who_was_cut_off_before_he_heard_anything_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def answer(request: urllib.request.Request, **_: object) -> BytesIO:
        asked.append(request.get_header("Last-event-id"))
        return BytesIO(b"id: 7-0\n\n")

    monkeypatch.setattr(STRAIGHT, "open", answer)
    live = watch.LiveLedger(
        Door("ledger", "http://127.0.0.1:1"), cast("ClockKeeper", Clock()), zone=ZoneInfo("UTC")
    )
    for _ in range(2):
        live._hear()

    assert (asked, list(live.unsaid())) == ([None, "7-0"], [])
