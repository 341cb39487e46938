"""What is asked of books that have grown: no question reads them all, and no act waits for one."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from tests.ground import FreshDatabase, fresh_database
from tests.unit.ledger.telling import GAS, told
from wangge_chassis import Connection
from wangge_chassis.migrate import migrate
from wangge_chassis.postgres import Database
from wangge_contracts.v1 import IncidentChanged
from wangge_ledger.books import Books
from wangge_ledger.counter import Counter
from wangge_ledger.door import make_door
from wangge_ledger.lookup import Wish, incidents, knows, stream
from wangge_ledger.notices import NoticeWish, notices
from wangge_ledger.people import People
from wangge_ledger.standing import Standing
from wangge_ledger.store import save
from wangge_ledger.whose import Whose
from wangge_ledger.worklist import open_tasks
from wangge_local.postgres import Postgres

RESTORING = Path(__file__).parents[3] / "deploy/local/README.md"
MATTERS, NOTICES = 20_000, 30_000
OF_BIG = 15_000
"""In so many of the oldest matters one department had a task; of two of them an older version wrote so."""
TO_DO = 3_000
"""Tasks that are open, a third each of a department, of a hundred officers, and of a desk."""
MOST_READ = 2_000
"""A page of 50, its cards and what is compared on the way: far from all, and more than any question needs."""
GROWN = f"""
INSERT INTO incident (incident_id, revision, case_number, mode, state, is_open, urgency,
                      district, street, community, grid,
                      listed, hidden, accepted_at, search, card, document)
SELECT 'i' || n, 3, '110101-2026-' || n, 'actual',
       CASE WHEN open THEN 'handling' ELSE 'closed' END, open, 'normal',
       '110101', '110101' || lpad((n % 17)::text, 3, '0'),
       '110101' || lpad((n % 180)::text, 6, '0'), '110101' || lpad((n % 1500)::text, 9, '0'),
       false, false, now() + n * interval '26 s', 'gas leak ' || n, '{{}}', '{{}}'
  FROM generate_series(1, {MATTERS}) AS n, LATERAL (SELECT n > {MATTERS} - 300 AS open) AS standing;
UPDATE incident SET state = 'merged' WHERE incident_id = 'i7';
UPDATE incident SET street = 'boston-1a' WHERE incident_id = 'i8';
INSERT INTO task (task_id, incident_id, revision, holder, is_open, assigned_at, document, accepted_at)
SELECT 't' || n, 'i' || n, 1, 'department:d' || n % 60, false, now(), '{{}}', now() + n * interval '26 s'
  FROM generate_series(1, {MATTERS}) AS n;
INSERT INTO task (task_id, incident_id, revision, holder, is_open, assigned_at, document, accepted_at)
SELECT 'b' || n, 'i' || n, 1, 'department:big', false, now(), '{{}}',
       CASE WHEN n NOT IN (8, {OF_BIG} - 3) THEN now() + n * interval '26 s' END
  FROM generate_series(1, {OF_BIG}) AS n;
INSERT INTO task (task_id, incident_id, revision, holder, is_open, assigned_at, document, accepted_at)
SELECT 'o' || lpad(n::text, 5, '0'), 'i' || n, 1,
       CASE n % 3 WHEN 0 THEN 'department:busy' WHEN 1 THEN 'officer:' || n % 100 || '/manager'
                  ELSE 'desk:1' END,
       true, now(), '{{}}', now()
  FROM generate_series(1, {TO_DO}) AS n;
INSERT INTO had (department, incident_id, accepted_at)
SELECT DISTINCT substr(holder, 12), incident_id, accepted_at
  FROM task WHERE holder LIKE 'department:%' AND accepted_at IS NOT NULL;
INSERT INTO clock (clock_id, task_id, incident_id, revision, is_overdue, deadline, document)
SELECT 'c' || n, 't' || n, 'i' || n, 1, false, now(), '{{}}' FROM generate_series(1, {MATTERS}) AS n;
INSERT INTO notice (notice_id, incident_id, sequence, at, document)
SELECT 'n' || n, 'i' || n / 3, 1, now() + n * interval '17 s', json_build_object(
           'notice_id', 'n' || n,
           'state', CASE WHEN n = 9 THEN 'given-up' WHEN n % 2 = 0 THEN 'sent' ELSE 'read' END,
           'channel', CASE WHEN n = 10 THEN 'sms' WHEN n % 3 = 0 THEN 'webhook' ELSE 'console' END,
           'recipient', json_build_object(
               'ref', 'officer:' || n % 900 || '/police', 'staff_id', 's' || n % 3000),
           'why', CASE WHEN n = 11 THEN json_build_object('instead_of', 'officer:899/police') ELSE '{{}}' END)
  FROM generate_series(1, {NOTICES}) AS n;
ANALYZE incident, task, had, clock, notice;
"""


@pytest.fixture(scope="module")
def place(postgres: Postgres) -> Iterator[FreshDatabase]:
    """Books of twenty thousand matters and thirty thousand notices."""
    with fresh_database(postgres) as fresh:
        database = Database(fresh.dsn("ledger"), schema="ledger")
        asyncio.run(migrate(database, packages=("wangge_chassis", "wangge_ledger")))
        fresh.sql(GROWN, role="ledger")
        yield fresh


class Explained:
    """A connection that notes how many rows each of its statements read of the books, and by which way."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.read = 0
        self.scanned: list[str] = []

    async def fetch(self, statement: str, *values: Any) -> Any:
        await self._explain(statement, values)
        return await self._connection.fetch(statement, *values)

    async def fetchrow(self, statement: str, *values: Any) -> Any:
        await self._explain(statement, values)
        return await self._connection.fetchrow(statement, *values)

    async def _explain(self, statement: str, values: tuple[Any, ...]) -> None:
        given = ", ".join(f"'{_literal(each)}'" for each in values)
        await self._connection.execute(f"PREPARE asked AS {statement}")
        told = await self._connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked {f'({given})' if given else ''}"
        )
        await self._connection.execute("DEALLOCATE asked")
        self._note(json.loads(told)[0]["Plan"])

    def _note(self, node: dict[str, Any]) -> None:
        if node["Node Type"] == "Seq Scan":
            self.scanned.append(node["Relation Name"])
        if "Relation Name" in node or "Index Name" in node:
            dropped = sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
            self.read += round((node["Actual Rows"] + dropped) * node["Actual Loops"])
        for each in node.get("Plans", ()):
            self._note(each)


def _literal(value: Any) -> Any:
    return f"{{{','.join(value)}}}" if isinstance(value, list) else value


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
async def books(place: FreshDatabase, request: pytest.FixtureRequest) -> AsyncIterator[Explained]:
    """The books as they are asked: with a plan made for what is asked, and with one made for anything."""
    connection = await Database(place.dsn("ledger"), schema="ledger").connect()
    try:
        await connection.execute(f"SET plan_cache_mode = {request.param}")
        yield Explained(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        (NoticeWish(), 50),
        (NoticeWish(incident="110101-2026-5000"), 3),
        (NoticeWish(incident="i5000"), 3),
        (NoticeWish(incident="unheard-of"), 0),
        (NoticeWish(incident="i5000", state="sent", recipient="s2"), 1),
        (NoticeWish(recipient="officer:1/police"), 34),
        (NoticeWish(recipient="officer:899/police"), 34),
        (NoticeWish(recipient="s2999"), 10),
        (NoticeWish(recipient="nobody"), 0),
        (NoticeWish(recipient="s2999", state="given-up"), 0),
        (NoticeWish(state="read"), 50),
        (NoticeWish(state="given-up"), 1),
        (NoticeWish(state="failed"), 0),
        (NoticeWish(channel="sms"), 1),
        (NoticeWish(channel="voice"), 0),
        (NoticeWish(channel="voice", state="read"), 0),
        (NoticeWish(channel="webhook", state="sent"), 50),
    ],
)
async def test_a_question_for_notices_reads_few(books: Explained, wish: NoticeWish, found: int) -> None:
    assert len(await notices(cast("Connection", books), wish)) == found
    assert books.scanned == []
    assert books.read < MOST_READ


async def test_notices_come_the_newest_first_each_once(books: Explained) -> None:
    for wish in (NoticeWish(recipient="officer:899/police"), NoticeWish(channel="console"), NoticeWish()):
        told = [json.loads(each)["notice_id"] for each in await notices(cast("Connection", books), wish)]

        assert told == sorted(set(told), key=lambda name: -int(name[1:]))


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        (Wish(), 50),
        (Wish(state="open"), 50),
        (Wish(state="handling"), 50),
        (Wish(state="checking"), 0),
        (Wish(state="no such state"), 0),
        (Wish(state="closed"), 50),
        (Wish(state="merged"), 1),
        (Wish(state="void"), 0),
        (Wish(place="110101"), 50),
        (Wish(place="110105"), 0),
        (Wish(place="110101003"), 50),
        (Wish(place="110101099"), 0),
        (Wish(place="110101000007"), 50),
        (Wish(place="110101099002"), 0),
        (Wish(place="110101000000007"), 14),
        (Wish(place="110101099002099"), 0),
        (Wish(place="boston-1a"), 1),
        (Wish(place="boston-1b"), 0),
        (Wish(place="110101099002", state="closed"), 0),
        (Wish(department="d7", state="open"), 5),
        (Wish(department="big"), 50),
        (Wish(department="d7"), 50),
        (Wish(department="nobody"), 0),
    ],
)
async def test_a_question_for_matters_reads_few(books: Explained, wish: Wish, found: int) -> None:
    assert len(await incidents(cast("Connection", books), wish)) == found
    assert books.scanned == []
    assert books.read < MOST_READ


async def test_pages_of_a_state_go_on_by_the_index(books: Explained) -> None:
    after: tuple[datetime, str] | None = None
    for _ in range(3):
        page = await incidents(cast("Connection", books), Wish(state="closed", after=after))
        after = page[-1][:2]

    assert after is not None
    assert after[1] == f"i{MATTERS - 300 - 149}"
    assert books.read < MOST_READ


async def test_pages_of_a_department_go_on_by_the_index_with_what_the_version_before_wrote(
    books: Explained,
) -> None:
    after: tuple[datetime, str] | None = None
    names: list[str] = []
    for _ in range(2):
        page = await incidents(cast("Connection", books), Wish(department="big", after=after))
        names += [name for _, name, _ in page]
        after = page[-1][:2]

    assert names == [f"i{OF_BIG - number}" for number in range(100)]
    assert books.scanned == []
    assert books.read < MOST_READ


async def test_what_a_department_had_is_found_by_what_else_is_asked_however_much_it_has_had_since(
    books: Explained,
) -> None:
    for wish, name in (
        (Wish(department="big", state="merged"), "i7"),
        (Wish(department="big", place="boston-1a"), "i8"),
        (Wish(department="d7", state="merged"), "i7"),
    ):
        page = await incidents(cast("Connection", books), wish)
        assert [found for _, found, _ in page] == [name]


async def test_a_unit_finds_what_it_had_and_another_has_now(place: FreshDatabase) -> None:
    """A task that is handed down, referred up or forwarded by a desk has one holder after the other."""
    sheet = Standing()
    for revision, holder in enumerate(("department:first", "department:second"), 1):
        heard = told("incidents.changed.v1/dispatched", sequence=revision, message_id=holder)
        fact = heard.message
        assert isinstance(fact, IncidentChanged)
        task = fact.tasks[0].model_copy(update={"holder": holder, "revision": revision})
        incident = fact.incident.model_copy(update={"revision": revision})
        handed = fact.model_copy(update={"tasks": (task,), "incident": incident})
        sheet.take(replace(heard, message=handed))
    connection = await Database(place.dsn("ledger"), schema="ledger").connect()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await save(connection, sheet)
        for wish in (Wish(department="first"), Wish(department="first", state="handling")):
            ((_, name, card),) = await incidents(connection, wish)
            assert (name, json.loads(card)["departments"]) == (GAS, ["first", "second"])
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.mark.parametrize(
    ("place_code", "known"), [("boston-1a", True), ("BOSTON-1", False), ("110105", True)]
)
async def test_whether_a_place_is_known_reads_few(books: Explained, place_code: str, known: bool) -> None:
    assert await knows(cast("Connection", books), place_code) is known
    assert books.scanned == []
    assert books.read < MOST_READ


@pytest.mark.parametrize(
    ("whose", "after", "found"),
    [
        (Whose(frozenset({"department:busy"})), None, 50),
        (Whose(frozenset({"department:busy"})), ("department:busy", "o02900"), 34),
        (Whose(frozenset({"department:big"})), None, 0),
        (Whose(frozenset({"department:unheard-of"})), None, 0),
        (Whose(frozenset({"officer:1/manager", "officer:4/manager"})), None, 20),
    ],
)
async def test_a_question_for_what_is_to_do_reads_few(
    books: Explained, whose: Whose, after: tuple[str, str] | None, found: int
) -> None:
    told = await open_tasks(cast("Connection", books), whose, after=after, limit=50)

    assert len(told) == found
    order = [(one.holder, one.task_id) for one in told]
    assert order == sorted(order)
    assert all(whose.has(one.holder) for one in told)
    assert (books.scanned, books.read < MOST_READ) == ([], True)


async def test_what_all_officers_but_some_have_to_do_reads_no_more_than_is_open(books: Explained) -> None:
    whose = Whose(frozenset({"officer:1/manager"}), officers_but=frozenset({"officer:4/manager"}))

    told = await open_tasks(cast("Connection", books), whose, after=("officer:1/manager", "o01000"), limit=50)

    assert (len(told), told[0].holder, told[0].task_id) == (50, "officer:1/manager", "o01201")
    assert {one.holder.partition(":")[0] for one in told} == {"officer"}
    assert "officer:4/manager" not in {one.holder for one in told}
    assert books.read < MOST_READ + TO_DO


async def test_lines_out_of_a_dump_are_told_once_the_step_for_them_is_done(place: FreshDatabase) -> None:
    (step,) = re.findall(r"`(UPDATE ledger\.timeline [^`]+)`", RESTORING.read_text("utf-8"))
    place.sql(
        f"""
        INSERT INTO timeline (incident_id, topic, message_id, effective_at, rank, sequence, told_at,
                              what, who, document, written_by)
        VALUES ('i1', 'topic', 'old', now(), 1, 1, now(), 'what', 'who', '{{}}', '{2**62}')
        """,
        role="ledger",
    )
    connection = await Database(place.dsn("ledger"), schema="ledger").connect()
    try:
        held_back = await stream(connection, ("0", 0))
        place.sql(step)
        lines = await stream(connection, ("0", 0))
    finally:
        await connection.close()

    assert (len(held_back), len(lines)) == (0, 1)


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


async def test_an_order_for_many_does_not_wait_for_those_who_ask(place: FreshDatabase) -> None:
    books = Books(Database(place.dsn("ledger"), schema="ledger"), connections=1)
    token = hashlib.sha256(b"token").hexdigest()
    people = People.model_validate(
        {"person": [{"token_sha256": token, "staff_id": "d-1", "speaks_for": ["*"]}]}
    )
    nothing = cast("Any", None)
    door = make_door(
        Counter(books, producer=nothing, people=lambda: people, outsiders=nothing, names=nothing)
    )
    order = {"order": "remind", "on_behalf_of": "desk:110101000"}
    wish = {"bulk_id": "b", "where": {"place": "110101000"}, "order": order, "dry_run": True}
    answer: list[Any] = []

    async def body() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(wish).encode(), "more_body": False}

    async def keep(message: Any) -> None:
        answer.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/orders/bulk",
        "query_string": b"",
        "scheme": "http",
    }
    scope |= {"raw_path": b"/v1/orders/bulk", "http_version": "1.1", "root_path": ""}
    scope |= {"headers": [(b"authorization", b"Bearer token")]}
    try:
        async with books.opened():
            await asyncio.wait_for(door(scope, body, keep), timeout=10)
    finally:
        await books.close()
    assert answer[0]["status"] == 200
    assert json.loads(answer[1]["body"])["meant"]
