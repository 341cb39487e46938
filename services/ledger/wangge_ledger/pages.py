"""Where a page of a list ends, as a text that the next request hands back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from http import HTTPStatus

from wangge_chassis.problems import Problem

_LAST = " "
"""Between the two words of a position; it is in no instant and in no holder, but may be in an id."""


def after_text(accepted_at: datetime, incident_id: str) -> str:
    """Return the cursor of a list's last row."""
    return cursor_of(accepted_at.isoformat(), incident_id)


def read_after(text: str | None) -> tuple[datetime, str] | None:
    """Return the row that *text* stands for, its instant UTC; raises Problem when we did not write it."""
    if text is None:
        return None
    instant, incident_id = read_cursor(text)
    try:
        accepted_at = datetime.fromisoformat(instant)
        if accepted_at.tzinfo is None:
            raise ValueError(text)
        # The driver does this as well, but what it says of the first and the last hours of time is no answer.
        return accepted_at.astimezone(UTC), incident_id
    except (ValueError, OverflowError):
        raise not_ours() from None


def cursor_of(first: str, last: str) -> str:
    """Return the cursor of a row that is known by two words."""
    return urlsafe_b64encode(f"{first}{_LAST}{last}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[str, str]:
    """Return the words of the row that *text* stands for; raises Problem when we did not write it."""
    try:
        first, _, last = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(_LAST)
    except ValueError:
        raise not_ours() from None
    if not last or "\0" in first + last:
        raise not_ours()
    return first, last


def not_ours() -> Problem:
    """Return what is told to who hands back another text than `next`."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail="`after` is not from a page of ours")
