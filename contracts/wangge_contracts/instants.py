"""How an instant is told: with its zone when read, in UTC with milliseconds when written."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import AwareDatetime, Field, PlainSerializer, WithJsonSchema

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No instant that is told is this late."""
_MILLISECONDS = "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ"
"""Half the cost of `isoformat`."""


@lru_cache(maxsize=4096)
def instant_text(instant: datetime) -> str:
    """
    RFC 3339 in UTC with milliseconds: `2026-01-05T03:04:05.678Z`.

    Finer digits are cut, never rounded up: no instant is told before it has come. The last ones are
    remembered, because a batch writes the same few instants into every message, and each more than once.
    """
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return _MILLISECONDS % (
        instant.year,
        instant.month,
        instant.day,
        instant.hour,
        instant.minute,
        instant.second,
        instant.microsecond // 1000,
    )


# Instants carry a zone and lie between 1900 and 2200, so that neither UTC nor PostgreSQL can overflow.
Instant = Annotated[
    AwareDatetime,
    Field(strict=True, ge=_EARLIEST, lt=LATEST),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
