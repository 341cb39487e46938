"""Who keeps others from working in PostgreSQL: by a transaction that is kept open, or by a lock."""

import json
from dataclasses import dataclass

from wangge_local.postgres import Postgres

LONG_S = 300.0
"""No turn takes so long; what does is a dump, somebody's session, or a migration."""
WAITS_S = 2.0
"""Turns of two replicas wait for one another for a moment; a room gives up after 15 s and begins again."""


@dataclass(frozen=True, slots=True)
class HeldOpen:
    """A session with a transaction that holds a snapshot or has written, and its age in seconds."""

    pid: int
    role: str
    application: str
    state: str
    since: str
    age_s: int


def held_open(postgres: Postgres, database: str, *, over_s: float = LONG_S) -> list[HeldOpen]:
    """
    Return the sessions in *database* that have held one for longer than *over_s*, the oldest first.

    Those of other databases keep nothing of ours alive, and what vacuums is no reader.
    """
    found = postgres.sql(
        f"""
        SELECT jsonb_build_object(
            'pid', pid, 'role', coalesce(usename, backend_type),
            'application', coalesce(application_name, ''), 'state', coalesce(state, backend_type),
            'since', xact_start, 'age_s', age_s)
          FROM (SELECT *, floor(extract(epoch FROM clock_timestamp() - xact_start)) AS age_s
                  FROM pg_stat_activity) AS session
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND age_s >= {over_s}
           AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND backend_type <> 'autovacuum worker'
         ORDER BY xact_start
        """,
        database=database,
    )
    return [HeldOpen(**json.loads(line)) for line in found]


@dataclass(frozen=True, slots=True)
class Blocking:
    """A session that holds a lock, and who has waited for it longest."""

    pid: int
    role: str
    application: str
    state: str
    waiting: str
    waits_s: int


def blocking(postgres: Postgres, database: str, *, over_s: float = WAITS_S) -> list[Blocking]:
    """Return whose locks in *database* others have waited for over *over_s* seconds, the longest first."""
    found = postgres.sql(
        f"""
        SELECT DISTINCT ON (holder.pid) jsonb_build_object(
            'pid', holder.pid, 'role', coalesce(holder.usename, holder.backend_type),
            'application', coalesce(holder.application_name, ''),
            'state', coalesce(holder.state, holder.backend_type),
            'waiting', coalesce(nullif(waiting.application_name, ''), waiting.usename),
            'waits_s', floor(extract(epoch FROM wait.span)))
          FROM pg_stat_activity AS waiting
               CROSS JOIN LATERAL (SELECT clock_timestamp() - min(waitstart) AS span
                                     FROM pg_locks WHERE pid = waiting.pid) AS wait
               CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocker (pid)
               JOIN pg_stat_activity AS holder ON holder.pid = blocker.pid
         WHERE waiting.datname = current_database() AND wait.span >= make_interval(secs => {over_s})
         ORDER BY holder.pid, wait.span DESC
        """,
        database=database,
    )
    return sorted((Blocking(**json.loads(line)) for line in found), key=lambda held: -held.waits_s)


def blocking_line(held: Blocking) -> str:
    """Say in one line who holds the lock, who waits for it, and what can be done."""
    who = f"{held.application or 'a session'} (pid {held.pid}, role {held.role}, {held.state})"
    return (
        f"PostgreSQL: {held.waiting} has waited for a lock of {who} for {held.waits_s} s;"
        f" end it there, or by SELECT pg_terminate_backend({held.pid})"
    )


def held_line(held: HeldOpen) -> str:
    """Say in one line who it is, since when, what comes of it and what can be done."""
    who = f"{held.application or 'a session'} (pid {held.pid}, role {held.role}, {held.state})"
    return (
        f"PostgreSQL: {who} keeps a transaction open for {held.age_s // 60} minutes:"
        " outbox and offsets grow, and turns grow slower, until it ends;"
        f" end it there, or by SELECT pg_terminate_backend({held.pid})"
    )
