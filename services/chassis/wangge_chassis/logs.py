"""structlog, set up once: for people on a terminal, JSON lines otherwise."""

import logging
import sys
from io import FileIO, TextIOWrapper
from typing import TextIO

import structlog

from wangge_chassis import metrics

_MOST_WORDS = 300


def in_words(error: BaseException) -> str:
    """Say what *error* is: its kind, and its words if it has any, in 300 characters at most."""
    kind, words = type(error).__name__, str(error)
    told = words if words.startswith(kind) else f"{kind}: {words}".removesuffix(": ")
    return told[:_MOST_WORDS]


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
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if on_terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    lines = _unbuffered()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: _Bearing(lines),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, replica=replica)
    # The driver's own lines are about reconnecting; ours say what it means.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
