"""Two replicas that enter the same report at the same moment, on a real database."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import asyncpg
import pytest

from tests.ground import FreshDatabase
from tests.unit.intake.builders import NOW, answered, report
from wangge_chassis import Connection, Database
from wangge_chassis.migrate import migrate
from wangge_contracts.v1.parts import ExternalRef
from wangge_intake import store
from wangge_intake.books import Books, Case, Report
from wangge_intake.verdicts import POLL_S, Verdicts

NUMBERS = "110101-2026"
SCRIPTS = sorted((files("wangge_intake") / "migrations").iterdir(), key=lambda each: each.name)


@pytest.fixture
async def replicas(database: FreshDatabase) -> AsyncIterator[tuple[Connection, Connection]]:
    """Two connections to one schema of intake."""
    there = Database(database.dsn("intake"), schema="intake")
    await migrate(there, packages=("wangge_intake",))
    one, other = await there.connect(), await there.connect()
    yield one, other
    await one.close()
    await other.close()


async def claim(connection: Connection, *reports: Report, answers: Any = ()) -> Books:
    books = Books(NOW)
    await store.claim(
        connection,
        books,
        reports={one.id: one for one in reports},
        answers={one.id: one for one in answers},
        numbers=NUMBERS,
    )
    return books


async def test_who_comes_second_waits_and_finds_what_the_first_entered(
    replicas: tuple[Connection, Connection],
) -> None:
    one, other = replicas
    mine, yours = report(description={"text": "一"}), report(description={"text": "二"})
    (said,) = answered()
    async with other.transaction():
        async with one.transaction():
            first = await claim(one, mine, answers=(said,))
            second = asyncio.ensure_future(claim(other, yours, report(report_id="r-2"), answers=(said,)))
            await asyncio.sleep(0.2)
            assert not second.done()
        books = await second

    assert first.fresh == {mine.id, said.id}
    assert books.reports[mine.id] == first.reports[mine.id]
    assert books.reports[mine.id].content == mine.content != yours.content
    assert books.answers[said.id] == said.content
    assert books.fresh == {report(report_id="r-2").id}


async def test_what_a_replica_took_back_is_free_for_the_other(
    replicas: tuple[Connection, Connection],
) -> None:
    one, other = replicas
    entering = one.transaction()
    await entering.start()
    await claim(one, report())
    async with other.transaction():
        second = asyncio.ensure_future(claim(other, report()))
        await asyncio.sleep(0.1)
        await entering.rollback()

        assert (await second).fresh == {report().id}


async def test_batches_with_the_same_reports_in_any_order_do_not_block_each_other(
    replicas: tuple[Connection, Connection],
) -> None:
    one, other = replicas

    async def enter(connection: Connection, said: list[Report]) -> int:
        async with connection.transaction():
            return len((await claim(connection, *said)).fresh)

    for batch in range(4):
        reports = [report(report_id=f"r-{batch}-{number}") for number in range(1500)]
        fresh = await asyncio.gather(enter(one, reports), enter(other, reports[::-1]))
        assert sum(fresh) == len(reports)


async def test_numbers_follow_the_order_of_arrival_and_the_rejected_get_none(
    replicas: tuple[Connection, Connection],
) -> None:
    one, _ = replicas
    said = [report(report_id=f"r-{number}") for number in range(5)]
    async with one.transaction():
        books = await claim(one, *said, report(report_id="empty", description=None))

    cases = [books.reports[one.id].case for one in said]
    assert [case and case.number for case in cases] == [f"{NUMBERS}-{number:07d}" for number in range(1, 6)]
    assert books.reports[report(report_id="empty", description=None).id].case is None


async def test_a_number_is_drawn_for_what_is_new_and_not_for_repeats(
    replicas: tuple[Connection, Connection],
) -> None:
    one, _ = replicas
    said = [report(report_id=f"r-{number}") for number in range(3)]
    for _ in range(4):
        await claim(one, *said)
    books = await claim(one, *said, later := report(report_id="later"))

    case = books.reports[later.id].case
    assert case is not None
    assert case.number == f"{NUMBERS}-0000004"


async def test_from_ten_million_on_a_number_has_more_digits(replicas: tuple[Connection, Connection]) -> None:
    one, _ = replicas
    await one.execute("SELECT setval('case_number', 999_999)")
    first = await claim(one, early := report(report_id="early"))
    await one.execute("SELECT setval('case_number', 9_999_998)")
    said = [report(report_id=f"r-{number}") for number in range(3)]
    books = await claim(one, *said)

    cases = [first.reports[early.id].case, *(books.reports[one.id].case for one in said)]
    assert [case and case.number for case in cases] == [
        f"{NUMBERS}-{number}" for number in ("1000000", "9999999", "10000000", "10000001")
    ]


async def test_others_numbers_are_kept_by_speaker_beside_those_of_before_that_have_none(
    database: FreshDatabase,
) -> None:
    connection = await asyncpg.connect(database.dsn("intake"))
    for script in SCRIPTS[:3]:
        await connection.execute(script.read_text("utf-8"))
    old, mine = uuid.uuid4().hex, uuid.uuid4().hex
    await connection.execute("INSERT INTO external_ref VALUES ('12345', 'H-1', $1, 'old')", old)
    for script in SCRIPTS[3:]:
        await connection.execute(script.read_text("utf-8"))
    number = {"system": "12345", "number": "H-1"}
    relation = {"kind": "reminder", "external_ref": number}
    own = report(topic="terminals.hotline.reports.v1", relation=relation)
    other = report(relation=relation)
    heard = [(one, one.said.relation) for one in (own, other) if one.said.relation]
    said = Books(NOW)
    for case in (Case(mine, "mine"), Case(uuid.uuid4().hex, "later")):
        said.refer(ExternalRef(**number), case, by=own.spoken.speaker)
    for _ in range(2):
        await store.save(connection, said)
    books = Books(NOW)
    await store.recall(connection, books, heard)
    await connection.close()

    named = [books.case_named(relation, report=one) for one, relation in heard]
    assert named == [Case(mine, "mine"), Case(old, "old")]


async def test_what_a_relation_leads_to_is_known_with_its_mode(
    replicas: tuple[Connection, Connection],
) -> None:
    one, _ = replicas
    number = {"system": "12345", "number": "H-1"}
    drill = report(mode="exercise", external_refs=[number])
    entered = (await claim(one, drill)).reports[drill.id].case
    assert entered
    said = Books(NOW)
    said.refer(ExternalRef(**number), entered, by=drill.spoken.speaker)
    await store.save(one, said)
    for mode, leads_to in (("exercise", entered), ("actual", None)):
        for named in ({"report_id": "r-1"}, {"case_number": entered.number}, {"external_ref": number}):
            asks = report(report_id="r-2", mode=mode, relation={"kind": "reminder", **named})
            relation = asks.said.relation
            assert relation
            books = Books(NOW)
            await store.recall(one, books, [(asks, relation)])
            assert books.case_named(relation, report=asks) == leads_to
    again = await claim(one, drill)
    assert again.reports[drill.id].case == entered


async def test_who_waits_for_a_verdict_is_served_after_others_have_given_up(database: FreshDatabase) -> None:
    there = Database(database.dsn("intake"), schema="intake")
    await migrate(there, packages=("wangge_intake",))
    connection = await there.connect()
    await claim(connection, report())
    await connection.close()
    verdicts = Verdicts(there)

    await verdicts.known([report().id])  # connected
    assert await verdicts.wait(["f" * 32], within_s=POLL_S / 2) == {}
    await asyncio.sleep(POLL_S * 2)
    assert (await verdicts.wait([report().id], within_s=5)).keys() == {report().id}
    await verdicts.close()
