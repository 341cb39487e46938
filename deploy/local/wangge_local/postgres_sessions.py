"""Who keeps a transaction open in PostgreSQL: what is deleted and rewritten since, nobody can clear away."""

import json
from dataclasses import dataclass

from wangge_local.postgres import Postgres

LONG_S = 300.0
"""No turn takes so long; what does is a dump, somebody's session, or a migration."""


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


def held_line(held: HeldOpen) -> str:
    """Say in one line who it is, since when, what comes of it and what can be done."""
    who = f"{held.application or 'a session'} (pid {held.pid}, role {held.role}, {held.state})"
    return (
        f"PostgreSQL: {who} keeps a transaction open for {held.age_s // 60} minutes:"
        " outbox and offsets grow, and turns grow slower, until it ends;"
        f" end it there, or by SELECT pg_terminate_backend({held.pid})"
    )
