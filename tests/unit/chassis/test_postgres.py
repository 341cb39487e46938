"""Whose fault it is when the database refuses: a message's, which is buried, or ours, which pauses."""

from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from tests.ground import free_ports_of
from wangge_chassis.blaming import blamed
from wangge_chassis.postgres import Database, NotReached, is_outage, outage_as


@pytest.mark.parametrize(
    "state", ["0A000", "42501", "42601", "42703", "42883", "42P01", "3D000", "3F000", "57P01"]
)
def test_what_the_database_refuses_to_everybody_is_no_messages_fault(state: str) -> None:
    assert is_outage(asyncpg.PostgresError.new({"C": state, "M": "no"}))


@pytest.mark.parametrize("state", ["22003", "22021", "22P02", "23505", "23514", "54000"])
def test_a_value_that_is_refused_is_its_messages_fault(state: str) -> None:
    assert not is_outage(asyncpg.PostgresError.new({"C": state, "M": "no"}))


def test_who_asks_at_a_door_hears_that_it_may_pass_and_the_log_hears_why() -> None:
    away = RuntimeError("not available at the moment")

    with capture_logs() as logged, pytest.raises(RuntimeError) as raised, outage_as(away):
        raise asyncpg.PostgresError.new({"C": "42501", "M": "permission denied for table contact"})
    with pytest.raises(ZeroDivisionError), outage_as(away):
        raise ZeroDivisionError

    assert raised.value is away
    assert logged[0]["reason"] == "InsufficientPrivilegeError: permission denied for table contact"


async def test_who_cannot_reach_the_database_is_told_where_it_should_be_and_no_password(
    tmp_path: Path,
) -> None:
    port = free_ports_of(tmp_path, "nobody")["nobody"]
    database = Database(f"postgresql://router:geheim@127.0.0.1:{port}/wangge", schema="router")

    with pytest.raises(NotReached) as raised:
        await database.connect()

    assert is_outage(raised.value)
    assert blamed(raised.value).startswith(f"PostgreSQL at 127.0.0.1:{port}/wangge: ConnectionRefusedError")
    assert "geheim" not in blamed(raised.value)


def test_however_many_ask_while_the_database_is_away_the_log_hears_of_it_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away, now_s = RuntimeError("not available at the moment"), 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now_s)

    with capture_logs() as logged:
        for _ in range(200):
            now_s += 0.1
            with suppress(RuntimeError), outage_as(away):
                raise asyncpg.PostgresError.new({"C": "53300", "M": "sorry, too many clients already"})

    assert [line["event"] for line in logged] == ["database_away"] * 2
    assert logged[1]["unsaid"] == 99
