"""What is asked of the books, on a real database: no act waits for it."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.ground import FreshDatabase, fresh_database
from wangge_chassis.postgres import Database
from wangge_ledger.books import Books
from wangge_local.postgres import Postgres


@pytest.fixture(scope="module")
def place(postgres: Postgres) -> Iterator[FreshDatabase]:
    with fresh_database(postgres) as fresh:
        yield fresh


async def test_an_act_does_not_wait_for_those_who_ask(place: FreshDatabase) -> None:
    books = Books(Database(place.dsn("ledger"), schema="ledger"), connections=2)
    try:
        async with AsyncExitStack() as asking:
            for _ in range(2):
                await asking.enter_async_context(books.opened())
            one_too_many = asyncio.create_task(asking.enter_async_context(books.opened()))
            now = await asyncio.wait_for(books.house_now(), timeout=10)

            assert now.tzinfo is not None
            assert not one_too_many.done()
            one_too_many.cancel()
    finally:
        await books.close()
