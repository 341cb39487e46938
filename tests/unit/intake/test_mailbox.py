"""Who is told what over HTTP, page by page, and what he hears when it cannot be read."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic_core import from_json

from tests.unit.chassis.test_reasons import Raw
from tests.unit.intake.test_pages import House, tokens as tokens
from wangge_chassis.backlogs import NotTold
from wangge_chassis.browsing import NoLongerKept, NotThere, Position, Stretch
from wangge_chassis.problems import Problem
from wangge_contracts.cloudevents import Envelope, to_headers
from wangge_intake import mailbox
from wangge_intake.mailbox import cursor_of, page_of, position_of
from wangge_intake.speakers import Hears, topic_to

POSITION = Position(UUID(int=7), {0: 3, 11: 12})


@pytest.mark.parametrize(
    ("owner", "hears", "topic"),
    [
        ("terminals.pda", "tasks", "terminals.pda.tasks.v1"),
        ("terminals.pda", "receipts", "terminals.pda.receipts.v1"),
        ("departments.gas", "tasks", "departments.gas.tasks.v1"),
        ("departments.gas", "receipts", "departments.gas.receipts.v1"),
    ],
)
def test_everybody_is_told_what_lies_on_his_own_topics(owner: str, hears: Hears, topic: str) -> None:
    assert topic_to(owner, hears) == topic


def test_a_cursor_comes_back_as_it_went() -> None:
    assert position_of(cursor_of(POSITION)) == POSITION
    assert position_of(cursor_of(Position(UUID(int=7), {}))) == Position(UUID(int=7), {})


@pytest.mark.parametrize("word", ["0", "bm9uZQ", "a b", "=", "é", "-" * 5000, cursor_of(POSITION)[1:]])
def test_what_is_no_cursor_is_refused(word: str) -> None:
    with pytest.raises(Problem) as refused:
        position_of(word)

    assert (refused.value.status, refused.value.faults[0].pointer) == (422, "/after")


def test_a_page_has_every_message_as_an_event_with_its_data() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    said = Raw(to_headers(Envelope("m-1", "/wangge/router", "wangge.TaskChanged.v1", at)), b'{"a":1}')
    strange = Raw([("content-type", b"text/plain")], b"hello")

    page = from_json(page_of(Stretch(POSITION, [said, strange])))

    (event,) = page["messages"]
    assert (event["id"], event["type"], event["data"]) == ("m-1", "wangge.TaskChanged.v1", {"a": 1})
    assert position_of(page["next"]) == POSITION


async def test_a_reader_goes_on_from_where_he_left_off(tokens: Path) -> None:
    house = House(tokens, burst=9)

    status, page, headers = await house.ask("GET", "/v1/mailbox")
    assert (status, headers["cache-control"], page["messages"]) == (200, "no-store", [])
    assert "preference-applied" not in headers
    after = page["next"]
    _, _, headers = await house.ask("GET", f"/v1/receipts?after={after}&limit=7", prefer="wait=60")

    assert headers["preference-applied"] == "wait=8"
    assert house.rack.asked == [
        ("terminals.pda.tasks.v1", None, 100, 0.0),
        ("terminals.pda.receipts.v1", POSITION, 7, 8.0),
    ]


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        (NotThere("x"), 404, "unknown-topic"),
        (NoLongerKept("x"), 410, "no-longer-kept"),
        (NotTold("x"), 503, "unavailable"),
    ],
)
async def test_what_cannot_be_read_says_why(tokens: Path, why: Exception, status: int, code: str) -> None:
    house = House(tokens, burst=9)
    house.rack.found = why

    answered, told, headers = await house.ask("GET", "/v1/mailbox")

    assert (answered, headers["content-type"]) == (status, "application/problem+json")
    assert told["type"].endswith(code)


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=no%20cursor"])
async def test_what_is_asked_wrongly_is_refused(tokens: Path, query: str) -> None:
    house = House(tokens, burst=9)

    assert (await house.ask("GET", f"/v1/mailbox?{query}"))[0] == 422
    assert (await house.ask("GET", "/v1/mailbox", authorization="Bearer who"))[0] == 401
    assert house.rack.asked == []


async def test_who_asks_too_often_or_too_much_at_once_waits(tokens: Path) -> None:
    house = House(tokens, burst=5.5)
    house.rack.open.clear()
    waiting = [asyncio.create_task(house.ask("GET", "/v1/mailbox", prefer="wait=8")) for _ in range(4)]
    await asyncio.sleep(0)
    assert len(house.rack.asked) == 4

    status, told, headers = await house.ask("GET", "/v1/mailbox")
    assert (status, headers["retry-after"], told["errors"][0]["code"]) == (429, "1", "quota")
    house.rack.open.set()
    assert [(await each)[0] for each in waiting] == [200] * 4
    # Each that was read to leaves its place to the next one; the quota of all requests is another thing.
    assert (await house.ask("GET", "/v1/mailbox"))[0] == 200
    assert (await house.ask("GET", "/v1/mailbox"))[0] == 429


async def test_a_door_at_which_too_many_read_asks_to_come_again(
    tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "_AT_A_DOOR", 2)
    house = House(tokens, burst=9)
    for _ in range(2):  # Whoever has left makes room for one, and for no more than one.
        house.rack.open.clear()
        waiting = [asyncio.create_task(house.ask("GET", "/v1/mailbox", prefer="wait=8")) for _ in range(2)]
        await asyncio.sleep(0)

        status, told, headers = await house.ask("GET", "/v1/mailbox")
        assert (status, told["errors"][0]["code"], "retry-after" in headers) == (503, "unavailable", True)
        house.rack.open.set()
        assert [(await each)[0] for each in waiting] == [200] * 2


async def test_a_door_that_closes_lets_nobody_wait(tokens: Path) -> None:
    house = House(tokens, burst=9)
    house.rack.open.clear()
    waiting = asyncio.create_task(house.ask("GET", "/v1/mailbox", prefer="wait=8"))
    attending = asyncio.create_task(house.mailbox.attend())
    await asyncio.sleep(0)

    attending.cancel()

    assert (await asyncio.wait_for(waiting, 5))[0] == 200


async def test_who_has_hung_up_leaves_his_place_to_the_next(tokens: Path) -> None:
    house = House(tokens, burst=9)
    house.rack.open.clear()
    waiting = [asyncio.create_task(house.ask("GET", "/v1/mailbox", prefer="wait=8")) for _ in range(4)]
    await asyncio.sleep(0)

    house.hung_up.set()
    assert [(await asyncio.wait_for(each, 5))[0] for each in waiting] == [200] * 4
    house.rack.open.set()
    assert (await house.ask("GET", "/v1/mailbox"))[0] == 200
