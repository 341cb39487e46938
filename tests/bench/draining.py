"""One process, one backlog: how fast it goes down, how many rows that writes, and what it costs."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import psutil

from tests.bench.site import Program, Site
from tests.ground import FreshDatabase

NOT_COUNTED = ("ownership", "consumer_offset", "cluster", "migration", "part")
"""Tables that cost a row per batch, or none: locks, offsets, what was migrated."""
_EVERY_S = 0.03
_GIVEN_UP_AFTER_S = 20.0
"""Without any progress for so long."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What came of one backlog."""

    records: int
    seconds: float
    rows: Mapping[str, int]
    """Rows inserted or updated, by table; of a service's outbox the messages, many of which share a row."""
    cpu_us: Mapping[str, float]
    """Processor time per record, of the process itself, the database and the broker."""
    rss_mb: float
    """What the process held at the end."""

    @property
    def per_s(self) -> float:
        """Records per second, between the first and the last commit that was seen."""
        return self.records / self.seconds

    def rows_per_s(self, backlog: int) -> float:
        """Rows of state and messages of the outbox per second; *backlog* is how many records wrote them."""
        return sum(self.rows.values()) / backlog * self.per_s

    def figures(self, backlog: int) -> dict[str, Any]:
        """The same for people and programs."""
        return {
            "records_per_s": round(self.per_s),
            "rows_per_s": round(self.rows_per_s(backlog)),
            "rows_per_record": {table: round(count / backlog, 2) for table, count in self.rows.items()},
            "cpu_us_per_record": {who: round(used, 1) for who, used in self.cpu_us.items()},
            "rss_mb": round(self.rss_mb, 1),
        }


class Stuck(Exception):
    """The backlog does not go down any more; the text says how far it came and what the process said."""


def drain(
    site: Site,
    database: FreshDatabase,
    program: Program,
    *,
    schema: str,
    backlog: int,
    offsets: str,
    before: int = 0,
) -> Drained:
    """
    Start *program*, let it handle a backlog, stop it. Raises Stuck.

    :param offsets: the table in *schema* whose `next_offset`s add up to what is done.
    :param backlog: how many records are done then, *before* of which were when it starts.
    """
    process = program.start()
    try:
        began, done, used, rss = asyncio.run(
            _watched(site, database, process, f"{schema}.{offsets}", backlog=backlog, before=before)
        )
    except (TimeoutError, psutil.NoSuchProcess) as error:
        raise Stuck(f"{program.name}: {error}; {program.last_words()}") from error
    finally:
        program.stop()
    return Drained(done, began, _rows(database, schema), used, rss)


async def _watched(
    site: Site, database: FreshDatabase, process: psutil.Process, table: str, *, backlog: int, before: int
) -> tuple[float, int, dict[str, float], float]:
    connection = await asyncpg.connect(database.dsn())
    try:
        first, first_at, spent = 0, 0.0, {}
        last, last_at = before, time.monotonic()
        while last < backlog:
            await asyncio.sleep(_EVERY_S)
            try:
                done = int(await connection.fetchval(f"SELECT coalesce(sum(next_offset), 0) FROM {table}"))
            except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
                done = 0
            now = time.monotonic()
            if done > last:
                last, last_at = done, now
                if not first:
                    first, first_at, spent = done, now, _cpu(site, process)
            elif now - last_at > _GIVEN_UP_AFTER_S or not process.is_running():
                raise TimeoutError(f"{last} of {backlog} handled")
        used = {who: (at - spent[who]) / (last - first) * 1e6 for who, at in _cpu(site, process).items()}
        return last_at - first_at, last - first, used, process.memory_info().rss / 1e6
    finally:
        await connection.close()


def _cpu(site: Site, process: psutil.Process) -> dict[str, float]:
    assert site.postgres.pid is not None
    assert site.kafka.pid is not None
    database = psutil.Process(site.postgres.pid)
    return {
        "process": cpu_s(process),
        "postgres": cpu_s(database) + sum(cpu_s(child) for child in database.children(recursive=True)),
        "kafka": cpu_s(psutil.Process(site.kafka.pid)),
    }


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds that *process* has used; none when it has ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _rows(database: FreshDatabase, schema: str) -> dict[str, int]:
    """What was written in *schema*, by table. The process has ended, so its counts are in."""
    told = database.sql(
        "SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_user_tables"
        f" WHERE schemaname = '{schema}' ORDER BY relname"
    )
    counts = {table: int(count) for table, count in (line.split("|") for line in told)}
    if "ownership" in counts:
        [promised] = database.sql(f"SELECT sum(last_position) FROM {schema}.ownership")
        counts["outbox"] = int(promised)
    return {table: count for table, count in counts.items() if table not in NOT_COUNTED and count}
