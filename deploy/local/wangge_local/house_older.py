"""Whether rooms are of an older version than this `wangge`, which then asks for what they do not have."""

from wangge_chassis.migrate import scripts
from wangge_contracts.topics import SERVICES
from wangge_local.ground import GroundError
from wangge_local.postgres import Postgres


def older(postgres: Postgres, *, database: str) -> str | None:
    """
    Say in one line which schema lacks files of this version, and what to do; None when none does.

    :raises GroundError: the database does not answer.
    """
    schemas = ", ".join(f"'{service}'" for service in SERVICES)
    for service in postgres.sql(
        f"SELECT schemaname FROM pg_tables WHERE tablename = 'migration' AND schemaname IN ({schemas})",
        database=database,
    ):
        applied = postgres.sql(
            f"SELECT name FROM {service}.migration ORDER BY applied_at, name", database=database
        )
        lacking = [name for name in scripts(("wangge_chassis", f"wangge_{service}")) if name not in applied]
        if applied and lacking:
            return (
                f"{service} is of an older version than this wangge: its schema stands at {applied[-1]} and"
                f" lacks {lacking[0]}; ask with the wangge that started it, or let it migrate: wangge stop,"
                " wangge up"
            )
    return None


def or_older(postgres: Postgres, error: GroundError, *, database: str) -> GroundError:
    """Return *error*, or what is behind it where the database does not have what was asked for."""
    if "does not exist" in error.text and (why := older(postgres, database=database)):
        return GroundError(why)
    return error
