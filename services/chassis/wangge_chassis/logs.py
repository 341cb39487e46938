"""structlog, set up once: for people on a terminal, JSON lines otherwise."""

import logging
import sys
import traceback
from io import FileIO, TextIOWrapper
from typing import Any, TextIO

import asyncpg
import structlog
from pydantic import ValidationError

from wangge_chassis import metrics
from wangge_contracts.signs import in_json

_MOST_WORDS = 300


def in_words(error: BaseException) -> str:
    """
    Say what *error* is: its kind, and its words if it has any, in 300 characters at most.

    What was sent is not among them: pydantic repeats it, and so do PostgreSQL and its driver (`Failing row
    contains ...`), while a reason is read by more people than the message.
    """
    kind, words = type(error).__name__, _words(error)
    told = words if kind in words else f"{kind}: {words}".removesuffix(": ")
    return told[:_MOST_WORDS]


def complaint(error: ValidationError) -> str:
    """Return the first that *error* complains of, with its place and without the value found there."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = "/" + "/".join(str(step) for step in first["loc"])
    return f"{where}: {first['msg']}"


def _words(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        return complaint(error)
    if isinstance(error, asyncpg.DataError) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    ):
        return ""  # all that it says is the value, at the server or before it was sent
    return str(error.args[0]) if isinstance(error, asyncpg.PostgresError) and error.args else str(error)


def _traced(exc_info: structlog.typing.ExcInfo) -> str:
    """Return where *exc_info* was raised and by what, the first cause first, each `in_words`."""
    told: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        told.append("".join(traceback.format_tb(error.__traceback__)) + in_words(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(reversed(told))


_JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


def as_json(logger: Any, method: str, entry: structlog.typing.EventDict) -> str:
    """
    Return *entry* as a line of JSON, for structlog, with what a terminal would obey as `\\uXXXX`.

    Outsiders' words stand in it, and who looks at a log has no program of ours before his terminal.
    """
    return in_json(str(_JSON(logger, method, entry)))


class _Bearing(structlog.WriteLogger):
    """What cannot be written, as to a disk that is full, is counted and lost."""

    def msg(self, message: str) -> None:
        try:
            super().msg(message)
        except OSError:
            metrics.UNLOGGED.inc()

    debug = info = warning = error = critical = msg


def _unbuffered() -> TextIO:
    """Return standard error without a buffer: what stuck in one would end the process as failed."""
    raw = FileIO(sys.stderr.fileno(), "w", closefd=False)
    return TextIOWrapper(raw, sys.stderr.encoding, errors="backslashreplace", write_through=True)


def configure(*, service: str, replica: str, level: str) -> None:
    """Set up logging for this process; every line carries the service and its replica."""
    on_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer() if on_terminal else as_json
    lines = _unbuffered()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_traced),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: _Bearing(lines),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, replica=replica)
    # The driver's own lines are about reconnecting; ours say what it means.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
