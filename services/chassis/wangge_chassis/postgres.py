"""The only module that knows the database driver: connections, and which failures are outages."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import structlog

from wangge_chassis.logs import in_words

T = TypeVar("T")

# The driver's classes are generic in their stubs only.
if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

_COMMAND_TIMEOUT_S = 30.0
_SAID_AGAIN_AFTER_S = 10.0
_SESSION = {
    "statement_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",
    "timezone": "UTC",
}


class NotReached(ConnectionError):
    """No connection could be made; says where to, without what proves who we are."""


_OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidTransactionStateError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.FeatureNotSupportedError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,
)


def is_outage(error: BaseException) -> bool:
    """
    Say whether the database, not the message, is to blame.

    An outage pauses; it never skips and never makes a dead letter. What is refused to everybody (a right,
    a table or a column that is not there: SQLSTATE class 42) is a fault of the installation, and pauses too,
    as does a column whose type a newer version changed under our prepared statements (0A000); no statement is
    made of a message's text. The driver raises an interface error that is a ValueError as
    well when a value cannot be encoded: that one is the message's.
    """
    return isinstance(error, _OUTAGES) and not isinstance(error, ValueError)


class _Said:
    """What doors said last of an outage: a thousand who ask while it lasts are one cause."""

    reason, at_s, unsaid = "", 0.0, 0


def _tell_away(reason: str) -> None:
    now_s = time.monotonic()
    if reason == _Said.reason and now_s - _Said.at_s < _SAID_AGAIN_AFTER_S:
        _Said.unsaid += 1
        return
    structlog.get_logger().warning("database_away", reason=reason, unsaid=_Said.unsaid)
    _Said.reason, _Said.at_s, _Said.unsaid = reason, now_s, 0


@contextmanager
def outage_as(problem: Exception) -> Iterator[None]:
    """
    Raise *problem* in the place of an outage, for who asks at a door; the log hears the outage's words, every
    ten seconds at most, with how many it has not heard of.
    """
    try:
        yield
    except Exception as error:
        if not is_outage(error):
            raise
        _tell_away(in_words(error))
        raise problem from error


@asynccontextmanager
async def beside(asked: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """
    Have the database work on what is *asked* while the block is worked on here; at its end it is done.

    The block must not ask the same connection anything. What goes wrong there is raised at its end.
    """
    asking = asyncio.create_task(asked)
    try:
        for _ in range(2):  # it begins, and what it says is on its way
            await asyncio.sleep(0)
        yield asking
    finally:
        await asking


def columns(width: int, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Turn *rows* of *width* values into what `unnest` takes, one list a column."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


class Database:
    """Where one service keeps its schema, named like the service."""

    def __init__(self, dsn: str, *, schema: str, frozen_after_s: float = 10.0) -> None:
        self._dsn = dsn
        self._where = _without_secrets(dsn)
        self.schema = schema
        self._frozen_after_ms = round(frozen_after_s * 1000)

    async def connect(self, *, unhurried: bool = False) -> "asyncpg.Connection[asyncpg.Record]":
        """
        Open one connection with the mandatory limits; raises an outage when it cannot.

        If *unhurried*, a statement takes as long as it takes; for a lock it waits no longer than any other,
        because all who come after it wait behind it.
        """
        try:
            return await asyncpg.connect(
                self._dsn,
                timeout=10,
                command_timeout=None if unhurried else _COMMAND_TIMEOUT_S,
                server_settings=self._settings() | ({"statement_timeout": "0"} if unhurried else {}),
            )
        except OSError as error:  # also what was not answered in time
            raise NotReached(f"PostgreSQL at {self._where}: {in_words(error)}") from error

    async def pool(self, *, size: int) -> Pool:
        """Open a pool of at most *size* connections for HTTP doors and the like."""
        return await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=size,
            timeout=10,
            command_timeout=_COMMAND_TIMEOUT_S,
            server_settings=self._settings(),
        )

    def _settings(self) -> dict[str, Any]:
        # A frozen owner must not keep its parts for ever: the idle limit ends its transaction, and the
        # lock limit is above it so that the heir waits long enough (messaging-proof C7).
        return {
            **_SESSION,
            "idle_in_transaction_session_timeout": f"{self._frozen_after_ms}ms",
            "lock_timeout": f"{self._frozen_after_ms + 5000}ms",
            "search_path": self.schema,
            "application_name": f"wangge-{self.schema}",
        }


def _without_secrets(dsn: str) -> str:
    """Return host, port and database of *dsn*, or what stands for them."""
    address = urlsplit(dsn)
    return f"{address.netloc.rpartition('@')[2]}{address.path}"
